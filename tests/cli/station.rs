//! A station's person: their settings, what their terminal is, looking back, copying, their sizes.

use crate::harness::{Daemon, Station, wait_for, wait_until};

/// A shell script that says how large its terminal is, again and again.
const SIZE: &str = "while :; do stty size; sleep 0.1; done";

/// Attaches with these variables besides the usual ones.
fn attach_with(daemon: &Daemon, variables: &[&str], arguments: &[&str]) -> Station {
    let socket = daemon.socket().display().to_string();
    let words = [variables, &[crate::harness::USHER, "--socket", &socket, "attach"], arguments].concat();
    Station::run_program(daemon, "env", &words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>(), 24, 80)
}

#[test]
fn the_detach_keys_are_a_setting_of_the_file_and_a_variable_goes_before_it() {
    let daemon = Daemon::start();
    daemon.open("stty raw; exec cat > typed");
    std::fs::create_dir_all(daemon.path(".config/usher")).expect("a directory");
    let settings = daemon.path(".config/usher/usher.toml");
    std::fs::write(&settings, "detach_keys = '^P ^Q'\n").expect("a file");
    let leaves = |mut station: Station, keys: &[u8]| {
        station.wait("the session", |shot| shot.alternate);
        station.type_keys(keys);
        assert!(station.wait_gone().success());
    };
    leaves(attach_with(&daemon, &[], &["1"]), b"\x1cd\x10\x11");
    daemon.wait_content("typed", "\x1cd");
    leaves(attach_with(&daemon, &["USHER_DETACH_KEYS=^A d"], &["1"]), b"\x10\x11\x01d");
    daemon.wait_content("typed", "\x1cd\x10\x11");
    leaves(attach_with(&daemon, &["USHER_DETACH_KEYS=^A d"], &["1", "--detach-keys", "^B d"]), b"\x01d\x02d");
    daemon.wait_content("typed", "\x1cd\x10\x11\x01d");
    for variable in ["USHER_DETACH_KEYS=é", "LANG=C"] {
        std::fs::write(&settings, "detach_key = '^P ^Q'\n").expect("a file");
        let mut station = attach_with(&daemon, &[variable], &["1"]);
        assert_eq!(station.wait_gone().code(), Some(2));
        station.wait("the reason", |shot| shot.text().contains("DETACH_KEYS") || shot.text().contains("usher.toml"));
    }
}

#[test]
fn a_prefix_that_stands_alone_says_so_until_the_next_key_whatever_that_is() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat > typed");
    let mut station = Station::attach(&daemon, id, 24, 80);
    for after in ["x", "\x1b[5~\x1cf"] {
        station.type_keys(b"\x1c");
        station.wait_for("^\\ was typed");
        station.type_keys(after.as_bytes());
        station.wait("the line is gone", |shot| !shot.text().contains("was typed"));
    }
    station.type_keys(b"\x1c");
    station.wait_for("^\\ was typed");
    station.type_keys(b"d");
    assert!(station.wait_gone().success());
    assert_eq!(daemon.content("typed"), "");
}

#[test]
fn a_terminal_that_cannot_show_a_session_is_told_so_and_stays_as_it_is() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    for term in ["TERM=dumb", "TERM="] {
        let mut station = attach_with(&daemon, &[term], &["1"]);
        assert_eq!(station.wait_gone().code(), Some(2), "{term}");
        let shot = station.wait_for("xterm-256");
        assert!(shot.text().contains("TERM") && !station.raw().has(b"\x1b"), "{shot:?}");
    }
}

#[test]
fn looking_back_under_a_lock_does_nothing() {
    let daemon = Daemon::start();
    let id = daemon.open("seq 1 100; exec cat");
    let station = Station::attach(&daemon, id, 24, 80);
    let before = station.wait_for("100");
    daemon.lock(id, "stop");
    station.wait_for("stop");
    station.type_keys(b"\x1cb\x1cb");
    daemon.unlock(id);
    station.wait_same(&before);
}

/// What a terminal answers that has a light ground, and makes one character of joined emoji.
const ANSWERS: &[u8] = b"\x1b]10;rgb:1111/1111/1111\x1b\\\x1b]11;rgb:ffff/fefe/fdfd\x1b\\\x1b[2;3R\x1b[2;3R\x1b[?62c";

/// A session of a hundred lines, and a station that shows the last ones.
fn hundred(daemon: &Daemon) -> Station {
    let id = daemon.open("stty -echo; seq -f 'line %g' 100; exec cat > typed");
    let station = attach_with(daemon, &["-u", "USHER_MOUSE"], &[&id.to_string()]);
    station.wait("lines and the wheel", |shot| {
        shot.text().contains("line 100") && shot.mouse != vt100::MouseProtocolMode::None
    });
    station
}

#[test]
fn a_program_is_told_the_background_of_the_stations_terminal() {
    let daemon = Daemon::start();
    let id = daemon.open("stty raw -echo; read -r _; printf '\\033]11;?\\033\\\\'; exec cat > answer");
    let station = Station::attach(&daemon, id, 24, 80);
    station.type_keys(ANSWERS);
    station.type_keys(b"\n");
    daemon.wait_content("answer", "\x1b]11;rgb:ffff/fefe/fdfd\x1b\\");
}

