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

#[test]
fn what_if_names_also_what_is_as_asked_for_already() {
    let daemon = Daemon::start();
    open(&daemon, 2);
    let _station = Station::attach(&daemon, 2, 24, 80);
    has(&daemon.session(2), &json!({"state": "connected"}));
    let said = cmdlet(&daemon, "Disconnect-WmsSession 1,2 -WhatIf").exits(0);
    let lines: Vec<&str> = said.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for (line, id) in lines.iter().zip([1, 2]) {
        let named = format!("What if: Performing the operation \"Disconnect-WmsSession\" on target \"session {id} ");
        assert!(line.starts_with(&named), "{line}");
    }
}

#[test]
fn a_program_that_asks_for_json_gets_nothing_else() {
    let daemon = Daemon::start();
    open(&daemon, 1);
    let said = cmdlet(&daemon, "--output json Disconnect-WmsSession 1 -WhatIf").exits(0);
    let outcomes: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON alone");
    has(&outcomes[0], &json!({"session_id": 1, "result": "unchanged"}));
}
