//! The HTTP API itself: its description, its bounds, and what it makes of malformed requests.

use std::io::{Read, Write};

use serde_json::{Value, json};

use crate::harness::http::{Answer, connect, exchange, request};
use crate::harness::{Daemon, has, processes, wait_until};

fn get(daemon: &Daemon, path: &str) -> Answer {
    request(&daemon.socket(), "GET", path, "")
}

fn post(daemon: &Daemon, verb: &str, body: &Value) -> Answer {
    request(&daemon.socket(), "POST", &format!("/v1/sessions/{verb}"), &body.to_string())
}

/// The daemon answers and has lost nothing.
#[track_caller]
fn unharmed(daemon: &Daemon) {
    has(&get(daemon, "/healthz").json(), &json!({"status": "ok"}));
}

/// A clear refusal, in the API's own form.
#[track_caller]
fn refused(answer: &Answer) {
    assert!((400..500).contains(&answer.status), "{answer:?}");
    let error = &answer.json()["error"];
    assert!(error["id"].is_string() && error["message"].as_str().is_some_and(|m| !m.is_empty()), "{answer:?}");
}

#[test]
fn every_route_that_the_description_lists_answers() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    let document = get(&daemon, "/v1/openapi.json").json();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.")));
    let paths = document["paths"].as_object().expect("paths");
    assert!(paths.len() >= 13, "{:?}", paths.keys());
    for (path, methods) in paths {
        let place = path.replace("{id}", "1").replace("{rule}", "all").replace("{user}", "root");
        for method in methods.as_object().expect("methods").keys() {
            if place == "/v1/events" {
                continue;
            }
            let answer = request(&daemon.socket(), &method.to_uppercase(), &place, "");
            // Nobody is signed in, which is no missing route.
            let nobody = answer.status == 404 && answer.json()["error"]["id"] == "IdentityNotFound";
            assert!(nobody || ![404, 405, 500].contains(&answer.status), "{method} {path}: {answer:?}");
        }
    }
}

#[test]
fn the_description_is_the_one_in_the_documentation() {
    let documented = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json");
    let Ok(documented) = std::fs::read_to_string(documented) else {
        crate::harness::skip("there is no docs/openapi.json");
        return;
    };
    let daemon = Daemon::start();
    let documented: Value = serde_json::from_str(&documented).expect("JSON");
    assert_eq!(get(&daemon, "/v1/openapi.json").json(), documented);
}

#[test]
fn one_session_can_be_read() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let answer = get(&daemon, "/v1/sessions/1");
    assert_eq!(answer.status, 200);
    has(&answer.json(), &json!({"session_id": id, "kind": "text"}));
    let missing = get(&daemon, "/v1/sessions/4711");
    assert_eq!((missing.status, &missing.json()["error"]["id"]), (404, &"SessionNotFound".into()));
    refused(&get(&daemon, "/v1/sessions/4294967296"));
}

#[test]
fn the_verbs_of_the_api_are_the_verbs_of_the_command_line() {
    let daemon = Daemon::start();
    let opened = post(&daemon, "open", &json!({"command": ["cat"], "directory": "/"}));
    assert_eq!(opened.status, 201);
    let targets = json!({"ids": [1]});
    let locked = post(&daemon, "lock", &json!({"targets": targets, "message": "x", "for_seconds": 3600}));
    has(&locked.json()[0], &json!({"action": "lock", "result": "done", "observed": true}));
    has(&post(&daemon, "unlock", &json!({"targets": "all"})).json()[0], &json!({"result": "done"}));
    let planned = post(&daemon, "close", &json!({"targets": {"users": ["daemon"]}, "dry_run": true}));
    assert_eq!(planned.json()[0]["error"]["id"], "SessionNotFound");
    let put = request(&daemon.socket(), "PUT", "/v1/blocks/user%3Adaemon", r#"{"message":"x"}"#);
    has(&put.json()["rule"], &json!({"name": "user:daemon"}));
    let removed = request(&daemon.socket(), "DELETE", "/v1/blocks/user%3Adaemon", "");
    has(&removed.json()["rule"], &json!({"name": "user:daemon"}));
    has(&post(&daemon, "close", &json!({"targets": targets})).json()[0], &json!({"result": "done"}));
}

#[test]
fn metrics_count_what_happened() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    daemon.lock(1, "x");
    daemon.usher(&["unlock", "4711"]).exits(1);
    let answer = get(&daemon, "/metrics");
    assert!(answer.body.trim_end().ends_with("# EOF"), "{}", answer.body);
    let samples: Vec<(&str, f64)> = answer
        .body
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.rsplit_once(' ').expect("a name and a value"))
        .map(|(name, value)| (name, value.parse().expect("a number")))
        .collect();
    let value = |parts: &[&str]| samples.iter().find(|(name, _)| parts.iter().all(|part| name.contains(part)));
    assert!(value(&["total", "lock", "done"]).is_some_and(|(_, count)| *count == 1.0), "{}", answer.body);
    assert!(value(&["total", "unlock", "failed"]).is_some_and(|(_, count)| *count == 1.0), "{}", answer.body);
    assert!(value(&["sessions"]).is_some_and(|(_, count)| *count == 1.0), "{}", answer.body);
}

