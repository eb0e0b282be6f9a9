//! The session's first process, until it becomes the session's program.
//!
//! `usher-tty lead` has the terminal on standard input and output and a channel to the holder on standard error. It makes
//! the terminal its own, waits until the holder names the program, the directory and the environment, and executes the
//! program; on the channel it says why if that fails, and nothing if it succeeds. So the session's leader exists, with a
//! process ID that will not change, before the session is on the books, and runs nothing of the user's before that.
//!
//! `usher-tty login SOCKET` does the same where the service manager has made the terminal its own already, with a login
//! session and its environment. Its channel is a connection to usherd's socket, which usherd hands to the holder.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use signal_hook::consts::{
    SIGALRM, SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2,
};

/// Variables that the service manager sets for a service, which a login is not.
const OF_SERVICE: [&str; 6] = [
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "SYSTEMD_EXEC_PID",
    "MEMORY_PRESSURE_WATCH",
    "MEMORY_PRESSURE_WRITE",
    "LISTEN_FDNAMES",
];

/// The word to go, with everything that the session's program begins with.
#[derive(Serialize, Deserialize)]
pub(super) struct Go {
    pub(super) program: PathBuf,
    /// The zeroth included.
    pub(super) arguments: Vec<String>,
    pub(super) directory: PathBuf,
    pub(super) environment: Vec<(String, String)>,
    /// The login's own environment is kept, as far as the other says nothing else.
    pub(super) keeps_environment: bool,
}

/// Leads the session. Returns only if it cannot.
pub(super) fn lead() -> ExitCode {
    take_terminal().map_or(ExitCode::from(2), begin)
}

/// Leads a session that the service manager has logged in. Returns only if it cannot.
pub(super) fn login(mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    match arguments.next().map(UnixStream::connect) {
        Some(Ok(channel)) => begin(channel),
        Some(Err(error)) => {
            eprintln!("usher-tty: usherd cannot be reached: {error}");
            ExitCode::from(2)
        }
        None => ExitCode::from(2),
    }
}

fn begin(mut channel: UnixStream) -> ExitCode {
    let mut go = Vec::new();
    let said = channel.read_to_end(&mut go).is_ok();
    let Some(go) = said.then(|| serde_json::from_slice::<Go>(&go).ok()).flatten() else {
        // The holder is gone: there is no session to lead.
        return ExitCode::FAILURE;
    };
    if let Err(error) = enter(&go.directory) {
        let _ = write!(channel, "cannot enter the directory {}: {error}", go.directory.display());
        return ExitCode::from(126);
    }
    forget_ignored_signals();
    let mut command = Command::new(&go.program);
    let mut arguments = go.arguments.into_iter();
    arguments.next().map(|zeroth| command.arg0(zeroth));
    command.args(arguments);
    if !go.keeps_environment {
        command.env_clear();
    }
    for name in OF_SERVICE {
        command.env_remove(name);
    }
    let error = command.envs(go.environment).exec();
    let _ = write!(channel, "cannot run {}: {error}", go.program.display());
    ExitCode::from(127)
}

/// A home that is not there keeps nobody from logging in.
fn enter(directory: &Path) -> std::io::Result<()> {
    let is_home = std::env::var_os("HOME").is_some_and(|home| Path::new(&home) == directory);
    std::env::set_current_dir(directory)
        .or_else(|error| if is_home { std::env::set_current_dir("/") } else { Err(error) })
}

/// The session's program would ignore the signals that usherd's own starter ignored (`nohup` ignores SIGHUP).
/// A signal that is caught begins with its default in the program that is executed (`execve(2)`).
fn forget_ignored_signals() {
    for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGTSTP, SIGTTIN, SIGTTOU, SIGALRM, SIGCHLD] {
        // One that cannot be caught stays as it is: close kills after its grace.
        let _ = signal_hook::flag::register(signal, Arc::default());
    }
}

/// Makes standard input the controlling terminal of a session of our own, and gives the channel,
/// which the program will not inherit.
fn take_terminal() -> rustix::io::Result<UnixStream> {
    let channel: OwnedFd = rustix::io::fcntl_dupfd_cloexec(std::io::stderr().as_fd(), 3)?;
    rustix::stdio::dup2_stderr(std::io::stdout())?;
    rustix::process::setsid()?;
    rustix::process::ioctl_tiocsctty(std::io::stdin())?;
    // Whatever the daemon ignores or asks for, a session's program begins with the defaults.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    Ok(UnixStream::from(channel))
}
