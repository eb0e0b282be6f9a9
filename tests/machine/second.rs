//! A second seat, which has a graphics card and no virtual terminals.

use serde_json::Value;

use crate::console::has_message;
use crate::desktop::{is_not_pictured, is_pictured};
use crate::harness::{Machine, covered, wait_for, wait_until};
use crate::machine;

pub const SECOND: &str = "second";

pub fn with_two_cards(arguments: &str) -> String {
    format!("{arguments} -device virtio-gpu-pci,id={SECOND},addr=0x10")
}

/// Gives the second card to a seat of its own, at which bob may sit down.
#[track_caller]
pub fn seat_for_bob(machine: &Machine) {
    machine.root("useradd --create-home --shell /bin/bash bob").succeeds();
    let card = wait_for("the second card is there", || {
        let cards = machine.root("readlink -f /sys/class/drm/card?").stdout;
        cards.lines().find(|card| card.contains("0000:00:10.0")).map(str::to_owned)
    });
    machine.root(&format!("loginctl attach seat1 {card}")).succeeds();
    wait_until("logind has the seat", || machine.root("loginctl list-seats").stdout.contains("seat1"));
}

/// Bob has a sway at the second seat; gives its session ID.
#[track_caller]
fn bob_sits_down(machine: &Machine) -> u64 {
    seat_for_bob(machine);
    machine.script("bob.sway", "output * bg #204080 solid_color\n");
    machine
        .root(
            "systemd-run --unit=bob --collect -p PAMName=login -p User=bob -p WorkingDirectory=/home/bob \
             -p StandardOutput=journal -p StandardError=journal -E XDG_SEAT=seat1 -E XDG_SESSION_CLASS=user \
             -E XDG_SESSION_TYPE=wayland -E WLR_RENDERER=pixman -E LIBSEAT_BACKEND=logind -E WLR_LIBINPUT_NO_DEVICES=1 \
             sway -c /opt/bob.sway",
        )
        .succeeds();
    wait_until("bob sees his desktop", || shows(machine, BLUE));
    wait_for("usherd knows it", || machine.session("bob", "wayland")?["session_id"].as_u64())
}

pub const BLUE: [u8; 3] = [0x20, 0x40, 0x80];
/// How the lock of such a seat was observed.
pub const SEEN: &str =
    "the seat's screen shows the message alone; as before after the unlock; the first seat is as it was";
const GREEN: [u8; 3] = [0x20, 0x80, 0x40];

pub fn shows(machine: &Machine, colour: [u8; 3]) -> bool {
    machine.screen_of(SECOND, 0).share(colour) > 0.5
}

/// Bob's desktop is alive: it changes when he says so.
#[track_caller]
fn bob_paints(machine: &Machine, [red, green, blue]: [u8; 3]) {
    let swaymsg = "setpriv --reuid bob --regid bob --init-groups swaymsg -s $(ls /run/user/$(id -u bob)/sway-ipc.*)";
    machine.root(&format!("{swaymsg} \"output * bg #{red:02x}{green:02x}{blue:02x} solid_color\"")).succeeds();
    wait_until("bob's desktop does what he says", || shows(machine, [red, green, blue]));
}

/// Nobody leaves such a seat: nothing would let anybody else sit down there.
#[track_caller]
pub fn is_not_left(machine: &Machine, id: u64, kind: &str) {
    let why = "no virtual terminals: no greeter comes to the front there while somebody is logged in";
    refused(&machine.olga(&format!("disconnect {id} --output json")).array()[0], why);
    machine.shows_refusal(kind, "disconnect", &format!("the seat has {why}; NotSupported"));
}

/// Olga closes it: logind has no such session, and nothing of it is left.
#[track_caller]
pub fn ends(machine: &Machine, id: u64, kind: &str, program: &str) {
    let outcome = &machine.olga(&format!("close {id} --output json")).array()[0];
    assert!(outcome["result"] == "done" && outcome["observed"] == true, "{outcome}");
    assert_ne!(machine.root(&format!("loginctl show-session {id}")).code, Some(0));
    wait_until("it is gone", || machine.root(&format!("pgrep -x {program}")).code == Some(1) && !shows(machine, BLUE));
    machine.shows(
        kind,
        "close",
        "logind has no such session, its display server is gone, and the screen shows nothing of it",
    );
}

