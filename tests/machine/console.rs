//! A text console on a seat: what a person at the machine sees and types, and what the user's programs do about it.

use crate::harness::{Machine, Picture, covered, wait_for, wait_until};
use crate::machine;

/// How the lock of a seat was observed.
pub const SEEN: &str = "the kernel says that our picture alone is shown, and the screen shows it; keys switch nothing; as before after the unlock";

/// Has olga lock alice's console; gives its session ID.
#[track_caller]
pub fn lock(machine: &Machine, more: &str) -> u64 {
    let id = id(machine);
    lock_session(machine, id, more);
    id
}

/// Has olga lock a session, and sees the message.
#[track_caller]
pub fn lock_session(machine: &Machine, id: u64, more: &str) {
    let outcome = &machine.olga(&format!("lock {id} --message 'Listen 请听' --output json {more}")).array()[0];
    // An emulated processor may take longer than a lock waits: then it is seen later.
    let (done, later) = (outcome["result"] == "done" && outcome["observed"] == true, outcome["result"] == "failed");
    assert!(done || later, "{outcome}");
    wait_until("the lock is seen to hold", || {
        let said = machine.root(&format!("usher list {id} --output json")).array();
        said.first().is_some_and(|session| session["locked"] == true)
    });
    wait_until("the message is there", || has_message(&machine.screen(0)));
}

/// Something is written in the middle of the screen, as white as messages are.
pub fn has_message(screen: &Picture) -> bool {
    let (rows, columns) = (screen.height / 3..2 * screen.height / 3, screen.width / 4..3 * screen.width / 4);
    rows.into_iter().any(|y| columns.clone().any(|x| screen.pixel(x, y) == [0xff; 3]))
}

#[track_caller]
fn id(machine: &Machine) -> u64 {
    wait_for("alice sits at her console", || machine.session("alice", "console")?["session_id"].as_u64())
}

#[track_caller]
pub fn unlock(machine: &Machine, id: u64) {
    let outcome = &machine.olga(&format!("unlock {id} --output json")).array()[0];
    assert!(outcome["result"] == "done" && outcome["observed"] == true, "{outcome}");
}

/// What SysRq is allowed.
pub fn keys(machine: &Machine) -> String {
    machine.root("cat /proc/sys/kernel/sysrq").succeeds().trim().to_owned()
}

/// The process that the kernel tells of Ctrl-Alt-Del.
fn told_of_restart(machine: &Machine) -> String {
    machine.root("cat /proc/sys/kernel/cad_pid").succeeds().trim().to_owned()
}

/// Alice types this at her console, and it counts.
#[track_caller]
pub fn alice_types(machine: &Machine, name: &str) {
    wait_until("alice's console takes what she types", || {
        machine.type_text(&format!("\ntouch /tmp/{name}\n"));
        machine.has(&format!("/tmp/{name}"))
    });
}

#[test]
fn a_locked_console_shows_the_message_and_takes_no_key() {
    let machine = machine!();
    alice_types(&machine, "before");
    assert!(!covered(&machine.screen(0)));
    let warden = || machine.root("pgrep -x usher-seat").stdout.trim().to_owned();
    wait_until("a warden waits", || !warden().is_empty());
    let waiting = warden();
    let sysrq = keys(&machine);
    let id = lock(&machine, "");
    assert!(covered(&machine.screen(0)), "the message, and nothing of the console");
    assert_ne!(machine.in_front(), "tty1");
    assert_eq!(keys(&machine), "0");
    assert_eq!(told_of_restart(&machine), waiting, "the warden that waited");
    machine.type_text("\ntouch /tmp/during\n");
    for keys in ["ctrl-alt-f1", "ctrl-alt-f2", "alt-f1", "alt-left", "alt-right", "ctrl-alt-delete", "alt-sysrq-b"] {
        machine.key(keys);
    }
    machine.rest();
    assert!(covered(&machine.screen(0)) && machine.in_front() != "tty1");
    assert!(!machine.has("/tmp/during"));
    assert!(machine.has("/tmp/before"), "it is the same boot");
    let session = machine.session("alice", "console").expect("the session");
    assert_eq!(session["locked"], true, "{session}");
    unlock(&machine, id);
    assert_eq!(machine.in_front(), "tty1");
    assert_eq!(keys(&machine), sysrq);
    wait_until("the record is gone", || !machine.has("/run/usher/usher.sock.seat/seat0.taken"));
    assert_eq!(told_of_restart(&machine), "1", "Ctrl-Alt-Del is what it was");
    assert_eq!(warden(), waiting, "it waits for the next lock");
    wait_until("the console is seen again", || !covered(&machine.screen(0)));
    alice_types(&machine, "after");
    assert!(!machine.has("/tmp/during"), "what was typed meanwhile is nobody's");
    machine.shows("console", "lock", SEEN);
    let why = "usher does not read consoles";
    let said = machine.thumbnail(id).err().unwrap_or_default();
    assert!(said.contains("NotSupported") && said.contains(why), "{said}");
    machine.shows_refusal("console", "thumbnail", &format!("{why}; NotSupported"));
}

#[test]
fn a_console_stays_locked_whoever_of_ours_is_killed_and_the_next_daemon_unlocks_it() {
    let machine = machine!();
    let id = lock(&machine, "");
    // The painter, the warden, usherd.
    for (who, unit) in [("usher-painter", "painter"), ("usher-seat", "warden"), ("usherd", "daemon")] {
        let before = machine.root(&format!("pgrep -x {who}")).succeeds();
        let number = before.lines().next().expect("a process").to_owned();
        machine.root(&format!("kill -9 {number}")).succeeds();
        assert!(covered(&machine.screen(0)), "right after the {unit} was killed");
        wait_until(&format!("another {unit} is there"), || {
            let now = machine.root(&format!("pgrep -x {who}")).stdout;
            !now.is_empty() && !now.lines().any(|pid| pid == number)
        });
        machine.key("ctrl-alt-f1");
        assert!(covered(&machine.screen(0)), "the {unit} was replaced");
        wait_until("the lock is seen to hold again", || {
            machine.session("alice", "console").is_some_and(|session| session["locked"] == true)
        });
    }
    assert_ne!(machine.in_front(), "tty1");
    unlock(&machine, id);
    assert_eq!(machine.in_front(), "tty1");
    wait_until("the console is seen again", || !covered(&machine.screen(0)));
}

#[test]
fn root_frees_a_seat_without_the_daemon_and_without_its_warden() {
    let machine = machine!();
    lock(&machine, "");
    machine.root("systemctl stop usherd && usherd --release-all").succeeds();
    assert_eq!(machine.in_front(), "tty1");
    wait_until("the console is seen again", || !covered(&machine.screen(0)));
    machine.root("systemctl start usherd").succeeds();
    lock(&machine, "");
    machine.root("systemctl stop usherd && systemctl kill --signal=KILL usher-seat-*").succeeds();
    assert_ne!(machine.in_front(), "tty1", "nobody opens it by a death");
    machine.root("usherd --release-all").succeeds();
    assert_eq!(machine.in_front(), "tty1");
    assert_ne!(keys(&machine), "0");
    assert_eq!(told_of_restart(&machine), "1");
    alice_types(&machine, "free");
}
