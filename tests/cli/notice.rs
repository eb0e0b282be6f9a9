//! `usher close --notice`: the user sees a countdown first, and then the session closes.

use serde_json::json;

use crate::harness::{Daemon, Station, USHER, clean_command, has, processes, run, wait_for};

/// Orders a close of session 1 that nobody lives to see the end of, and gives what the caller heard in the end.
fn announced<T>(daemon: &Daemon, meanwhile: impl FnOnce() -> T) -> (serde_json::Value, T) {
    std::thread::scope(|scope| {
        let waiting =
            scope.spawn(|| daemon.json(&["close", "1", "--notice", "1h", "--message", "Save"]).exits(1).only());
        daemon.wait_session(1, "closing", |s| s["state"] == "closing");
        let done = meanwhile();
        (waiting.join().expect("an outcome"), done)
    })
}

fn order_a_close(daemon: &Daemon) -> std::process::Child {
    let mut waiting = daemon.usher_command(&["close", "1", "--notice", "1h"]);
    let waiting = waiting.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn();
    daemon.wait_session(1, "closing", |s| s["state"] == "closing");
    waiting.expect("a caller")
}

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
    assert_eq!(station.wait_gone().code(), Some(129), "hung up");
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
    assert_eq!(closing.wait().expect("an exit code").code(), Some(1));
    daemon.start_again();
    // On a machine that took longer over it than the notice, the session is gone already.
    assert!(daemon.sessions().iter().all(|session| session["state"] == "closing"), "{:?}", daemon.sessions());
    assert_eq!(station.wait_gone().code(), Some(129), "hung up");
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

#[test]
fn a_close_is_called_off_while_its_countdown_runs() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat > typed");
    let station = Station::attach(&daemon, id, 24, 80);
    let (heard, done) = announced(&daemon, || {
        station.wait_for("closes in");
        assert!(daemon.session(id)["closing_at"].as_str().is_some_and(|at| at.ends_with('Z')));
        daemon.json(&["close", "1", "--cancel"]).exits(0).only()
    });
    has(&done, &json!({"session_id": 1, "action": "cancel-close", "result": "done", "observed": true, "error": null}));
    has(&heard, &json!({"action": "close", "result": "failed", "observed": false}));
    assert_eq!(heard["error"]["id"], "CloseCancelled", "{heard}");
    let session = daemon.session(id);
    assert!(session["state"] == "connected" && session["closing_at"].is_null(), "{session}");
    station.wait("the announcement to go", |shot| !shot.text().contains("closes in"));
    station.type_keys(b"alive\r");
    daemon.wait_content("typed", "alive\n");
    let records = daemon.audit("cancel-close");
    assert_eq!(records.len(), 1, "{records:?}");
    has(&records[0], &json!({"targets": [1]}));
    has(&daemon.json(&["close", "--cancel", "--all"]).exits(0).only(), &json!({"result": "unchanged"}));
    let unknown = daemon.json(&["close", "--cancel", "7"]).exits(1).only();
    assert_eq!(unknown["error"]["id"], "SessionNotFound");
    // A later order counts down anew.
    let mut again = order_a_close(&daemon);
    station.wait_for("closes in");
    daemon.usher(&["close", "--cancel", "--user", station_user(&daemon).as_str()]).exits(0);
    station.wait("the announcement to go", |shot| !shot.text().contains("closes in"));
    again.wait().expect("an exit code");
}

fn station_user(daemon: &Daemon) -> String {
    daemon.session(1)["user"].as_str().expect("a user").to_owned()
}

#[test]
fn a_countdown_outlives_the_daemon_and_is_called_off_by_the_next() {
    let mut daemon = Daemon::start();
    let id = daemon.open("exec cat > typed");
    let station = Station::attach(&daemon, id, 24, 80);
    let mut caller = order_a_close(&daemon);
    station.wait_for("closes in");
    let at = daemon.session(id)["closing_at"].clone();
    daemon.crash_and_restart();
    caller.wait().expect("an exit code");
    assert_eq!(daemon.session(id)["closing_at"], at, "the same countdown goes on");
    has(&daemon.json(&["close", "--cancel", "1"]).exits(0).only(), &json!({"result": "done", "observed": true}));
    station.wait("the announcement to go", |shot| !shot.text().contains("closes in"));
    daemon.crash_and_restart();
    has(&daemon.session(id), &json!({"state": "connected"}));
    station.type_keys(b"alive\r");
    daemon.wait_content("typed", "alive\n");
}

