//! A second seat, which has a graphics card and no virtual terminals.

use serde_json::Value;

use crate::console::has_message;
use crate::harness::{Machine, covered, wait_for, wait_until};
use crate::machine;

const SECOND: &str = "second";

fn with_two_cards(arguments: &str) -> String {
    format!("{arguments} -device virtio-gpu-pci,id={SECOND},addr=0x10")
}

/// Gives the second card to a seat of its own, where bob has a sway; gives its session ID.
#[track_caller]
fn bob_sits_down(machine: &Machine) -> u64 {
    machine.root("useradd --create-home --shell /bin/bash bob").succeeds();
    let card = wait_for("the second card is there", || {
        let cards = machine.root("readlink -f /sys/class/drm/card?").stdout;
        cards.lines().find(|card| card.contains("0000:00:10.0")).map(str::to_owned)
    });
    machine.root(&format!("loginctl attach seat1 {card}")).succeeds();
    wait_until("logind has the seat", || machine.root("loginctl list-seats").stdout.contains("seat1"));
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

const BLUE: [u8; 3] = [0x20, 0x40, 0x80];
const GREEN: [u8; 3] = [0x20, 0x80, 0x40];

fn shows(machine: &Machine, colour: [u8; 3]) -> bool {
    machine.screen_of(SECOND, 0).share(colour) > 0.5
}

/// Bob's desktop is alive: it changes when he says so.
#[track_caller]
fn bob_paints(machine: &Machine, [red, green, blue]: [u8; 3]) {
    let swaymsg = "setpriv --reuid bob --regid bob --init-groups swaymsg -s $(ls /run/user/$(id -u bob)/sway-ipc.*)";
    machine.root(&format!("{swaymsg} \"output * bg #{red:02x}{green:02x}{blue:02x} solid_color\"")).succeeds();
    wait_until("bob's desktop does what he says", || shows(machine, [red, green, blue]));
}

#[track_caller]
fn refused(outcome: &Value, why: &str) {
    let error = &outcome["error"];
    assert!(outcome["result"] == "failed" && error["id"] == "NotSupported", "{outcome}");
    assert!(error["message"].as_str().is_some_and(|said| said.contains(why)), "{outcome}");
}

#[test]
fn a_seat_without_terminals_is_listed_and_refused_and_untouched_by_the_lock_of_the_first() {
    let machine = machine!(with_two_cards);
    let bob = bob_sits_down(&machine);
    let session = machine.session("bob", "wayland").expect("bob's");
    assert_eq!((&session["state"], &session["station_id"]), (&"connected".into(), &2.into()), "{session}");

    let why = "at a seat without virtual terminals";
    refused(&machine.olga(&format!("lock {bob} --message Listen --output json")).array()[0], why);
    let outcome = &machine.olga(&format!("disconnect {bob} --output json")).array()[0];
    refused(outcome, "no virtual terminals, and no display manager serves it");
    let hint = outcome["error"]["hint"].as_str().unwrap_or_default();
    assert!(hint.contains("usher close") && !hint.contains("usher lock"), "what it names works: {outcome}");
    bob_paints(&machine, GREEN);

    let all = machine.olga("lock --all --message 'Listen 请听' --output json");
    assert_eq!(all.code, Some(1), "{all:?}");
    let of = |id: u64| all.array().into_iter().find(|outcome| outcome["session_id"] == id).expect("an outcome");
    refused(&of(bob), why);
    let alice = machine.session("alice", "console").expect("alice")["session_id"].as_u64().expect("an ID");
    wait_until("the first seat is locked", || {
        let screen = machine.screen(0);
        covered(&screen) && has_message(&screen) && machine.session("alice", "console").expect("hers")["locked"] == true
    });
    assert!(of(alice)["error"]["id"] != "NotSupported", "{:?}", of(alice));
    assert!(shows(&machine, GREEN), "nothing is painted over bob's desktop");
    bob_paints(&machine, BLUE);
    let session = machine.session("bob", "wayland").expect("bob's");
    assert_eq!((&session["state"], &session["locked"]), (&"connected".into(), &false.into()), "{session}");
    assert!(covered(&machine.screen(0)), "and nothing of his is seen at the first seat");

    machine.olga(&format!("unlock {alice}")).succeeds();
    assert_eq!(machine.in_front(), "tty1");
    assert!(shows(&machine, BLUE));
    let outcome = &machine.olga(&format!("close {bob} --output json")).array()[0];
    assert!(outcome["result"] == "done" && outcome["observed"] == true, "{outcome}");
    wait_until("bob's session is gone", || machine.root("pgrep -x sway").code == Some(1) && !shows(&machine, BLUE));
}
