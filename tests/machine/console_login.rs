//! Logins at virtual terminals that go on when the person leaves: `usher login console` makes it a user's login shell.

use serde_json::Value;

use crate::console::has_message;
use crate::harness::{Machine, covered, wait_for, wait_until};
use crate::machine;

const PASSWORD: &str = "sesame";

/// Bob, who logs in at consoles by `usher login`.
#[track_caller]
fn bob(machine: &Machine) {
    machine.root(&format!("useradd --create-home --shell /bin/bash bob && echo bob:{PASSWORD} | chpasswd")).succeeds();
    machine.root("usher login console bob").succeeds();
}

/// What is written on a virtual terminal, by the kernel's word.
fn text(machine: &Machine, number: u32) -> String {
    machine
        .root(&format!("fold --bytes --width=$(stty -F /dev/tty{number} size | cut -d' ' -f2) /dev/vcs{number}"))
        .stdout
}

#[track_caller]
fn wait_text(machine: &Machine, number: u32, what: &str) {
    wait_until(&format!("tty{number} says {what:?}"), || text(machine, number).contains(what));
}

/// Somebody goes to a virtual terminal.
#[track_caller]
fn goes_to(machine: &Machine, number: u32) {
    machine.key(&format!("ctrl-alt-f{number}"));
    wait_until("it is in front", || machine.in_front() == format!("tty{number}"));
}

/// Bob goes to a virtual terminal and logs in with name and password.
#[track_caller]
fn bob_enters(machine: &Machine, number: u32) {
    goes_to(machine, number);
    wait_text(machine, number, "login:");
    machine.type_text("bob\n");
    wait_text(machine, number, "assword:");
    machine.type_text(&format!("{PASSWORD}\n"));
}

fn bobs(machine: &Machine, kind: &str) -> Vec<Value> {
    let all = machine.root("usher list --output json").array();
    all.into_iter().filter(|session| session["user"] == "bob" && session["kind"] == kind).collect()
}

/// Bob's only text session, in this state.
#[track_caller]
fn wait_state(machine: &Machine, state: &str) -> u64 {
    wait_for(&format!("bob's text session is {state}"), || {
        let all = bobs(machine, "text");
        let [one] = all.as_slice() else { return None };
        (one["state"] == state).then(|| one["session_id"].as_u64())?
    })
}

/// Bob types this, and his shell does it.
#[track_caller]
fn bob_types(machine: &Machine, name: &str) {
    machine.type_text(&format!("touch {name}\n"));
    wait_until("bob's shell does it", || machine.has(&format!("/tmp/{name}")));
}

/// Olga has this done to a session, and it was seen to be done.
#[track_caller]
fn olga_has(machine: &Machine, order: &str) {
    let outcome = &machine.olga(&format!("{order} --output json")).array()[0];
    assert!(outcome["result"] == "done" && outcome["observed"] == true, "{outcome}");
}

/// Bob sits at the second virtual terminal, and has moved to /tmp there.
#[track_caller]
fn bob_works(machine: &Machine) -> u64 {
    bob(machine);
    bob_enters(machine, 2);
    wait_text(machine, 2, "bob@machine:~$");
    machine.type_text("cd /tmp\n");
    bob_types(machine, "before");
    wait_state(machine, "connected")
}

