//! Callers and daemons of 0.1.0, as they were recorded, with today's: see `tests/recorded/README.md`.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::harness::{Daemon, USHER, clean_command, http, run};

#[path = "../upgrade/cases.rs"]
mod cases;
use cases::{Case, LATER, UNDERSTOOD};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded").join(name)
}

/// What was said in each case, in their order.
fn recorded(name: &str, cases: &[&Case]) -> Vec<Vec<(String, String)>> {
    let text = std::fs::read_to_string(file(name)).expect("a record");
    let all: Map<String, Value> = serde_json::from_str(&text).expect("JSON");
    let said = |exchange: &Value| {
        let part = |name: &str| exchange[name].as_str().expect("text").to_owned();
        (part("request"), part("answer"))
    };
    let of = |(index, case): (usize, &&Case)| {
        let name = format!("{index} {}", case.words.join(" "));
        let exchanges =
            all.get(&name).unwrap_or_else(|| panic!("no {name:?} in {}: cargo xtask upgrade --record", name));
        exchanges.as_array().expect("an array").iter().map(said).collect()
    };
    cases.iter().enumerate().map(of).collect()
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Answers as the earlier daemon did, as long as it is asked the same.
fn answer_as_then(listener: &UnixListener, exchanges: &[(String, String)]) {
    for (request, answer) in exchanges {
        let (mut caller, _) = listener.accept().expect("a caller");
        let asked = read_request(&mut caller);
        assert_eq!(first_line(&asked), first_line(request), "record again: cargo xtask upgrade --record");
        caller.write_all(answer.as_bytes()).expect("it reads");
    }
}

/// A request's head and as much of its body as it announces.
fn read_request(caller: &mut UnixStream) -> String {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                return text;
            }
        }
        let count = caller.read(&mut buffer).expect("a request");
        assert!(count > 0, "the caller hung up: {text}");
        bytes.extend_from_slice(&buffer[..count]);
    }
}

#[test]
fn todays_caller_understands_an_earlier_daemon_or_says_what_to_upgrade() {
    let home = tempfile::tempdir().expect("a directory");
    let listener = UnixListener::bind(home.path().join("s")).expect("a socket");
    let all: Vec<&Case> = UNDERSTOOD.iter().chain(LATER).collect();
    for (case, exchanges) in all.iter().zip(recorded("usherd-0.1.0.json", &all)) {
        std::thread::scope(|scope| {
            let answering = scope.spawn(|| answer_as_then(&listener, &exchanges));
            let mut command = clean_command(USHER, home.path());
            let said = run(command.args(["--socket", "s"]).args(case.words), b"").exits(case.exit);
            answering.join().expect("it asks what it asked then");
            let said = said.stdout + &said.stderr;
            for part in case.says {
                assert!(said.contains(part), "{:?}: {part:?} in {said}", case.words);
            }
        });
    }
}

/// The words of answers that 0.1.0 reads as one of a closed set each.
const WORDS: [(&str, &[&str]); 5] = [
    ("result", &["done", "unchanged", "planned", "skipped", "failed"]),
    ("state", &["connected", "remote", "disconnected", "closing"]),
    ("kind", &["text", "ssh", "console", "x11", "wayland"]),
    (
        "action",
        &[
            "lock",
            "unlock",
            "disconnect",
            "close",
            "block",
            "unblock",
            "open",
            "attach",
            "thumbnail",
            "invite",
            "redeem",
            "rekey",
            "revoke",
            "expire",
            "release",
            "end",
        ],
    ),
    (
        "id",
        &[
            "SessionNotFound",
            "AccessDenied",
            "OwnSession",
            "NotOrchestratable",
            "StillBlocked",
            "NotSupported",
            "Timeout",
            "CoveredInputNotHeld",
            "SessionChanged",
            "InvalidMessage",
            "BackendFailed",
            "HostUnreachable",
            "OutcomeUnknown",
            "InvalidRequest",
            "IdentityNotFound",
            "InvitationUnknown",
            "InvitationUsed",
            "InvitationExpired",
        ],
    ),
];

