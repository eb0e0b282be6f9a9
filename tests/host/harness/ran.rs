//! Commands that ran to their end.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A command that ended.
#[derive(Debug, Clone)]
#[must_use = "whether the command succeeded must be looked at: call `exits`"]
pub struct Ran {
    /// The command.
    pub what: String,
    /// Its exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it complained.
    pub stderr: String,
}

impl Ran {
    /// Checks the exit code and gives what was printed.
    #[track_caller]
    pub fn exits(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{}\nstdout: {}\nstderr: {}", self.what, self.stdout, self.stderr);
        self.stdout
    }

    /// Checks that it succeeded and gives what was printed.
    #[track_caller]
    pub fn succeeds(self) -> String {
        self.exits(0)
    }

    /// What was printed as JSON, whatever the exit code.
    #[track_caller]
    pub fn json(&self) -> Value {
        let Ran { what, stdout, stderr, .. } = self;
        serde_json::from_str(stdout).unwrap_or_else(|e| panic!("{what}: no JSON ({e}): {stdout:?}\nstderr: {stderr}"))
    }

    /// The elements of the JSON array that was printed, whatever the exit code.
    #[track_caller]
    pub fn array(&self) -> Vec<Value> {
        let Value::Array(values) = self.json() else { panic!("no array: {self:?}") };
        values
    }
}

/// Runs a command to its end. One that does not end is killed, and the test fails.
#[track_caller]
pub fn run(command: &mut Command, input: &[u8], patience: Duration) -> Ran {
    let what = format!("{command:?}");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|e| panic!("{what}: {e}"));
    let mut stdin = child.stdin.take().expect("a pipe");
    let (stdout, stderr) = (collect(child.stdout.take()), collect(child.stderr.take()));
    // A command that does not read its input has its reasons.
    let _ = stdin.write_all(input);
    drop(stdin);
    let status = wait_bounded(&mut child, patience);
    let text = |reader: std::thread::JoinHandle<Vec<u8>>| {
        String::from_utf8_lossy(&reader.join().expect("a reader")).into_owned()
    };
    match status {
        Some(status) => Ran { what, code: status.code(), stdout: text(stdout), stderr: text(stderr) },
        None => panic!("{what} does not end"),
    }
}

/// Waits for a child's end; kills it when its time is over.
pub fn wait_bounded(child: &mut Child, patience: Duration) -> Option<std::process::ExitStatus> {
    let deadline = Instant::now() + patience;
    while Instant::now() < deadline {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(2));
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