#[test]
fn a_hosted_login_at_a_virtual_terminal_is_locked_wherever_its_user_sits_down() {
    let machine = machine!();
    let id = bob_works(&machine);
    // At a seat the login itself is listed beside the session that it leads to: a lock of that one alone withholds no other terminal.
    assert_eq!(bobs(&machine, "console").len(), 1);
    let before = text(&machine, 2);
    olga_has(&machine, &format!("lock {id} --message Listen"));
    let shown = text(&machine, 2);
    assert!(shown.contains("Listen") && !shown.contains("before"), "{shown}");
    assert!(!machine.screen(0).has([0; 3]), "the ground of the message is everywhere");
    for keys in ["ctrl-c", "ctrl-z", "ctrl-backslash", "ctrl-d"] {
        machine.key(keys);
    }
    machine.type_text("\ntouch /tmp/during\n");
    machine.rest();
    assert!(text(&machine, 2).contains("Listen") && !machine.has("/tmp/during"));

    // Whoever logs in at another one is at another session.
    bob_enters(&machine, 3);
    wait_text(&machine, 3, "bob@machine:~$");
    machine.type_text("exit\n");
    wait_text(&machine, 3, "login:");
    // Whoever ends the login at this one, with a key that the kernel takes, finds the session locked.
    goes_to(&machine, 2);
    machine.key("alt-sysrq-k");
    assert_eq!(wait_state(&machine, "disconnected"), id);
    assert!(!text(&machine, 2).contains("before"));
    bob_enters(&machine, 2);
    wait_text(&machine, 2, "Listen");
    machine.type_text("\ntouch /tmp/during\n");
    machine.rest();

    olga_has(&machine, &format!("unlock {id}"));
    wait_until("the screen is as before", || text(&machine, 2) == before);
    bob_types(&machine, "after");
    assert!(!machine.has("/tmp/during"), "what was typed meanwhile is nobody's");
    machine.shows(
        "hosted-console",
        "lock",
        "the terminal shows the message, no key arrives, a login there is locked too; the screen as before",
    );
}

#[test]
fn a_hosted_login_at_a_virtual_terminal_goes_on_at_another_one() {
    let machine = machine!();
    let id = bob_works(&machine);
    machine.root(&format!("usher thumbnail {id} -o /tmp/bob.png")).succeeds();
    assert_eq!(machine.root("head --bytes=4 /tmp/bob.png | tail --bytes=3").succeeds(), "PNG");
    machine.shows("hosted-console", "thumbnail", "a picture is drawn");

    olga_has(&machine, &format!("disconnect {id}"));
    wait_text(&machine, 2, "login:");
    assert!(!text(&machine, 2).contains("before"), "nothing of the session is left on the screen");
    assert_eq!(wait_state(&machine, "disconnected"), id);
    wait_until("the login is over", || bobs(&machine, "console").is_empty());
    bob_enters(&machine, 3);
    wait_text(&machine, 3, "before");
    // Where it was before.
    bob_types(&machine, "still");
    assert_eq!(wait_state(&machine, "connected"), id);
    machine.shows(
        "hosted-console",
        "disconnect",
        "the terminal asks for the next name, and a login at another one goes on",
    );

    let login = machine.root("loginctl list-sessions --no-legend | grep pts/").succeeds();
    olga_has(&machine, &format!("close {id}"));
    let login = login.split_whitespace().next().expect("logind's ID").to_owned();
    assert_ne!(machine.root(&format!("loginctl show-session {login}")).code, Some(0));
    wait_until("nothing of it is left", || bobs(&machine, "text").is_empty() && bobs(&machine, "console").is_empty());
    wait_text(&machine, 3, "login:");
    assert!(!text(&machine, 3).contains("before"));
    machine.shows("hosted-console", "close", "logind has no such session, and the terminal asks for the next name");
}

#[test]
fn a_block_locks_a_hosted_login_at_a_virtual_terminal_and_the_seat() {
    let machine = machine!();
    bob_works(&machine);
    let before = text(&machine, 2);
    machine.root("usher block --user bob --message Listen").succeeds();
    wait_until("the seat shows the message", || {
        let screen = machine.screen(0);
        covered(&screen) && has_message(&screen)
    });
    let shown = text(&machine, 2);
    assert!(shown.contains("Listen") && !shown.contains("before"), "behind it the session is locked: {shown}");
    machine.key("ctrl-alt-f3");
    machine.type_text("\ntouch /tmp/during\n");
    machine.rest();
    assert!(covered(&machine.screen(0)) && !["tty2", "tty3"].contains(&machine.in_front().as_str()));
    machine.root("usher unblock --user bob").succeeds();
    wait_until("it is in front again", || machine.in_front() == "tty2");
    wait_until("the screen is as before", || text(&machine, 2) == before);
    bob_types(&machine, "after");
    assert!(!machine.has("/tmp/during"));
}
