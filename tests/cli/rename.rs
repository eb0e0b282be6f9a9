//! `usher rename`: another name for a text session.

use serde_json::json;

use crate::harness::{Daemon, has};

#[test]
fn a_session_gets_another_name_and_the_old_one_is_free() {
    let daemon = Daemon::start();
    let (first, second) = (daemon.open("exec cat"), daemon.open("exec cat"));
    let outcome = daemon.json(&["rename", &first.to_string(), "essay"]).exits(0).only();
    has(&outcome, &json!({"session_id": first, "action": "rename", "result": "done", "observed": true}));
    has(&daemon.session(first), &json!({"name": "essay", "title": "essay"}));
    has(&daemon.json(&["rename", "essay", "essay"]).exits(0).only(), &json!({"result": "unchanged"}));
    has(&daemon.json(&["rename", "essay", "exam"]).exits(0).only(), &json!({"session_id": first}));
    has(&daemon.json(&["rename", &second.to_string(), "essay"]).exits(0).only(), &json!({"session_id": second}));
}

#[test]
fn a_name_that_another_session_has_and_a_session_that_is_not_there_are_refused() {
    let daemon = Daemon::start();
    let (first, second) = (daemon.open("exec cat").to_string(), daemon.open("exec cat").to_string());
    daemon.usher(&["rename", &first, "essay"]).exits(0);
    let said = daemon.usher(&["rename", &second, "essay"]).exits(1);
    assert!(said.stderr.contains("has the name essay"), "{}", said.stderr);
    let outcome = daemon.json(&["rename", "exam", "test"]).exits(1).only();
    assert_eq!(outcome["error"]["id"], "SessionNotFound");
    for name in ["3", "c2", "all", "a/b"] {
        daemon.usher(&["rename", &first, name]).exits(2);
    }
}

#[test]
fn it_is_on_record_with_the_name() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    daemon.usher(&["rename", &id.to_string(), "essay"]).exits(0);
    daemon.usher(&["rename", "nothing", "exam"]).exits(1);
    let records = daemon.audit("rename");
    has(&records[0], &json!({"targets": [id], "message": "essay"}));
    has(&records[0]["outcomes"][0], &json!({"session_id": id, "result": "done", "observed": true}));
    has(&records[1], &json!({"targets": ["nothing"], "message": "exam"}));
}
