//! `usher attach`: sitting down, leaving, and a terminal that is given back whatever happens.

use rustix::process::Signal;
use serde_json::json;

use crate::harness::{Daemon, Station, has, processes, wait_until};

/// A program that has switched on all that a terminal can be asked to send.
const BUSY: &str =
    r"printf '\033[?1049h\033[?25l\033[?1003h\033[?1006h\033[?2004h\033[?1h\033=\033[31mbusy\033[0m'; exec cat > typed";

/// Sits down at a busy session from a terminal that was never used before.
fn busy(daemon: &Daemon) -> (u32, Station) {
    let id = daemon.open(BUSY);
    let station = Station::attach(daemon, id, 24, 80);
    station.wait("every mode", |shot| shot.bracketed_paste && shot.mouse != vt100::MouseProtocolMode::None);
    (id, station)
}

/// The terminal is as if nothing had happened on it, but for the line that says why the station left.
#[track_caller]
fn given_back(daemon: &Daemon, station: &Station) {
    let shot = station.wait("the terminal is given back", |shot| {
        !shot.alternate && shot.cursor.is_some() && !shot.bracketed_paste && !shot.application_cursor
    });
    assert_eq!(shot.mouse, vt100::MouseProtocolMode::None);
    assert!(!shot.text().contains("busy"), "nothing of the session stays: {shot:?}");
    let fresh = Station::run_program(daemon, "sleep", &["0".to_owned()], 24, 80);
    wait_until("its settings are as before", || station.settings() == fresh.settings());
}

#[test]
fn what_is_typed_arrives_and_what_is_written_is_shown() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let station = Station::attach(&daemon, id, 24, 80);
    station.type_keys("hello 眼睛\r".as_bytes());
    station.wait("the echo and the answer", |shot| shot.text().matches("hello 眼睛").count() == 2);
}

#[test]
fn keys_are_passed_on_raw() {
    let daemon = Daemon::start();
    let id = daemon.open("stty raw -echo; echo ready; exec cat > typed");
    let station = Station::attach(&daemon, id, 24, 80);
    station.wait_for("ready");
    station.type_keys(b"\x03\x1a\x11\x13\x04\x7f\x00\r\n\x1b[A\x1c\x1c");
    wait_until("every key arrives", || daemon.content("typed").len() == 13);
    assert_eq!(daemon.content("typed"), "\x03\x1a\x11\x13\x04\x7f\x00\r\n\x1b[A\x1c", "Ctrl-\\ twice sends it once");
}

#[test]
fn a_wrong_key_after_the_prefix_reaches_nobody_and_ends_nothing() {
    let daemon = Daemon::start();
    // On a terminal as it begins, the prefix alone is SIGQUIT, and Ctrl-D the end of what is typed.
    let id = daemon.open("exec cat > typed");
    let station = Station::attach(&daemon, id, 24, 80);
    for wrong in ["\x04", "D", "x", "\x1b[3~", "é"] {
        station.type_keys(format!("\x1c{wrong}").as_bytes());
    }
    station.type_keys(b"alive\r");
    daemon.wait_content("typed", "alive\n");
}

#[test]
fn the_prefix_and_a_question_mark_show_the_keys_until_the_next_one() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat > typed");
    let station = Station::attach(&daemon, id, 24, 80);
    station.type_keys(b"\x1c?");
    station.wait_for("^\\ d leaves");
    station.type_keys(b"on\r");
    station.wait("the line is gone", |shot| !shot.text().contains("leaves"));
    daemon.wait_content("typed", "on\n");
}

#[test]
fn the_detach_keys_leave_and_the_session_lives_on() {
    let daemon = Daemon::start();
    let (id, mut station) = busy(&daemon);
    station.type_keys(b"\x1cd");
    assert!(station.wait_gone().success());
    given_back(&daemon, &station);
    station.wait_for("detached; the session lives on");
    daemon.wait_session(id, "disconnected", |s| s["state"] == "disconnected");
    Station::attach(&daemon, id, 24, 80).wait_for("busy");
}

#[test]
fn other_detach_keys_can_be_chosen() {
    let daemon = Daemon::start();
    daemon.open("stty raw; exec cat > typed");
    let mut station = Station::run(&daemon, &["attach", "1", "--detach-keys", "^P ^Q"], 24, 80);
    station.wait("the session", |shot| shot.alternate);
    station.type_keys(b"\x1cd\r");
    daemon.wait_content("typed", "\x1cd\r");
    station.type_keys(b"\x10\x11");
    assert!(station.wait_gone().success());
    daemon.usher(&["attach", "1", "--detach-keys", "é"]).exits(2);
}

