//! Sessions at a seat of a container, whose screen and keyboard are another host's.

use crate::harness::{wait_for, wait_until};
use crate::host;
use crate::who::outcome;

#[test]
fn a_seat_of_a_container_is_neither_locked_nor_left() {
    let host = host!(Trixie);
    let alice = host.user("alice");
    let unit = format!("seat-of-{}", alice.name);
    let start = format!(
        "systemd-run --unit={unit} --collect -p PAMName=login -p User={} -E XDG_SEAT=seat0 -E XDG_SESSION_CLASS=user \
         -E XDG_SESSION_TYPE=wayland sleep 600",
        alice.name
    );
    host.root(&start).succeeds();
    let id = wait_for("usherd knows the session", || {
        let all = host.root_usher(&["list", "--output", "json"]).array();
        let hers = all.into_iter().find(|session| session["user"] == alice.name.as_str());
        hers.map(|session| session["session_id"].to_string())
    });
    for words in [&["lock", &id, "--message", "Listen"][..], &["disconnect", &id]] {
        let refused = outcome(&host.root_usher(&[words, &["--output", "json"]].concat()), 1);
        assert_eq!(refused["error"]["id"], "NotSupported", "{refused}");
        assert!(refused["error"]["message"].as_str().is_some_and(|why| why.contains("seat")), "{refused}");
    }
    host.root(&format!("systemctl stop {unit}")).succeeds();
    wait_until("it is gone", || host.root(&format!("systemctl is-active {unit}")).code != Some(0));
}
