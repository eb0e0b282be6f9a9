//! `usher list`: every session of the host, as it is, in exactly the promised form.

use serde_json::json;

use crate::harness::{Daemon, Station, has};

/// The keys of a session, in the order of the interface.
const SESSION: [&str; 17] = [
    "session_id",
    "native_id",
    "host",
    "user",
    "uid",
    "kind",
    "state",
    "station_id",
    "client",
    "admin",
    "operator",
    "orchestratable",
    "locked",
    "lock",
    "since",
    "idle_seconds",
    "title",
];

/// Where each of these keys stands in a JSON text.
fn positions(text: &str, keys: &[&str]) -> Vec<usize> {
    keys.iter().map(|key| text.find(&format!("\"{key}\":")).unwrap_or_else(|| panic!("no {key} in {text}"))).collect()
}

#[test]
fn an_idle_host_has_no_sessions() {
    let daemon = Daemon::start();
    assert_eq!(daemon.json(&["list"]).exits(0).array(), Vec::<serde_json::Value>::new());
}

#[test]
fn a_session_is_shown_in_the_promised_form() {
    let daemon = Daemon::start();
    let id = daemon.usher(&["open", "--name", "essay", "--", "sleep", "1000"]).exits(0).stdout;
    assert_eq!(id, "1\n");
    let said = daemon.json(&["list"]).exits(0);
    let session = said.only();
    assert!(positions(&said.stdout, &SESSION).is_sorted(), "{}", said.stdout);
    // And its name, which only a session has that was given one, and its user's groups.
    assert_eq!(session.as_object().map(serde_json::Map::len), Some(SESSION.len() + 2), "{session}");
    assert!(session["groups"].as_array().is_some_and(|groups| !groups.is_empty()), "{session}");
    let uid = rustix::process::geteuid().as_raw();
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let ours = json!({"session_id": 1, "host": host, "uid": uid, "kind": "text", "title": "essay", "name": "essay"});
    has(&session, &ours);
    has(&session, &json!({"state": "disconnected", "station_id": null, "client": null, "locked": false, "lock": null}));
    has(&session, &json!({"admin": false, "operator": false, "orchestratable": true}));
    assert!(session["since"].as_str().is_some_and(|since| since.ends_with('Z')), "RFC 3339 in UTC: {session}");
}

#[test]
fn a_locked_session_shows_its_lock() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    daemon.lock(id, "Eyes up, 眼睛看前面");
    let said = daemon.json(&["list"]).exits(0);
    let session = said.only();
    let (_, lock) = said.stdout.split_once("\"lock\":").expect("a lock");
    assert!(positions(lock, &["message", "by", "since", "until", "source"]).is_sorted());
    assert_eq!(session["locked"], true);
    assert_eq!(session["lock"]["message"], "Eyes up, 眼睛看前面");
    assert_eq!(session["lock"]["source"], "session");
    assert_eq!(session["lock"]["by"], session["user"]);
    assert!(session["lock"]["until"].is_null());
}

#[test]
fn a_session_is_connected_while_somebody_sits_at_it() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let mut station = Station::attach(&daemon, id, 24, 80);
    let session = daemon.wait_session(id, "connected", |s| s["state"] == "connected");
    assert_eq!(session["station_id"], 1);
    station.kill9();
    let session = daemon.wait_session(id, "disconnected", |s| s["state"] == "disconnected");
    assert!(session["station_id"].is_null());
}

#[test]
fn one_session_can_be_asked_for_and_an_unknown_one_is_said_to_be_unknown() {
    let daemon = Daemon::start();
    let (first, second) = (daemon.open("exec cat"), daemon.open("exec cat"));
    assert_eq!(daemon.session(second)["session_id"], second);
    let said = daemon.json(&["list", &first.to_string(), "4711"]).exits(1);
    assert_eq!(said.only()["session_id"], first);
    assert!(said.stderr.contains("no session 4711"), "{}", said.stderr);
}

