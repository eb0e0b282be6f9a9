//! A machine that boots while a block stands.

use crate::harness::{Machine, covered, wait_until};
use crate::machine;

const MESSAGE: &str = "Exam 考试";

/// Blocks everybody and boots the machine anew; alice is let in at its console by itself, and types from the first moment on.
#[track_caller]
fn boots_under_a_block(machine: &mut Machine) {
    machine.root(&format!("usher block --all --message '{MESSAGE}'")).succeeds();
    machine.reboot("\ntouch typed\n");
    wait_until("usherd is there", || machine.root("systemctl is-active usherd").code == Some(0));
}

#[track_caller]
fn alice_gets_in_after_the_block(machine: &Machine) {
    machine.root("usher unblock --all").succeeds();
    wait_until("alice's console takes what she types", || {
        machine.type_text("\ntouch typed\n");
        machine.has("/home/alice/typed")
    });
}

#[test]
fn under_a_block_nobody_gets_in_from_the_first_key_on() {
    let mut machine = machine!();
    machine.install("libpam-usher_");
    boots_under_a_block(&mut machine);
    wait_until("alice is refused at her console", || {
        machine.root("usher audit --output json").stdout.contains("AccessDenied")
    });
    assert!(machine.session("alice", "console").is_none());
    assert!(!machine.has("/home/alice/typed"), "no key reached a shell");
    alice_gets_in_after_the_block(&machine);
}

#[test]
fn whoever_is_let_in_at_boot_is_locked_under_a_block() {
    let mut machine = machine!();
    boots_under_a_block(&mut machine);
    wait_until("the lock is seen to hold", || {
        machine.session("alice", "console").is_some_and(|session| session["locked"] == true)
    });
    assert_ne!(machine.in_front(), "tty1");
    wait_until("the message is there", || covered(&machine.screen(0)));
    machine.root("rm -f /home/alice/typed").succeeds();
    machine.type_text("\ntouch typed\n");
    machine.rest();
    assert!(!machine.has("/home/alice/typed"));
    alice_gets_in_after_the_block(&machine);
    assert_eq!(machine.in_front(), "tty1");
}
