//! The message on a lock screen, read from its pixels by a program that knows nothing of usher.

use std::process::Command;

use crate::harness::{Host, PATIENCE, Picture, X11, covered, wait_for};
use crate::host;

/// What tesseract reads in a picture.
fn read(picture: &Picture, language: &str) -> String {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("screen.png");
    picture.save(&file);
    let ran = Command::new("tesseract").arg(&file).args(["-", "-l", language, "--psm", "6"]).output();
    let ran = ran.expect("tesseract, which cargo verify installs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8_lossy(&ran.stdout).into_owned()
}

/// What is read, without the blanks that a reader sees or does not see between letters.
fn letters(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn can_be_read(host: &Host, message: &str, language: &str) {
    let alice = host.x11(&host.user("alice"), X11::Xvfb);
    host.root_usher(&["lock", &alice.session, "--message", message]).succeeds();
    let mut seen = String::new();
    let found = wait_for(&format!("{message:?} can be read on the screen (it has {PATIENCE:?})"), || {
        let picture = alice.pixels();
        seen = read(&picture, language);
        letters(&seen).contains(&letters(message)).then_some(picture)
    });
    assert!(covered(&found), "and nothing else is there: {seen}");
}

#[test]
fn the_message_of_a_lock_can_be_read_on_the_screen() {
    can_be_read(&host!(Bookworm), "Please close your books", "eng");
}

#[test]
fn a_chinese_message_can_be_read_on_the_screen() {
    can_be_read(&host!(Trixie), "请合上书本", "chi_sim");
}
