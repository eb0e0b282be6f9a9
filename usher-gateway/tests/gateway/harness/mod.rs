//! What every test stands on: a host (usherd and usher-gateway), operators on other machines, patience.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;

use serde_json::Value;

#[path = "../../../../tests/common/run.rs"]
mod run;
pub mod tls;
#[path = "../../../../tests/common/wait.rs"]
mod wait;

use run::{Finished, run_bounded, wait_bounded};
pub use wait::{PATIENCE, wait_until};

/// A program of this workspace, beside the gateway under test.
pub fn program(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_usher-gateway")).with_file_name(name);
    assert!(path.is_file(), "{} is not built: `cargo build --workspace` first", path.display());
    path
}

/// What a command printed and how it ended.
#[derive(Debug)]
pub struct Ran {
    pub what: String,
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Checks the exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}: {self:?}", self.what);
        self
    }

    /// Checks that everything is said on standard error.
    #[track_caller]
    pub fn says(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.stderr.contains(part), "{part:?} in {self:?}");
        }
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("no JSON ({e}): {self:?}"))
    }
}

fn ran(command: &mut Command) -> Ran {
    let Finished { what, code, stdout, stderr } = run_bounded(command, b"", 3 * PATIENCE);
    Ran { what, code, stdout, stderr }
}

fn clean(program: &Path, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().current_dir(home).env("HOME", home).env("SHELL", "/bin/sh").env("LANG", "C.UTF-8");
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("USER", "olga");
    command
}

/// A service that says when it is ready. It ends with this value.
struct Service(Child);

impl Service {
    /// Starts it, and gives what it says behind `ready: `.
    #[track_caller]
    fn start(mut command: Command, log: &Path) -> (Self, String) {
        let log_file = File::options().create(true).append(true).open(log).expect("a log");
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log_file).spawn().expect("it starts");
        let stdout = child.stdout.take().expect("a pipe");
        let (say, said) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = say.send(line);
            }
        });
        let service = Service(child);
        let line = said.recv_timeout(PATIENCE).unwrap_or_default();
        let ready = line.strip_prefix("ready: ").map(str::to_owned);
        let ready = ready
            .unwrap_or_else(|| panic!("{command:?} says {line:?}\n{}", fs::read_to_string(log).unwrap_or_default()));
        (service, ready)
    }

    fn end(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.0);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = wait_bounded(&mut self.0, PATIENCE);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.end();
    }
}

/// Where a host's or an operator's programs are, if not beside the gateway under test.
#[derive(Clone, Default)]
pub struct Programs(pub Option<PathBuf>);

impl Programs {
    fn find(&self, name: &str) -> PathBuf {
        self.0.as_ref().map_or_else(|| program(name), |directory| directory.join(name))
    }
}

/// A host that serves callers from afar.
pub struct Lab {
    /// Of usherd.
    programs: Programs,
    /// Of usher-gateway.
    gateways: Programs,
    directory: tempfile::TempDir,
    gateway: Option<Service>,
    usherd: Option<Service>,
    pub address: SocketAddr,
}

impl Lab {
    /// A host with nothing configured.
    #[track_caller]
    pub fn start() -> Self {
        Self::start_with("", "")
    }

    /// A host with these settings of usherd and usher-gateway.
    #[track_caller]
    pub fn start_with(usherd: &str, gateway: &str) -> Self {
        Self::of([Programs::default(), Programs::default()], usherd, gateway)
    }

    /// The same with other programs of usherd's and usher-gateway's.
    #[track_caller]
    pub fn of([programs, gateways]: [Programs; 2], usherd: &str, gateway: &str) -> Self {
        let directory = tempfile::Builder::new().prefix("ug").tempdir_in("/tmp").expect("a directory");
        let place = directory.path().to_owned();
        fs::write(place.join("usherd.toml"), usherd).expect("a file");
        fs::write(place.join("gateway.toml"), gateway).expect("a file");
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut lab = Lab { programs, gateways, directory, gateway: None, usherd: None, address };
        lab.start_usherd();
        lab.start_gateway();
        lab
    }

    /// Starts usherd, with what it remembers.
    #[track_caller]
    pub fn start_usherd(&mut self) {
        let mut command = clean(&self.programs.find("usherd"), self.path());
        command.arg("--user").arg("--socket").arg(self.socket()).arg("--state-dir").arg(self.file("state"));
        command.arg("--config").arg(self.file("usherd.toml"));
        self.usherd = Some(Service::start(command, &self.file("usherd.log")).0);
    }

    /// Starts the gateway, on the port that it had before.
    #[track_caller]
    pub fn start_gateway(&mut self) {
        let mut command = clean(&self.gateways.find("usher-gateway"), self.path());
        command.arg("--user").arg("--socket").arg(self.socket()).arg("--state-dir").arg(self.file("gateway"));
        command.arg("--config").arg(self.file("gateway.toml")).arg("--listen").arg(self.address.to_string());
        command.env("USHER_LOG", "debug");
        let (service, ready) = Service::start(command, &self.file("gateway.log"));
        self.address = ready.parse().expect("an address");
        self.gateway = Some(service);
    }

