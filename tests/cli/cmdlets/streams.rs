//! What is said beside the objects, and what it leads to.

use super::{cmdlet, shell, terminal};
use crate::harness::Daemon;

#[test]
fn error_action_stop_ends_at_the_first_error() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    let said = cmdlet(&daemon, "Close-WmsSession 99,1 -ErrorAction Stop").exits(1);
    assert!(said.stderr.contains("SessionNotFound"));
    assert_eq!(daemon.ids(), [1]);
    cmdlet(&daemon, "Close-WmsSession 99,1 -ea Continue").exits(1);
    assert!(daemon.ids().is_empty());
}

#[test]
fn silent_errors_still_fail() {
    let daemon = Daemon::start();
    for action in ["SilentlyContinue", "Ignore", "0", "4", "si"] {
        let said = cmdlet(&daemon, &format!("Close-WmsSession 99 -ErrorAction {action}")).exits(1);
        assert_eq!(said.stderr, "", "{action}");
    }
}

#[test]
fn inquire_asks_after_each_error() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    let mut person = terminal(&daemon, "Close-WmsSession 98,99,1 -ErrorAction Inquire; echo code $?");
    person.wait_for("[H] Halt Command");
    person.type_keys(b"y\r");
    person.wait("the second question", |shot| shot.text().matches("[H] Halt Command").count() == 2);
    person.type_keys(b"h\r");
    person.wait_for("code 1");
    person.wait_gone();
    assert_eq!(daemon.ids(), [1]);
}

#[test]
fn verbose_debug_and_information_are_said_on_request() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    let said = cmdlet(&daemon, "Lock-WmsSession 1 x -Verbose -Debug -InformationAction Continue").exits(0);
    assert_eq!(said.stdout, "");
    let lines: Vec<&str> = said.stderr.lines().collect();
    assert_eq!(lines[0], "DEBUG: POST /v1/sessions/lock");
    assert!(lines[1].starts_with("VERBOSE: Performing the operation \"Lock-WmsSession\" on target \"session 1 "));
    assert!(lines[2].ends_with("done and observed"), "{}", lines[2]);
}

#[test]
fn warnings_can_be_silenced() {
    let daemon = Daemon::start();
    let said = cmdlet(&daemon, "Close-WmsSession -All:$false").exits(0);
    assert!(said.stderr.starts_with("WARNING: "));
    assert_eq!(cmdlet(&daemon, "Close-WmsSession -All:$false -wa Ignore").exits(0).stderr, "");
}

#[test]
fn what_scripts_have_no_use_for_here_is_accepted() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    cmdlet(&daemon, "Lock-WmsSession 1 x -ev e -wv w -iv i -ov o -ob 7 -pv p -proga Ignore").exits(0);
}

#[test]
fn no_word_of_the_caller_reaches_the_terminal_as_it_is() {
    let daemon = Daemon::start();
    let hostile = "$(printf '\\033]0;x\\007\\377\\342\\200\\256')";
    for line in
        ["Close-WmsSession @", "Close-WmsSession -SessionId @", "Close-WmsSession -x@", "Close-WmsSession 1 -Server @"]
    {
        let said = shell(&daemon, &format!("{} < /dev/null", line.replace('@', &format!("\"{hostile}\"")))).said();
        assert!(said.stderr.contains("FullyQualifiedErrorId"), "{line}: {}", said.stderr);
        assert!(
            !said.stderr.chars().any(|c| c == '\u{1b}' || c == '\u{7}' || c == '\u{202e}'),
            "{line}: {:?}",
            said.stderr
        );
    }
    let said = shell(&daemon, "Close-WmsSession $(head -c 100000 /dev/zero | tr '\\0' x) < /dev/null").exits(2);
    assert!(said.stderr.len() < 2000, "{}", said.stderr.len());
    let said = shell(&daemon, "usher list \"$(printf '\\377')\"").exits(2);
    assert!(said.stderr.contains("UTF-8"), "{}", said.stderr);
}