#[test]
fn answers_of_the_terminal_are_never_typed_and_keys_among_them_are() {
    let daemon = Daemon::start();
    let id = daemon.open("stty raw -echo; echo up; exec cat > typed");
    let station = Station::attach(&daemon, id, 24, 80);
    station.wait_for("up");
    station.type_keys(b"a\x1b[A");
    let (first, second) = ANSWERS.split_at(30);
    station.type_keys(first);
    station.type_keys(second);
    station.type_keys(b"b\x1b");
    daemon.wait_content("typed", "a\x1b[Ab\x1b");
}

#[test]
fn joined_emoji_are_drawn_as_the_terminal_makes_them_and_what_follows_stands_where_it_should() {
    let daemon = Daemon::start();
    let teacher = "👩\u{200d}🏫";
    for joins in [true, false] {
        let id = daemon.open(&format!("read -r _; printf '{teacher}after\\nsaid'; exec cat"));
        let station = Station::attach(&daemon, id, 24, 80);
        let width = if joins { "3" } else { "5" };
        station.type_keys(format!("\x1b[2;{width}R\x1b[2;{width}R\x1b[?62c\r").as_bytes());
        station.wait_for("said");
        let raw = String::from_utf8_lossy(&station.raw().0).into_owned();
        let drawn = &raw[raw.rfind("\x1b[?62").map_or(0, |at| at)..];
        let expected = if joins { format!("{teacher}\x1b[3Gafter") } else { "👩\x1b[3G🏫\x1b[5Gafter".to_owned() };
        assert!(drawn.contains(&expected), "{drawn:?}");
    }
}

#[test]
fn links_and_kinds_of_underlines_reach_the_terminal() {
    let daemon = Daemon::start();
    let script = r"printf '\033]8;;https://a.example/\a%s\033]8;;\a \033[4:3;58:5:9mwavy\033[0m \033[5mblinks\033[0m end' link; exec cat";
    let id = daemon.open(script);
    let station = Station::attach(&daemon, id, 24, 80);
    station.wait_for("end");
    for bytes in
        [&b"id=u1;https://a.example/\x1b\\"[..], b"link\x1b]8;;\x1b\\", b"\x1b[4:3m\x1b[58:5:9mwavy", b"\x1b[5mblinks"]
    {
        assert!(station.raw().has(bytes), "{}", String::from_utf8_lossy(&station.raw().0));
    }
}

#[test]
fn the_wheel_and_page_up_look_back_and_the_key_that_leaves_is_not_typed() {
    let daemon = Daemon::start();
    let station = hundred(&daemon);
    let before = station.shot();
    let ways: [&[u8]; 3] = [b"\x1b[<64;1;1M", b"\x1c\x1b[5~", b"\x1cb"];
    for way in ways {
        station.type_keys(way);
        station.wait("it looks back", |shot| shot.text().contains("lines back") && !shot.text().contains("line 100"));
        station.type_keys(b"q");
        station.wait_same(&before);
    }
    station.type_keys(b"\x1b[<64;1;1M");
    station.wait_for("lines back");
    station.type_keys(b"\x1b[<65;1;1M");
    station.wait_same(&before);
    station.type_keys(b"on\r");
    daemon.wait_content("typed", "on\n");
}

#[test]
fn a_wheel_that_a_setting_takes_away_is_the_terminals_own() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    let station = attach_with(&daemon, &["USHER_MOUSE=0"], &["1"]);
    station.wait("the session", |shot| shot.alternate && shot.cursor.is_some());
    station.type_keys(b"shown\r");
    station.wait_for("shown");
    assert!(!station.raw().has(b"\x1b[?1000h"));
    let with_wheel = attach_with(&daemon, &["-u", "USHER_MOUSE"], &["1"]);
    with_wheel.wait("the wheel is asked for", |shot| shot.mouse != vt100::MouseProtocolMode::None);
}

#[test]
fn text_is_searched_selected_copied_and_typed() {
    let daemon = Daemon::start();
    let station = hundred(&daemon);
    station.type_keys(b"\x1c/");
    station.type_keys(b"line 42\r");
    station.wait_for("line 42");
    station.type_keys(b"v$\r");
    station
        .wait("it was copied", |shot| shot.text().contains("7 characters copied") && shot.text().contains("line 100"));
    assert!(!station.raw().has(b"]52;"), "nobody allowed the clipboard");
    station.type_keys(b"\x1c]");
    station.type_keys(b"\r");
    daemon.wait_content("typed", "line 42\n");
}

