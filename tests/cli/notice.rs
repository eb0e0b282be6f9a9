//! `usher close --notice`: the user sees a countdown first, and then the session closes.

use serde_json::json;

use crate::harness::{Daemon, Station, has, wait_for};

#[test]
fn the_user_sees_a_countdown_and_then_the_session_closes() {
    let daemon = Daemon::start();
    let id = daemon.open("echo; echo working; exec cat > typed");
    let mut station = Station::attach(&daemon, id, 24, 80);
    let close = ["close", "1", "--notice", "8s", "--message", "Save your work"];
    let outcomes = std::thread::scope(|scope| {
        let closing = scope.spawn(|| daemon.json(&close).exits(0).only());
        let shot = station.wait_for("Save your work");
        assert!(shot.text().contains("closes in 0:0") && shot.text().contains("working"), "{shot:?}");
        has(&daemon.session(id), &json!({"state": "closing"}));
        let count = |text: &str| text.split("closes in ").nth(1).map(|rest| rest.chars().take(4).collect::<String>());
        let first = count(&shot.text());
        station.wait("a countdown that goes on", |shot| count(&shot.text()).is_some_and(|now| Some(now) != first));
        station.type_keys(b"saved\r");
        daemon.wait_content("typed", "saved\n");
        closing.join().expect("an outcome")
    });
    has(&outcomes, &json!({"result": "done", "observed": true}));
    assert!(station.wait_gone().success());
    assert!(daemon.ids().is_empty());
}

#[test]
fn the_session_closes_also_when_the_daemon_crashed_meanwhile() {
    let mut daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let mut station = Station::attach(&daemon, id, 24, 80);
    let mut closing = daemon.usher_command(&["close", "1", "--notice", "10s"]);
    let closing = closing.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn();
    let mut closing = closing.expect("a caller");
    station.wait_for("closes in");
    daemon.kill9();
    // Its connection is gone: whether it was done is unknown to this caller.
    assert_eq!(closing.wait().expect("an exit code").code(), Some(3));
    daemon.start_again();
    // On a machine that took longer over it than the notice, the session is gone already.
    assert!(daemon.sessions().iter().all(|session| session["state"] == "closing"), "{:?}", daemon.sessions());
    assert!(station.wait_gone().success());
    daemon.wait_gone(id);
    let records = daemon.audit("close");
    assert_eq!(records.len(), 1, "the request is on record: {records:?}");
}

#[test]
fn a_station_that_comes_during_the_countdown_sees_it() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    std::thread::scope(|scope| {
        scope.spawn(|| daemon.usher(&["close", "1", "--notice", "3s"]).exits(0));
        daemon.wait_session(id, "closing", |s| s["state"] == "closing");
        let mut station = Station::attach(&daemon, id, 24, 80);
        station.wait_for("closes in");
        station.wait_gone();
    });
}

#[test]
fn a_close_without_notice_overtakes_one_with_notice() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| daemon.json(&["close", "1", "--notice", "1h"]).exits(0).only());
        daemon.wait_session(id, "closing", |s| s["state"] == "closing");
        let fast = daemon.json(&["close", "1"]).exits(0).only();
        has(&fast, &json!({"result": "done", "observed": true}));
        has(&slow.join().expect("an outcome"), &json!({"result": "done", "observed": true}));
    });
}

#[test]
fn a_message_needs_a_notice() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    let said = daemon.usher(&["close", "1", "--message", "bye"]).exits(2);
    assert!(said.stderr.contains("--notice"), "{}", said.stderr);
    wait_for("nothing was done", || (daemon.ids() == [1]).then_some(()));
}
