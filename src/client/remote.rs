//! A stream to a daemon of another host: the standard input and output of `ssh HOST usher dial-stdio`, or of
//! `usher-dial HOST` for a host that was joined.
//!
//! Nothing is sent before the far end's [greeting] was read.

use std::ffi::OsString;
use std::fs::DirBuilder;
use std::io::IsTerminal;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, BufReader, Join, join};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use usher_core::outcome::{Error, ErrorId, Exit};
use usher_core::paths;
use usher_core::servers::ServerName;
use usher_core::wire::greeting::{self, Greeting};

use super::ClientError;
use crate::words::{self, key};

/// How a host is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// By ssh, as it is configured for this user.
    Ssh {
        /// It may ask on the terminal for a password or about a host's key. Where several hosts are asked at once,
        /// nobody could tell which of them asks.
        asks: bool,
    },
    /// By TLS, as a host that was joined.
    Dial,
}

/// How long a host may take before it is known that it can be reached.
pub(super) const REACH: Duration = Duration::from_secs(10);
/// The same where ssh may ask somebody for a password.
const ASKING: Duration = Duration::from_secs(120);
/// How long an ssh connection stays open for the next command.
const KEPT_SECONDS: u32 = 60;
/// The most of what the program complains about that is read.
const COMPLAINT: u64 = 8 << 10;
/// How long the program's last words are waited for, once it has closed its output.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A stream to a far daemon.
pub(super) type RemoteStream = Join<BufReader<ChildStdout>, ChildStdin>;

