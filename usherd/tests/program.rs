//! The program itself. That this test is here also makes `cargo test` build the program that other packages' tests run.

use std::process::Command;

#[test]
fn usherd_says_its_version_and_refuses_what_it_does_not_know() {
    let run = |argument: &str| Command::new(env!("CARGO_BIN_EXE_usherd")).arg(argument).output().unwrap();
    let version = run("--version");
    assert!(version.status.success());
    assert_eq!(String::from_utf8_lossy(&version.stdout), format!("usherd {}\n", env!("CARGO_PKG_VERSION")));
    let unknown = run("--nonsense");
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("--nonsense"));
}
