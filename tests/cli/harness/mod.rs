//! What every test stands on: a daemon of its own, stations in real pseudoterminals, and patience.
//!
//! Nothing here replaces a part of the product. `usherd`, `usher` and `usher-tty` are the binaries
//! that were just built, and what a station shows is read by a terminal emulator (`vt100`) that has
//! nothing in common with the one inside the product.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

mod daemon;
mod fleet;
pub mod http;
mod png;
pub mod processes;
mod shot;
mod station;
pub mod system;

pub use daemon::Daemon;
pub use fleet::Fleet;
pub use png::Png;
pub use shot::Shot;
pub use station::Station;

/// The command line under test.
pub const USHER: &str = env!("CARGO_BIN_EXE_usher");
/// The daemon under test; it finds `usher-tty` beside itself.
pub const USHERD: &str = concat!(env!("CARGO_BIN_EXE_usher"), "d");

/// How long anything may take before a test gives up. Nothing is asserted about how long it took.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until `look` finds something; gives up with `what` after [`PATIENCE`].
#[track_caller]
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Waits until `look` says yes.
#[track_caller]
pub fn wait_until(what: &str, mut look: impl FnMut() -> bool) {
    wait_for(what, || look().then_some(()));
}

/// Checks that `value` has these members, whatever else it has.
#[track_caller]
pub fn has(value: &Value, members: &Value) {
    for (key, expected) in members.as_object().expect("members") {
        assert_eq!(value[key], *expected, "{key} of {value}");
    }
}

/// A command that ended, whose exit code nobody has looked at yet.
#[must_use = "whether the command succeeded must be looked at: call `exits`"]
pub struct Ran {
    what: String,
    code: Option<i32>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

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
        assert_eq!(self.code, Some(code), "{}\nstdout: {}\nstderr: {}", self.what, said.stdout, said.stderr);
        said
    }

    /// The exit code, where more than one is right; `None` if a signal ended the command.
    pub fn code(&self) -> Option<i32> {
        self.code
    }

    /// What was printed, whatever the exit code.
    pub fn said(&self) -> Said {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said { stdout: text(&self.stdout), stderr: text(&self.stderr) }
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
    let what = format!("{command:?}");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("{what}: {e}"));
    let mut stdin = child.stdin.take().expect("a pipe");
    let (stdout, stderr) = (collect(child.stdout.take()), collect(child.stderr.take()));
    // A command that does not read its input has its reasons.
    let _ = stdin.write_all(input);
    drop(stdin);
    let code = wait_bounded(&mut child, 3 * PATIENCE).unwrap_or_else(|| panic!("{what} does not end"));
    let read = |reader: std::thread::JoinHandle<Vec<u8>>| reader.join().expect("a reader");
    Ran { what, code: code.code(), stdout: read(stdout), stderr: read(stderr) }
}

/// Waits for a child's end; kills it when its time is over.
pub fn wait_bounded(child: &mut Child, patience: Duration) -> Option<std::process::ExitStatus> {
    let deadline = Instant::now() + patience;
    while Instant::now() < deadline {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(3));
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}

fn collect(pipe: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        bytes
    })
}

/// A command with an environment of its own: nothing of the caller's leads to another daemon.
pub fn clean_command(program: impl AsRef<std::ffi::OsStr>, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().current_dir(home).env("HOME", home).env("SHELL", "/bin/sh").env("LANG", "C.UTF-8");
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// Says that the running test cannot do here what it is there for, in the way that CONTRIBUTING.md describes.
pub fn skip(reason: &str) {
    let thread = std::thread::current();
    let line = format!("skipped: {}: {reason}\n", thread.name().unwrap_or("cli"));
    eprint!("{line}");
    if let Some(file) = std::env::var_os("USHER_SKIPS") {
        let file = std::fs::File::options().create(true).append(true).open(file);
        file.and_then(|mut file| file.write_all(line.as_bytes())).expect("the list of skipped tests");
    }
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
        let thread = std::thread::current();
        let line = format!("skipped: {}: usher-shield is not built: cargo build\n", thread.name().unwrap_or("cli"));
        eprint!("{line}");
        if let Some(file) = std::env::var_os("USHER_SKIPS") {
            let file = std::fs::File::options().create(true).append(true).open(file);
            file.and_then(|mut file| file.write_all(line.as_bytes())).expect("the list of skipped tests");
        }
    }
    there
}
