//! The shield against real X servers, with a user who does not want to be locked.

mod attack;
mod attacker;
mod clipboard;
mod confined;
mod input;
mod kill;
mod language;
mod lock;
mod look;
mod lying;
mod notice;
mod picture;
mod raw;
mod screens;
mod server;
mod slots;
mod usherd;
mod viewer;
mod vnc;
mod watched;

use std::io::Write as _;

/// Whether the test can run here: it needs root, to be three users, and these programs.
pub fn can_run(test: &str, programs: &[&str]) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let there = |program: &&&str| std::env::split_paths(&path).any(|dir| dir.join(program).is_file());
    let reason = if !rustix::process::geteuid().is_root() {
        "this needs root".to_owned()
    } else if let Some(missing) = ["setpriv"].iter().chain(programs).find(|program| !there(program)) {
        format!("{missing} is not installed")
    } else {
        return true;
    };
    let line = format!("skipped: {test}: {reason}\n");
    if let Some(file) = std::env::var_os("USHER_SKIPS") {
        let file = std::fs::OpenOptions::new().append(true).create(true).open(file);
        file.and_then(|mut file| file.write_all(line.as_bytes())).expect("the list of skipped tests");
    }
    eprint!("{line}");
    false
}
