//! Programs of the earlier package beside today's, each with a daemon of one's own.
//!
//! With `USHER_RECORD` (`cargo xtask upgrade --record`), what callers and daemons say to each other is written to
//! `tests/recorded/`, where `tests/cli/skew.rs` reads it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cases::{Case, LATER, UNDERSTOOD};
use crate::own::{Daemon, Station, USHER, USHERD, run, skip, wait_until};
use crate::recorder::Recorder;

/// A program of the earlier package's.
pub fn earlier(name: &str) -> Option<PathBuf> {
    let programs = std::env::var_os("USHER_EARLIER_PROGRAMS").map(PathBuf::from);
    if programs.is_none() {
        skip("USHER_EARLIER_PROGRAMS is not set: cargo xtask upgrade sets it");
    }
    programs.map(|programs| programs.join(name))
}

/// The command line, with an environment of which nothing is this machine's.
fn asking(program: &Path, socket: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.env_clear().current_dir("/").env("PATH", "/usr/bin:/bin").env("LANG", "C.UTF-8").env("SHELL", "/bin/sh");
    command.arg("--socket").arg(socket).args(words);
    command
}

#[track_caller]
fn ask(program: &Path, socket: &Path, case: &Case) {
    let said = run(&mut asking(program, socket, case.words), b"").exits(case.exit);
    let said = said.stdout + &said.stderr;
    for part in case.says {
        assert!(said.contains(part), "{:?}: {part:?} in {said}", case.words);
    }
}

#[test]
fn todays_caller_asks_an_earlier_daemon() {
    let Some(usherd) = earlier("usherd") else { return };
    let daemon = Daemon::not_started().with_program(usherd).started();
    let mut recorder = Recorder::between(&daemon);
    for case in UNDERSTOOD.iter().chain(LATER) {
        ask(Path::new(USHER), &recorder.socket(), case);
        recorder.end_case(case.words);
    }
    recorder.write("usherd-0.1.0.json");
}

#[test]
fn an_earlier_caller_asks_todays_daemon() {
    let Some(usher) = earlier("usher") else { return };
    let daemon = Daemon::start();
    let mut recorder = Recorder::between(&daemon);
    for case in UNDERSTOOD {
        ask(&usher, &recorder.socket(), case);
        recorder.end_case(case.words);
    }
    recorder.write("usher-0.1.0.json");

    // Words that it does not know are told in those that it does.
    let earlier = |words: &[&str]| run(&mut asking(&usher, &daemon.socket(), words), b"");
    let refused = earlier(&["block", "--user", "no-such-user", "--message", "x"]).exits(1).stderr;
    assert!(refused.contains("InvalidRequest") && refused.contains("no-such-user"), "{refused}");
    let closing = std::thread::scope(|scope| {
        let closing = scope.spawn(|| earlier(&["close", "2", "--notice", "1h"]).exits(1).stderr);
        wait_until("it counts down", || daemon.session(2)["state"] == "closing");
        daemon.usher(&["close", "--cancel", "2"]).exits(0);
        closing.join().expect("it was asked")
    });
    assert!(closing.contains("called its close off"), "{closing}");
    let unread = earlier(&["audit"]).exits(1).stderr;
    assert!(unread.contains("upgrade usher") && unread.contains(env!("CARGO_PKG_VERSION")), "{unread}");
    assert!(earlier(&["audit", "--action", "close"]).exits(0).stdout.contains("failed"));
}

/// A person at an `attach` of one version and a holder of another.
fn sits(usher: &Path, daemon: &Daemon) {
    let id = daemon.open("echo waiting; exec cat >typed");
    let words = ["--socket".into(), daemon.socket().display().to_string(), "attach".into(), id.to_string()];
    let mut station = Station::run_program(daemon, &usher.display().to_string(), &words, 24, 80);
    station.wait_for("waiting");
    station.type_keys(b"before\r");
    daemon.wait_content("typed", "before\n");
    daemon.lock(id, "Eyes up");
    station.wait_for("Eyes up");
    station.type_keys(b"secret\r");
    daemon.unlock(id);
    station.wait_for("waiting");
    station.type_keys(b"after\r");
    daemon.wait_content("typed", "before\nafter\n");
    station.type_keys(b"\x1cd");
    assert_eq!(station.wait_gone().code(), Some(0));
}

#[test]
fn an_earlier_station_sits_at_todays_holder() {
    let Some(usher) = earlier("usher") else { return };
    sits(&usher, &Daemon::start());
}

#[test]
fn todays_station_sits_at_an_earlier_holder_under_either_daemon() {
    let Some(usherd) = earlier("usherd") else { return };
    let mut daemon = Daemon::not_started().with_program(usherd).started();
    sits(Path::new(USHER), &daemon);
    let id = daemon.open("echo waiting; exec cat >typed");
    daemon.lock(id, "Eyes up");
    daemon.kill9();
    let mut daemon = daemon.with_program(PathBuf::from(USHERD)).started();
    assert_eq!(daemon.lock_message(id).as_deref(), Some("Eyes up"));
    daemon.unlock(id);
    let station = Station::attach(&daemon, id, 24, 80);
    station.wait_for("waiting");
    for words in [&["show", &id.to_string()][..], &["attach", "--read-only", &id.to_string()]] {
        let mut refused = Station::run(&daemon, words, 24, 80);
        refused.wait_for("an older version");
        assert_eq!(refused.wait_gone().code(), Some(1), "{words:?}");
    }
    daemon.usher(&["rename", &id.to_string(), "essay"]).exits(0);
    daemon.usher(&["disconnect", "essay"]).exits(0);
    daemon.usher(&["close", "essay"]).exits(0);
    daemon.crash_and_restart();
    assert_eq!(daemon.ids(), [1]);
}

#[test]
fn an_earlier_daemon_leaves_todays_database_to_todays() {
    let Some(usherd) = earlier("usherd") else { return };
    let mut daemon = Daemon::start();
    let id = daemon.open("exec cat");
    daemon.lock(id, "Eyes up");
    daemon.stop();
    let mut earlier = daemon.with_program(usherd);
    earlier.try_start().expect_err("it does not know these tables");
    assert!(earlier.log().contains("newer usherd"), "{}", earlier.log());
    let daemon = earlier.with_program(PathBuf::from(USHERD)).started();
    assert_eq!(daemon.lock_message(id).as_deref(), Some("Eyes up"));
}

#[test]
fn todays_daemon_reads_an_earlier_database() {
    let Some(usherd) = earlier("usherd") else { return };
    let mut daemon = Daemon::not_started().with_program(usherd).started();
    for words in [&["open", "--", "cat"][..], &["block", "--all", "--message", "Not now"], &["unlock", "1", "--exempt"]]
    {
        run(&mut asking(Path::new(USHER), &daemon.socket(), words), b"").exits(0);
    }
    daemon.lock(1, "Eyes up");
    daemon.stop();
    crate::recorder::keep(&daemon.path("state/usher.db"), "usherd-0.1.0.db");
    let daemon = daemon.with_program(PathBuf::from(USHERD)).started();
    assert_eq!(daemon.lock_message(1).as_deref(), Some("Eyes up"));
    daemon.unlock(1);
    assert!(daemon.usher(&["blocks"]).exits(0).stdout.contains("Not now"));
}
