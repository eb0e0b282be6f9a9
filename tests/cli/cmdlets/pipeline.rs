//! Objects through pipes: from our own cmdlets, from `usher list`, from jq.

use serde_json::json;

use super::{Open, has_record, open, shell};
use crate::harness::{Daemon, has, need};

#[test]
fn links_in_a_shell_pass_objects_on() {
    let daemon = Daemon::start();
    open(&daemon, 2);
    let said = shell(&daemon, "Get-WmsSession -All | Close-WmsSession -WhatIf").exits(0);
    let lines: Vec<&str> = said.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{}", said.stdout);
    for (id, line) in (1..).zip(lines) {
        let head = format!("What if: Performing the operation \"Close-WmsSession\" on target \"session {id} (");
        assert!(line.starts_with(&head), "{line}");
    }
    assert_eq!(daemon.ids(), [1, 2]);
}

#[test]
fn jq_chooses_between_two_cmdlets() {
    if need("jq").is_none() {
        return;
    }
    let daemon = Daemon::start();
    open(&daemon, 2);
    let user = daemon.session(1)["user"].as_str().unwrap().to_owned();
    let line = "Get-WmsSession -All | jq -c 'select(.UserName==\"alice\")' | Lock-WmsSession -Message hi";
    shell(&daemon, line).exits(0);
    assert_eq!(daemon.lock_message(1), None, "alice has no session");
    shell(&daemon, &line.replace("alice", &user)).exits(0);
    assert_eq!(daemon.lock_message(2).as_deref(), Some("hi"));
    // Over several lines, too.
    shell(&daemon, "Get-WmsSession -All | jq . | Unlock-WmsSession").exits(0);
    has(&daemon.session(2), &json!({"locked": false}));
}

#[test]
fn the_lists_of_usher_are_objects_too() {
    let daemon = Daemon::start();
    open(&daemon, 2);
    shell(&daemon, "usher list --output jsonl | Lock-WmsSession -Message one").exits(0);
    assert_eq!(daemon.lock_message(2).as_deref(), Some("one"));
    shell(&daemon, "usher list --output json | Unlock-WmsSession").exits(0);
    assert_eq!(daemon.lock_message(2), None);
    shell(&daemon, "usher --output json Get-WmsSession -All | Close-WmsSession").exits(0);
    assert!(daemon.ids().is_empty());
}

#[test]
fn bare_numbers_go_to_the_first_position() {
    let daemon = Daemon::start();
    open(&daemon, 3);
    shell(&daemon, "printf '1\\n\"3\"\\n' | Close-WmsSession").exits(0);
    assert_eq!(daemon.ids(), [2]);
}

#[test]
fn an_empty_input_is_a_quiet_success() {
    let daemon = Daemon::start();
    let said = shell(&daemon, "Get-WmsSession -All | Close-WmsSession").exits(0);
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", ""));
}

#[test]
fn a_line_that_names_no_session_is_an_error_for_itself_alone() {
    let daemon = Daemon::start();
    open(&daemon, 2);
    let lines = "nonsense\\n{\"ComputerName\":\"localhost\"}\\n{\"SessionId\":2\\n{\"SessionId\":1}\\n";
    let said = shell(&daemon, &format!("printf '{lines}' | Close-WmsSession")).exits(1);
    has_record(
        &said,
        "InvalidArgument: (\"nonsense\":PSObject) [Close-WmsSession], ParameterBindingException",
        "InputObjectNotBound,Close-WmsSession",
    );
    assert!(said.stderr.contains("InputObjectMissingMandatory,Close-WmsSession"), "{}", said.stderr);
    assert_eq!(said.stderr.matches("FullyQualifiedErrorId").count(), 3, "{}", said.stderr);
    assert_eq!(daemon.ids(), [2]);
}

#[test]
fn objects_of_other_hosts_fail_for_themselves_and_ours_come_home() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    let host = daemon.session(1)["host"].as_str().unwrap().to_owned();
    let objects =
        format!("{{\"SessionId\":1,\"ComputerName\":\"lab.invalid\"}}\\n{{\"SessionId\":1,\"Server\":\"{host}\"}}\\n");
    let said = shell(&daemon, &format!("printf '{objects}' | Lock-WmsSession -Message hi")).exits(1);
    has_record(
        &said,
        "ConnectionError: (lab.invalid:String) [Lock-WmsSession], SocketException",
        "HostUnreachable,Lock-WmsSession",
    );
    assert_eq!(daemon.lock_message(1).as_deref(), Some("hi"));
}

#[test]
fn the_first_object_acts_before_the_last_one_arrives() {
    let daemon = Daemon::start();
    open(&daemon, 2);
    let mut close = Open::run(&daemon, &["Close-WmsSession"]);
    close.send(b"{\"SessionId\":1}\n");
    daemon.wait_gone(1);
    assert_eq!(daemon.ids(), [2]);
    close.send(b"[{\"SessionId\":\n 2}\n");
    daemon.wait_gone(2);
    close.send(b"]\n");
    assert_eq!(close.end(), 0);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let daemon = Daemon::start();
    let mut get = Open::run(&daemon, &["Get-WmsSession"]);
    drop(get.0.stdout.take());
    daemon.open("exec cat");
    get.send(b"1\n");
    let mut stderr = String::new();
    std::io::Read::read_to_string(&mut get.0.stderr.take().expect("a pipe"), &mut stderr).expect("text");
    assert_eq!((get.end(), stderr.as_str()), (0, ""));
}

#[test]
fn ids_on_the_command_line_leave_the_pipe_alone() {
    let daemon = Daemon::start();
    open(&daemon, 2);
    shell(&daemon, "echo 1 | Close-WmsSession 2").exits(0);
    assert_eq!(daemon.ids(), [1]);
}
