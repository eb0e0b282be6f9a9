//! `Get-WmsSession`: sessions as objects.

use base64::Engine as _;
use serde_json::{Value, json};

use super::{cmdlet, has_record, shell, terminal};
use crate::harness::{Daemon, Png, has, need_shield};

fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a JSON object a line")).collect()
}

#[test]
fn a_pipe_gets_one_object_a_line_with_the_documented_names() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    daemon.open("exec cat");
    let said = cmdlet(&daemon, "Get-WmsSession -All").exits(0);
    let found = objects(&said.stdout);
    assert_eq!(found.len(), 2);
    let session = daemon.session(id);
    has(
        &found[0],
        &json!({"SessionId": id, "State": "Disconnected", "IsOrchestratable": true, "IsAdmin": false, "IsMOGUser": false,
            "UserName": session["user"], "StationId": null, "ComputerName": session["host"], "ClientName": null,
            "IsRail": false, "IsLocked": false, "LockMessage": null, "LockedBy": null, "LockedSince": null}),
    );
    let first = said.stdout.lines().next().expect("a line");
    let names: Vec<&str> = first.split('"').filter(|word| word.starts_with(char::is_uppercase)).take(3).collect();
    assert_eq!(names, ["SessionId", "State", "Disconnected"], "in the documented order");
}

#[test]
fn a_locked_session_says_by_whom_and_why() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    daemon.lock(id, "look here");
    let found = objects(&cmdlet(&daemon, "get-wmssession 1").exits(0).stdout);
    has(
        &found[0],
        &json!({"IsLocked": true, "LockMessage": "look here", "LockedBy": daemon.session(id)["lock"]["by"]}),
    );
}

#[test]
fn an_unknown_id_is_an_error_record_and_the_others_are_shown() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    let said = cmdlet(&daemon, "Get-WmsSession 99,1").exits(1);
    assert_eq!(objects(&said.stdout).len(), 1);
    has_record(
        &said,
        "ObjectNotFound: (99:UInt32) [Get-WmsSession], ItemNotFoundException",
        "SessionNotFound,Get-WmsSession",
    );
}

#[test]
fn a_terminal_gets_a_list_of_properties() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    let mut shown = terminal(&daemon, "Get-WmsSession -All");
    assert!(shown.wait_gone().success());
    let text = shown.wait_for("LockedSince").text();
    let at = |line: &str| text.find(line).unwrap_or_else(|| panic!("{line:?} is not in\n{text}"));
    let order =
        ["SessionId        : 1", "State            : Disconnected", "IsOrchestratable : True", "IsMOGUser        : F"];
    assert!(order.windows(2).all(|pair| at(pair[0]) < at(pair[1])));
}

#[test]
fn the_form_is_chosen_by_an_option_of_ushers_or_a_variable() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    let table = cmdlet(&daemon, "--output table Get-WmsSession -All").exits(0).stdout;
    assert!(table.starts_with("SessionId  UserName"), "{table}");
    assert_eq!(cmdlet(&daemon, "--output=json Get-WmsSession -All").exits(0).array().len(), 1);
    let list = shell(&daemon, "USHER_OUTPUT=list Get-WmsSession -All").exits(0).stdout;
    assert!(list.starts_with("SessionId        : 1\n"), "{list}");
    let said = shell(&daemon, "USHER_OUTPUT=xml Get-WmsSession -All").exits(2);
    assert!(said.stderr.contains("xml"), "{}", said.stderr);
}

#[test]
fn a_pipe_gets_the_picture_in_base64() {
    if !need_shield() {
        return;
    }
    let daemon = Daemon::start();
    daemon.open("exec cat");
    let plain = objects(&cmdlet(&daemon, "Get-WmsSession 1").exits(0).stdout);
    assert!(!plain[0].as_object().expect("an object").contains_key("Thumbnail"), "nobody asked for one");
    let line = "Get-WmsSession -All -Thumbnail small";
    for found in [
        objects(&cmdlet(&daemon, line).exits(0).stdout),
        cmdlet(&daemon, &format!("--output json {line}")).exits(0).array(),
    ] {
        let text = found[0]["Thumbnail"].as_str().expect("text");
        let png = base64::engine::general_purpose::STANDARD.decode(text).expect("base64");
        assert_eq!(Png::decode(&png).width, 160);
    }
    // As the help says it.
    let line = "Get-WmsSession 1 -Thumbnail Large | sed 's/.*\"Thumbnail\":\"//; s/\".*//' | base64 -d > 1.png";
    shell(&daemon, line).exits(0);
    assert_eq!(Png::read(daemon.path("1.png")).width, 640);
    // The next cmdlet in a pipe takes no notice of it.
    let said = shell(&daemon, "Get-WmsSession -All -Thumbnail Small | Close-WmsSession -WhatIf").exits(0);
    assert!(said.stdout.starts_with("What if:"), "{}", said.stdout);
    assert_eq!(daemon.audit("thumbnail").len(), 4, "every look is on record");
}

#[test]
fn a_terminal_is_told_how_large_the_picture_is() {
    if !need_shield() {
        return;
    }
    let daemon = Daemon::start();
    daemon.open("exec cat");
    let mut shown = terminal(&daemon, "Get-WmsSession 1 -Thumbnail Medium");
    assert!(shown.wait_gone().success());
    let text = shown.wait_for("Thumbnail").text();
    let line = text.lines().find(|line| line.starts_with("Thumbnail")).expect("the property");
    assert!(line.contains(" : PNG 320x") && line.trim_end().ends_with("KiB"), "{line}");
}

#[test]
fn a_session_that_cannot_be_pictured_is_an_error_beside_its_object() {
    let daemon = crate::thumbnail::with_shield(None);
    daemon.open("exec cat");
    daemon.open("exec cat");
    let said = cmdlet(&daemon, "Get-WmsSession -All -Thumbnail Small").exits(1);
    let found = objects(&said.stdout);
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|object| object.as_object().expect("an object")["Thumbnail"].is_null()));
    for id in [1, 2] {
        let category = format!("NotImplemented: ({id}:UInt32) [Get-WmsSession], NotSupportedException");
        has_record(&said, &category, "NotSupported,Get-WmsSession");
    }
    let stopped = cmdlet(&daemon, "Get-WmsSession -All -Thumbnail Small -ErrorAction Stop").exits(1);
    assert_eq!(objects(&stopped.stdout).len(), 0);
}

#[test]
fn a_bare_call_is_in_no_set() {
    let daemon = Daemon::start();
    let said = cmdlet(&daemon, "Get-WmsSession").exits(2);
    has_record(
        &said,
        "InvalidArgument: (:) [Get-WmsSession], ParameterBindingException",
        "AmbiguousParameterSet,Get-WmsSession",
    );
}

#[test]
fn a_host_without_a_daemon_is_unreachable() {
    let daemon = Daemon::not_started();
    let said = daemon.usher(&["Get-WmsSession", "-All"]).exits(3);
    assert!(said.stderr.contains("HostUnreachable,Get-WmsSession"), "{}", said.stderr);
    let said = daemon.usher(&["Get-WmsSession", "-All", "-Server", "lab.invalid"]).exits(3);
    has_record(
        &said,
        "ConnectionError: (lab.invalid:String) [Get-WmsSession], SocketException",
        "HostUnreachable,Get-WmsSession",
    );
}
