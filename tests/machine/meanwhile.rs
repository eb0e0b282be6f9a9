//! What happens to a machine while its seat is locked: a screen more, a package anew, a card or a warden less.

use crate::console::{alice_types, has_message, keys, lock, unlock};
use crate::harness::{covered, wait_until};
use crate::machine;

#[test]
fn a_screen_that_is_plugged_in_shows_the_message() {
    let machine = machine!();
    let id = lock(&machine, "");
    // As the kernel has it when somebody plugs in a cable.
    machine
        .root("echo on >/sys/class/drm/card0-Virtual-2/status && udevadm trigger --action=change /sys/class/drm/card0")
        .succeeds();
    wait_until("the second screen shows the message", || {
        let screen = machine.screen(1);
        covered(&screen) && has_message(&screen)
    });
    assert!(covered(&machine.screen(0)));
    assert_eq!(machine.session("alice", "console").expect("the session")["locked"], true);
    machine.root("echo detect >/sys/class/drm/card0-Virtual-2/status").succeeds();
    machine.rest();
    assert!(covered(&machine.screen(0)));
    unlock(&machine, id);
    assert_eq!(machine.in_front(), "tty1");
}

#[test]
fn a_seat_stays_locked_while_usherd_is_restarted_and_installed_anew() {
    let machine = machine!();
    let id = lock(&machine, "");
    for command in ["systemctl restart usherd", "dpkg --install /root/usher.deb"] {
        machine.script("work", &format!("#!/bin/sh\n{command} && touch /tmp/worked\n"));
        machine.root("rm -f /tmp/worked; nohup /opt/work >/dev/null 2>&1 & echo").succeeds();
        machine.key("ctrl-alt-f1");
        assert!(covered(&machine.screen(0)), "{command}");
        wait_until("it is done", || machine.has("/tmp/worked"));
        assert!(covered(&machine.screen(0)) && machine.in_front() != "tty1", "{command}");
        wait_until("the lock is seen to hold", || {
            machine.session("alice", "console").is_some_and(|session| session["locked"] == true)
        });
    }
    let session = machine.session("alice", "console").expect("the session");
    assert_eq!(session["state"], "connected", "whoever sits there waits");
    unlock(&machine, id);
    assert_eq!(machine.in_front(), "tty1");
    alice_types(&machine, "after");
}

#[test]
fn a_seat_without_a_card_is_locked_with_plain_text() {
    let machine = machine!();
    machine.root("rm /dev/dri/card0").succeeds();
    let id = machine.session("alice", "console").expect("alice")["session_id"].as_u64().expect("an ID");
    let outcome = &machine.olga(&format!("lock {id} --message Listen --output json")).array()[0];
    assert!(outcome["result"] == "done" && outcome["observed"] == true, "{outcome}");
    assert!(outcome["notes"].to_string().contains("plain text"), "{outcome}");
    assert_ne!(machine.in_front(), "tty1");
    machine.type_text("\ntouch /tmp/during\n");
    machine.key("ctrl-alt-f1");
    machine.rest();
    assert!(machine.in_front() != "tty1" && !machine.has("/tmp/during"));
    unlock(&machine, id);
    assert_eq!(machine.in_front(), "tty1");
    alice_types(&machine, "after");
}

#[test]
fn what_was_taken_before_a_card_failed_is_given_back() {
    let machine = machine!();
    let before = keys(&machine);
    // A card that nobody can open.
    machine.root("mknod /dev/dri/card9 c 226 9").succeeds();
    let id = machine.session("alice", "console").expect("alice")["session_id"].as_u64().expect("an ID");
    let outcome = &machine.olga(&format!("lock {id} --message Listen --output json")).array()[0];
    assert!(outcome["result"] == "failed" && outcome["observed"] == false, "{outcome}");
    assert_ne!(machine.in_front(), "tty1", "closed, as far as it goes");
    unlock(&machine, id);
    assert_eq!((machine.in_front(), keys(&machine)), ("tty1".to_owned(), before));
    alice_types(&machine, "after");
}

#[test]
fn what_root_freed_without_its_warden_stays_free() {
    let machine = machine!();
    lock(&machine, "");
    machine.root("systemctl stop usherd && systemctl kill --signal=KILL 'usher-seat-*'").succeeds();
    machine.root("usherd --release-all").succeeds();
    assert_eq!(machine.in_front(), "tty1");
    machine.root("systemctl start usherd").succeeds();
    wait_until("usherd has taken it in", || {
        machine.session("alice", "console").is_some_and(|session| session["locked"] == false)
    });
    machine.rest();
    assert_eq!(machine.in_front(), "tty1");
    alice_types(&machine, "free");
    // A lock that is set after that holds.
    let id = lock(&machine, "");
    assert_ne!(machine.in_front(), "tty1");
    unlock(&machine, id);
}

#[test]
fn a_warden_waits_for_as_long_as_somebody_is_logged_in_and_usherd_runs() {
    let machine = machine!();
    let wardens = || machine.root("pgrep -x usher-seat").stdout.trim().to_owned();
    let painters = || machine.root("pgrep -f 'usher-seat paint$'").stdout.trim().to_owned();
    let one_but = |before: &str| painters().parse::<u32>().is_ok_and(|one| before != one.to_string());
    wait_until("a warden waits", || !wardens().is_empty() && one_but(""));
    // One that ends as soon as it has begun is not started again and again.
    machine.root("sleep 11").succeeds();
    let (first, painter) = (wardens(), painters());
    machine.root(&format!("kill -9 {first}")).succeeds();
    wait_until("another one waits in its place", || !wardens().is_empty() && wardens() != first);
    wait_until("the dead one's painter is gone, and another is there", || one_but(&painter));
    let painter = painters();
    machine.root(&format!("kill -9 {painter}")).succeeds();
    wait_until("another painter waits", || one_but(&painter));
    let id = lock(&machine, "");
    unlock(&machine, id);
    machine.root("systemctl stop usherd").succeeds();
    wait_until("nobody waits without usherd", || wardens().is_empty() && painters().is_empty());
    machine.root("systemctl start usherd").succeeds();
    wait_until("a warden waits again", || !wardens().is_empty());
    machine.root("systemctl stop getty@tty1 && loginctl terminate-user alice").succeeds();
    wait_until("nobody waits where nobody is logged in", || wardens().is_empty() && painters().is_empty());
}