/// Every member that stood there then stands there now, with a value of the same kind, in words that were known.
#[track_caller]
fn holds(now: &Value, then: &Value) {
    match (now, then) {
        (Value::Object(now), Value::Object(then)) => {
            for (name, then) in then {
                let now = now.get(name).unwrap_or_else(|| panic!("{name} is missing in {now:?}"));
                holds(now, then);
                let known = WORDS.iter().find(|(word, _)| word == name).map(|(_, known)| *known);
                if let (Some(known), Some(word)) = (known, now.as_str()) {
                    assert!(known.contains(&word), "{name}: 0.1.0 does not know {word}");
                }
            }
        }
        (Value::Array(now), Value::Array(then)) => {
            assert_eq!(now.len(), then.len(), "{now:?} {then:?}");
            now.iter().zip(then).for_each(|(now, then)| holds(now, then));
        }
        _ => assert_eq!(std::mem::discriminant(now), std::mem::discriminant(then), "{now} {then}"),
    }
}

#[test]
fn an_earlier_callers_requests_are_answered_as_it_understands() {
    let daemon = Daemon::start();
    let all: Vec<&Case> = UNDERSTOOD.iter().collect();
    for (case, exchanges) in all.iter().zip(recorded("usher-0.1.0.json", &all)) {
        for (request, before) in exchanges {
            let request = request.replacen("\r\n\r\n", "\r\nconnection: close\r\n\r\n", 1);
            let now = http::exchange(&daemon.socket(), request.as_bytes()).expect("an answer");
            assert_eq!(
                Some(now.status.to_string().as_str()),
                first_line(&before).split(' ').nth(1),
                "{:?}",
                case.words
            );
            assert!(now.head.to_lowercase().contains("usher-api: 1"), "{}", now.head);
            let then = http::parse(before.as_bytes()).expect("an answer");
            holds(&now.json(), &then.json());
        }
    }
}

#[test]
fn errors_that_an_earlier_caller_does_not_know_have_names_that_it_does() {
    let daemon = Daemon::start();
    daemon.usher(&["open", "--", "cat"]).exits(0);
    let ask = |method: &str, path: &str, headers: &str| {
        let request = format!("{method} {path} HTTP/1.1\r\nhost: usherd\r\n{headers}connection: close\r\n\r\n");
        http::exchange(&daemon.socket(), request.as_bytes()).expect("an answer")
    };
    let (earlier, today) = ("usher-api: 1\r\n", "usher-api: 1\r\nusher-version: 0.2.0\r\n");
    let stranger = |headers: &str| ask("GET", "/v1/users/no-such-user/sessions", headers).json()["error"]["id"].clone();
    assert_eq!([earlier, today, ""].map(stranger), ["InvalidRequest", "UserNotFound", "UserNotFound"]);

    // Records that it cannot read make one answer that it can.
    daemon.usher(&["rename", "1", "essay"]).exits(0);
    let log = ask("GET", "/v1/audit", earlier);
    assert_eq!((log.status, &log.json()["error"]["id"]), (409, &"NotSupported".into()));
    assert!(log.body.contains("upgrade usher"), "{}", log.body);
    assert_eq!(ask("GET", "/v1/audit?action=open", earlier).json().as_array().map(Vec::len), Some(1));
    assert_eq!(ask("GET", "/v1/audit", today).json().as_array().map(Vec::len), Some(2));
}

#[test]
fn an_earlier_database_is_read() {
    let daemon = Daemon::not_started();
    std::fs::create_dir(daemon.path("state")).expect("a directory");
    std::fs::copy(file("usherd-0.1.0.db"), daemon.path("state/usher.db")).expect("a database");
    let daemon = daemon.started();
    assert!(!daemon.log().contains("set aside"), "{}", daemon.log());
    // The rule stands, the sessions of another boot do not, and their numbers are not given again.
    let rule = daemon.json(&["blocks"]).exits(0).only();
    assert_eq!((&rule["name"], &rule["message"]), (&"all".into(), &"Not now".into()), "{rule}");
    assert!(daemon.ids().is_empty());
    assert_eq!((daemon.audit("lock").len(), daemon.audit("block").len()), (1, 1));
    assert_eq!(daemon.open("exec cat"), 2);
    assert_eq!(daemon.lock_message(2).as_deref(), Some("Not now"));
}
