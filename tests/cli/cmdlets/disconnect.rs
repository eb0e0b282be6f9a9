//! `Disconnect-WmsSession`

use serde_json::json;

use super::{cmdlet, open, shell};
use crate::harness::{Daemon, Station, has};

#[test]
fn the_example_of_the_reference_disconnects_as_printed() {
    let daemon = Daemon::start();
    open(&daemon, 3);
    let mut station = Station::attach(&daemon, 3, 24, 80);
    has(&daemon.session(3), &json!({"state": "connected"}));
    shell(&daemon, "Disconnect-WmsSession -SessionId 3").exits(0);
    station.wait_gone();
    has(&daemon.session(3), &json!({"state": "disconnected"}));
}

#[test]
fn what_if_says_what_would_be_done_and_does_nothing() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let _station = Station::attach(&daemon, id, 24, 80);
    let said = cmdlet(&daemon, "Disconnect-WmsSession -All -wi -Confirm").exits(0);
    assert!(
        said.stdout.starts_with("What if: Performing the operation \"Disconnect-WmsSession\" on target \"session 1 ")
    );
    has(&daemon.session(id), &json!({"state": "connected"}));
}