#[track_caller]
pub fn refused(outcome: &Value, why: &str) {
    let error = &outcome["error"];
    assert!(outcome["result"] == "failed" && error["id"] == "NotSupported", "{outcome}");
    assert!(error["message"].as_str().is_some_and(|said| said.contains(why)), "{outcome}");
}

/// A compositor without a lock of its own, at a seat that cannot be locked as a whole.
#[track_caller]
fn is_refused_and_the_first_seat_is_not(machine: &Machine, bob: u64) {
    let why = "no ext-session-lock-v1";
    refused(&machine.olga(&format!("lock {bob} --message Listen --output json")).array()[0], why);
    machine.shows_refusal("wayland-second", "lock", "sway has no ext-session-lock-v1; NotSupported");
    let all = machine.olga("lock --all --message Listen --output json");
    assert_eq!(all.code, Some(1), "{all:?}");
    let alice = machine.session("alice", "console").expect("alice")["session_id"].as_u64().expect("an ID");
    let outcome = |id: u64| all.array().into_iter().find(|outcome| outcome["session_id"] == id).expect("an outcome");
    refused(&outcome(bob), why);
    assert!(outcome(alice)["result"] == "done" && outcome(alice)["observed"] == true, "{}", outcome(alice));
    assert!(covered(&machine.screen(0)), "the first seat is locked");
    bob_paints(machine, GREEN);
    machine.olga(&format!("unlock {alice}")).succeeds();
    assert_eq!(machine.in_front(), "tty1");
}

/// The second seat shows the message, and nothing else.
pub fn is_covered(machine: &Machine) -> bool {
    let screen = machine.screen_of(SECOND, 0);
    covered(&screen) && has_message(&screen)
}

/// A compositor whose own lock holds its seat; the first one is locked as a whole beside it.
#[track_caller]
fn is_locked_by_its_own_lock(machine: &Machine, bob: u64) {
    let outcome = &machine.olga(&format!("lock {bob} --message 'Listen 请听' --output json")).array()[0];
    assert!(outcome["result"] == "done" && outcome["observed"] == true, "{outcome}");
    wait_until("bob's seat shows the message", || is_covered(machine));
    assert_eq!(machine.in_front(), "tty1", "the first seat is as it was");
    machine.olga(&format!("unlock {bob}")).succeeds();
    wait_until("bob sees his desktop", || shows(machine, BLUE));
    bob_paints(machine, GREEN);

    let all = machine.olga("lock --all --message 'Listen 请听' --output json");
    assert_eq!(all.code, Some(0), "{all:?}");
    let alice = machine.session("alice", "console").expect("alice")["session_id"].as_u64().expect("an ID");
    for id in [alice, bob] {
        let outcome = all.array().into_iter().find(|outcome| outcome["session_id"] == id).expect("an outcome");
        assert!(outcome["result"] == "done" && outcome["observed"] == true, "{outcome}");
    }
    let screen = machine.screen(0);
    assert!(covered(&screen) && has_message(&screen) && is_covered(machine), "both seats are locked");
    machine.olga(&format!("unlock {alice}")).succeeds();
    assert_eq!(machine.in_front(), "tty1");
    assert!(is_covered(machine), "one seat's unlock is not the other's");
    machine.olga(&format!("unlock {bob}")).succeeds();
    wait_until("bob sees his desktop", || shows(machine, GREEN));
    machine.shows("wayland-second", "lock", SEEN);
}

#[test]
fn sway_at_a_seat_without_terminals_is_locked_by_its_own_lock_or_refused_and_the_first_seat_is_locked() {
    let machine = machine!(with_two_cards);
    let bob = bob_sits_down(&machine);
    let session = machine.session("bob", "wayland").expect("bob's");
    assert_eq!((&session["state"], &session["station_id"]), (&"connected".into(), &2.into()), "{session}");
    is_not_left(&machine, bob, "wayland-second");
    if machine.is_debian_12() {
        is_refused_and_the_first_seat_is_not(&machine, bob);
        is_not_pictured(&machine, bob, "wayland-second", "sway");
    } else {
        is_locked_by_its_own_lock(&machine, bob);
        is_pictured(&machine, bob, "wayland-second", || machine.screen_of(SECOND, 0));
    }
    bob_paints(&machine, BLUE);
    ends(&machine, bob, "wayland-second", "sway");
}
