//! The program itself. That this test is here also makes `cargo test` build the program that other packages' tests run.

use std::process::Command;

#[test]
fn usher_tty_that_a_person_starts_says_what_it_is_for() {
    let started = Command::new(env!("CARGO_BIN_EXE_usher-tty")).output().unwrap();
    assert_eq!(started.status.code(), Some(2));
    let said = String::from_utf8_lossy(&started.stderr).into_owned();
    assert!(said.contains("usherd starts it"), "{said}");
}
