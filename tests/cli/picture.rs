//! What a station shows is what the program drew: colours, wide characters, lines, full-screen
//! programs; the same after detach and attach, and after lock and unlock.

use crate::harness::{Daemon, Shot, Station, need, processes, wait_for, wait_until};

/// The picture must be the same on the station after a lock, on a new station, and when the daemon is back.
fn the_same_again(daemon: &mut Daemon, id: u32, station: Station, before: &Shot) {
    daemon.lock(id, "stop");
    station.wait_for("stop");
    daemon.unlock(id);
    station.wait_same(before);
    drop(station);
    daemon.wait_session(id, "disconnected", |s| s["state"] == "disconnected");
    let (rows, cols) = before.size();
    Station::attach(daemon, id, rows, cols).wait_same(before);
    daemon.crash_and_restart();
    Station::attach(daemon, id, rows, cols).wait_same(before);
}

/// Waits until a program has drawn what it draws: between ten looks neither it nor its holder has run, and the screen is
/// the same.
fn settled(daemon: &Daemon, id: u32, station: &Station, text: &str) -> Shot {
    station.wait_for(text);
    let holder = daemon.holder(id);
    let mut last = (Vec::new(), station.shot());
    let mut same = 0;
    wait_for("the program waits for its user", || {
        let all = processes::descendants(holder).into_iter().chain([holder]);
        let now = (all.map(processes::switches).collect::<Vec<_>>(), station.shot());
        same = if now == last { same + 1 } else { 0 };
        last = now;
        (same == 10).then(|| last.1.clone())
    })
}

/// Stops a program that would draw something else by itself.
fn stand_still(daemon: &Daemon, id: u32) {
    for pid in processes::descendants(daemon.holder(id)) {
        processes::signal(pid, rustix::process::Signal::STOP);
        wait_until("the program stands still", || processes::stopped(pid));
    }
}

#[test]
fn colours_and_attributes_arrive_exactly() {
    let mut daemon = Daemon::start();
    let script = r"printf '\033[31mred\033[0m \033[1;92mbright\033[0m \033[38;5;208morange\033[0m '
        printf '\033[38;2;1;2;3;48;2;250;251;252mtrue\033[0m \033[7minverse\033[0m \033[3;4mlined\033[0m end'
        exec cat";
    let id = daemon.open(script);
    let station = Station::attach(&daemon, id, 24, 80);
    let shot = station.wait_for("end");
    assert_eq!(shot.cell_of("red").ink, vt100::Color::Idx(1));
    assert!(shot.cell_of("bright").bold && shot.cell_of("bright").ink == vt100::Color::Idx(10));
    assert_eq!(shot.cell_of("orange").ink, vt100::Color::Idx(208));
    assert_eq!(shot.cell_of("true").ink, vt100::Color::Rgb(1, 2, 3));
    assert_eq!(shot.cell_of("true").paper, vt100::Color::Rgb(250, 251, 252));
    assert!(shot.cell_of("inverse").inverse);
    assert!(shot.cell_of("lined").italic && shot.cell_of("lined").underlined);
    assert_eq!(shot.cell_of("end").ink, vt100::Color::Default);
    the_same_again(&mut daemon, id, station, &shot);
}

#[test]
fn wide_combined_and_emoji_characters_keep_their_cells() {
    let mut daemon = Daemon::start();
    let id = daemon.open(r"printf '眼睛|e\314\201|👩|한글|עברית end'; exec cat");
    let station = Station::attach(&daemon, id, 24, 80);
    let shot = station.wait_for("end");
    assert!(shot.text().starts_with("眼睛|e\u{301}|👩|한글|עברית end"), "{shot:?}");
    assert!(shot.cell_of("睛").wide && shot.cell_of("글").wide);
    the_same_again(&mut daemon, id, station, &shot);
}

#[test]
fn line_drawing_is_drawn_as_lines() {
    let mut daemon = Daemon::start();
    let id = daemon.open(r"printf '\033(0lqqk\r\nx  x\r\nmqqj\033(B\r\nend'; exec cat");
    let station = Station::attach(&daemon, id, 24, 80);
    let shot = station.wait_for("end");
    assert!(shot.text().starts_with("┌──┐\n│  │\n└──┘\nend"), "{shot:?}");
    the_same_again(&mut daemon, id, station, &shot);
}

#[test]
fn terminal_queries_are_answered_with_no_station_attached() {
    let daemon = Daemon::start();
    let ask = |query: &str, end: &str| {
        let read = format!(
            "answer=; while c=$(dd bs=1 count=1 2>/dev/null); do answer=$answer$c; [ \"$c\" = {end} ] && break; done"
        );
        format!("printf '{query}'; {read}; printf %s \"$answer\" > answer$n; n=$((n + 1)); ")
    };
    let queries = [ask(r"\033[6n", "R"), ask(r"\033[c", "c"), ask(r"\033[5n", "n"), ask(r"\033[>c", "c")];
    daemon.open(&format!("stty raw -echo; n=0; printf '\\r\\nab'; {} exec cat", queries.concat()));
    wait_until("the last is answered", || daemon.content("answer3").ends_with('c'));
    assert_eq!(daemon.content("answer0"), "\x1b[2;3R");
    assert!(daemon.content("answer1").starts_with("\x1b[?"), "{:?}", daemon.content("answer1"));
    assert_eq!(daemon.content("answer2"), "\x1b[0n");
    assert!(daemon.content("answer3").starts_with("\x1b[>"), "{:?}", daemon.content("answer3"));
}

