//! What `usher` says of a session, for all tests.

use serde_json::Value;

use crate::harness::{Host, Ran, Screen, wait_until};

impl Screen {
    /// The session's ID as usher shows it.
    #[track_caller]
    pub fn id(&self) -> String {
        session(&self.host, self)["session_id"].to_string()
    }
}

/// The only outcome of a command that exits so.
#[track_caller]
pub fn outcome(ran: &Ran, code: i32) -> Value {
    assert_eq!(ran.code, Some(code), "{ran:?}");
    let outcomes = ran.array();
    assert_eq!(outcomes.len(), 1, "{ran:?}");
    outcomes[0].clone()
}

/// The ID of the error of the only outcome of a command that fails.
#[track_caller]
pub fn refusal(ran: &Ran) -> String {
    outcome(ran, 1)["error"]["id"].as_str().expect("an error").to_owned()
}

/// The session as `usher list` shows it to root.
#[track_caller]
pub fn session(host: &Host, screen: &Screen) -> Value {
    let mut found = None;
    wait_until("usher knows the session", || {
        found = listed(host, &screen.session);
        found.is_some()
    });
    found.expect("a session")
}

/// The session with this native ID, if it is listed.
pub fn listed(host: &Host, native_id: &str) -> Option<Value> {
    let ran = host.root_usher(&["list", "--output", "json"]);
    ran.array().into_iter().find(|session| session["native_id"] == native_id)
}

/// Whether the session is listed as locked.
#[track_caller]
pub fn locked(host: &Host, screen: &Screen) -> bool {
    session(host, screen)["locked"] == true
}

/// Waits until the session looks so.
#[track_caller]
pub fn wait_state(host: &Host, screen: &Screen, what: &str, wanted: impl Fn(&Value) -> bool) {
    wait_until(&format!("the session is {what}"), || listed(host, &screen.session).is_some_and(|s| wanted(&s)));
}

/// The processes of the shield of a session's display; none while one shield is gone and the next not there yet.
pub fn shield_pids(host: &Host, screen: &Screen) -> Vec<String> {
    let unit = format!("usher-shield-{}-{}-*.service", screen.session, screen.number);
    let name = host.root(&format!("systemctl list-units --plain --no-legend '{unit}'")).succeeds();
    let Some(name) = name.split_whitespace().next() else { return Vec::new() };
    let group = host.root(&format!("systemctl show {name} --property=ControlGroup --value")).succeeds();
    let pids = host.root(&format!("cat /sys/fs/cgroup{}/cgroup.procs", group.trim())).succeeds();
    pids.split_whitespace().map(str::to_owned).collect()
}
