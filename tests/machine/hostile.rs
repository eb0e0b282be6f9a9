//! What the locked user's programs do against the lock of a seat, with that user's rights.

use crate::console::{lock, unlock};
use crate::harness::{Machine, covered, wait_until};
use crate::machine;

/// Alice starts a program at her console, and it has begun.
#[track_caller]
pub fn alice_runs(machine: &Machine, name: &str, program: &str, sign: &str) {
    machine.script(name, program);
    wait_until("alice's program runs", || {
        machine.type_text(&format!("\npython3 /opt/{name}\n"));
        machine.rest();
        machine.has(sign)
    });
}

#[test]
fn a_program_that_does_not_let_go_of_the_terminal_in_front_is_not_asked() {
    let machine = machine!();
    alice_runs(&machine, "holds.py", include_str!("attacks/holds_terminal.py"), "/tmp/holds");
    let id = lock(&machine, "");
    assert!(covered(&machine.screen(0)));
    assert_ne!(machine.in_front(), "tty1");
    unlock(&machine, id);
    assert_eq!(machine.in_front(), "tty1");
}

#[test]
fn a_program_that_was_master_of_the_card_never_is_while_the_seat_is_locked() {
    let machine = machine!();
    alice_runs(&machine, "wants.py", include_str!("attacks/wants_card.py"), "/tmp/wants");
    let id = lock(&machine, "");
    machine.root("touch /tmp/locked").succeeds();
    assert!(covered(&machine.screen(0)));
    for ours in ["usher-painter", "usher-seat", "usherd"] {
        machine.root(&format!("kill -9 $(pgrep -o -x {ours})")).succeeds();
        machine.rest();
        assert!(covered(&machine.screen(0)), "{ours} was killed");
    }
    wait_until("the lock is seen to hold again", || {
        machine.session("alice", "console").is_some_and(|session| session["locked"] == true)
    });
    assert!(covered(&machine.screen(0)));
    assert!(!machine.has("/tmp/won"), "she was never master again");
    machine.root("rm /tmp/locked").succeeds();
    unlock(&machine, id);
    assert_eq!(machine.in_front(), "tty1");
}

#[test]
fn a_session_that_is_closed_gives_the_seat_to_the_next() {
    let machine = machine!();
    let id = lock(&machine, "");
    machine.olga(&format!("close {id}")).succeeds();
    wait_until("the seat is free", || machine.in_front() == "tty1" && !covered(&machine.screen(0)));
    wait_until("nothing of the lock is left", || !machine.has("/run/usher/usher.sock.seat/seat0.taken"));
    machine.shows("console", "close", "the session is gone, and the seat that it had locked is free");
}
