//! `Unlock-WmsSession`

use serde_json::json;

use super::{cmdlet, has_record, open, shell};
use crate::harness::{Daemon, has};

#[test]
fn the_example_of_the_reference_unlocks_as_printed() {
    let daemon = Daemon::start();
    open(&daemon, 3);
    daemon.lock(3, "x");
    let said = shell(&daemon, "Unlock-WmsSession -SessionId 3").exits(0);
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", ""));
    has(&daemon.session(3), &json!({"locked": false}));
}

#[test]
fn all_sessions_are_unlocked() {
    let daemon = Daemon::start();
    let ids = [daemon.open("exec cat"), daemon.open("exec cat")];
    for id in ids {
        daemon.lock(id, "x");
    }
    cmdlet(&daemon, "Unlock-WmsSession -All -Server localhost").exits(0);
    assert!(ids.iter().all(|id| daemon.session(*id)["locked"] == false));
}

#[test]
fn a_session_that_a_rule_covers_is_told_as_blocked() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    daemon.usher(&["block", "--all", "--message", "exam"]).exits(0);
    let said = cmdlet(&daemon, "Unlock-WmsSession 1").exits(1);
    has_record(
        &said,
        "ResourceBusy: (1:UInt32) [Unlock-WmsSession], InvalidOperationException",
        "StillBlocked,Unlock-WmsSession",
    );
    assert!(said.stderr.contains("rule `all`"), "{}", said.stderr);
    has(&daemon.session(1), &json!({"locked": true}));
}
