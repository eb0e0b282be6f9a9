//! `Close-WmsSession`

use super::{cmdlet, has_record, open, shell};
use crate::harness::Daemon;

#[test]
fn the_example_of_the_reference_closes_as_printed() {
    let daemon = Daemon::start();
    open(&daemon, 3);
    let said = shell(&daemon, "Close-WmsSession -SessionId 3").exits(0);
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", ""));
    assert_eq!(daemon.ids(), [1, 2]);
}

#[test]
fn several_ids_over_several_words_are_closed() {
    let daemon = Daemon::start();
    open(&daemon, 4);
    shell(&daemon, "Close-WmsSession 1, 0x3").exits(0);
    assert_eq!(daemon.ids(), [2, 4]);
}

#[test]
fn an_unknown_id_is_an_item_not_found_and_the_others_are_closed() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    let said = cmdlet(&daemon, "close-wmssession 99,1").exits(1);
    has_record(
        &said,
        "ObjectNotFound: (99:UInt32) [Close-WmsSession], ItemNotFoundException",
        "SessionNotFound,Close-WmsSession",
    );
    assert!(said.stderr.starts_with("Close-WmsSession : "), "{}", said.stderr);
    assert!(daemon.ids().is_empty());
}

#[test]
fn a_bare_call_closes_nothing() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    let said = cmdlet(&daemon, "Close-WmsSession").exits(2);
    has_record(
        &said,
        "InvalidArgument: (:) [Close-WmsSession], ParameterBindingException",
        "AmbiguousParameterSet,Close-WmsSession",
    );
    assert_eq!(daemon.ids(), [1]);
}

#[test]
fn the_own_session_is_refused_by_name_and_left_out_of_all_with_a_warning() {
    let daemon = Daemon::start();
    let script = "usher Close-WmsSession 1 2> named; echo $? > code; usher Close-WmsSession -All < /dev/null 2> all; \
                  echo $? >> code; exec cat";
    let own = daemon.open(&script.replace("usher", crate::harness::USHER));
    daemon.wait_content("code", "1\n0\n");
    let named = daemon.content("named");
    assert!(named.contains("InvalidOperation: (1:UInt32) [Close-WmsSession], InvalidOperationException"), "{named}");
    assert!(daemon.content("all").starts_with("WARNING: session 1 "), "{}", daemon.content("all"));
    assert_eq!(daemon.ids(), [u64::from(own)]);
}

#[test]
fn a_switch_whose_value_the_shell_took_away_closes_nothing() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    let said = shell(&daemon, "Close-WmsSession -All -Confirm:$false").exits(2);
    assert!(said.stderr.contains("MissingArgument,Close-WmsSession"), "{}", said.stderr);
    assert_eq!(daemon.ids(), [1]);
    shell(&daemon, "Close-WmsSession -All -Confirm:'$false'").exits(0);
    assert!(daemon.ids().is_empty());
}
