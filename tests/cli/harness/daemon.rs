//! A real `usherd --user` with a socket, a state directory and a log of its own.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

use super::{PATIENCE, Ran, USHER, USHERD, clean_command, processes, run, wait_bounded, wait_for, wait_until};

/// A daemon and everything it started. Nothing of it outlives this value, also when a test panics.
pub struct Daemon {
    directory: tempfile::TempDir,
    process: Option<Child>,
    /// Where the state is, if not in the directory.
    state: PathBuf,
    /// The daemon's program.
    program: PathBuf,
}

impl Daemon {
    /// Starts a daemon that has never run before, and waits until it says that it is ready.
    #[track_caller]
    pub fn start() -> Self {
        let daemon = Self::not_started();
        daemon.started()
    }

    /// Starts a daemon with this configuration file.
    #[track_caller]
    pub fn start_with(configuration: &str) -> Self {
        let daemon = Self::not_started();
        fs::write(daemon.path("usherd.toml"), configuration).expect("a configuration");
        daemon.started()
    }

    /// Everything but a running daemon. The path is short: Unix sockets have room for 107 bytes.
    pub fn not_started() -> Self {
        let directory = tempfile::Builder::new().prefix("ut").tempdir_in("/tmp").expect("a directory");
        let state = directory.path().join("state");
        Daemon { directory, process: None, state, program: PathBuf::from(USHERD) }
    }

    /// Keeps the state elsewhere.
    pub fn with_state(mut self, state: PathBuf) -> Self {
        self.state = state;
        self
    }

    /// Is another copy of the program, with other programs beside it.
    pub fn with_program(mut self, program: PathBuf) -> Self {
        self.program = program;
        self
    }

    /// Starts it.
    #[track_caller]
    pub fn started(mut self) -> Self {
        self.start_again();
        self
    }

    /// Starts a daemon in the same place, when the last one has ended.
    #[track_caller]
    pub fn start_again(&mut self) {
        if let Err(why) = self.try_start() {
            panic!("usherd does not start: {why}\n{}", self.log());
        }
    }

