//! Desktops on a seat: a real Xorg and a real compositor on the machine's graphics card.

use crate::console::{SEEN, lock_session, unlock};
use crate::harness::{Machine, Picture, covered, wait_for, wait_until};
use crate::machine;

/// The one colour of a desktop that is there for being seen.
pub const GROUND: [u8; 3] = [0x80, 0x40, 0x20];
/// What has everything drawn without a graphics card, and without programs made for the processor, which an emulated one fails.
pub const DRAWN_BY_PROCESSOR: &str = "GALLIUM_DRIVER=softpipe QT_QUICK_BACKEND=software WLR_RENDERER=pixman";

/// A desktop for display managers to start: its ground, and a program that lives on behind it.
#[track_caller]
pub fn desktop_files(machine: &Machine) {
    machine.script(
        "desktop",
        "#!/bin/sh\n[ \"$XDG_SESSION_TYPE\" = wayland ] && exec sway -c /opt/desktop.sway\n\
         xsetroot -solid '#804020'\nexec sleep 100000\n",
    );
    machine.script("desktop.sway", "output * bg #804020 solid_color\nexec sleep 100000\n");
}

/// The desktop is seen.
pub fn shows_ground(screen: &Picture) -> bool {
    screen.share(GROUND) > 0.5
}

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
    // The KWin of Debian 12 shows nothing on this card but by the older interface of the kernel.
    let older = if machine.is_debian_12() { "-E KWIN_COMPOSE=Q -E KWIN_DRM_NO_AMS=1" } else { "" };
    let command = "kwin_wayland --no-lockscreen --no-global-shortcuts /opt/ground";
    desktop(machine, "wayland", 7, &format!("{DRAWN} {older}"), command)
}

/// Alice's weston at the seventh virtual terminal.
#[track_caller]
pub fn weston(machine: &Machine) -> (u64, Picture) {
    machine.script(
        "weston.ini",
        "[core]\nidle-time=0\n[shell]\npanel-position=none\nlocking=false\nbackground-color=0xff804020\n",
    );
    let environment = "-E LIBSEAT_BACKEND=logind";
    let (id, _) = desktop(machine, "wayland", 7, environment, "weston --config=/opt/weston.ini --use-pixman");
    // A program of its own paints it a little later.
    let shown = wait_for("alice sees its ground", || Some(machine.screen(0)).filter(shows_ground));
    (id, shown)
}

/// By the processor alone; and with the bus of alice's own.
pub const DRAWN: &str = "-E GALLIUM_DRIVER=softpipe -E DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus";

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
    machine.root("kill -9 $(pgrep -o -x usher-painter)").succeeds();
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
    desktop_files(machine);
    let environment = "-E WLR_RENDERER=pixman -E LIBSEAT_BACKEND=logind";
    let (id, _) = desktop(machine, "wayland", 7, environment, "sway -c /opt/desktop.sway");
    // A program of its own paints it a little later.
    let shown = wait_for("alice sees its ground", || Some(machine.screen(0)).filter(shows_ground));
    (id, shown)
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

/// Olga is given the picture that is on the screen.
#[track_caller]
pub fn is_pictured(machine: &Machine, id: u64, kind: &str, screen: impl Fn() -> Picture) {
    wait_until("olga is given what the screen shows", || {
        let (Ok(given), seen) = (machine.thumbnail(id), screen()) else { return false };
        let same = |(x, y): &(usize, usize)| given.pixel(*x, *y) == seen.pixel(*x, *y);
        let all = || (0..seen.height).flat_map(|y| (0..seen.width).map(move |x| (x, y)));
        // The pointer may be missing, and a clock may have gone on.
        (given.width, given.height) == (seen.width, seen.height)
            && all().filter(same).count() > seen.width * seen.height * 99 / 100
    });
    machine.shows(kind, "thumbnail", "the pixels of the screen");
}

/// A compositor that gives nobody its picture.
#[track_caller]
pub fn is_not_pictured(machine: &Machine, id: u64, kind: &str, program: &str) {
    let why = "its compositor has no ext-session-lock-v1";
    // It is known once the compositor has answered, which an emulated one does late.
    wait_until("olga is told why there is no picture", || {
        machine.thumbnail(id).is_err_and(|said| said.contains("NotSupported") && said.contains(why))
    });
    machine.shows_refusal(kind, "thumbnail", &format!("{program} has no ext-session-lock-v1; NotSupported"));
}

/// Olga closes it: logind has no such session, and nothing of it is left.
#[track_caller]
fn ends(machine: &Machine, id: u64, kind: &str, program: &str) {
    assert_eq!(machine.root(&format!("pgrep -x {program}")).code, Some(0));
    let outcome = &machine.olga(&format!("close {id} --output json")).array()[0];
    assert!(outcome["result"] == "done" && outcome["observed"] == true, "{outcome}");
    assert_ne!(machine.root(&format!("loginctl show-session {id}")).code, Some(0));
    assert_eq!(machine.root(&format!("pgrep -x {program}")).code, Some(1));
    wait_until("it is no longer on the screen", || !has_desktop(&machine.screen(0)));
    machine.shows(
        kind,
        "close",
        "logind has no such session, its display server is gone, and the screen shows nothing of it",
    );
}

#[test]
fn sway_on_a_seat_is_locked_with_it() {
    let machine = machine!();
    let desk = sway(&machine);
    let id = desk.0;
    stays_locked_and_comes_back(&machine, desk, 7);
    assert_ne!(
        machine.root("pgrep Xwayland").code,
        Some(0),
        "nobody started it, which sway does not survive when it is not in front"
    );
    machine.shows("wayland-seat", "lock", SEEN);
    if machine.is_debian_12() {
        is_not_pictured(&machine, id, "wayland-seat", "sway");
    } else {
        is_pictured(&machine, id, "wayland-seat", || machine.screen(0));
    }
    ends(&machine, id, "wayland-seat", "sway");
}

#[test]
fn xorg_on_a_seat_is_locked_with_it() {
    let machine = machine!();
    let desk = xorg(&machine);
    let id = desk.0;
    stays_locked_and_comes_back(&machine, desk, 7);
    machine.shows("x11-seat", "lock", SEEN);
    is_pictured(&machine, id, "x11-seat", || machine.screen(0));
    ends(&machine, id, "x11-seat", "Xorg");
}

/// A desktop whose compositor gives nobody its picture: locked, pictured for nobody, and closed.
#[track_caller]
fn is_locked_unpictured(machine: &Machine, desk: (u64, Picture), kind: &str, program: &str, is_lively: bool) {
    let id = desk.0;
    stays_locked(machine, desk, 7, is_lively);
    machine.shows(kind, "lock", SEEN);
    is_not_pictured(machine, id, kind, program);
    ends(machine, id, kind, program);
}

#[test]
fn gnome_on_a_seat_is_locked_with_it() {
    let machine = machine!();
    is_locked_unpictured(&machine, gnome(&machine), "gnome-seat", "gnome-shell", true);
}

#[test]
fn kwin_on_a_seat_is_locked_with_it() {
    let machine = machine!();
    is_locked_unpictured(&machine, kwin(&machine), "kwin-seat", "kwin_wayland", false);
}

#[test]
fn weston_on_a_seat_is_locked_with_it() {
    let machine = machine!();
    is_locked_unpictured(&machine, weston(&machine), "weston-seat", "weston", false);
}
