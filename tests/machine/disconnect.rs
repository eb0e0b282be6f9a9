//! Disconnecting at a seat: somebody else may sit down, and what was there lives on behind.

use crate::console::{lock, unlock};
use crate::desktop::{gnome, kwin, sway, weston, xorg};
use crate::harness::{Machine, Picture, wait_until};
use crate::hostile::alice_runs;
use crate::machine;

/// How it was observed that somebody else may sit down.
const SEEN: &str =
    "logind and the kernel say that another virtual terminal is in front, where a login waits; the session lives on";

fn state(machine: &Machine, id: u64) -> String {
    let all = machine.root(&format!("usher list {id} --output json")).array();
    all.first().and_then(|session| session["state"].as_str()).unwrap_or_default().to_owned()
}

/// Olga disconnects the session that is in front.
#[track_caller]
fn leaves(machine: &Machine, id: u64, from: &str) {
    assert_eq!((machine.in_front(), state(machine, id)), (from.to_owned(), "connected".to_owned()));
    let outcome = &machine.olga(&format!("disconnect {id} --output json")).array()[0];
    assert!(outcome["result"] == "done" && outcome["observed"] == true, "{outcome}");
    let front = machine.in_front();
    assert_ne!(front, from);
    wait_until("a login waits there", || machine.root(&format!("pgrep -t {front} getty")).code == Some(0));
    assert_eq!(machine.root(&format!("loginctl show-session {id} -p Active --value")).succeeds().trim(), "no");
    wait_until("nobody sits at the session", || state(machine, id) == "disconnected");
    let again = &machine.olga(&format!("disconnect {id} --output json")).array()[0];
    assert!(again["result"] == "unchanged", "{again}");
}

/// Whoever sits down may switch back, and finds what was there.
#[track_caller]
fn comes_back(machine: &Machine, id: u64, number: u32) {
    machine.key(&format!("ctrl-alt-f{number}"));
    wait_until("it is in front again", || machine.in_front() == format!("tty{number}"));
    wait_until("somebody sits there again", || state(machine, id) == "connected");
}

#[test]
fn a_console_is_left_for_a_login_at_another_terminal() {
    let machine = machine!();
    let id = machine.session("alice", "console").expect("alice")["session_id"].as_u64().expect("an ID");
    leaves(&machine, id, "tty1");
    comes_back(&machine, id, 1);
    machine.shows("console", "disconnect", SEEN);
    // A locked seat is not left: it would be open.
    lock(&machine, "");
    assert_eq!(state(&machine, id), "connected", "it comes back with the unlock");
    let refused = &machine.olga(&format!("disconnect {id} --output json")).array()[0];
    assert_eq!(refused["error"]["id"], "NotSupported", "{refused}");
    unlock(&machine, id);
    // A program that does not let go of the terminal in front is not asked.
    alice_runs(&machine, "holds.py", include_str!("attacks/holds_terminal.py"), "/tmp/holds");
    leaves(&machine, id, "tty1");
}

/// A desktop at the seventh virtual terminal is left, and comes back.
#[track_caller]
fn desktop_is_left(machine: &Machine, (id, _): (u64, Picture), kind: &str) {
    leaves(machine, id, "tty7");
    comes_back(machine, id, 7);
    machine.shows(kind, "disconnect", SEEN);
}

#[test]
fn sway_on_a_seat_is_left_for_a_login() {
    let machine = machine!();
    desktop_is_left(&machine, sway(&machine), "wayland-seat");
}

#[test]
fn xorg_on_a_seat_is_left_for_a_login() {
    let machine = machine!();
    desktop_is_left(&machine, xorg(&machine), "x11-seat");
}

#[test]
fn gnome_on_a_seat_is_left_for_a_login() {
    let machine = machine!();
    desktop_is_left(&machine, gnome(&machine), "gnome-seat");
}

#[test]
fn kwin_on_a_seat_is_left_for_a_login() {
    let machine = machine!();
    desktop_is_left(&machine, kwin(&machine), "kwin-seat");
}

#[test]
fn weston_on_a_seat_is_left_for_a_login() {
    let machine = machine!();
    desktop_is_left(&machine, weston(&machine), "weston-seat");
}
