//! X11 at a second seat, which has a graphics card, a keyboard and no virtual terminals.

use crate::desktop::is_pictured;
use crate::harness::{Machine, wait_for, wait_until};
use crate::machine;
use crate::second::{BLUE, SECOND, SEEN, ends, is_covered, is_not_left, refused, seat_for_bob, shows, with_two_cards};

/// The second seat gets a keyboard, by a rule: one that is at no bus is not attached by name.
#[track_caller]
fn plug_in_keyboard(machine: &Machine) {
    machine.script("keyboard.py", include_str!("keyboard.py"));
    let rule = r#"SUBSYSTEM=="input", ATTRS{name}=="second keyboard", ENV{ID_SEAT}="seat1""#;
    machine.root(&format!("echo '{rule}' >/etc/udev/rules.d/72-second.rules && udevadm control --reload")).succeeds();
    machine.root("modprobe uinput && systemd-run --unit=keyboard python3 /opt/keyboard.py").succeeds();
    wait_until("the seat has it", || machine.root("loginctl seat-status seat1").stdout.contains("second keyboard"));
}

#[track_caller]
fn bob_types(machine: &Machine, text: &str) {
    machine.root(&format!("echo '{text}' >/run/keyboard")).succeeds();
}

/// Bob types at his terminal, and his shell does it. The kernel gives the keys to the virtual terminal in front as well: so it is in his home.
#[track_caller]
fn bob_works(machine: &Machine, name: &str) {
    wait_until("bob's terminal takes what he types", || {
        bob_types(machine, &format!("touch {name}"));
        machine.has(&format!("/home/bob/{name}"))
    });
}

/// Starts bob's session at the second seat; gives its session ID.
#[track_caller]
fn bob_sits_down(machine: &Machine, command: &str) -> u64 {
    machine
        .root(&format!(
            "systemd-run --unit=bob --collect -p PAMName=login -p User=bob -p WorkingDirectory=/home/bob \
             -p StandardOutput=journal -p StandardError=journal -E XDG_SEAT=seat1 -E XDG_SESSION_CLASS=user \
             -E XDG_SESSION_TYPE=x11 {command}"
        ))
        .succeeds();
    wait_for("usherd knows it", || machine.session("bob", "x11")?["session_id"].as_u64())
}

/// Bob's Xorg with a terminal in the middle, where the pointer is.
#[track_caller]
fn xorg(machine: &Machine) -> u64 {
    // Not by the file that every user starts: that lets in only who sits at a virtual terminal.
    let start = "#!/bin/sh\n(until DISPLAY=:2 xsetroot -solid '#204080'; do sleep 0.5; done) 2>/dev/null\n\
        DISPLAY=:2 exec xterm -geometry 100x40+200+100\n";
    machine.script("bobs", start);
    machine.script(
        "desk",
        "#!/bin/sh\n/opt/bobs &\nexec /usr/lib/xorg/Xorg :2 -seat seat1 -novtswitch -sharevts -noreset -nolisten tcp\n",
    );
    let id = bob_sits_down(machine, "sh /opt/desk");
    wait_until("bob sees his desktop", || shows(machine, BLUE));
    id
}

#[test]
fn xorg_at_a_seat_without_terminals_is_covered_and_the_first_seat_is_as_it_was() {
    let machine = machine!(with_two_cards);
    seat_for_bob(&machine);
    plug_in_keyboard(&machine);
    let id = xorg(&machine);
    bob_works(&machine, "before");
    is_pictured(&machine, id, "x11-second", || machine.screen_of(SECOND, 0));

    let outcome = &machine.olga(&format!("lock {id} --message 'Listen 请听' --output json")).array()[0];
    assert!(outcome["result"] == "done" && outcome["observed"] == true, "{outcome}");
    wait_until("bob's seat shows the message", || is_covered(&machine));
    assert_eq!(machine.in_front(), "tty1", "the first seat is as it was");
    bob_types(&machine, "touch during");
    machine.rest();
    assert!(is_covered(&machine) && !machine.has("/home/bob/during"));
    is_not_left(&machine, id, "x11-second");

    let outcome = &machine.olga(&format!("unlock {id} --output json")).array()[0];
    assert!(outcome["result"] == "done" && outcome["observed"] == true, "{outcome}");
    wait_until("bob sees his desktop", || shows(&machine, BLUE));
    bob_works(&machine, "after");
    assert!(!machine.has("/home/bob/during"), "what was typed meanwhile is nobody's");
    machine.shows("x11-second", "lock", SEEN);
    ends(&machine, id, "x11-second", "Xorg");

    // What covers a display that is not on the seat's screen would not cover the seat.
    let id = bob_sits_down(&machine, "Xvfb :3");
    wait_until("usherd knows its display", || machine.thumbnail(id).is_ok());
    let outcome = &machine.olga(&format!("lock {id} --message Listen --output json")).array()[0];
    refused(outcome, "no X server in it has a graphics card of that seat");
}
