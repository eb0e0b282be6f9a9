//! What every test stands on: a daemon of its own, stations in real pseudoterminals, and patience.
//!
//! Nothing here replaces a part of the product. `usherd`, `usher` and `usher-tty` are the binaries
//! that were just built, and what a station shows is read by a terminal emulator (`vt100`) that has
//! nothing in common with the one inside the product.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

#[path = "../../common/mod.rs"]
mod common;
#[path = "../../common/copy.rs"]
mod copy;
mod daemon;
mod fleet;
pub mod http;
mod png;
pub mod processes;
mod shot;
mod station;
pub mod system;

pub use common::run::wait_bounded;
use common::run::{Finished, run_bounded};
pub use common::skip::skip;
pub use common::wait::{PATIENCE, wait_for, wait_until};
pub use copy::copy_program;
pub use daemon::Daemon;
pub use fleet::Fleet;
pub use png::Png;
pub use shot::Shot;
pub use station::Station;

/// The command line under test.
pub const USHER: &str = env!("CARGO_BIN_EXE_usher");
/// The daemon under test; it finds `usher-tty` beside itself.
pub const USHERD: &str = concat!(env!("CARGO_BIN_EXE_usher"), "d");

/// Checks that `value` has these members, whatever else it has.
#[track_caller]
pub fn has(value: &Value, members: &Value) {
    for (key, expected) in members.as_object().expect("members") {
        assert_eq!(value[key], *expected, "{key} of {value}");
    }
}

/// A command that ended, whose exit code nobody has looked at yet.
#[must_use = "whether the command succeeded must be looked at: call `exits`"]
pub struct Ran(Finished);

/// What a command printed.
pub struct Said {
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Checks the exit code and gives what was printed.
    #[track_caller]
    pub fn exits(self, code: i32) -> Said {
        let said = self.said();
        assert_eq!(self.0.code, Some(code), "{}\nstdout: {}\nstderr: {}", self.0.what, said.stdout, said.stderr);
        said
    }

    /// The exit code, where more than one is right; `None` if a signal ended the command.
    pub fn code(&self) -> Option<i32> {
        self.0.code
    }

    /// What was printed, whatever the exit code.
    pub fn said(&self) -> Said {
        Said { stdout: self.0.stdout.clone(), stderr: self.0.stderr.clone() }
    }
}

impl Said {
    /// Standard output as one JSON value.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|e| panic!("no JSON ({e}): {:?}\nstderr: {}", self.stdout, self.stderr))
    }

    /// Standard output as one JSON array.
    #[track_caller]
    pub fn array(&self) -> Vec<Value> {
        let Value::Array(values) = self.json() else { panic!("no array: {}", self.stdout) };
        values
    }

    /// The only element of the JSON array on standard output.
    #[track_caller]
    pub fn only(&self) -> Value {
        let [value] = <[Value; 1]>::try_from(self.array()).expect("exactly one element");
        value
    }
}

/// Runs a command to its end. One that does not end is killed, and the test fails.
#[track_caller]
pub fn run(command: &mut Command, input: &[u8]) -> Ran {
    Ran(run_bounded(command, input, 3 * PATIENCE))
}

/// A command with an environment of its own: nothing of the caller's leads to another daemon.
pub fn clean_command(program: impl AsRef<std::ffi::OsStr>, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().current_dir(home).env("HOME", home).env("SHELL", "/bin/sh").env("LANG", "C.UTF-8");
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// A program that the test needs; says why the test shows nothing where it is missing.
pub fn need(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|dir| dir.join(program)).find(|file| file.is_file());
    if found.is_none() {
        skip(&format!("there is no {program} here"));
    }
    found
}

/// Whether the test runs as root; says why it shows nothing where not.
pub fn need_root() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        skip("this needs root");
    }
    root
}

/// Whether `usher-shield`, which is another package's program, was built too; says why the test shows nothing where not.
pub fn need_shield() -> bool {
    let there = Path::new(USHERD).with_file_name("usher-shield").is_file();
    if !there {
        skip("usher-shield is not built: cargo build");
    }
    there
}