#[test]
fn the_clipboard_is_the_terminals_own_unless_its_person_allows_it_and_never_while_locked() {
    let daemon = Daemon::start();
    let set = |text: &str| format!("read -r _; printf '\\033]52;c;{text}\\a'; echo done; ");
    let id = daemon.open(&format!("{}{}exec cat", set("Zmlyc3Q="), set("c2Vjb25k")));
    let closed = Station::attach(&daemon, id, 24, 80);
    closed.type_keys(b"\r");
    closed.wait_for("done");
    let station = attach_with(&daemon, &["USHER_CLIPBOARD=1"], &["1"]);
    station.wait_for("done");
    station.type_keys(b"\r");
    station.wait("both", |shot| shot.text().matches("done").count() == 2);
    assert!(station.raw().has(b"\x1b]52;c;c2Vjb25k\x1b\\"));
    assert!(!station.raw().has(b"Zmlyc3Q=") && !closed.raw().has(b"]52;"));
    let waits = "while [ ! -e go ]; do sleep 0.02; done";
    let locked = daemon.open(&format!("{waits}; printf '\\033]52;c;dGhpcmQ=\\a'; touch written; exec cat"));
    let station = attach_with(&daemon, &["USHER_CLIPBOARD=1"], &[&locked.to_string()]);
    station.wait("the session", |shot| shot.alternate);
    daemon.lock(locked, "stop");
    std::fs::write(daemon.path("go"), "").expect("a file");
    crate::harness::wait_until("the program wrote", || daemon.path("written").exists());
    daemon.unlock(locked);
    station.wait("the session is shown again", |shot| !shot.text().contains("stop"));
    assert!(!station.raw().has(b"]52;"));
}

#[test]
fn more_lines_are_kept_where_the_setting_says_so() {
    let daemon = Daemon::start_with("scrollback_lines = 3000\n");
    let id = daemon.open("seq -f 'line %g' 2500; exec cat");
    let station = Station::attach(&daemon, id, 24, 80);
    station.wait_for("line 2500");
    station.type_keys(b"\x1c[");
    station.wait_for("lines back");
    station.type_keys(b"g");
    station.wait("the first line", |shot| shot.text().starts_with("line 1\nline 2\n"));
}

#[test]
fn which_of_several_stations_sets_the_size_is_shown() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let first = Station::attach(&daemon, id, 24, 80);
    let second = Station::attach(&daemon, id, 30, 100);
    first.type_keys(b"\x1c?");
    let says = |station: &Station, text: &str| {
        let line = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        station.wait(text, |shot| line(shot.text()).contains(text));
    };
    says(&first, "this station sets the size, 80×24");
    second.type_keys(b"\x1c?");
    says(&second, "sets the size, 80×24, until a key is typed here");
}

#[test]
fn the_session_takes_the_stations_size_and_follows_it() {
    let daemon = Daemon::start();
    let id = daemon.open(SIZE);
    let station = Station::attach(&daemon, id, 30, 100);
    station.wait_for("30 100");
    station.resize(20, 60);
    station.wait_for("20 60");
}

#[test]
fn of_several_stations_the_one_typed_at_last_sets_the_size() {
    let daemon = Daemon::start();
    let id = daemon.open(SIZE);
    let first = Station::attach(&daemon, id, 24, 80);
    first.wait_for("24 80");
    let mut second = Station::attach(&daemon, id, 10, 40);
    second.type_keys(b"x");
    first.wait_for("10 40");
    first.type_keys(b"x");
    second.wait_for("24 80");
    first.resize(25, 90);
    second.wait_for("25 90");
    last_line_is(&first, "25 90");
    second.type_keys(b"x");
    last_line_is(&first, "10 40");
    second.kill9();
    last_line_is(&first, "25 90");
}

fn last_line_is(station: &Station, line: &str) {
    station.wait(&format!("{line} in the last line"), |shot| shot.text().trim_end().ends_with(line));
}

#[test]
fn a_locked_session_never_resizes() {
    let daemon = Daemon::start();
    // A locked session's programs go on: this one says on request which size its terminal has.
    let answers = "rm asked; stty size > new; mv new size";
    let id = daemon.open(&format!("while :; do if [ -e asked ]; then {answers}; fi; sleep 0.05; done"));
    let size = || {
        let _ = std::fs::remove_file(daemon.path("size"));
        std::fs::write(daemon.path("asked"), "").expect("a file");
        wait_for("the program says its size", || Some(daemon.content("size")).filter(|size| !size.is_empty()))
    };
    let station = Station::attach(&daemon, id, 24, 80);
    wait_until("the program has the station's size", || size() == "24 80\n");
    daemon.lock(id, "stop");
    station.resize(30, 100);
    station.wait("the lock fills the new size", |shot| shot.corner().paper == vt100::Color::Idx(4));
    let larger = Station::attach(&daemon, id, 40, 120);
    larger.wait_for("stop");
    larger.type_keys(b"x");
    assert_eq!(size(), "24 80\n", "the terminal has the size that it had");
    drop(larger);
    daemon.unlock(id);
    wait_until("the size follows the unlock", || size() == "30 100\n");
}

#[test]
fn a_smaller_and_a_larger_station_see_the_same_session() {
    let daemon = Daemon::start();
    let id = daemon.open("printf 'here\\r'; exec cat");
    let large = Station::attach(&daemon, id, 40, 120);
    let small = Station::attach(&daemon, id, 1, 2);
    small.wait_for("he");
    large.wait_for("here");
    daemon.lock(id, "stop");
    large.wait_for("stop");
    assert!(!small.shot().text().contains("he"));
}
