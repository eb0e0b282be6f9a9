//! `usher-seat` as whoever runs it by hand meets it.

use std::process::Command;

fn seat(words: &[&str]) -> bool {
    Command::new(env!("CARGO_BIN_EXE_usher-seat")).args(words).status().expect("usher-seat").success()
}

#[test]
fn a_record_of_nothing_is_given_back_and_gone() {
    let directory = tempfile::tempdir().expect("a directory");
    let record = directory.path().join("seat0.taken");
    std::fs::write(&record, "{}").expect("a record");
    assert!(seat(&["release", &record.to_string_lossy()]));
    assert!(!record.exists());
}

#[test]
fn unknown_words_are_refused() {
    assert!(!seat(&["lock"]) && !seat(&["release"]));
    assert!(seat(&["--version"]));
}
