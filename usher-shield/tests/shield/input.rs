//! Programs that read devices by themselves (X Input Extension 2), beside what core clients know.

use x11rb::protocol::xproto::ConnectionExt as _;

use crate::attacker::Attacker;
use crate::can_run;
use crate::server::{Desktop, Server};
use crate::usherd::{Usherd, cover, wait_until};

/// Keycodes of the left Control and Shift keys (evdev).
const CONTROL: u8 = 37;
const SHIFT: u8 = 50;

/// Types on every device there is, and as programs do.
fn type_everywhere(desktop: &Desktop) {
    for keyboard in desktop.keyboards() {
        desktop.press_on(keyboard, 38, true);
        desktop.press_on(keyboard, 38, false);
    }
    desktop.type_and_click();
}

fn nothing_is_had(test: &str, attack: &str) {
    if !can_run(test, &["Xvfb"]) {
        return;
    }
    let server = Server::xvfb("320x240");
    let desktop = Desktop::new(&server);
    let mut attacker = Attacker::start(&server);
    let mut usherd = Usherd::start(&server);
    usherd.lock("You stay here");
    println!("{attack}: {}", attacker.tell(attack));
    // Nobody orders anything of the shield: it hears of what changed.
    wait_until("nothing is had any more", || {
        let before = desktop.got();
        type_everywhere(&desktop);
        (attacker.tell("count"), desktop.got()) == (0, before)
    });
    let before = desktop.got();
    for _ in 0..20 {
        type_everywhere(&desktop);
    }
    assert_eq!((attacker.tell("count"), desktop.got()), (0, before));
    // What changed is dealt with before the next order is.
    usherd.lock("You still stay here");
    usherd.await_status(|status| status.covered && status.input_held);
    type_everywhere(&desktop);
    assert_eq!((attacker.tell("count"), desktop.got()), (0, before));
    usherd.unlock();
    desktop.type_and_click();
    assert_eq!(desktop.got(), before + 3);
}

#[test]
fn no_device_can_be_grabbed_by_itself() {
    nothing_is_had("input::no_device_can_be_grabbed_by_itself", "grab root");
}

#[test]
fn a_device_that_is_taken_from_its_master_is_held() {
    nothing_is_had("input::a_device_that_is_taken_from_its_master_is_held", "float");
}

#[test]
fn a_second_master_is_held() {
    nothing_is_had("input::a_second_master_is_held", "master");
}

#[test]
fn a_device_that_a_window_has_is_taken() {
    if !can_run("input::a_device_that_a_window_has_is_taken", &["Xvfb"]) {
        return;
    }
    let server = Server::xvfb("320x240");
    let desktop = Desktop::new(&server);
    let mut attacker = Attacker::start(&server);
    let mut usherd = Usherd::start(&server);
    assert!(attacker.tell("grab window") > 0);
    usherd.lock("You stay here");
    attacker.tell("count");
    type_everywhere(&desktop);
    assert_eq!((attacker.tell("count"), desktop.got()), (0, 0));
}

#[test]
fn a_device_that_cannot_be_had_is_told() {
    if !can_run("input::a_device_that_cannot_be_had_is_told", &["Xvfb"]) {
        return;
    }
    let server = Server::xvfb("320x240");
    let desktop = Desktop::new(&server);
    let mut attacker = Attacker::start(&server);
    let mut usherd = Usherd::start(&server);
    // A grab on the root window ends with its holder's connection alone.
    assert!(attacker.tell("grab root") > 0);
    let seq = usherd.order(vec![cover("You stay here")]);
    usherd.await_status(|status| status.covered);
    // It has looked at the display and answered other orders meanwhile, and said of this one nothing.
    for _ in 0..3 {
        usherd.picture(usher_core::request::ThumbnailSize::default()).expect("a picture");
    }
    assert!(usherd.answered.is_empty() && usherd.status.covered && !usherd.status.input_held, "{:?}", usherd.status);
    attacker.tell("ungrab");
    usherd.answer(seq);
    attacker.tell("count");
    type_everywhere(&desktop);
    assert_eq!((attacker.tell("count"), desktop.got()), (0, 0));
}

#[test]
fn devices_and_modifiers_are_as_before() {
    if !can_run("input::devices_and_modifiers_are_as_before", &["Xvfb"]) {
        return;
    }
    let server = Server::xvfb("320x240");
    let desktop = Desktop::new(&server);
    let mut usherd = Usherd::start(&server);
    let (before, keyboard) = (desktop.devices(), *desktop.keyboards().last().expect("a keyboard"));
    let down = |desktop: &Desktop, key: u8| {
        let keys = desktop.conn.query_keymap().expect("sent").reply().expect("keys").keys;
        keys[usize::from(key / 8)] & 1 << (key % 8) != 0
    };
    for key in [CONTROL, SHIFT] {
        desktop.press_on(keyboard, key, true);
    }
    assert!(down(&desktop, CONTROL) && down(&desktop, SHIFT));
    usherd.lock("You stay here");
    // One comes up meanwhile, the other is held on.
    desktop.press_on(keyboard, CONTROL, false);
    usherd.unlock();
    assert_eq!(desktop.devices(), before);
    wait_until("what came up is up", || !down(&desktop, CONTROL));
    assert!(down(&desktop, SHIFT));
    let pointer = desktop.conn.query_pointer(desktop.root).expect("sent").reply().expect("a state");
    assert_eq!(u16::from(pointer.mask) & 0xff, 1);
    desktop.press_on(keyboard, SHIFT, false);
    assert!(!down(&desktop, SHIFT));
    desktop.got();
    desktop.type_and_click();
    assert_eq!(desktop.got(), 3);
}

#[test]
fn who_reads_raw_events_is_told_of_unless_frozen() {
    if !can_run("input::who_reads_raw_events_is_told_of_unless_frozen", &["Xvfb"]) {
        return;
    }
    let server = Server::xvfb("320x240");
    let desktop = Desktop::new(&server);
    let mut attacker = Attacker::start(&server);
    let mut usherd = Usherd::start(&server);
    attacker.tell("raw");
    let answer = usherd.lock("You stay here");
    desktop.type_and_click();
    // No grab keeps these from anybody (X Input Extension 2.1): that much is told.
    assert!(attacker.tell("count") > 0);
    let told = |notes: &[String]| notes.iter().any(|note| note == usher_core::wire::shield::RAW_INPUT);
    assert!(told(&answer.notes), "{answer:?}");
    let answer = usherd.lock_frozen("You stay here, frozen");
    assert!(!told(&answer.notes), "{answer:?}");
}
