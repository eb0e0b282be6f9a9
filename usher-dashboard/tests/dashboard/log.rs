//! The audit log by the page: searched on the host, bounded, and for those alone who may read it.

use serde_json::Value;

use crate::harness::{Browser, Lab};

#[track_caller]
fn found(browser: &Browser, query: &str) -> Vec<Value> {
    let reply = browser.get(&format!("/log/0?{query}"));
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")), "{reply:?}");
    let said: Value = serde_json::from_str(&reply.body).expect("JSON");
    said["records"].as_array().expect("records").clone()
}

#[test]
fn the_log_says_who_did_what_and_is_searched() {
    let lab = Lab::start();
    let (id, other) = (lab.open("exam", "exec cat"), lab.open("clock", "exec cat"));
    lab.json(&["lock", &id.to_string(), "--message", "Eyes up, 眼睛看前面"]);
    lab.json(&["block", "--all", "--message", "Exam"]);
    let dashboard = lab.dashboard();
    let browser = dashboard.browser();
    let all = found(&browser, "");
    assert_eq!(
        all.iter().map(|record| record["action"].clone()).collect::<Vec<_>>(),
        ["block", "lock", "open", "open"]
    );
    assert_eq!(found(&browser, "hours=1").len(), 4);
    let locks = found(&browser, "action=lock");
    assert_eq!((locks.len(), &locks[0]["targets"][0]), (1, &id.into()));
    assert_eq!(locks[0]["message"], "Eyes up, 眼睛看前面");
    assert!(locks[0]["from"].as_str().unwrap().contains("usher"), "{locks:?}");
    assert_eq!(found(&browser, "q=%E7%9C%BC%E7%9D%9B").len(), 1, "by a word of the message");
    assert_eq!(found(&browser, "q=OPEN").len(), 2, "by action, in any casing");
    // The name of a program that called may have the same digits.
    let by_session = found(&browser, &format!("q=OPEN+{other}"));
    assert!(by_session.iter().any(|record| record["targets"][0] == other), "{by_session:?}");
    assert_eq!(found(&browser, "q=nobody").len(), 0);
    for path in ["/log/0?since=1", "/log/0?hours=0", "/log/x", "/log", "/log/0?action=fly"] {
        assert_eq!(browser.get(path).status, 404, "{path}");
    }
    assert_eq!(browser.get("/log/7").status, 502);
    assert_eq!(browser.request("POST", "/log/0", &[], "").status, 405);
    assert_eq!(Browser::new(dashboard.address).get("/log/0").status, 403, "not without the cookie");
}
