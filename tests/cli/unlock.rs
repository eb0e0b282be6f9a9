//! `usher unlock`, and locks that end by themselves.

use crate::harness::{Daemon, Station};

#[test]
fn unlocking_what_is_not_locked_changes_nothing() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let outcome = daemon.json(&["unlock", &id.to_string()]).exits(0).only();
    assert_eq!((&outcome["result"], &outcome["observed"]), (&"unchanged".into(), &true.into()));
}

#[test]
fn all_sessions_are_unlocked_at_once() {
    let daemon = Daemon::start();
    let ids = [(); 3].map(|()| daemon.open("exec cat"));
    daemon.lock(ids[0], "x");
    daemon.lock(ids[2], "x");
    let outcomes = daemon.json(&["unlock", "--all"]).exits(0).array();
    let results: Vec<_> = outcomes.iter().map(|outcome| outcome["result"].as_str().unwrap()).collect();
    assert_eq!(results, ["done", "unchanged", "done"]);
    assert!(daemon.sessions().iter().all(|s| s["locked"] == false && s["lock"].is_null()));
}

#[test]
fn an_unknown_session_cannot_be_unlocked_and_the_others_are() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    daemon.lock(id, "x");
    let outcomes = daemon.json(&["unlock", "4711", &id.to_string()]).exits(1).array();
    assert_eq!(outcomes[0]["error"]["id"], "SessionNotFound");
    assert_eq!(outcomes[1]["result"], "done");
}

#[test]
fn an_unlocked_session_stays_unlocked_after_a_crash() {
    let mut daemon = Daemon::start();
    let id = daemon.open("exec cat");
    daemon.lock(id, "x");
    daemon.unlock(id);
    daemon.crash_and_restart();
    assert_eq!(daemon.session(id)["locked"], false);
}

/// Locks for a time that passes within the test.
fn lock_for(daemon: &Daemon, id: u32, duration: &str) {
    let outcome = daemon.json(&["lock", &id.to_string(), "--message", "break", "--for", duration]).exits(0).only();
    assert_eq!(outcome["observed"], true);
}

fn wait_unlocked(daemon: &Daemon, id: u32) {
    daemon.wait_session(id, "unlocked", |s| s["locked"] == false && s["lock"].is_null());
}

fn has_one_expire_record(daemon: &Daemon, id: u32) {
    let records = crate::harness::wait_for("the expiry is on record", || {
        Some(daemon.audit("expire")).filter(|records| !records.is_empty())
    });
    assert_eq!(records.len(), 1, "{records:?}");
    assert_eq!(records[0]["targets"], serde_json::json!([id]));
}

#[test]
fn a_lock_with_an_end_counts_down_and_expires_by_itself() {
    let daemon = Daemon::start();
    let id = daemon.open("echo waiting; exec cat > typed");
    let station = Station::attach(&daemon, id, 24, 80);
    let before = station.wait_for("waiting");
    lock_for(&daemon, id, "3s");
    assert!(daemon.session(id)["lock"]["until"].as_str().is_some_and(|until| until.ends_with('Z')));
    station.wait_for("Unlocks in 0:03");
    station.wait_for("Unlocks in 0:01");
    station.wait_same(&before);
    wait_unlocked(&daemon, id);
    has_one_expire_record(&daemon, id);
    station.type_keys(b"free\r");
    daemon.wait_content("typed", "free\n");
}

#[test]
fn a_lock_expires_also_when_the_daemon_crashed_and_came_back_meanwhile() {
    let mut daemon = Daemon::start();
    let id = daemon.open("exec cat");
    lock_for(&daemon, id, "4s");
    daemon.crash_and_restart();
    assert_eq!(daemon.session(id)["locked"], true);
    wait_unlocked(&daemon, id);
    has_one_expire_record(&daemon, id);
}

#[test]
fn a_lock_expires_while_the_daemon_is_down_and_is_on_record_once_it_is_back() {
    let mut daemon = Daemon::start();
    let id = daemon.open("echo waiting; exec cat > typed");
    let station = Station::attach(&daemon, id, 24, 80);
    let before = station.wait_for("waiting");
    lock_for(&daemon, id, "3s");
    station.wait_for("Unlocks in");
    daemon.kill9();
    station.wait_same(&before);
    station.type_keys(b"free\r");
    daemon.wait_content("typed", "free\n");
    daemon.start_again();
    assert_eq!(daemon.session(id)["locked"], false);
    has_one_expire_record(&daemon, id);
}

#[test]
fn a_new_lock_without_an_end_takes_the_end_away() {
    let daemon = Daemon::start();
    let (id, other) = (daemon.open("exec cat"), daemon.open("exec cat"));
    lock_for(&daemon, id, "1s");
    daemon.lock(id, "for good");
    lock_for(&daemon, other, "2s");
    wait_unlocked(&daemon, other);
    assert_eq!(daemon.lock_message(id).as_deref(), Some("for good"));
}