#[test]
fn queries_are_answered_once_however_many_stations_there_are_and_also_under_a_lock() {
    let daemon = Daemon::start();
    let wait = "while [ ! -e go ]; do sleep 0.02; done";
    let id = daemon.open(&format!("stty raw -echo; echo up; {wait}; printf '\\033[5n'; exec cat > answer"));
    let stations = [Station::attach(&daemon, id, 24, 80), Station::attach(&daemon, id, 24, 80)];
    daemon.lock(id, "stop");
    std::fs::write(daemon.path("go"), "").expect("a file");
    daemon.wait_content("answer", "\x1b[0n");
    daemon.unlock(id);
    stations[0].type_keys(b"!");
    daemon.wait_content("answer", "\x1b[0n!");
}

#[test]
fn mouse_and_paste_modes_reach_the_station_and_are_off_while_locked() {
    let daemon = Daemon::start();
    let id = daemon.open(r"printf '\033[?1002h\033[?1006h\033[?2004h\033[?1hon'; exec cat");
    let station = Station::attach(&daemon, id, 24, 80);
    let on = station.wait("the modes", |s| s.bracketed_paste && s.application_cursor);
    assert_eq!(on.mouse, vt100::MouseProtocolMode::ButtonMotion);
    assert_eq!(on.mouse_encoding, vt100::MouseProtocolEncoding::Sgr);
    daemon.lock(id, "stop");
    let locked = station.shot();
    assert_eq!(locked.mouse, vt100::MouseProtocolMode::None);
    assert!(!locked.bracketed_paste && !locked.application_cursor && locked.cursor.is_none(), "{locked:?}");
    daemon.unlock(id);
    station.wait_same(&on);
}

#[test]
fn vim_looks_the_same_after_everything() {
    if need("vim").is_none() {
        return;
    }
    let mut daemon = Daemon::start();
    let text: String = (1..200).map(|n| format!("fn line{n}() {{ /* 眼睛 */ }}\n")).collect();
    std::fs::write(daemon.path("essay.rs"), text).expect("a file");
    let options = "vim -u NONE -i NONE -n --cmd 'set nocompatible number hlsearch mouse=a' --cmd 'syntax on'";
    let id = daemon.open(&format!("exec {options} essay.rs"));
    let station = Station::attach(&daemon, id, 24, 80);
    station.wait_for("line20");
    station.type_keys(b":split\r100G/line10\r");
    let before = settled(&daemon, id, &station, "line101");
    assert!(before.mouse != vt100::MouseProtocolMode::None, "{before:?}");
    the_same_again(&mut daemon, id, station, &before);
    let again = Station::attach(&daemon, id, 24, 80);
    again.type_keys(b":qall!\r");
    daemon.wait_gone(id);
}

#[test]
fn less_looks_the_same_after_everything() {
    if need("less").is_none() {
        return;
    }
    let mut daemon = Daemon::start();
    let text: String = (1..500).map(|n| format!("line {n} of a long text 眼睛\n")).collect();
    std::fs::write(daemon.path("text"), text).expect("a file");
    let id = daemon.open("exec less text");
    let station = Station::attach(&daemon, id, 24, 80);
    station.wait_for("line 20");
    station.type_keys(b"200g/300\r");
    let before = settled(&daemon, id, &station, "line 300");
    the_same_again(&mut daemon, id, station, &before);
}

#[test]
fn top_looks_the_same_after_everything() {
    if need("top").is_none() {
        return;
    }
    let mut daemon = Daemon::start();
    let id = daemon.open("exec top -d 3600");
    let station = Station::attach(&daemon, id, 24, 80);
    let before = settled(&daemon, id, &station, "COMMAND");
    stand_still(&daemon, id);
    the_same_again(&mut daemon, id, station, &before);
}

#[test]
fn htop_looks_the_same_after_everything() {
    if need("htop").is_none() {
        return;
    }
    let mut daemon = Daemon::start();
    let id = daemon.open("exec htop -d 100000");
    let station = Station::attach(&daemon, id, 24, 100);
    let before = settled(&daemon, id, &station, "F10");
    stand_still(&daemon, id);
    the_same_again(&mut daemon, id, station, &before);
}

#[test]
fn control_strings_of_a_program_never_reach_the_stations_terminal() {
    let daemon = Daemon::start();
    let hostile = r"printf '\033]52;c;ZXZpbA==\a\033]8;;javascript:evil\aX\033]8;;\a\033P$q\033\\\033_G\033\\'";
    let id = daemon.open(&format!("{hostile}; printf '\\033[5i\\033[?5h\\033cclean'; exec cat"));
    let station = Station::attach(&daemon, id, 24, 80);
    station.wait_for("clean");
    for bytes in [&b"]52;"[..], b"evil", b"\x1bP", b"\x1b_", b"\x1b[5i", b"\x1bc"] {
        assert!(!station.raw().has(bytes), "{bytes:?}");
    }
}

#[test]
fn a_flooding_program_neither_stalls_the_station_nor_fills_memory() {
    let daemon = Daemon::start();
    let id = daemon.open("yes $(seq 1 200) & read line; kill $!; echo; echo finished; exec cat");
    let station = Station::attach(&daemon, id, 24, 80);
    station.wait_for("100");
    let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.holder(id))).expect("it lives");
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    let kibibytes: u64 = resident.trim_end_matches("kB").trim().parse().expect("a number");
    assert!(kibibytes < 64 << 10, "{kibibytes} KiB");
    station.type_keys(b"\r");
    station.wait_for("finished");
}