    /// Starts a daemon, which may end before it is ready.
    pub fn try_start(&mut self) -> Result<(), String> {
        assert!(self.process.is_none(), "it runs already");
        let log = File::options().create(true).append(true).open(self.path("log")).expect("a log");
        let mut child =
            self.usherd_command().stdout(Stdio::piped()).stderr(log).spawn().expect("usherd can be executed");
        let stdout = child.stdout.take().expect("a pipe");
        let (say, said) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = say.send(line);
            }
        });
        match said.recv_timeout(PATIENCE) {
            Ok(line) if line == format!("ready: {}", self.socket().display()) => {
                self.process = Some(child);
                Ok(())
            }
            other => {
                let status = wait_bounded(&mut child, Duration::from_secs(5));
                Err(format!("it said {other:?} and ended with {status:?}"))
            }
        }
    }

    /// The command that starts the daemon.
    pub fn usherd_command(&self) -> Command {
        let mut command = clean_command(&self.program, self.directory.path());
        command.arg("--user").arg("--socket").arg(self.socket()).arg("--state-dir").arg(&self.state);
        if self.path("usherd.toml").exists() {
            command.arg("--config").arg(self.path("usherd.toml"));
        }
        command.stdin(Stdio::null());
        command
    }

    /// Ends it at once, as a crash would.
    pub fn kill9(&mut self) {
        let mut child = self.process.take().expect("it runs");
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
    }

    /// A crash and a new start.
    #[track_caller]
    pub fn crash_and_restart(&mut self) {
        self.kill9();
        self.start_again();
    }

    /// Asks it to stop, and waits until it has.
    pub fn stop(&mut self) -> ExitStatus {
        let mut child = self.process.take().expect("it runs");
        processes::signal(child.id(), Signal::TERM);
        wait_bounded(&mut child, PATIENCE).expect("usherd stops at SIGTERM")
    }

    /// The daemon's process.
    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("it runs").id()
    }

    /// A file in the test's directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The test's directory.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The daemon's socket.
    pub fn socket(&self) -> PathBuf {
        self.path("s")
    }

    /// The socket of a session's holder.
    pub fn holder_socket(&self, id: u32) -> PathBuf {
        self.path("s.tty").join(id.to_string())
    }

    /// The process that holds a session.
    #[track_caller]
    pub fn holder(&self, id: u32) -> u32 {
        processes::listening_on(&self.holder_socket(id)).expect("the session has a holder")
    }

    /// What the daemon has written to standard error so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// The command line with these arguments.
    pub fn usher_command<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = clean_command(USHER, self.directory.path());
        command.arg("--socket").arg(self.socket()).args(arguments);
        command
    }

    /// Runs the command line.
    #[track_caller]
    pub fn usher<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S]) -> Ran {
        run(&mut self.usher_command(arguments), b"")
    }

    /// Runs the command line with `--output json`.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Ran {
        self.usher(&[&["--output", "json"], arguments].concat())
    }

    /// Opens a session that runs this shell script.
    #[track_caller]
    pub fn open(&self, script: &str) -> u32 {
        let said = self.usher(&["open", "--", "/bin/sh", "-c", script]).exits(0);
        said.stdout.trim_end().parse().expect("`open` prints the number alone")
    }

    /// Locks a session, which must be done and observed.
    #[track_caller]
    pub fn lock(&self, id: u32, message: &str) -> Value {
        let outcome = self.json(&["lock", &id.to_string(), "--message", message]).exits(0).only();
        assert_eq!((&outcome["result"], &outcome["observed"]), (&"done".into(), &true.into()), "{outcome}");
        outcome
    }

    /// Unlocks a session, which must be done and observed.
    #[track_caller]
    pub fn unlock(&self, id: u32) -> Value {
        let outcome = self.json(&["unlock", &id.to_string()]).exits(0).only();
        assert_eq!((&outcome["result"], &outcome["observed"]), (&"done".into(), &true.into()), "{outcome}");
        outcome
    }

    /// Every session, as `list` shows it.
    #[track_caller]
    pub fn sessions(&self) -> Vec<Value> {
        self.json(&["list"]).exits(0).array()
    }

    /// The IDs of every session.
    #[track_caller]
    pub fn ids(&self) -> Vec<u64> {
        self.sessions().iter().map(|session| session["session_id"].as_u64().expect("a number")).collect()
    }

    /// One session, as `list` shows it.
    #[track_caller]
    pub fn session(&self, id: u32) -> Value {
        self.json(&["list", &id.to_string()]).exits(0).only()
    }

    /// The message that a locked session shows.
    #[track_caller]
    pub fn lock_message(&self, id: u32) -> Option<String> {
        self.session(id)["lock"]["message"].as_str().map(str::to_owned)
    }

    /// Waits until a session, as `list` shows it, is as it should be.
    #[track_caller]
    pub fn wait_session(&self, id: u32, what: &str, right: impl Fn(&Value) -> bool) -> Value {
        wait_for(&format!("session {id} is {what}"), || Some(self.session(id)).filter(&right))
    }

    /// Waits until there is no such session.
    #[track_caller]
    pub fn wait_gone(&self, id: u32) {
        wait_until(&format!("session {id} is gone"), || !self.ids().contains(&u64::from(id)));
    }

    /// Every audit record of this action.
    #[track_caller]
    pub fn audit(&self, action: &str) -> Vec<Value> {
        self.json(&["audit", "--action", action]).exits(0).array()
    }

    /// The content of a file in the test's directory; nothing if it is not there.
    pub fn content(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Waits until a file in the test's directory has this content.
    #[track_caller]
    pub fn wait_content(&self, name: &str, content: &str) {
        let deadline = std::time::Instant::now() + PATIENCE;
        while self.content(name) != content {
            let now = self.content(name);
            assert!(std::time::Instant::now() < deadline, "{name} has {now:?}, not {content:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The holders' sockets that are left.
    pub fn holder_sockets(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path("s.tty")).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(child) = &mut self.process {
            let all = run(self_close(self.directory.path()).arg("close").arg("--all"), b"");
            processes::signal(child.id(), Signal::TERM);
            let stopped = wait_bounded(child, PATIENCE).is_some();
            if !std::thread::panicking() {
                assert_eq!(all.code(), Some(0), "close --all: {}", all.said().stderr);
                assert!(stopped, "usherd does not stop");
                // A holder says that its session is closed before it goes itself.
                wait_until("no holder stays", || self.holder_sockets().is_empty());
            }
        }
        for pid in processes::of_directory(self.directory.path()) {
            processes::signal(pid, Signal::KILL);
        }
        if std::thread::panicking() {
            println!("--- the daemon's log\n{}", self.log());
        }
    }
}

fn self_close(directory: &Path) -> Command {
    let mut command = clean_command(USHER, directory);
    command.arg("--socket").arg(directory.join("s"));
    command
}
