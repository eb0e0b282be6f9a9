//! `usherd --release-all`: the way out when nothing else works.

use std::process::Command;

use serde_json::json;

use crate::harness::{Daemon, Ran, Station, USHERD, clean_command, has, need, processes, run, wait_until};

fn release_all(daemon: &Daemon) -> Ran {
    let mut command = clean_command(USHERD, daemon.directory());
    run(command.arg("--socket").arg(daemon.socket()).arg("--release-all"), b"")
}

/// A session that is locked twice over, with a station at it.
fn locked(daemon: &Daemon) -> Station {
    let id = daemon.open("echo waiting; exec cat > typed");
    let station = Station::attach(daemon, id, 24, 80);
    station.wait_for("waiting");
    daemon.lock(id, "stop");
    daemon.usher(&["block", "--all", "--message", "blocked"]).exits(0);
    station
}

#[test]
fn with_the_daemon_dead_and_its_database_gone_every_session_is_freed() {
    let mut daemon = Daemon::start();
    let station = locked(&daemon);
    daemon.open("exec cat");
    daemon.kill9();
    std::fs::remove_dir_all(daemon.path("state")).expect("a state");
    let said = release_all(&daemon).exits(0);
    assert!(said.stdout.contains("2 sessions freed"), "{}", said.stdout);
    assert!(said.stderr.contains("session 1 was freed"), "it is logged: {}", said.stderr);
    station.wait_for("waiting");
    station.type_keys(b"free\r");
    daemon.wait_content("typed", "free\n");
}

#[test]
fn released_sessions_stay_free_when_the_daemon_is_back() {
    let mut daemon = Daemon::start();
    let station = locked(&daemon);
    daemon.kill9();
    release_all(&daemon).exits(0);
    daemon.start_again();
    has(&daemon.session(1), &json!({"locked": false}));
    daemon.crash_and_restart();
    has(&daemon.session(1), &json!({"locked": false}));
    station.type_keys(b"free\r");
    daemon.wait_content("typed", "free\n");
    let records = daemon.audit("release");
    assert_eq!(records.len(), 1, "{records:?}");
    assert_eq!(records[0]["targets"], json!([1]));
    daemon.lock(1, "again");
    station.wait_for("again");
}

#[test]
fn a_living_daemon_takes_note_and_does_not_lock_them_again() {
    let mut daemon = Daemon::start();
    let station = locked(&daemon);
    release_all(&daemon).exits(0);
    station.wait_for("waiting");
    daemon.wait_session(1, "free", |s| s["locked"] == false);
    daemon.crash_and_restart();
    has(&daemon.session(1), &json!({"locked": false}));
    assert_eq!(daemon.audit("release").len(), 1);
}

#[test]
fn a_lock_that_is_later_than_a_release_stands_although_the_holder_still_reports_the_release() {
    if need("python3").is_none() {
        return;
    }
    let mut daemon = Daemon::start();
    let id = daemon.open("exec cat");
    daemon.lock(id, "before");
    release_all(&daemon).exits(0);
    daemon.wait_session(id, "free", |s| s["locked"] == false);
    daemon.kill9();
    // As if the daemon had died between writing the lock and telling the holder.
    let script = "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); \
        c.execute(\"INSERT INTO lock VALUES (1, 'after', 'x', 0, '2999-01-01T00:00:00.000000Z', NULL, 0)\"); c.commit()";
    let written = Command::new("python3").arg("-c").arg(script).arg(daemon.path("state/usher.db")).status();
    assert!(written.is_ok_and(|status| status.success()));
    daemon.start_again();
    assert_eq!(daemon.lock_message(id).as_deref(), Some("after"));
    assert_eq!(daemon.audit("release").len(), 1);
}

#[test]
fn keys_typed_under_the_lock_do_not_arrive_after_a_release_either() {
    let mut daemon = Daemon::start();
    let station = locked(&daemon);
    daemon.kill9();
    station.type_keys(b"secret\r");
    release_all(&daemon).exits(0);
    station.wait_for("waiting");
    station.type_keys(b"free\r");
    daemon.wait_content("typed", "free\n");
}

#[test]
fn dead_holders_do_not_stop_it_and_nothing_to_free_is_said() {
    let mut daemon = Daemon::start();
    let _station = locked(&daemon);
    let doomed = daemon.open("exec cat");
    let holder = daemon.holder(doomed);
    daemon.kill9();
    processes::signal(holder, rustix::process::Signal::KILL);
    wait_until("the holder is dead", || !processes::alive(holder));
    assert!(release_all(&daemon).exits(0).stdout.contains("1 sessions freed"));
    daemon.start_again();
    daemon.usher(&["close", "--all"]).exits(0);
    assert!(release_all(&daemon).exits(0).stdout.contains("0 sessions freed"));
}
