//! The lock screen speaks the user's language.

use crate::can_run;
use crate::look::keep;
use crate::server::{Desktop, Server, picture};
use crate::usherd::{Usherd, wait_until};

/// What a locked display shows to a user of this language.
fn lock_screen(language: &str) -> Vec<u8> {
    let server = Server::xvfb("800x450");
    let desktop = Desktop::new(&server);
    let mut usherd = Usherd::start_speaking(&server, language);
    let mut cover = crate::usherd::cover("Stop");
    // Not the time at which the test runs: what is shown is to be the same for all of them.
    cover.since = "2026-03-02T09:41:00Z".parse().expect("a time");
    cover.until = "2096-03-02T09:41:00Z".parse().ok();
    let seq = usherd.order(vec![cover]);
    usherd.answer(seq);
    let white = |pixels: &[u8]| pixels.chunks_exact(4).any(|pixel| pixel[..3] == [255; 3]);
    wait_until("the message is on the screen", || white(&picture(&desktop.conn)));
    let shown = picture(&desktop.conn);
    keep(&format!("lock-{language}"), (800, 450), &shown);
    shown
}

#[test]
fn each_language_has_its_own_lock_screen() {
    if !can_run("language::each_language_has_its_own_lock_screen", &["Xvfb"]) {
        return;
    }
    let english = lock_screen("en");
    assert!(lock_screen("en") == english, "the same words look the same");
    assert!(lock_screen("tlh") == english, "one that it does not know");
    assert!(lock_screen("") == english, "an usherd that names none");
    assert!(lock_screen("zh-CN") != english, "Chinese");
}
