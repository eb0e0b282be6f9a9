//! Commands that ran to their end.

use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A command that ended.
#[derive(Debug, Clone)]
pub struct Finished {
    /// The command.
    pub what: String,
    /// Its exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it complained of.
    pub stderr: String,
}

/// Runs a command to its end. One that does not end is killed, and the test fails.
#[track_caller]
pub fn run_bounded(command: &mut Command, input: &[u8], patience: Duration) -> Finished {
    let what = format!("{command:?}");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|e| panic!("{what}: {e}"));
    let mut stdin = child.stdin.take().expect("a pipe");
    let (stdout, stderr) = (collect(child.stdout.take()), collect(child.stderr.take()));
    // A command that does not read its input has its reasons.
    let _ = stdin.write_all(input);
    drop(stdin);
    let status = wait_bounded(&mut child, patience).unwrap_or_else(|| panic!("{what} does not end"));
    let text = |reader: std::thread::JoinHandle<Vec<u8>>| {
        String::from_utf8_lossy(&reader.join().expect("a reader")).into_owned()
    };
    Finished { what, code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}

/// Waits for a child's end; kills it when its time is over.
pub fn wait_bounded(child: &mut Child, patience: Duration) -> Option<ExitStatus> {
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
