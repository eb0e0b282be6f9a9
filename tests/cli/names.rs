//! Names of sessions, wherever an ID is: the daemon knows whose session a name means.

use serde_json::json;

use crate::harness::{Daemon, Station, has, http, wait_until};

/// Opens a session of this name.
#[track_caller]
fn named(daemon: &Daemon, name: &str, script: &str) -> u32 {
    let said = daemon.usher(&["open", "--name", name, "--", "/bin/sh", "-c", script]).exits(0);
    said.stdout.trim_end().parse().expect("`open` prints the number alone")
}

#[test]
fn a_name_stands_for_the_id_wherever_one_is() {
    let daemon = Daemon::start();
    let other = daemon.open("exec cat");
    let id = named(&daemon, "作文 one", "exec cat");
    let name = "作文 one";
    has(&daemon.json(&["list", name]).exits(0).only(), &json!({"session_id": id, "name": name}));
    for (verb, more) in [("lock", &["--message", "x"][..]), ("unlock", &[])] {
        let outcome = daemon.json(&[&[verb, name], more].concat()).exits(0).only();
        has(&outcome, &json!({"session_id": id, "result": "done", "observed": true}));
    }
    let station = Station::run(&daemon, &["attach", name], 24, 80);
    daemon.wait_session(id, "connected", |s| s["state"] == "connected");
    has(&daemon.json(&["disconnect", name]).exits(0).only(), &json!({"session_id": id, "observed": true}));
    station.wait_for("disconnected by");
    // The record has the session and not what it was called.
    assert_eq!(daemon.audit("disconnect")[0]["targets"], json!([id]));
    has(&daemon.json(&["close", name]).exits(0).only(), &json!({"session_id": id, "observed": true}));
    assert_eq!(daemon.ids(), [u64::from(other)]);
}

#[test]
fn two_living_sessions_never_have_the_same_name() {
    let daemon = Daemon::start();
    let id = named(&daemon, "essay", "exec cat");
    let said = daemon.usher(&["open", "--name", "essay", "--", "cat"]).exits(1);
    assert!(
        said.stderr.contains(&format!("session {id}")) && said.stderr.contains("has the name essay"),
        "{}",
        said.stderr
    );
    assert_eq!(daemon.ids(), [u64::from(id)]);
    // Whoever asks at the same time: one of them gets it.
    let opened: usize = std::thread::scope(|scope| {
        let open = || daemon.usher(&["open", "--name", "exam", "--", "cat"]).code() == Some(0);
        let asked: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
        asked.into_iter().map(|asked| usize::from(asked.join().expect("it was asked"))).sum()
    });
    assert_eq!((opened, daemon.ids().len()), (1, 2));
    wait_until("nothing is left of the others", || daemon.holder_sockets().len() == 2);
    daemon.usher(&["close", "essay"]).exits(0);
    named(&daemon, "essay", "exec cat");
}

#[test]
fn a_name_is_the_callers_own_and_others_are_named_with_their_user() {
    let daemon = Daemon::start();
    let id = named(&daemon, "essay", "exec cat");
    let user = daemon.session(id)["user"].as_str().expect("a name").to_owned();
    has(&daemon.json(&["list", &format!("{user}/essay")]).exits(0).only(), &json!({"session_id": id}));
    daemon.usher(&["lock", &format!("{user}/essay"), "--message", "x"]).exits(0);
    let said = daemon.json(&["unlock", "nobody/essay", "exam", "essay"]).exits(1);
    let outcomes = said.array();
    let errors: Vec<_> = outcomes.iter().map(|outcome| outcome["error"]["id"].as_str()).collect();
    assert_eq!(errors, [Some("SessionNotFound"), Some("SessionNotFound"), None]);
    assert_eq!(daemon.audit("unlock")[0]["targets"], json!([id, "nobody/essay", "exam"]));
    let said = daemon.usher(&["list", "essay", "exam"]).exits(1);
    assert!(said.stdout.contains("essay") && said.stderr.contains("no session exam"), "{}", said.stderr);
}

#[test]
fn what_cannot_be_a_name_is_refused_on_the_command_line_and_by_the_api() {
    let daemon = Daemon::start();
    for name in ["3", "c2", "exam1", "all", "last", "a/b", "user:bob", "", "-x", "x\u{200b}"] {
        let said = daemon.usher(&["open", &format!("--name={name}"), "--", "cat"]).exits(2);
        assert!(said.stderr.contains("name"), "{name:?}: {}", said.stderr);
        let body = json!({"name": name, "command": ["cat"], "directory": "/"}).to_string();
        let answer = http::request(&daemon.socket(), "POST", "/v1/sessions/open", &body);
        assert_eq!(answer.status, 400, "{name:?}: {answer:?}");
    }
    assert!(daemon.ids().is_empty());
}

#[test]
fn the_api_takes_names_in_paths_and_in_bodies() {
    let daemon = Daemon::start();
    let id = named(&daemon, "my essay", "exec cat");
    let user = daemon.session(id)["user"].as_str().expect("a name").to_owned();
    for place in ["my%20essay".to_owned(), format!("{user}%2Fmy%20essay"), format!("u{id}")] {
        let answer = http::request(&daemon.socket(), "GET", &format!("/v1/sessions/{place}"), "");
        has(&answer.json(), &json!({"session_id": id}));
    }
    let body = json!({"targets": {"ids": ["my essay", id, format!("{user}/my essay")]}, "message": "x"}).to_string();
    let outcomes = http::request(&daemon.socket(), "POST", "/v1/sessions/lock", &body).json();
    assert_eq!(outcomes.as_array().map(Vec::len), Some(1), "one session, however often it is named: {outcomes}");
}

#[test]
fn names_outlive_a_crash() {
    let mut daemon = Daemon::start();
    let id = named(&daemon, "essay", "exec cat");
    daemon.usher(&["rename", "essay", "exam"]).exits(0);
    daemon.crash_and_restart();
    has(&daemon.json(&["list", "exam"]).exits(0).only(), &json!({"session_id": id, "title": "exam"}));
    daemon.usher(&["list", "essay"]).exits(1);
}
