//! `usher close` through logind.

use crate::harness::{Host, X11, wait_until};
use crate::host;
use crate::who::{listed, outcome, session};

fn closing_ends_everything_on(host: &Host, server: X11) {
    let screen = host.x11(&host.user("alice"), server);
    screen.start("setsid nohup sleep 3600 >/dev/null 2>&1");
    let closed = outcome(&host.root_usher(&["close", &screen.id(), "--output", "json"]), 0);
    assert_eq!((closed["result"].as_str(), closed["observed"].as_bool()), (Some("done"), Some(true)), "{closed}");
    assert!(!screen.exists() && listed(host, &screen.session).is_none());
    let left = host.root(&format!("ps -o args= -u {}", screen.user.name)).stdout;
    assert!(!left.contains("sleep 3600") && !left.contains("Xvfb") && !left.contains("Xtigervnc"), "{left}");
    host.shows(server.kind(), "close", "logind has no such session, and no process of it is left");
}

#[test]
fn closing_ends_every_process_of_the_session_on_debian_12() {
    let host = host!(Bookworm);
    closing_ends_everything_on(&host, X11::Xvfb);
    closing_ends_everything_on(&host, X11::Xvnc);
}

#[test]
fn closing_ends_every_process_of_the_session_on_debian_13() {
    let host = host!(Trixie);
    closing_ends_everything_on(&host, X11::Xvfb);
    closing_ends_everything_on(&host, X11::Xvnc);
}

#[test]
fn a_program_that_ignores_every_request_to_end_is_killed_and_that_is_said() {
    let host = host!(Bookworm);
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    screen.start("trap '' TERM HUP INT; echo up > $HOME/stubborn; while :; do sleep 1; done");
    wait_until("it runs", || !host.content(format!("/home/{}/stubborn", screen.user.name)).is_empty());
    let closed = outcome(&host.root_usher(&["close", &screen.id(), "--output", "json"]), 0);
    assert_eq!(closed["observed"], true);
    assert!(closed["notes"].to_string().contains("were killed"), "{closed}");
    assert!(!screen.exists());
}

#[test]
fn the_user_is_warned_and_the_warning_takes_no_input() {
    let host = host!(Bookworm);
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    let before = screen.pixels();
    let id = screen.id();
    let command = format!("nohup usher close {id} --notice 8s --message 'Please save' >/dev/null 2>&1 &");
    host.root(&command).succeeds();
    wait_until("the warning is on the screen", || !screen.pixels().same(&before));
    screen.type_keys("saved\n");
    screen.wait_typed("saved\r");
    assert_eq!(session(&host, &screen)["state"], "closing");
    wait_until("it is closed", || !screen.exists());
}

#[test]
fn what_a_dry_run_names_is_still_there() {
    let host = host!(Bookworm);
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    let planned = outcome(&host.root_usher(&["close", &screen.id(), "--dry-run", "--output", "json"]), 0);
    assert_eq!(planned["result"], "planned");
    assert!(screen.exists());
}

#[test]
fn a_session_that_ended_by_itself_is_off_the_list() {
    let host = host!(Bookworm);
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    session(&host, &screen);
    screen.kill();
    wait_until("it is off the list", || listed(&host, &screen.session).is_none());
}

#[test]
fn the_warning_goes_when_the_close_is_called_off() {
    let host = host!(Bookworm);
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    let before = screen.pixels();
    let id = screen.id();
    host.root(&format!("nohup usher close {id} --notice 1h >/dev/null 2>&1 &")).succeeds();
    wait_until("the warning is on the screen", || !screen.pixels().same(&before));
    let done = outcome(&host.root_usher(&["close", "--cancel", &id, "--output", "json"]), 0);
    assert_eq!((done["result"].as_str(), done["observed"].as_bool()), (Some("done"), Some(true)), "{done}");
    assert!(done["notes"].as_array().is_some_and(Vec::is_empty), "{done}");
    wait_until("the warning is gone", || screen.pixels().same(&before));
    assert!(session(&host, &screen)["closing_at"].is_null());
    assert!(screen.exists());
}
