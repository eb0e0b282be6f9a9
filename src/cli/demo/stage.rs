//! Where the tour plays: a directory of its own, a daemon in it, and sessions worth looking at.

use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use usher_core::sys::program::beside_this_program;

use crate::words;

/// A clock that fills the screen with colour.
const CLOCK: &str = r#"
while :; do
  printf '\033[2J\033[H\n   \033[1;37;44m  %s  \033[0m\n\n' "$(date +%H:%M:%S)"
  for c in 1 2 3 4 5 6; do printf '   \033[4%dm          \033[0m' "$c"; done
  sleep 1
done"#;

/// What the machine is doing, for hosts without `top`.
const LOAD: &str = "while :; do uptime 2>/dev/null || cat /proc/loadavg; sleep 2; done";

/// A daemon of the tour's own. Dropping it closes its sessions and removes the directory.
pub(super) struct DemoStage {
    directory: PathBuf,
    daemon: Option<Child>,
    /// Whether the terminal's signals do not reach the daemon.
    apart: bool,
}

impl DemoStage {
    /// Makes the directory and starts the daemon.
    pub(super) fn set() -> io::Result<DemoStage> {
        Self::begin(false)
    }

    /// Does the same with a daemon that Ctrl-C does not end, because it has the sessions to close then.
    pub(super) fn set_apart() -> io::Result<DemoStage> {
        Self::begin(true)
    }

    fn begin(apart: bool) -> io::Result<DemoStage> {
        let name = format!("usher-demo-{}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        std::os::unix::fs::DirBuilderExt::mode(&mut std::fs::DirBuilder::new(), 0o700).create(&directory)?;
        let mut stage = DemoStage { directory, daemon: None, apart };
        stage.start_daemon()?;
        Ok(stage)
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.directory.join("usher.sock")
    }

    /// Starts the daemon and waits until it is ready.
    pub(super) fn start_daemon(&mut self) -> io::Result<()> {
        let log = std::fs::File::options().create(true).append(true).open(self.directory.join("usherd.log"))?;
        let mut command = Command::new(beside_this_program("usherd"));
        command.arg("--user").arg("--socket").arg(self.socket());
        command.arg("--state-dir").arg(self.directory.join("state"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        if self.apart {
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
        }
        let mut child = command
            .spawn()
            .map_err(|e| io::Error::new(e.kind(), words::with!("demo-no-usherd", &[("why", &e.to_string())])))?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        self.daemon = Some(child);
        if line.starts_with("ready: ") {
            return Ok(());
        }
        let log = std::fs::read_to_string(self.directory.join("usherd.log")).unwrap_or_default();
        Err(io::Error::other(words::with!("demo-not-ready", &[("log", &log)])))
    }

    /// Kills the daemon without a warning.
    pub(super) fn kill_daemon(&mut self) -> io::Result<()> {
        if let Some(mut daemon) = self.daemon.take() {
            daemon.kill()?;
            daemon.wait()?;
        }
        Ok(())
    }

    /// The caller's own program, pointed at this stage.
    pub(super) fn usher(&self) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap_or_else(|_| PathBuf::from("usher")));
        self.point(&mut command);
        command
    }

    /// Points a program that may call usher at this stage, and at no session that the tour runs in.
    pub(super) fn point(&self, command: &mut Command) {
        command.env("USHER_SOCKET", self.socket()).env_remove("USHER_SESSION").current_dir(&self.directory);
        // Also where the language was chosen with --lang.
        command.env("USHER_LANG", words::language().tag());
    }

    /// Runs `usher` with these arguments.
    pub(super) fn run(&self, arguments: &[&str]) -> io::Result<Output> {
        self.usher().args(arguments).stdin(Stdio::null()).output()
    }

    /// Opens a session: a name, and a program for `sh -c`.
    pub(super) fn open(&self, name: &str, script: &str) -> io::Result<String> {
        let output = self.run(&["open", "--name", name, "--", "sh", "-c", script])?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        } else {
            Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
        }
    }

    /// Opens the three sessions of the tour: something to type into, and two things to look at.
    pub(super) fn open_three(&self, first: &str) -> io::Result<()> {
        self.open("exam", first)?;
        self.open("clock", CLOCK)?;
        let top = Command::new("top").arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status();
        self.open("load", if top.is_ok_and(|status| status.success()) { "exec top" } else { LOAD })?;
        Ok(())
    }
}

impl Drop for DemoStage {
    fn drop(&mut self) {
        if self.daemon.is_none() {
            // Its sessions are held by processes of their own: only a daemon ends them.
            let _ = self.start_daemon();
        }
        let _ = self.run(&["close", "--all"]);
        if let Some(mut daemon) = self.daemon.take() {
            if let Some(pid) = i32::try_from(daemon.id()).ok().and_then(rustix::process::Pid::from_raw) {
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
            }
            let deadline = Instant::now() + Duration::from_secs(5);
            while matches!(daemon.try_wait(), Ok(None)) && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(10));
            }
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
