//! `usher disconnect`: the stations become free, the session lives on and can be resumed.

use crate::harness::{Daemon, Station, has, wait_until};
use serde_json::json;

#[test]
fn every_station_is_freed_and_the_program_lives_on() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat > typed");
    let mut stations = [Station::attach(&daemon, id, 24, 80), Station::attach(&daemon, id, 30, 100)];
    let outcome = daemon.json(&["disconnect", &id.to_string()]).exits(0).only();
    has(&outcome, &json!({"action": "disconnect", "result": "done", "observed": true, "error": null}));
    has(&daemon.session(id), &json!({"state": "disconnected", "station_id": null}));
    for station in &mut stations {
        assert!(station.wait_gone().success());
        station.wait_for("the session lives on");
    }
    let again = Station::attach(&daemon, id, 24, 80);
    again.type_keys(b"resumed\r");
    daemon.wait_content("typed", "resumed\n");
}

#[test]
fn a_session_that_nobody_sits_at_is_disconnected_already() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let outcome = daemon.json(&["disconnect", &id.to_string()]).exits(0).only();
    has(&outcome, &json!({"result": "unchanged", "observed": true}));
}

#[test]
fn a_station_that_stands_still_is_freed_too() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let mut stuck = Station::attach(&daemon, id, 24, 80);
    stuck.freeze();
    let outcome = daemon.json(&["disconnect", &id.to_string()]).exits(0).only();
    has(&outcome, &json!({"result": "done", "observed": true}));
    stuck.thaw();
    stuck.wait_gone();
    has(&daemon.session(id), &json!({"state": "disconnected"}));
}

#[test]
fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let daemon = Daemon::start();
    let (taken, empty) = (daemon.open("exec cat > typed"), daemon.open("exec cat"));
    let station = Station::attach(&daemon, taken, 24, 80);
    let outcomes = daemon.json(&["disconnect", "--all", "--dry-run"]).exits(0).array();
    has(&outcomes[0], &json!({"session_id": taken, "result": "planned", "observed": false}));
    has(&outcomes[1], &json!({"session_id": empty, "result": "unchanged", "observed": false}));
    station.type_keys(b"here\r");
    daemon.wait_content("typed", "here\n");
    assert!(daemon.audit("disconnect").is_empty());
}

#[test]
fn a_lock_outlasts_a_disconnect() {
    let daemon = Daemon::start();
    let id = daemon.open("echo private-things; exec cat");
    Station::attach(&daemon, id, 24, 80).wait_for("private-things");
    daemon.lock(id, "still locked");
    let mut station = Station::attach(&daemon, id, 24, 80);
    daemon.json(&["disconnect", &id.to_string()]).exits(0);
    station.wait_gone();
    let again = Station::attach(&daemon, id, 24, 80);
    again.wait_for("still locked");
    assert!(!again.raw().has(b"private"));
}

#[test]
fn confirm_without_a_terminal_refuses_and_does_nothing() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let mut station = Station::attach(&daemon, id, 24, 80);
    let said = daemon.usher(&["disconnect", "--all", "--confirm"]).exits(2);
    assert!(said.stderr.contains("nothing was done"), "{}", said.stderr);
    has(&daemon.session(id), &json!({"state": "connected"}));
    daemon.usher(&["disconnect", "--all"]).exits(0);
    station.wait_gone();
}

#[test]
fn confirm_on_a_terminal_frees_what_was_agreed_to() {
    let daemon = Daemon::start();
    let ids = [daemon.open("exec cat"), daemon.open("exec cat")];
    let stations = ids.map(|id| Station::attach(&daemon, id, 24, 80));
    let mut operator = Station::run(&daemon, &["disconnect", "--all", "--confirm"], 24, 100);
    operator.wait_for("disconnect session 1");
    operator.type_keys(b"no\r");
    operator.wait_for("disconnect session 2");
    operator.type_keys(b"yes\r");
    assert!(operator.wait_gone().success());
    operator.wait_for("declined");
    has(&daemon.session(ids[0]), &json!({"state": "connected"}));
    has(&daemon.session(ids[1]), &json!({"state": "disconnected"}));
    wait_until("the second station is told", || stations[1].shot().text().contains("lives on"));
}

#[test]
fn an_unknown_session_is_not_found() {
    let daemon = Daemon::start();
    let outcome = daemon.json(&["disconnect", "7"]).exits(1).only();
    assert_eq!(outcome["error"]["id"], "SessionNotFound");
}