#[test]
fn the_detach_keys_also_leave_a_locked_session() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let mut station = Station::attach(&daemon, id, 24, 80);
    daemon.lock(id, "stop");
    station.type_keys(b"\x1cd");
    assert!(station.wait_gone().success());
    given_back(&daemon, &station);
    has(&daemon.session(id), &json!({"locked": true}));
}

#[test]
fn the_terminal_is_given_back_when_the_session_is_closed() {
    let daemon = Daemon::start();
    let (id, mut station) = busy(&daemon);
    daemon.usher(&["close", &id.to_string()]).exits(0);
    station.wait_gone();
    given_back(&daemon, &station);
    station.wait_for("closed by");
}

#[test]
fn the_terminal_is_given_back_when_the_holder_is_killed() {
    let daemon = Daemon::start();
    let (id, mut station) = busy(&daemon);
    processes::signal(daemon.holder(id), Signal::KILL);
    assert_eq!(station.wait_gone().code(), Some(1));
    given_back(&daemon, &station);
    station.wait_for("holder is gone");
    daemon.wait_gone(id);
}

#[test]
fn the_terminal_is_given_back_when_the_station_itself_is_killed() {
    let daemon = Daemon::start();
    let (id, mut station) = busy(&daemon);
    station.kill9();
    given_back(&daemon, &station);
    daemon.wait_session(id, "disconnected", |s| s["state"] == "disconnected");
}

#[test]
fn the_terminal_is_given_back_when_the_station_is_told_to_end() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let daemon = Daemon::start();
        let (_, mut station) = busy(&daemon);
        processes::signal(station.pid(), signal);
        station.wait_gone();
        given_back(&daemon, &station);
    }
}

#[test]
fn a_shell_that_takes_the_terminal_first_does_not_keep_it_raw() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let shell = Station::run_program(&daemon, "sh", &["-i".to_owned()], 24, 80);
    let before = shell.settings();
    for _ in 0..5 {
        let usher = crate::harness::USHER;
        let line = format!("{usher} --socket {} attach {id}\r", daemon.socket().display());
        shell.type_keys(line.as_bytes());
        daemon.wait_session(id, "connected", |s| s["state"] == "connected");
        shell.wait("the station", |shot| shot.alternate);
        let station =
            processes::descendants(shell.pid()).into_iter().find(|pid| processes::parent(*pid) == Some(shell.pid()));
        processes::signal(station.expect("it runs"), Signal::KILL);
        shell.wait("the shell's screen", |shot| !shot.alternate);
        wait_until("its settings are as before", || shell.settings() == before);
    }
}

#[test]
fn a_station_whose_terminal_takes_no_output_can_be_told_to_end() {
    for signal in [Signal::TERM, Signal::HUP] {
        let daemon = Daemon::start();
        let id = daemon.open("exec cat");
        let mut station = Station::attach(&daemon, id, 24, 80);
        let before = station.settings();
        station.hold_output(true);
        station.type_keys(b"shown to nobody\r");
        processes::signal(station.pid(), signal);
        assert_eq!(station.wait_gone().code(), Some(1));
        assert_ne!(station.settings(), before, "it is not raw any more");
        station.hold_output(false);
    }
}

#[test]
fn a_station_goes_on_when_the_daemon_is_killed() {
    let mut daemon = Daemon::start();
    let (id, station) = busy(&daemon);
    daemon.kill9();
    station.type_keys(b"still here\r");
    daemon.wait_content("typed", "still here\n");
    daemon.start_again();
    has(&daemon.session(id), &json!({"state": "connected"}));
    station.type_keys(b"and here\r");
    daemon.wait_content("typed", "still here\nand here\n");
}

#[test]
fn a_station_that_was_stopped_and_goes_on_shows_the_session_again() {
    let daemon = Daemon::start();
    let (_, station) = busy(&daemon);
    let before = station.shot();
    station.freeze();
    station.thaw();
    station.wait_same(&before);
    station.type_keys(b"on\r");
    daemon.wait_content("typed", "on\n");
}

#[test]
fn a_station_that_is_suspended_gives_the_terminal_back_and_takes_it_again() {
    let daemon = Daemon::start();
    let (_, station) = busy(&daemon);
    let before = station.shot();
    for _ in 0..2 {
        processes::signal(station.pid(), Signal::TSTP);
        wait_until("the station is stopped", || processes::stopped(station.pid()));
        given_back(&daemon, &station);
        station.thaw();
        station.wait_same(&before);
    }
    station.type_keys(b"on\r");
    daemon.wait_content("typed", "on\n");
}

