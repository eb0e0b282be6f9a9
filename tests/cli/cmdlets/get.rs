//! `Get-WmsSession`: sessions as objects.

use serde_json::{Value, json};

use super::{cmdlet, has_record, shell, terminal};
use crate::harness::{Daemon, has};

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
fn no_picture_is_told_as_not_supported_beside_the_object() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    let said = cmdlet(&daemon, "Get-WmsSession -All -Thumbnail Small").exits(1);
    assert_eq!(objects(&said.stdout).len(), 1);
    has_record(
        &said,
        "NotImplemented: (1:UInt32) [Get-WmsSession], NotSupportedException",
        "NotSupported,Get-WmsSession",
    );
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