#[test]
fn a_close_that_came_due_while_no_daemon_ran_is_carried_out_at_the_start() {
    let mut daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let mut station = Station::attach(&daemon, id, 24, 80);
    let mut closing = daemon.usher_command(&["close", "1", "--notice", "8s"]);
    let mut closing = closing.stderr(std::process::Stdio::null()).spawn().expect("a caller");
    daemon.wait_session(id, "closing", |s| s["state"] == "closing");
    daemon.kill9();
    closing.wait().expect("an exit code");
    // The holder goes on counting: nobody is surprised when the next daemon does what was said.
    station.wait("the end of the countdown", |shot| shot.text().contains("closes in 0:00"));
    daemon.start_again();
    assert_eq!(station.wait_gone().code(), Some(129), "hung up");
    daemon.wait_gone(id);
}

#[test]
fn whoever_waits_sees_the_countdown_and_ctrl_c_says_that_it_goes_on() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let mut waiting = Station::run(&daemon, &["close", "1", "--notice", "1h"], 24, 300);
    let count = |text: &str| text.split("closing in ").nth(1).map(|rest| rest.chars().take(5).collect::<String>());
    let first = count(&waiting.wait_for("closing in ").text());
    waiting.wait("a countdown that goes on", |shot| count(&shot.text()).is_some_and(|now| Some(now) != first));
    daemon.wait_session(id, "closing", |s| s["state"] == "closing");
    processes::signal(waiting.pid(), rustix::process::Signal::INT);
    let shot = waiting.wait_for("close --cancel 1");
    assert!(shot.text().contains("goes on without this command") && !shot.text().contains("closing in"), "{shot:?}");
    assert!(std::os::unix::process::ExitStatusExt::signal(&waiting.wait_gone()).is_some(), "as any program ends then");
    assert_eq!(daemon.session(id)["state"], "closing");
    let listed = daemon.usher(&["list"]).exits(0).stdout;
    assert!(listed.contains("closing 59:"), "{listed}");
    // What it says can be pasted.
    let text = shot.text().replace('\n', "");
    let command = text.split("command; usher ").nth(1).and_then(|rest| rest.split(" calls").next()).expect("a command");
    let words: Vec<&str> = command.split_whitespace().collect();
    run(clean_command(USHER, daemon.directory()).args(words), b"").exits(0);
    has(&daemon.session(id), &json!({"state": "disconnected"}));
}

#[test]
fn an_announcement_leaves_the_line_that_is_typed_on_to_be_read() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let station = Station::attach(&daemon, id, 24, 80);
    let mut caller = order_a_close(&daemon);
    let row = |text: &str, what: &str| text.lines().position(|line| line.contains(what));
    station.type_keys(b"first words");
    station.wait("both to be read", |shot| {
        row(&shot.text(), "first words") == Some(0) && row(&shot.text(), "closes in").is_some()
    });
    station.type_keys("\r".repeat(30).as_bytes());
    station.wait("the other edge", |shot| row(&shot.text(), "closes in") == Some(0));
    station.type_keys(b"last words");
    station.wait("both to be read", |shot| {
        row(&shot.text(), "closes in") == Some(0) && row(&shot.text(), "last words") == Some(23)
    });
    daemon.usher(&["close", "--cancel", "1"]).exits(0);
    caller.wait().expect("an exit code");
}

#[test]
fn what_is_to_be_called_off_is_named_like_any_target() {
    let daemon = Daemon::start();
    daemon.usher(&["close", "--cancel"]).exits(2);
    daemon.usher(&["close", "--cancel", "1", "--notice", "5s"]).exits(2);
    daemon.usher(&["close", "--cancel", "1", "--dry-run"]).exits(2);
}