#[test]
fn the_title_is_given_back_as_often_as_it_was_kept() {
    let daemon = Daemon::start();
    let (_, mut station) = busy(&daemon);
    for signal in [Signal::STOP, Signal::TSTP, Signal::STOP] {
        let drawn = station.raw().count(b"\x1b[2J");
        processes::signal(station.pid(), signal);
        wait_until("the station is stopped", || processes::stopped(station.pid()));
        station.thaw();
        wait_until("it took the screen again", || station.raw().count(b"\x1b[2J") > drawn);
    }
    station.type_keys(b"\x1cd");
    assert!(station.wait_gone().success());
    wait_until("the screen is given back", || !station.shot().alternate);
    wait_until("so is the title", || station.raw().count(b"\x1b[23;0t") == 2);
    assert_eq!(station.raw().count(b"\x1b[22;0t"), 2);
}

#[test]
fn attach_alone_takes_the_only_session_or_the_one_that_was_used_last() {
    let daemon = Daemon::start();
    let mut none = Station::run(&daemon, &["attach"], 24, 80);
    assert_eq!(none.wait_gone().code(), Some(1));
    none.wait_for("you have no text session");
    let taken = || {
        let mut station = Station::run(&daemon, &["attach"], 24, 80);
        station.wait("it sits", |shot| shot.alternate);
        station.type_keys(b"\x1cd");
        assert!(station.wait_gone().success());
        station.wait("it says which", |shot| !shot.alternate && shot.text().contains("detached")).text()
    };
    let first = daemon.open("exec cat");
    assert!(taken().contains(&format!("session {first}:")));
    let second = daemon.open("exec cat");
    assert!(taken().contains(&format!("session {second}:")), "the one that was opened last");
    let station = Station::attach(&daemon, first, 24, 80);
    station.type_keys(b"x");
    wait_until("the one that was typed at last comes first", || taken().contains(&format!("session {first}:")));
}

#[test]
fn whoever_only_looks_on_types_nothing_and_changes_no_size() {
    let daemon = Daemon::start();
    let id = daemon.open("printf 'here\\r\\n'; exec cat > typed");
    let mut viewer = Station::run(&daemon, &["attach", "--read-only", &id.to_string()], 10, 40);
    viewer.wait_for("here");
    viewer.type_keys(b"rm -rf\r\x04");
    viewer.wait_for("You only look on");
    let typist = Station::attach(&daemon, id, 24, 80);
    viewer.resize(12, 50);
    typist.type_keys(b"typed\r");
    daemon.wait_content("typed", "typed\n");
    viewer.type_keys(b"\x1cd");
    assert!(viewer.wait_gone().success());
    drop(typist);
    daemon.wait_session(id, "disconnected", |s| s["state"] == "disconnected");
}

#[test]
fn a_holder_takes_no_keys_from_who_only_looks_on_whatever_its_program_sends() {
    let daemon = Daemon::start();
    let id = daemon.open("printf ready; exec cat > typed");
    let body = json!({"size": {"rows": 24, "cols": 80}, "read_only": true}).to_string();
    let mut hostile = crate::harness::http::connect(&daemon.socket());
    let head = format!(
        "POST /v1/sessions/{id}/attach HTTP/1.1\r\nHost: usherd\r\nContent-Type: application/json\r\n\
         Connection: upgrade\r\nUpgrade: usher-station\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    std::io::Write::write_all(&mut hostile, head.as_bytes()).expect("a request");
    daemon.wait_session(id, "connected", |s| s["state"] == "connected");
    let mut frame = Vec::new();
    usher_core::wire::put(&mut frame, usher_core::wire::Tag::Input, b"stolen\r");
    std::io::Write::write_all(&mut hostile, &frame).expect("a frame");
    // It is read in order: the resize behind it is refused too, and the station still shows.
    let typist = Station::attach(&daemon, id, 24, 80);
    typist.type_keys(b"typed\r");
    daemon.wait_content("typed", "typed\n");
}

#[test]
fn attach_needs_a_terminal_and_a_session() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    let said = daemon.usher(&["attach", "1"]).exits(2);
    assert!(said.stderr.contains("terminal"), "{}", said.stderr);
    let mut station = Station::run(&daemon, &["attach", "4711"], 24, 80);
    assert_eq!(station.wait_gone().code(), Some(1));
    let shot = station.wait_for("no session 4711");
    assert!(!shot.alternate);
}

#[test]
fn nobody_can_attach_to_the_session_they_sit_in() {
    let daemon = Daemon::start();
    let script = format!("{} attach 1; echo code=$?; exec cat", crate::harness::USHER);
    let id = daemon.open(&script);
    let shot = Station::attach(&daemon, id, 24, 80).wait_for("code=1");
    assert!(shot.text().contains("you sit in session 1"), "{shot:?}");
}
