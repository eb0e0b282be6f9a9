//! The module as login programs load it.

use std::path::PathBuf;
use std::process::Command;

/// What cargo made of the library for others than Rust.
fn module() -> PathBuf {
    let test = std::env::current_exe().expect("this test");
    test.parent().expect("its directory").join("libpam_usher.so")
}

/// The words of this field in the lines of a program of the linker's that have this word.
fn words(program: &str, option: &str, having: &str, field: usize) -> Vec<String> {
    let said = Command::new(program).arg(option).arg(module()).output().expect("the linker's programs");
    let lines = String::from_utf8(said.stdout).expect("text");
    let lines = lines.lines().filter(|line| line.split_whitespace().any(|word| word == having));
    lines.filter_map(|line| Some(line.split_whitespace().nth(field)?.to_owned())).collect()
}

#[test]
fn it_gives_pam_its_functions_and_nothing_else() {
    assert_eq!(words("nm", "-D", "T", 2), ["pam_sm_acct_mgmt", "pam_sm_authenticate", "pam_sm_setcred"]);
}

#[test]
fn it_brings_nothing_into_a_login_program_but_what_is_there() {
    let known = ["ld-linux", "libc.", "libgcc_s.", "libpam."];
    let needed = words("readelf", "-d", "(NEEDED)", 4);
    let unknown = |library: &&String| !known.iter().any(|known| library.contains(known));
    assert_eq!(needed.iter().filter(unknown).collect::<Vec<_>>(), Vec::<&String>::new());
    assert!(needed.iter().any(|library| library.contains("libpam.")), "{needed:?}");
}
