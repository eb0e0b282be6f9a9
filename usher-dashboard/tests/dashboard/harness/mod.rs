//! What every test stands on: hosts, a dashboard that a user started, and requests by hand.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, ExitStatus, Stdio};

use serde_json::Value;

mod chromium;
mod host;
mod http;
#[path = "../../../../tests/common/run.rs"]
mod run;
mod service;
#[path = "../../../../tests/common/skip.rs"]
mod skip;
#[path = "../../../../tests/common/wait.rs"]
mod wait;

pub use chromium::{Chromium, chromium};
pub use host::Lab;
pub use http::{Browser, Reply, Stream};
pub use run::run_bounded;
use run::{Finished, wait_bounded};
pub use service::{Service, clean};
pub use skip::skip;
pub use wait::{PATIENCE, wait_for, wait_until};

/// A program of this workspace, beside the one under test.
pub fn program(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_usher-dashboard")).with_file_name(name);
    assert!(path.is_file(), "{} is not built: `cargo build --workspace` first", path.display());
    path
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
