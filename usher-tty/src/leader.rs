//! The session's first process, until it becomes the session's program.
//!
//! `usher-tty lead PROGRAM ARGUMENTS…` has the terminal on standard input and output and a channel
//! to the holder on standard error. It makes the terminal its own, waits until the holder names the
//! directory and the environment, and executes the program; on the channel it says why if that fails, and nothing if it
//! succeeds. So the session's leader exists, with a process ID that will not change, before the
//! session is on the books, and runs nothing of the user's before that.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use signal_hook::consts::{
    SIGALRM, SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2,
};

/// The word to go, with the directory and the environment that the session's program begins with.
#[derive(Serialize, Deserialize)]
pub(super) struct Go {
    pub(super) directory: PathBuf,
    pub(super) environment: Vec<(String, String)>,
}

/// Leads the session. Returns only if it cannot.
pub(super) fn lead(mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let Some(program) = arguments.next() else { return ExitCode::from(2) };
    let zeroth = arguments.next().unwrap_or_else(|| program.clone());
    let Ok(mut channel) = take_terminal() else { return ExitCode::from(2) };
    let mut go = Vec::new();
    let said = channel.read_to_end(&mut go).is_ok();
    let Some(go) = said.then(|| serde_json::from_slice::<Go>(&go).ok()).flatten() else {
        // The holder is gone: there is no session to lead.
        return ExitCode::FAILURE;
    };
    if let Err(error) = std::env::set_current_dir(&go.directory) {
        let _ = write!(channel, "cannot enter the directory {}: {error}", go.directory.display());
        return ExitCode::from(126);
    }
    forget_ignored_signals();
    let error = Command::new(&program).arg0(zeroth).args(arguments).env_clear().envs(go.environment).exec();
    let _ = write!(channel, "cannot run {}: {error}", PathBuf::from(&program).display());
    ExitCode::from(127)
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
