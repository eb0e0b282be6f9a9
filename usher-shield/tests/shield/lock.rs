//! Locking and unlocking as such.

use std::sync::atomic::Ordering;

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