    /// Ends the gateway.
    pub fn stop_gateway(&mut self) {
        self.gateway = None;
    }

    /// Ends usherd.
    pub fn stop_usherd(&mut self) {
        self.usherd = None;
    }

    /// Lets usherd stand still while this value lives.
    pub fn pause_usherd(&self) -> Paused {
        Paused::new(self.usherd.as_ref().expect("it runs"))
    }

    /// Lets the gateway stand still while this value lives.
    pub fn pause_gateway(&self) -> Paused {
        Paused::new(self.gateway.as_ref().expect("it runs"))
    }

    /// How many callers' connections the gateway's end of TCP has not seen the end of (`proc_net(5)`: established or
    /// half closed).
    pub fn connections(&self) -> usize {
        let table = fs::read_to_string("/proc/net/tcp").expect("a table");
        let own = format!("0100007F:{:04X}", self.address.port());
        let open = |line: &&str| {
            let mut fields = line.split_whitespace().skip(1);
            fields.next() == Some(&own) && matches!(fields.nth(1), Some("01" | "08"))
        };
        table.lines().filter(open).count()
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub fn socket(&self) -> PathBuf {
        self.file("s")
    }

    /// The gateway's process.
    pub fn gateway_pid(&self) -> u32 {
        self.gateway.as_ref().expect("it runs").0.id()
    }

    /// The command line on the host itself.
    #[track_caller]
    pub fn usher(&self, arguments: &[&str]) -> Ran {
        ran(clean(&program("usher"), self.path()).arg("--socket").arg(self.socket()).args(arguments))
    }

    /// Opens a session on the host and gives its number.
    #[track_caller]
    pub fn open(&self) -> String {
        self.usher(&["open", "--", "/bin/cat"]).exits(0).stdout.trim().to_owned()
    }

    /// A token.
    #[track_caller]
    pub fn invite(&self, arguments: &[&str]) -> String {
        self.usher(&[&["invite"], arguments].concat()).exits(0).stdout.trim().to_owned()
    }

    /// Audit records of an action.
    #[track_caller]
    pub fn audit(&self, action: &str) -> Vec<Value> {
        let said = self.usher(&["--output", "json", "audit", "--action", action]).exits(0);
        said.json().as_array().expect("an array").clone()
    }

    /// Somebody who joined the host as `lab`, by this name.
    #[track_caller]
    pub fn joined(&self, name: &str, role: &str) -> Operator {
        self.admit(Operator::new(), name, role)
    }

    /// Lets somebody join the host as `lab`, by this name.
    #[track_caller]
    pub fn admit(&self, operator: Operator, name: &str, role: &str) -> Operator {
        operator.usher(&["join", &self.invite(&[name, "--role", role]), "--name", "lab"]).exits(0);
        operator
    }
}

/// A process that stands still.
pub struct Paused(rustix::process::Pid);

impl Paused {
    fn new(service: &Service) -> Self {
        let pid = rustix::process::Pid::from_child(&service.0);
        rustix::process::kill_process(pid, rustix::process::Signal::STOP).expect("it stands still");
        Paused(pid)
    }
}

impl Drop for Paused {
    fn drop(&mut self) {
        let _ = rustix::process::kill_process(self.0, rustix::process::Signal::CONT);
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if self.usherd.is_some() {
            let _ = self.usher(&["close", "--all"]);
        }
        if std::thread::panicking() {
            for log in ["usherd.log", "gateway.log"] {
                println!("--- {log}\n{}", fs::read_to_string(self.file(log)).unwrap_or_default());
            }
        }
    }
}

/// Somebody at another machine.
pub struct Operator {
    programs: Programs,
    home: tempfile::TempDir,
}

impl Operator {
    pub fn new() -> Self {
        Self::of(Programs::default())
    }

    /// Somebody with other programs.
    pub fn of(programs: Programs) -> Self {
        Operator { programs, home: tempfile::Builder::new().prefix("uo").tempdir_in("/tmp").expect("a directory") }
    }

    /// The command line there.
    #[track_caller]
    pub fn usher(&self, arguments: &[&str]) -> Ran {
        ran(clean(&self.programs.find("usher"), self.home.path()).args(arguments))
    }

    /// `usher-dial` itself.
    #[track_caller]
    pub fn dial(&self, arguments: &[&str]) -> Ran {
        ran(clean(&program("usher-dial"), self.home.path()).args(arguments))
    }

    /// A command there that goes on.
    pub fn command(&self, name: &str) -> Command {
        clean(&program(name), self.home.path())
    }

    /// A file of what is kept of the host `lab`.
    pub fn kept(&self, name: &str) -> PathBuf {
        self.home.path().join(".config/usher/servers/lab").join(name)
    }

    /// Its content.
    #[track_caller]
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.kept(name)).expect("it is kept")
    }
}
