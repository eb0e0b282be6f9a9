//! A daemon to measure, and the table of figures.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A daemon with its state in a directory of its own. Dropping it ends its sessions.
pub struct Daemon {
    directory: tempfile::TempDir,
    child: Child,
}

impl Daemon {
    /// Starts a daemon whose state is below `parent`.
    pub fn start(parent: &Path) -> Daemon {
        let directory = tempfile::Builder::new().prefix("usher-bench-").tempdir_in(parent).expect("a directory");
        let mut command = Command::new(super::built::beside("usherd"));
        command.arg("--user").arg("--socket").arg(directory.path().join("s"));
        command.arg("--state-dir").arg(directory.path().join("state")).env("USHER_LOG", "error");
        let mut child = command.stdout(Stdio::piped()).spawn().expect("usherd starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("usherd speaks");
        assert!(line.starts_with("ready: "), "{line}");
        Daemon { directory, child }
    }

    /// Where temporary files of the system are kept: usually the disk.
    pub fn on_disk() -> Daemon {
        Daemon::start(Path::new("/var/tmp"))
    }

    /// Where nothing is synced to a disk.
    pub fn on_tmpfs() -> Daemon {
        let memory = Path::new("/dev/shm");
        Daemon::start(if memory.is_dir() { memory } else { Path::new("/tmp") })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn usher(&self) -> Command {
        let mut command = Command::new(super::built::beside("usher"));
        command.arg("--socket").arg(self.socket()).env_remove("USHER_SESSION").env_remove("USHER_SOCKET");
        command
    }

    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("s")
    }

    /// Runs a command that must succeed.
    pub fn run(&self, arguments: &[&str]) -> Output {
        let output = self.usher().args(arguments).output().expect("usher runs");
        assert!(output.status.success(), "usher {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    /// Opens sessions that wait for input.
    pub fn open(&self, count: usize) {
        for _ in 0..count {
            self.run(&["open", "--", "cat"]);
        }
    }

    /// The processes that hold this daemon's sessions.
    pub fn holders(&self) -> Vec<u32> {
        let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", self.pid()));
        children.unwrap_or_default().split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.usher().args(["close", "--all"]).stdout(Stdio::null()).status();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Times a command from exec to exit.
pub fn exec(command: &mut Command) -> Duration {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let begun = Instant::now();
    let status = command.status().expect("the command runs");
    let took = begun.elapsed();
    assert!(status.success(), "{command:?}");
    took
}

/// The median of several runs, in milliseconds, after one that does not count.
pub fn median_ms(runs: usize, mut run: impl FnMut() -> Duration) -> f64 {
    run();
    let mut times: Vec<f64> = (0..runs).map(|_| run().as_secs_f64() * 1000.0).collect();
    median(&mut times)
}

pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Whether a program can be run at all.
pub fn there_is(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("-V").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok()
}

/// The figures.
#[derive(Default)]
pub struct Table {
    rows: Vec<[String; 4]>,
}

impl Table {
    /// Adds a figure: its name, its value, the goal, and the peers of the same run.
    pub fn add(&mut self, what: &str, value: String, goal: &str, peers: &str) {
        eprintln!("{what}: {value}");
        self.rows.push([what.to_owned(), value, goal.to_owned(), peers.to_owned()]);
    }

    pub fn print(&self) {
        println!("{:<58} {:>14} {:>12}  peers in the same run", "figure (medians, shipped build)", "usher", "goal");
        for [what, value, goal, peers] in &self.rows {
            println!("{what:<58} {value:>14} {goal:>12}  {peers}");
        }
    }
}
