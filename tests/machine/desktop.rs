//! Desktops on a seat: a real Xorg and a real compositor on the machine's graphics card.

use crate::console::{SEEN, lock_session, unlock};
use crate::harness::{Machine, Picture, covered, wait_for, wait_until};
use crate::machine;

/// Starts a desktop of alice's at a virtual terminal, and waits until she sees it.
#[track_caller]
fn desktop(machine: &Machine, kind: &str, number: u32, environment: &str, command: &str) -> (u64, Picture) {
    machine
        .root(&format!(
            "systemd-run --unit=desk --collect -p PAMName=login -p User=alice -p TTYPath=/dev/tty{number} -p StandardInput=tty \
             -p StandardOutput=journal -p StandardError=journal -p WorkingDirectory=/home/alice -E XDG_SEAT=seat0 \
             -E XDG_VTNR={number} -E XDG_SESSION_CLASS=user -E XDG_SESSION_TYPE={kind} {environment} {command} && chvt {number}"
        ))
        .succeeds();
    let shown = wait_for("alice sees her desktop", || {
        let screen = machine.screen(0);
        (machine.in_front() == format!("tty{number}") && has_desktop(&screen)).then_some(screen)
    });
    let id = wait_for("usherd knows it", || machine.session("alice", kind)?["session_id"].as_u64());
    (id, shown)
}

/// Neither black nor text: a part of the top has a colour of its own, as sway's bar and a coloured ground have, or one below, as GNOME's ground.
fn has_desktop(screen: &Picture) -> bool {
    let is_coloured = |y| (300..350).all(|x| screen.pixel(x, y).iter().any(|part| *part > 20));
    !covered(screen) && (is_coloured(11) || is_coloured(700))
}

/// Alice's GNOME at the seventh virtual terminal; drawn by the processor, without what compiles programs for it, which an emulated one fails.
#[track_caller]
pub fn gnome(machine: &Machine) -> (u64, Picture) {
    desktop(machine, "wayland", 7, &format!("{DRAWN} -E XDG_CURRENT_DESKTOP=GNOME"), "gnome-shell --wayland --no-x11")
}

/// Alice's KWin at the seventh virtual terminal.
#[track_caller]
pub fn kwin(machine: &Machine) -> (u64, Picture) {
    machine.script("ground", "#!/bin/sh\nexec swaybg -c '#804020'\n");
    desktop(machine, "wayland", 7, DRAWN, "kwin_wayland --no-lockscreen --no-global-shortcuts /opt/ground")
}

/// By Mesa, on the processor alone; and with the bus of alice's own.
const DRAWN: &str = "-E GALLIUM_DRIVER=softpipe -E DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus";

fn at_the_top(screen: &Picture) -> [u8; 3] {
    screen.pixel(300, 11)
}

#[track_caller]
fn stays_locked_and_comes_back(machine: &Machine, (id, before): (u64, Picture), number: u32) {
    stays_locked(machine, (id, before), number, false);
}

/// A lively desktop looks otherwise after a while.
#[track_caller]
fn stays_locked(machine: &Machine, (id, before): (u64, Picture), number: u32, is_lively: bool) {
    lock_session(machine, id, "");
    assert!(covered(&machine.screen(0)), "the message, and nothing of the desktop");
    for keys in ["ctrl-alt-f1", &format!("ctrl-alt-f{number}"), "ctrl-alt-backspace", "ctrl-alt-delete", "alt-sysrq-k"]
    {
        machine.key(keys);
    }
    machine.rest();
    assert!(covered(&machine.screen(0)));
    machine.root("kill -9 $(pgrep -o -x usher-shield)").succeeds();
    machine.rest();
    assert!(covered(&machine.screen(0)), "its painter was killed");
    unlock(machine, id);
    assert_eq!(machine.in_front(), format!("tty{number}"));
    wait_until("the desktop is as before", || {
        let screen = machine.screen(0);
        has_desktop(&screen) && (at_the_top(&screen) == at_the_top(&before) || is_lively)
    });
}

/// Alice's sway at the seventh virtual terminal.
#[track_caller]
pub fn sway(machine: &Machine) -> (u64, Picture) {
    desktop(machine, "wayland", 7, "-E WLR_RENDERER=pixman -E LIBSEAT_BACKEND=logind", "sway")
}

/// Alice's Xorg at the seventh virtual terminal.
#[track_caller]
pub fn xorg(machine: &Machine) -> (u64, Picture) {
    // In front: it looks where its standard input leads.
    let start = "#!/bin/sh\n(until DISPLAY=:1 xsetroot -solid '#804020'; do sleep 0.5; done) 2>/dev/null &\n\
        exec Xorg :1 vt7 -keeptty -noreset -nolisten tcp\n";
    machine.script("desk", start);
    desktop(machine, "x11", 7, "", "sh /opt/desk")
}

#[test]
fn sway_on_a_seat_is_locked_with_it() {
    let machine = machine!();
    let desk = sway(&machine);
    stays_locked_and_comes_back(&machine, desk, 7);
    assert_ne!(
        machine.root("pgrep Xwayland").code,
        Some(0),
        "nobody started it, which sway does not survive when it is not in front"
    );
    machine.shows("wayland-seat", "lock", SEEN);
}

#[test]
fn xorg_on_a_seat_is_locked_with_it() {
    let machine = machine!();
    let desk = xorg(&machine);
    stays_locked_and_comes_back(&machine, desk, 7);
    machine.shows("x11-seat", "lock", SEEN);
}

#[test]
fn gnome_on_a_seat_is_locked_with_it() {
    let machine = machine!();
    let desk = gnome(&machine);
    stays_locked(&machine, desk, 7, true);
    machine.shows("gnome-seat", "lock", SEEN);
}

#[test]
fn kwin_on_a_seat_is_locked_with_it() {
    let machine = machine!();
    let desk = kwin(&machine);
    stays_locked(&machine, desk, 7, false);
    machine.shows("kwin-seat", "lock", SEEN);
}
