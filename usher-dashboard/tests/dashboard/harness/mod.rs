//! What every test stands on: hosts, a dashboard that a user started, and requests by hand.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;

use serde_json::Value;

mod chromium;
mod host;
mod http;
#[path = "../../../../tests/common/run.rs"]
mod run;
#[path = "../../../../tests/common/skip.rs"]
mod skip;
#[path = "../../../../tests/common/wait.rs"]
mod wait;

pub use chromium::{Chromium, chromium};
pub use host::Lab;
pub use http::{Browser, Reply, Stream};
pub use run::run_bounded;
use run::{Finished, wait_bounded};
pub use skip::skip;
pub use wait::{PATIENCE, wait_for, wait_until};

/// A program of this workspace, beside the one under test.
pub fn program(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_usher-dashboard")).with_file_name(name);
    assert!(path.is_file(), "{} is not built: `cargo build --workspace` first", path.display());
    path
}

/// A program in an environment of its own.
pub fn clean(program: &Path, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().current_dir(home).env("HOME", home).env("SHELL", "/bin/sh").env("LANG", "C.UTF-8");
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("USER", "olga");
    command
}

/// A program that says when it is ready, and ends with this value.
pub struct Service {
    pub child: Child,
    /// What it says after its first line.
    pub said: mpsc::Receiver<String>,
}

impl Service {
    #[track_caller]
    pub fn start(mut command: Command, log: &Path) -> (Self, String) {
        let file = File::options().create(true).append(true).open(log).expect("a log");
        let mut child = command.stdout(Stdio::piped()).stderr(file).spawn().expect("it starts");
        let stdout = child.stdout.take().expect("a pipe");
        let (say, said) = mpsc::channel();
        let _: JoinHandle<()> = std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = say.send(line);
            }
        });
        let service = Service { child, said };
        let first = service
            .line()
            .unwrap_or_else(|| panic!("{command:?} says nothing: {}", fs::read_to_string(log).unwrap_or_default()));
        (service, first)
    }

    pub fn line(&self) -> Option<String> {
        self.said.recv_timeout(PATIENCE).ok()
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        let _ = rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), signal);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.signal(rustix::process::Signal::TERM);
        let _ = wait_bounded(&mut self.child, PATIENCE);
    }
}

/// A dashboard that is served.
pub struct Dashboard {
    service: Service,
    input: Option<ChildStdin>,
    pub address: SocketAddr,
    /// The address that opens it once.
    pub link: String,
}

impl Dashboard {
    /// `usher dashboard` with these arguments, in this home.
    #[track_caller]
    pub fn start(home: &Path, arguments: &[&str], environment: &[(&str, &Path)]) -> Self {
        let mut command = clean(&program("usher"), home);
        command.arg("dashboard").args(arguments).envs(environment.iter().copied()).stdin(Stdio::piped());
        let (mut service, told) = Service::start(command, &home.join("dashboard.log"));
        assert!(told.contains("opens it once"), "{told}");
        let link = service.line().expect("a link");
        let authority = link.strip_prefix("http://").and_then(|rest| rest.split('/').next()).expect("an address");
        let address = authority.parse().expect("an address");
        let input = service.child.stdin.take();
        Dashboard { service, input, address, link }
    }

    /// A browser that came by the link.
    #[track_caller]
    pub fn browser(&self) -> Browser {
        let mut browser = Browser::new(self.address);
        let path = self.link.strip_prefix(&format!("http://{}", self.address)).expect("a path");
        let reply = browser.get(path);
        assert_eq!((reply.status, reply.header("location")), (303, Some("/")), "{reply:?}");
        browser.keep_cookie(&reply);
        browser
    }

    pub fn pid(&self) -> u32 {
        self.service.child.id()
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        self.service.signal(signal);
    }

    /// Nobody is at the other end of its standard input any more.
    pub fn hang_up(&mut self) {
        self.input = None;
    }

    #[track_caller]
    pub fn ends(&mut self) -> ExitStatus {
        wait_bounded(&mut self.service.child, PATIENCE).expect("it ends")
    }
}

/// The outcomes of an order, and whether all of them are there.
#[track_caller]
pub fn outcomes(reply: &Reply) -> (Vec<Value>, bool) {
    assert_eq!(reply.status, 200, "{reply:?}");
    let lines: Vec<Value> = reply.body.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let complete = lines.last().is_some_and(|line| line["end"] == true);
    let each = lines.iter().filter_map(|line| line["outcomes"].as_array()).flatten().cloned();
    (each.collect(), complete)
}

/// Runs a command to its end.
#[track_caller]
pub fn ran(command: &mut Command) -> Finished {
    run_bounded(command, b"", 3 * PATIENCE)
}
