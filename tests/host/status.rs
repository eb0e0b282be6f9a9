//! `usher status` on a whole host, and a user's own daemon that systemd starts on demand.

use serde_json::Value;

use crate::harness::{Host, Suite, wait_until};
use crate::host;

fn ids(status: &Value) -> Vec<String> {
    let degraded = status["degraded"].as_array().expect("a list");
    degraded.iter().map(|one| one["id"].as_str().expect("an ID").to_owned()).collect()
}

fn status(said: &str) -> Value {
    serde_json::from_str(said).expect("JSON")
}

#[test]
fn everybody_sees_the_basics_and_root_sees_all() {
    let host = host!(Bookworm);
    let root = status(&host.root_usher(&["status", "--output", "json"]).succeeds());
    assert_eq!((root["mode"].as_str(), root["role"].as_str()), (Some("system"), Some("administrator")));
    assert_eq!(root["store"]["directory"], "/var/lib/usher");
    assert_eq!(ids(&root), [""; 0], "a host with the package lacks nothing: {root}");
    let alice = host.user("alice");
    let seen = status(&host.usher(&alice, &["status", "--output", "json"]).succeeds());
    assert_eq!((seen["role"].as_str(), seen["sessions"].as_u64()), (Some("user"), Some(0)));
    assert!(["store", "rules", "identities", "gateway"].iter().all(|part| seen[part].is_null()), "{seen}");
}

#[test]
fn what_is_missing_on_the_host_is_told() {
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    host.root("mv /usr/share/fonts /root/fonts && mv /usr/bin/usher-shield /root/").succeeds();
    let told = || ids(&status(&host.root_usher(&["status", "--output", "json"]).succeeds()));
    wait_until("both are told", || told() == ["NoShield", "NoFont"]);
    host.root("mv /root/fonts /usr/share/fonts && mv /root/usher-shield /usr/bin/").succeeds();
    wait_until("nothing is missing any more", || told().is_empty());
}

#[test]
fn a_users_own_daemon_is_started_by_systemd_when_somebody_calls() {
    let host = host!(Bookworm);
    let mut bob = host.shell(&host.user("bob"));
    let mut run = |command: &str| {
        bob.run(&format!("export USHER_SOCKET=$XDG_RUNTIME_DIR/usher/usher.sock; {command}")).succeeds()
    };
    run("systemctl --user enable --now usherd.socket");
    run("! systemctl --user is-active usherd.service");
    assert_eq!(run("usher open -- sleep 1000").trim(), "1");
    run("systemctl --user is-active usherd.service");
    run("systemctl --user stop usherd.service");
    let listed = run("usher list --output jsonl");
    assert!(listed.contains("\"session_id\":1"), "the session outlived its daemon: {listed}");
    run("usher close 1");
    run("systemctl --user disable --now usherd.socket; systemctl --user stop usherd.service");
}