#[test]
fn events_are_server_sent() {
    let daemon = Daemon::start();
    let mut stream = connect(&daemon.socket());
    stream.write_all(b"GET /v1/events HTTP/1.1\r\nHost: usherd\r\n\r\n").expect("a request");
    let mut said = Vec::new();
    let mut hear = |until: &[u8], said: &mut Vec<u8>| {
        let mut buffer = [0; 4096];
        while !processes::contains(said, until) {
            let count = stream.read(&mut buffer).expect("an event before the patience ends");
            assert!(count > 0, "it hung up");
            said.extend_from_slice(&buffer[..count]);
        }
    };
    hear(b"\r\n\r\n", &mut said);
    assert!(processes::contains(&said.to_ascii_lowercase(), b"content-type: text/event-stream"));
    daemon.open("exec cat");
    hear(b"\"event\":\"opened\"", &mut said);
    assert!(processes::contains(&said, b"data: {"));
}

#[test]
fn malformed_json_is_refused_with_a_reason() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    let bodies = [
        "",
        "{",
        "[]",
        "null",
        "\"x\"",
        "{}",
        r#"{"targets":"some","message":"x"}"#,
        r#"{"targets":{"ids":[]}}"#,
        r#"{"targets":{"ids":[-1]},"message":"x"}"#,
        r#"{"targets":{"ids":[4294967296]},"message":"x"}"#,
        r#"{"targets":{"ids":[1]},"message":"x","surprise":1}"#,
        r#"{"targets":{"ids":[1]},"message":"\u001b[2J"}"#,
        r#"{"targets":{"ids":[1]},"message":""}"#,
        r#"{"targets":{"ids":[1]},"message":"x","for_seconds":-1}"#,
        r#"{"targets":{"ids":[1]},"message":"x","for_seconds":18446744073709551615}"#,
        r#"{"targets":{"ids":[1]},"message":"x","message":"y"}"#,
        "{\"targets\":{\"ids\":[1]},\"message\":\"\u{0}\"}",
    ];
    for body in bodies {
        let answer = request(&daemon.socket(), "POST", "/v1/sessions/lock", body);
        refused(&answer);
        assert!(!answer.body.contains('\x1b'), "{answer:?}");
    }
    let deep = format!("{}1{}", "[".repeat(200_000), "]".repeat(200_000));
    refused(&request(&daemon.socket(), "POST", "/v1/sessions/lock", &deep));
    has(&daemon.session(1), &json!({"locked": false}));
}

#[test]
fn unknown_fields_are_refused_everywhere() {
    let daemon = Daemon::start();
    for verb in ["lock", "unlock", "disconnect", "close", "open"] {
        refused(&post(&daemon, verb, &json!({"targets": "all", "message": "x", "surprise": 1})));
    }
    refused(&request(&daemon.socket(), "PUT", "/v1/blocks/all", r#"{"message":"x","surprise":1}"#));
    refused(&get(&daemon, "/v1/audit?surprise=1"));
    assert!(daemon.ids().is_empty());
}

#[test]
fn unknown_places_and_methods_are_refused() {
    let daemon = Daemon::start();
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/v2/sessions"),
        ("DELETE", "/v1/sessions"),
        ("BREW", "/v1/sessions"),
        ("GET", "/v1/../../etc/passwd"),
        ("PUT", "/v1/blocks/everyone"),
        ("GET", "/v1/sessions/%00"),
        ("GET", "/v1/audit?since=x"),
    ] {
        refused(&request(&daemon.socket(), method, path, r#"{"message":"x"}"#));
    }
    refused(&get(&daemon, &format!("/{}", "x".repeat(10_000))));
}

#[test]
fn bytes_that_are_no_http_take_nothing_down() {
    let daemon = Daemon::start();
    let garbage: [&[u8]; 7] = [
        b"\x00\x00\x00\x00\r\n\r\n",
        b"hello\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/sessions/lock HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST /v1/sessions/lock HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n\r\n",
    ];
    for bytes in garbage {
        if let Some(answer) = exchange(&daemon.socket(), bytes) {
            assert!((400..600).contains(&answer.status), "{answer:?}");
        }
        unharmed(&daemon);
    }
}

#[test]
fn heads_and_bodies_are_bounded() {
    let daemon = Daemon::start();
    let huge = format!("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Filler: {}\r\n\r\n", "x".repeat(1 << 20));
    let many = format!("GET /healthz HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(5000));
    for head in [huge, many] {
        let answer = exchange(&daemon.socket(), head.as_bytes());
        assert!(answer.is_none_or(|answer| answer.status >= 400));
    }
    let body = format!(r#"{{"command":["cat"],"environment":["X={}"]}}"#, "x".repeat(2 << 20));
    let answer = exchange(&daemon.socket(), format!(
        "POST /v1/sessions/open HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()).as_bytes());
    assert!(answer.is_none_or(|answer| answer.status == 413 || answer.status == 400));
    unharmed(&daemon);
    assert!(daemon.ids().is_empty());
}

#[test]
fn six_hundred_silent_callers_do_not_stop_one_that_speaks() {
    let daemon = Daemon::start();
    let silent: Vec<_> = (0..600).map(|_| connect(&daemon.socket())).collect();
    assert!(daemon.ids().is_empty());
    drop(silent);
    wait_until("it answers at once again", || get(&daemon, "/healthz").status == 200);
}

#[test]
fn a_caller_that_hangs_up_in_the_middle_is_carried_out_or_not_but_harms_nobody() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    let body = r#"{"targets":"all","message":"x"}"#;
    let head = format!(
        "POST /v1/sessions/lock HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let whole = format!("{head}{body}");
    for cut in (1..=whole.len()).step_by(7) {
        connect(&daemon.socket()).write_all(&whole.as_bytes()[..cut]).expect("it listens");
    }
    unharmed(&daemon);
    daemon.usher(&["unlock", "--all"]).exits(0);
    daemon.wait_session(1, "unlocked", |s| s["locked"] == false);
}
