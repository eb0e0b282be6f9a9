//! `Lock-WmsSession`

use serde_json::json;

use super::{cmdlet, has_record, open, shell, terminal};
use crate::harness::{Daemon, Station, has};

#[test]
fn the_example_of_the_reference_locks_as_printed() {
    let daemon = Daemon::start();
    open(&daemon, 3);
    let station = Station::attach(&daemon, 3, 24, 80);
    let said = shell(&daemon, "Lock-WmsSession -SessionId 3 -Message \"Your station is locked\"").exits(0);
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", ""));
    station.wait_for("Your station is locked");
    has(&daemon.session(3), &json!({"locked": true}));
    has(&daemon.session(1), &json!({"locked": false}));
}

#[test]
fn all_sessions_are_locked_and_the_first_word_is_the_message() {
    let daemon = Daemon::start();
    let ids = [daemon.open("exec cat"), daemon.open("exec cat")];
    cmdlet(&daemon, "lock-wmssession -a Eyes_here").exits(0);
    for id in ids {
        assert_eq!(daemon.lock_message(id).as_deref(), Some("Eyes here"));
    }
}

#[test]
fn all_that_is_switched_off_locks_nothing_and_says_so() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let said = cmdlet(&daemon, "Lock-WmsSession -All:$false x").exits(0);
    assert!(said.stderr.starts_with("WARNING: "), "{}", said.stderr);
    has(&daemon.session(id), &json!({"locked": false}));
}

#[test]
fn a_missing_message_is_asked_for_on_a_terminal() {
    let daemon = Daemon::start();
    open(&daemon, 3);
    let mut person = terminal(&daemon, "Lock-WmsSession 3");
    let asked = person.wait_for("Message:").text();
    let lines: Vec<&str> = asked.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let expected = [
        "cmdlet Lock-WmsSession at command pipeline position 1",
        "Supply values for the following parameters:",
        "Message:",
    ];
    assert_eq!(lines, expected);
    person.type_keys(b"typed by hand\r");
    assert!(person.wait_gone().success());
    assert_eq!(daemon.lock_message(3).as_deref(), Some("typed by hand"));
}

#[test]
fn a_message_that_cannot_be_asked_for_is_missing() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let said = cmdlet(&daemon, "Lock-WmsSession 1").exits(2);
    has_record(
        &said,
        "InvalidArgument: (:) [Lock-WmsSession], ParameterBindingException",
        "MissingMandatoryParameter,Lock-WmsSession",
    );
    has(&daemon.session(id), &json!({"locked": false}));
}

#[test]
fn an_ambiguous_name_locks_nothing() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let said = cmdlet(&daemon, "Lock-WmsSession -S 1 -M x").exits(2);
    assert!(said.stderr.contains("the parameter name 'S' is ambiguous. Possible matches include: -SessionId -Server."));
    has(&daemon.session(id), &json!({"locked": false}));
}

#[test]
fn a_message_that_cannot_be_shown_is_refused() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let empty = cmdlet(&daemon, "Lock-WmsSession 1 -Message: ").exits(2);
    assert!(empty.stderr.contains("MissingArgument"), "{}", empty.stderr);
    let said = shell(&daemon, "Lock-WmsSession 1 ''").exits(2);
    has_record(
        &said,
        "InvalidData: (:) [Lock-WmsSession], ParameterBindingValidationException",
        "ParameterArgumentValidationErrorEmptyStringNotAllowed,Lock-WmsSession",
    );
    let said = shell(&daemon, "Lock-WmsSession 1 \"$(printf 'a\\033[2Jb')\"").exits(2);
    assert!(said.stderr.contains("ParameterArgumentValidationError,Lock-WmsSession"), "{}", said.stderr);
    assert!(!said.stderr.contains('\x1b'));
    has(&daemon.session(id), &json!({"locked": false}));
}

#[test]
fn what_became_of_each_session_is_shown_on_request() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    let outcomes = cmdlet(&daemon, "--output json Lock-WmsSession 1,9 x").exits(1).array();
    has(&outcomes[0], &json!({"session_id": 1, "result": "done", "observed": true}));
    has(&outcomes[1], &json!({"session_id": 9, "result": "failed"}));
}
