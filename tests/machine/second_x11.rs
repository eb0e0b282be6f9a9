//! X11 at a second seat, which has a graphics card, a keyboard and no virtual terminals.

use crate::desktop::{DRAWN_BY_PROCESSOR, is_pictured};
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
    machine.shows("x11-second", "lock", &format!("no key of the seat's keyboard arrives, and {SEEN}"));
    ends(&machine, id, "x11-second", "Xorg");

    // What covers a display that is not on the seat's screen would not cover the seat.
    let id = bob_sits_down(&machine, "Xvfb :3");
    wait_until("usherd knows its display", || machine.thumbnail(id).is_ok());
    let outcome = &machine.olga(&format!("lock {id} --message Listen --output json")).array()[0];
    refused(outcome, "no X server of it has a graphics card of that seat");
}

/// LightDM lets bob in at the second seat; gives his session ID.
#[track_caller]
fn lightdm(machine: &Machine) -> u64 {
    machine.script("desktop", "#!/bin/sh\nxsetroot -solid '#204080'\nexec sleep 100000\n");
    let session = "printf '%s\\n' '[Desktop Entry]' Type=Application Name=desk Exec=/opt/desktop";
    let settings = "printf '%s\\n' '[Seat:seat1]' autologin-user=bob autologin-session=desk user-session=desk";
    machine
        .root(&format!(
            "mkdir -p /usr/share/xsessions /etc/lightdm/lightdm.conf.d && {session} >/usr/share/xsessions/desk.desktop && \
             {settings} >/etc/lightdm/lightdm.conf.d/desk.conf && echo /usr/sbin/lightdm >/etc/X11/default-display-manager && \
             systemctl set-environment {DRAWN_BY_PROCESSOR} && systemctl unmask lightdm.service && \
             systemctl start --no-block lightdm.service"
        ))
        .succeeds();
    wait_until("bob sees his desktop", || shows(machine, BLUE));
    wait_for("usherd knows it", || machine.session("bob", "x11")?["session_id"].as_u64())
}

#[test]
fn a_display_managers_x_server_at_a_seat_without_terminals_is_covered_and_no_greeter_asked_for() {
    let machine = machine!(with_two_cards);
    seat_for_bob(&machine);
    let id = lightdm(&machine);
    let order = |verb: &str| machine.olga(&format!("{verb} {id} --output json")).array().remove(0);
    // It is root's, and no part of the session.
    wait_until("usherd knows its display", || machine.thumbnail(id).is_ok());
    let locked = order("lock --message 'Listen 请听'");
    assert!(locked["result"] == "done" && locked["observed"] == true, "{locked}");
    wait_until("bob's seat shows the message", || is_covered(&machine));
    let unlocked = order("unlock");
    assert!(unlocked["result"] == "done" && unlocked["observed"] == true, "{unlocked}");
    wait_until("bob sees his desktop", || shows(&machine, BLUE));
    let greeters =
        || machine.root("grep -c 'Seat seat1: Creating greeter session' /var/log/lightdm/lightdm.log").stdout;
    let before = greeters();
    refused(&order("disconnect"), "no greeter comes to the front there");
    machine.rest();
    assert_eq!(greeters(), before, "LightDM was not asked for what it cannot do");
    assert!(shows(&machine, BLUE));
    let closed = order("close");
    assert!(closed["result"] == "done" && closed["observed"] == true, "{closed}");
    wait_until("bob's desktop is gone", || !shows(&machine, BLUE));
}