/// Runs the program and reads the greeting, within this time or the usual one. The program ends when the second value
/// is dropped.
///
/// # Errors
/// The host was not reached; nothing was sent to it.
pub(super) async fn open(
    name: &ServerName,
    way: &Transport,
    patience: Option<Duration>,
) -> Result<(RemoteStream, Child), ClientError> {
    let asks = matches!(way, Transport::Ssh { asks: true }) && std::io::stderr().is_terminal();
    let reach = patience.unwrap_or(REACH);
    // ssh gives up an address by itself; whoever types a password takes their time.
    let patience = patience.unwrap_or(if asks { ASKING } else { REACH });
    let mut command = match way {
        Transport::Ssh { asks } => ssh(name, *asks, reach),
        Transport::Dial => dial(name),
    };
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let program = command.as_std().get_program().to_string_lossy().into_owned();
    let cannot_run = |why: &str| {
        let values = [("host", name.as_str()), ("program", &program), ("why", why)];
        ClientError::unreachable(words::with!("far-no-program", &values), key!("far-no-program-hint"))
    };
    let mut child = command.spawn().map_err(|e| cannot_run(&e.to_string()))?;
    let (Some(stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(cannot_run("it has no standard input and output"));
    };
    let mut stdout = BufReader::new(stdout);
    match tokio::time::timeout(patience, greeted(&mut stdout)).await {
        Err(_) => {
            end(child).await;
            Err(silent(name, patience))
        }
        Ok(Some(greeting)) => welcomed(name, greeting).map(|()| (join(stdout, stdin), child)),
        Ok(None) => {
            let (status, complaint) = last_words(child, stderr).await;
            Err(failed(name, way, status, &complaint))
        }
    }
}

/// Ends a program that may be asking on the terminal, so that it gives the terminal back (`ssh(1)` does at SIGTERM).
async fn end(mut child: Child) {
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
    if let Some(pid) = pid
        && kill_process(pid, Signal::TERM).is_ok()
    {
        let _ = tokio::time::timeout(LAST_WORDS, child.wait()).await;
    }
}

/// What a greeting says of the way to a host.
///
/// # Errors
/// It leads to no daemon, or to one of another version.
pub(super) fn welcomed(name: &ServerName, greeting: Greeting) -> Result<(), ClientError> {
    match greeting {
        Greeting::Good => Ok(()),
        Greeting::Refused(error) => {
            let values = [("host", name.as_str()), ("why", &error.message)];
            let said = Error { message: words::with!("far-refused", &values), ..error };
            // A host that says no was reached.
            let exit = if said.id == ErrorId::HostUnreachable { Exit::Unreachable } else { Exit::Failed };
            Err(ClientError { error: said, exit })
        }
        Greeting::Foreign(version) => {
            let values =
                [("place", name.as_str()), ("theirs", &version), ("ours", usher_core::wire::headers::API_VERSION)];
            Err(ClientError::unreachable(words::with!("client-version", &values), key!("client-version-hint")))
        }
    }
}

pub(super) fn silent(name: &ServerName, patience: Duration) -> ClientError {
    let values = [("host", name.as_str()), ("seconds", &patience.as_secs_f64().to_string())];
    ClientError::unreachable(words::with!("far-silent", &values), key!("far-silent-hint"))
}

/// The greeting, behind whatever a login shell prints first; `None` if the output ends without one.
pub(super) async fn greeted(stdout: &mut (impl AsyncBufRead + Unpin)) -> Option<Greeting> {
    let mut room = greeting::LONGEST;
    loop {
        let mut line = Vec::new();
        let limit = u64::try_from(room).unwrap_or(u64::MAX);
        match stdout.take(limit).read_until(b'\n', &mut line).await {
            Ok(length) if length > 0 => room = room.saturating_sub(length),
            _ => return None,
        }
        if let Some(greeting) = greeting::read(&line) {
            return Some(greeting);
        }
    }
}

/// How the program ended and what it complained about, as far as it is there soon.
async fn last_words(mut child: Child, stderr: ChildStderr) -> (Option<ExitStatus>, String) {
    let mut text = Vec::new();
    let mut limited = stderr.take(COMPLAINT);
    let _ = tokio::time::timeout(LAST_WORDS, limited.read_to_end(&mut text)).await;
    let status = tokio::time::timeout(LAST_WORDS, child.wait()).await;
    (status.ok().and_then(Result::ok), String::from_utf8_lossy(&text).into_owned())
}

/// Why there was no greeting (`ssh(1)`: 255 is its own failure; `sh(1)`: 127 is a command that is not there).
fn failed(name: &ServerName, way: &Transport, status: Option<ExitStatus>, complaint: &str) -> ClientError {
    // The last line is the reason; what stands above it leads there.
    let line = complaint.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    let line: String = line.chars().filter(|c| !c.is_control()).take(300).collect();
    let code = status.and_then(|status| status.code());
    let (key, hint) = match (way, code) {
        (Transport::Ssh { .. }, Some(255)) if complaint.contains("Host key verification failed") => {
            (key!("far-ssh"), key!("far-ssh-key-hint"))
        }
        (Transport::Ssh { .. }, Some(255)) if complaint.contains("Permission denied") => {
            (key!("far-ssh"), key!("far-ssh-denied-hint"))
        }
        (Transport::Ssh { .. }, Some(255)) => (key!("far-ssh"), key!("far-ssh-hint")),
        (Transport::Ssh { .. }, Some(126 | 127)) => (key!("far-no-usher"), key!("far-no-usher-hint")),
        (Transport::Ssh { .. }, _) => (key!("far-ended"), key!("far-ended-hint")),
        (Transport::Dial, _) => (key!("far-ended"), key!("far-silent-hint")),
    };
    let why = if line.is_empty() { words::text!("far-no-reason") } else { line };
    ClientError::unreachable(key.text(&[("host", name.as_str()), ("why", &why)]), hint)
}

/// `ssh`, as the user has configured it, with a connection that is kept for a while (`ssh_config(5)`). It takes
/// nothing along that this needs not: no terminal, no forwarding, no command of the configuration's own.
fn ssh(name: &ServerName, asks: bool, patience: Duration) -> Command {
    let program = std::env::var_os("USHER_SSH").filter(|program| !program.is_empty());
    let mut command = Command::new(program.unwrap_or_else(|| OsString::from("ssh")));
    command.arg("-T");
    let mut option = |text: String| {
        command.arg("-o").arg(text);
    };
    if !asks {
        option("BatchMode=yes".to_owned());
    }
    for fixed in ["ClearAllForwardings=yes", "ForwardAgent=no", "ForwardX11=no", "PermitLocalCommand=no"] {
        option(fixed.to_owned());
    }
    option("RemoteCommand=none".to_owned());
    option(format!("ConnectTimeout={}", patience.as_secs().max(1)));
    // A connection that leads nowhere is given up, so that the next command makes a new one.
    option("ServerAliveInterval=5".to_owned());
    option("ServerAliveCountMax=2".to_owned());
    if let Some(directory) = kept_connections() {
        option("ControlMaster=auto".to_owned());
        option(format!("ControlPersist={KEPT_SECONDS}"));
        option(format!("ControlPath={}/ssh-%C", directory.display()));
    }
    command.arg("--").arg(name.ssh_destination()).args(["usher", "dial-stdio"]);
    command
}

/// Where ssh keeps its connections: a directory that is this user's alone. Without one, each command makes its own.
fn kept_connections() -> Option<PathBuf> {
    let directory = paths::user_socket().parent()?.to_owned();
    // `%` and quotes mean something in the option, and the socket's path has little room (`unix(7)`): ssh adds
    // 40 digits and, while it begins, 17 characters more.
    let plain = directory.to_str()?.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b));
    if !plain || directory.as_os_str().len() > 40 {
        return None;
    }
    let _ = DirBuilder::new().recursive(true).mode(0o700).create(&directory);
    let meta = std::fs::symlink_metadata(&directory).ok()?;
    let mine = meta.is_dir() && meta.uid() == rustix::process::geteuid().as_raw() && meta.mode() & 0o077 == 0;
    mine.then_some(directory)
}

/// `usher-dial`, beside this program or in the path.
pub fn dial_program() -> PathBuf {
    let beside = std::env::current_exe().ok().and_then(|own| Some(own.parent()?.join("usher-dial")));
    beside.filter(|path| path.exists()).unwrap_or_else(|| PathBuf::from("usher-dial"))
}

fn dial(name: &ServerName) -> Command {
    let mut command = Command::new(dial_program());
    command.arg("--").arg(name.as_str());
    command
}
