//! Verbs by the page: what becomes of each session, and nothing that was not observed.

use serde_json::{Value, json};

use crate::harness::{Browser, Dashboard, Lab, outcomes, wait_until};

#[track_caller]
fn only(browser: &Browser, verb: &str, order: &Value) -> Value {
    let (all, complete) = outcomes(&browser.post(&format!("/verbs/{verb}"), &order.to_string()));
    assert!(complete && all.len() == 1, "{all:?}");
    all[0].clone()
}

#[test]
fn sessions_are_locked_unlocked_and_closed_and_the_page_sees_it() {
    let lab = Lab::start();
    let (id, other) = (lab.open("exam", "exec cat"), lab.open("clock", "exec cat"));
    let dashboard = lab.dashboard();
    let browser = dashboard.browser();
    let mut events = browser.events();
    events.until("both sessions", |page| page.session(id).is_some() && page.session(other).is_some());

    let lock = json!({"targets": {"0": [id]}, "message": "Eyes up, 眼睛看前面", "for_seconds": 600});
    let outcome = only(&browser, "lock", &lock);
    assert_eq!((&outcome["result"], &outcome["observed"]), (&"done".into(), &true.into()), "{outcome}");
    events.until("the lock", |page| page.session(id).is_some_and(|session| session["locked"] == true));
    let session = lab.session(id);
    assert_eq!(session["lock"]["message"], "Eyes up, 眼睛看前面");
    assert!(session["lock"]["until"].is_string());
    assert_eq!(lab.session(other)["locked"], false);

    assert_eq!(only(&browser, "unlock", &json!({"targets": {"0": [id]}}))["result"], "done");
    events.until("the unlock", |page| page.session(id).is_some_and(|session| session["locked"] == false));
    assert_eq!(only(&browser, "close", &json!({"targets": {"0": [id]}}))["observed"], true);
    events.until("the end", |page| page.session(id).is_none());
}

#[test]
fn what_failed_says_why_and_the_others_go_on() {
    let lab = Lab::start();
    let id = lab.open("exam", "exec cat");
    let browser = lab.dashboard_with_browser();
    let order = json!({"targets": {"0": [id, 4711]}, "message": "x"});
    let (all, complete) = outcomes(&browser.1.post("/verbs/lock", &order.to_string()));
    assert!(complete);
    let of = |id: u32| all.iter().find(|outcome| outcome["session_id"] == id).unwrap_or_else(|| panic!("{all:?}"));
    assert_eq!(of(id)["result"], "done");
    assert_eq!((&of(4711)["result"], &of(4711)["error"]["id"]), (&"failed".into(), &"SessionNotFound".into()));
    let chinese = browser.1.request(
        "POST",
        "/verbs/unlock",
        &[
            ("Origin", &format!("http://{}", browser.0.address)),
            ("Content-Type", "application/json"),
            ("Accept-Language", "zh-CN,en;q=0.5"),
        ],
        r#"{"targets":{"0":[4711]}}"#,
    );
    let (all, _) = outcomes(&chinese);
    assert!(all[0]["error"]["message"].as_str().unwrap().contains("此主机上没有会话"), "{all:?}");
}

#[test]
fn everybody_is_blocked_by_one_switch_and_freed_by_it() {
    let lab = Lab::start();
    let id = lab.open("exam", "exec cat");
    let (_dashboard, browser) = lab.dashboard_with_browser();
    let mut events = browser.events();
    assert_eq!(only(&browser, "block-all", &json!({"targets": {"0": []}, "message": "Exam"}))["result"], "done");
    events.until("the rule", |page| page.hosts.iter().any(|host| host["rules"][0]["name"] == "all"));
    let late = lab.open("late", "exec cat");
    events.until("that a new session is locked", |page| page.session(late).is_some_and(|late| late["locked"] == true));
    let outcome = only(&browser, "unlock", &json!({"targets": {"0": [id]}}));
    assert_eq!(outcome["error"]["id"], "StillBlocked");
    assert_eq!(only(&browser, "unlock", &json!({"targets": {"0": [id]}, "exempt": true}))["result"], "done");
    let (all, complete) = outcomes(&browser.post("/verbs/unblock-all", r#"{"targets":{"0":[]}}"#));
    assert!(complete && all.iter().all(|outcome| outcome["observed"] == true), "{all:?}");
    events.until("that no rule stands", |page| page.hosts.iter().all(|host| host["rules"] == json!([])));
}

#[test]
fn a_wrong_order_does_nothing() {
    let lab = Lab::start();
    let id = lab.open("exam", "exec cat");
    let (_dashboard, browser) = lab.dashboard_with_browser();
    for body in [
        String::new(),
        "{}".to_owned(),
        format!(r#"{{"targets":{{"0":[{id}]}}}}"#),
        format!(r#"{{"targets":{{"7":[{id}]}},"message":"x"}}"#),
        format!(r#"{{"targets":{{"0":[{id}]}},"message":"x","freeze":true}}"#),
        r#"{"targets":{"0":[]},"message":"x"}"#.to_owned(),
        format!(r#"{{"targets":{{"0":[{id}]}},"message":"\u001b[2J"}}"#),
        format!(r#"{{"targets":{{"0":[{id}]}},"message":"{}"}}"#, "x".repeat(300 << 10)),
    ] {
        assert_eq!(browser.post("/verbs/lock", &body).status, 400, "{}", body.chars().take(80).collect::<String>());
    }
    assert_eq!(lab.session(id)["locked"], false);
}

#[test]
fn an_order_goes_on_when_its_page_is_gone() {
    let lab = Lab::start();
    let id = lab.open("exam", "exec cat");
    let (dashboard, browser) = lab.dashboard_with_browser();
    let origin = format!("http://{}", dashboard.address);
    let order = format!(r#"{{"targets":{{"0":[{id}]}},"message":"x"}}"#);
    let stream =
        browser.send("POST", "/verbs/lock", &[("Origin", &origin), ("Content-Type", "application/json")], &order);
    // Its first byte says that the order was taken.
    let mut first = [0];
    std::io::Read::read_exact(&mut &stream, &mut first).unwrap();
    drop(stream);
    wait_until("it is locked", || lab.session(id)["locked"] == true);
}

impl Lab {
    fn dashboard_with_browser(&self) -> (Dashboard, Browser) {
        let dashboard = self.dashboard();
        let browser = dashboard.browser();
        (dashboard, browser)
    }
}
