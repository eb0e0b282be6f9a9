//! Who may do what at the system's daemon: an administrator, operators, ordinary users, by the host's own accounts.

use serde_json::{Value, json};

use crate::harness::http::Answer;
use crate::harness::system::{ADMIN, BIN, GAMES, NOBODY, ROOT, SYS, System, boot_id};

/// A session each of an ordinary user, an operator and an administrator.
const SESSIONS: [(u32, u32); 3] = [(5, BIN), (6, GAMES), (7, ADMIN)];

/// The error of a request that was refused as a whole.
#[track_caller]
fn error(answer: &Answer) -> String {
    answer.json()["error"]["id"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

/// The error of the only outcome.
#[track_caller]
fn refusal(system: &System, uid: u32, verb: &str, id: u32) -> String {
    let mut body = json!({"targets": {"ids": [id]}});
    if verb == "lock" {
        body["message"] = "Eyes up".into();
    }
    let answer = system.request(uid, "POST", &format!("/v1/sessions/{verb}"), &body);
    answer.json()[0]["error"]["id"].as_str().unwrap_or_default().to_owned()
}

fn attach_body() -> Value {
    json!({"size": {"rows": 24, "cols": 80}})
}

/// One request to sit down.
#[track_caller]
fn attach(system: &System, uid: u32, id: u32) -> Answer {
    let upgrade = "Upgrade: usher-station\r\n";
    system.request_with(uid, upgrade, "POST", &format!("/v1/sessions/{id}/attach"), &attach_body())
}

#[test]
fn roles_are_what_the_hosts_groups_say() {
    let Some(system) = System::start("", &SESSIONS) else { return };
    // Who may call from afar, and the audit log, are for administrators.
    for uid in [BIN, NOBODY] {
        for (method, path, body) in [
            ("POST", "/v1/identities/invite", json!({})),
            ("DELETE", "/v1/identities/olga@laptop", Value::Null),
            ("GET", "/v1/identities", Value::Null),
            ("GET", "/v1/audit", Value::Null),
        ] {
            let answer = system.request(uid, method, path, &body);
            assert_eq!((answer.status, error(&answer)), (403, "AccessDenied".to_owned()), "{uid} {method} {path}");
        }
    }
    assert_eq!(system.request(ADMIN, "GET", "/v1/identities", &Value::Null).status, 200);
    assert_eq!(system.request(NOBODY, "GET", "/v1/blocks", &Value::Null).status, 200);
    assert_eq!(system.request(BIN, "GET", "/v1/blocks", &Value::Null).status, 403);

    // An operator has no power over operators and administrators, and cannot lock them.
    for id in [6, 7] {
        assert_eq!(refusal(&system, NOBODY, "disconnect", id), "AccessDenied");
        assert_eq!(refusal(&system, NOBODY, "close", id), "AccessDenied");
        assert_eq!(refusal(&system, NOBODY, "unlock", id), "AccessDenied");
        assert_eq!(refusal(&system, NOBODY, "lock", id), "NotOrchestratable");
        assert_eq!(refusal(&system, ROOT, "lock", id), "NotOrchestratable");
    }
    for verb in ["lock", "unlock", "disconnect", "close"] {
        assert_eq!(refusal(&system, BIN, verb, 5), "AccessDenied", "an ordinary user, also of the own session");
    }

    // What an ordinary user may see.
    let list = |uid| {
        let sessions = system.request(uid, "GET", "/v1/sessions", &Value::Null).json();
        let ids = sessions.as_array().expect("sessions").iter().map(|s| s["session_id"].as_u64().expect("a number"));
        ids.collect::<Vec<_>>()
    };
    assert_eq!((list(BIN), list(SYS), list(NOBODY)), (vec![5], vec![], vec![5, 6, 7]));
    assert_eq!(system.request(BIN, "GET", "/v1/sessions/5", &Value::Null).json()["uid"], BIN);
}

#[test]
fn whose_session_a_number_is_is_not_for_everybody() {
    let Some(system) = System::start("", &SESSIONS) else { return };
    // Nobody sits down at another's session, root included.
    assert_eq!(error(&attach(&system, ROOT, 5)), "AccessDenied");
    assert_eq!(error(&attach(&system, NOBODY, 5)), "AccessDenied");
    assert_eq!(error(&attach(&system, BIN, 5)), "NotSupported", "the own one, which is no text session");
    // An ordinary user hears the same as of a number that nobody has, also with a declared own session.
    let declared = format!("usher-own-session: {}:5\r\n", boot_id());
    for headers in ["", &declared] {
        let said = |method: &str, id: u32, what: &str, body: &Value| {
            let headers = format!("Upgrade: usher-station\r\n{headers}");
            let answer = system.request_with(SYS, &headers, method, &format!("/v1/sessions/{id}{what}"), body);
            (answer.status, answer.body.replace(&id.to_string(), "N"))
        };
        for (method, what, body) in
            [("POST", "/attach", attach_body()), ("GET", "/thumbnail", Value::Null), ("GET", "", Value::Null)]
        {
            let of_nobody = said(method, 9, what, &body);
            assert!(of_nobody.0 == 404 && of_nobody.1.contains("SessionNotFound"), "{of_nobody:?}");
            assert_eq!(said(method, 5, what, &body), of_nobody, "{what}");
        }
    }
}

#[test]
fn the_session_that_a_caller_declares_as_its_own_only_narrows() {
    let Some(system) = System::start("orchestrate_admins = true\n", &SESSIONS) else { return };
    let lock = |uid, headers: &str, id: u32| {
        let body = json!({"targets": {"ids": [id]}, "message": "Eyes up"});
        let answer = system.request_with(uid, headers, "POST", "/v1/sessions/lock", &body).json();
        answer[0]["error"]["id"].as_str().unwrap_or_default().to_owned()
    };
    let own = |boot: &str, id: u32| format!("usher-own-session: {boot}:{id}\r\n");
    assert_eq!(lock(ROOT, &own(&boot_id(), 5), 5), "OwnSession");
    assert_ne!(lock(ROOT, &own("00000000-0000-0000-0000-000000000000", 5), 5), "OwnSession", "of another boot");
    assert_eq!(lock(SYS, &own(&boot_id(), 5), 5), "AccessDenied", "it opens nothing");

    // With the setting, operators lock and unlock operators and administrators, and no more than that.
    for id in [6, 7] {
        // It is judged, and then seen that no such session is there any more.
        assert_eq!(lock(NOBODY, "", id), "SessionChanged");
        assert_ne!(refusal(&system, NOBODY, "unlock", id), "AccessDenied");
        assert_eq!(refusal(&system, NOBODY, "close", id), "AccessDenied");
    }
}

#[test]
fn a_session_that_is_not_the_planned_one_any_more_is_left_alone_and_that_is_told() {
    // On the books, and unknown to logind: as a session that ended a moment ago.
    let Some(system) = System::start("", &SESSIONS) else { return };
    let body = json!({"targets": {"ids": [5]}, "message": "Eyes up"});
    let outcome = system.request(ROOT, "POST", "/v1/sessions/lock", &body).json()[0].clone();
    assert_eq!((&outcome["result"], &outcome["observed"]), (&"failed".into(), &false.into()), "{outcome}");
    assert_eq!(outcome["error"]["id"], "SessionChanged");
    let answer = system.request(ROOT, "PUT", "/v1/blocks/all", &json!({"message": "Exam"})).json();
    let of = |id: u32| answer["outcomes"].as_array().expect("outcomes").iter().find(|o| o["session_id"] == id).cloned();
    assert_eq!(of(5).expect("an outcome")["error"]["id"], "SessionChanged");
    assert_eq!(of(6).expect("an outcome")["error"]["id"], "NotOrchestratable");
}

#[test]
fn an_ordinary_user_washes_nothing_out_of_the_audit_log() {
    let Some(system) = System::start("audit_bytes = 60000\n", &[]) else { return };
    let rule = json!({"message": "Exam"});
    assert_eq!(system.request(NOBODY, "PUT", "/v1/blocks/user:games", &rule).status, 200);
    // Before there were limits applied, 1,000 records had to be written.
    for _ in 0..1100 {
        assert_eq!(error(&system.request(BIN, "POST", "/v1/sessions/open", &json!({}))), "BackendFailed");
    }
    let opens = system.audit("open");
    // A minute may begin meanwhile.
    assert!((1..=3).contains(&opens.len()), "{} records", opens.len());
    let stood_for: u64 = opens.iter().map(|record| 1 + record["repeated"].as_u64().unwrap_or(0)).sum();
    assert_eq!(stood_for, 1100);
    let blocks = system.audit("block");
    assert_eq!(blocks.len(), 1, "what the operator did is still there");
    assert_eq!(blocks[0]["targets"], json!(["user:games"]));
}