#[test]
fn a_session_can_be_named_by_its_native_id() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let native = daemon.session(id)["native_id"].as_str().expect("text").to_owned();
    assert_eq!(daemon.json(&["list", &native]).exits(0).only()["session_id"], id);
    daemon.usher(&["lock", &native, "--message", "x"]).exits(0);
    assert_eq!(daemon.session(id)["locked"], true);
}

#[test]
fn sessions_of_one_user_can_be_asked_for() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let user = daemon.session(id)["user"].as_str().expect("a name").to_owned();
    assert_eq!(daemon.json(&["list", "--user", &user]).exits(0).only()["session_id"], id);
    assert!(daemon.json(&["list", "--user", "daemon"]).exits(0).array().is_empty());
}

#[test]
fn the_plain_list_is_a_table_also_into_a_pipe() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    let table = daemon.usher(&["list"]).exits(0).stdout;
    let mut lines = table.lines().filter(|line| line.contains(|c: char| c.is_alphanumeric()));
    let head = lines.next().expect("a head");
    assert!(["ID", "USER", "KIND", "STATE", "LOCKED", "TITLE"].iter().all(|name| head.contains(name)), "{table}");
    assert!(lines.next().is_some_and(|row| row.contains("text") && row.contains("disconnected")), "{table}");
}

#[test]
fn jsonl_has_one_session_a_line_and_list_one_field_a_line() {
    let daemon = Daemon::start();
    let (first, second) = (daemon.open("exec cat"), daemon.open("exec cat"));
    let lines = daemon.usher(&["--output", "jsonl", "list"]).exits(0).stdout;
    let ids = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
    assert_eq!(ids.map(|s| s["session_id"].clone()).collect::<Vec<_>>(), [first, second]);
    let list = daemon.usher(&["--output", "list", "list"]).exits(0).stdout;
    assert_eq!(list.lines().filter(|line| line.contains("text")).count(), 2, "{list}");
}

#[test]
fn a_hostile_title_cannot_write_on_the_operators_terminal() {
    let daemon = Daemon::start();
    let id = daemon.open(r"printf '\033]2;evil\033[2J\a'; printf '\033]2;\302\2332Jx\033\\'; exec cat");
    daemon.wait_session(id, "titled", |s| s["title"].as_str().is_some_and(|t| t.contains('x') || t.contains("evil")));
    for format in ["table", "list", "json", "jsonl"] {
        let said = daemon.usher(&["--output", format, "list"]).exits(0).stdout;
        assert!(!said.chars().any(|c| c.is_control() && c != '\n'), "{said:?}");
    }
}

#[test]
fn locked_sessions_and_those_in_a_state_can_be_asked_for() {
    let daemon = Daemon::start();
    let (locked, sat_at) = (daemon.open("exec cat"), daemon.open("exec cat"));
    daemon.open("exec cat");
    daemon.lock(locked, "x");
    let _station = Station::attach(&daemon, sat_at, 24, 80);
    daemon.wait_session(sat_at, "connected", |s| s["state"] == "connected");
    let ids = |arguments: &[&str]| {
        let listed = daemon.json(&[&["list"], arguments].concat()).exits(0).array();
        listed.iter().map(|s| s["session_id"].as_u64().expect("a number")).collect::<Vec<_>>()
    };
    assert_eq!(ids(&["--locked"]), [1]);
    assert_eq!(ids(&["--state", "connected"]), [2]);
    assert_eq!(ids(&["--state", "disconnected"]), [1, 3]);
    assert_eq!(ids(&["--state", "connected,disconnected"]), [1, 2, 3]);
    assert_eq!(ids(&["--state", "disconnected", "--locked"]), [1]);
    let wrong = daemon.usher(&["list", "--state", "asleep"]).exits(2).stderr;
    assert!(wrong.contains("connected, remote, disconnected, closing"), "{wrong}");
}
