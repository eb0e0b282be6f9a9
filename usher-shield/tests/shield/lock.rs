//! Locking and unlocking as such.

use std::sync::atomic::Ordering;

use x11rb::protocol::xtest::ConnectionExt as _;

use crate::can_run;
use crate::server::{Desktop, Server, Watcher, picture, shows_desktop};
use crate::usherd::Usherd;

#[test]
fn a_locked_display_shows_nothing_of_the_desktop_and_hands_on_no_key() {
    if !can_run("lock::a_locked_display_shows_nothing_of_the_desktop_and_hands_on_no_key", &["Xvfb"]) {
        return;
    }
    let server = Server::xvfb("320x240");
    let desktop = Desktop::new(&server);
    let mut usherd = Usherd::start(&server);
    assert!(shows_desktop(&desktop.conn));
    desktop.type_and_click();
    assert_eq!(desktop.got(), 3);
    let before = picture(&desktop.conn);

    let answer = usherd.lock("Stop typing");
    assert!(!answer.superseded && answer.held_micros.is_some());
    usherd.await_status(|status| status.covered && status.input_held && status.covers.len() == 1);
    let watcher = Watcher::new(&server);
    for _ in 0..50 {
        desktop.type_and_click();
    }
    assert_eq!(desktop.got(), 0);
    let seen = watcher.end();
    assert_eq!(seen.uncovered.load(Ordering::Relaxed), 0);
    assert!(seen.samples.load(Ordering::Relaxed) > 0);

    usherd.unlock();
    usherd.await_status(|status| !status.covered && !status.input_held && status.covers.is_empty());
    assert_eq!(picture(&desktop.conn), before);
    desktop.type_and_click();
    assert_eq!(desktop.got(), 3);
}

/// The keyboard as a file that `xkbcomp` writes.
fn keymap(server: &Server) -> String {
    let mut xkbcomp = std::process::Command::new("xkbcomp");
    xkbcomp.args(["-w0", &format!(":{}", server.display), "-"]);
    xkbcomp.env("XAUTHORITY", server.directory.path().join("Xauthority"));
    String::from_utf8(xkbcomp.output().expect("xkbcomp").stdout).expect("a keymap")
}

#[test]
fn no_key_breaks_the_grabs_and_the_keyboard_is_as_before() {
    if !can_run("lock::no_key_breaks_the_grabs_and_the_keyboard_is_as_before", &["Xvfb", "xkbcomp", "setxkbmap"]) {
        return;
    }
    let server = Server::xvfb("320x240");
    let mut setxkbmap = std::process::Command::new("setxkbmap");
    setxkbmap.args(["us", "-option", "grab:break_actions"]).env("DISPLAY", format!(":{}", server.display));
    setxkbmap.env("XAUTHORITY", server.directory.path().join("Xauthority"));
    assert!(setxkbmap.status().expect("setxkbmap").success());
    let before = keymap(&server);
    assert!(before.contains("Private") || before.contains("Ungrab"), "{before}");
    let desktop = Desktop::new(&server);
    let mut usherd = Usherd::start(&server);
    usherd.lock("You stay here");
    // Ctrl+Alt with the keypad's divide and multiply (the evdev keycodes).
    for keys in [[37, 64, 106], [37, 64, 63]] {
        for (kind, key) in keys.iter().map(|key| (2, key)).chain(keys.iter().rev().map(|key| (3, key))) {
            desktop.conn.xtest_fake_input(kind, *key, 0, desktop.root, 0, 0, 0).expect("sent");
        }
    }
    desktop.type_and_click();
    assert_eq!(desktop.got(), 0);
    usherd.unlock();
    assert_eq!(keymap(&server), before);
}

#[test]
fn a_window_that_got_the_focus_under_the_lock_keeps_it() {
    if !can_run("lock::a_window_that_got_the_focus_under_the_lock_keeps_it", &["Xvfb"]) {
        return;
    }
    let server = Server::xvfb("320x240");
    let desktop = Desktop::new(&server);
    // Where a window manager that has just started parks the focus.
    desktop.focus_another((-100, -100), (1, 1));
    let mut usherd = Usherd::start(&server);
    usherd.lock("Good morning");
    let first = desktop.focus_another((40, 40), (100, 50));
    usherd.unlock();
    assert_eq!(desktop.focus(), first);
}

#[test]
fn a_focus_that_was_lost_under_the_lock_is_back_after() {
    if !can_run("lock::a_focus_that_was_lost_under_the_lock_is_back_after", &["Xvfb"]) {
        return;
    }
    let server = Server::xvfb("320x240");
    let desktop = Desktop::new(&server);
    assert_eq!(desktop.focus(), desktop.window);
    let mut usherd = Usherd::start(&server);
    usherd.lock("Please listen");
    let parked = desktop.focus_another((-100, -100), (1, 1));
    assert_eq!(desktop.focus(), parked);
    usherd.unlock();
    assert_eq!(desktop.focus(), desktop.window);
}
