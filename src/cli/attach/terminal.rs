//! The caller's terminal while it is a station: raw, on its alternate screen, and given back as it
//! was whatever happens.
//!
//! A destructor gives it back when the program ends in order or panics. Against SIGKILL there is a
//! guard: this very program as a second process that does nothing but wait for the first one's end.

use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use rustix::termios::{OptionalActions, QueueSelector, Termios, tcgetattr, tcsetattr};

use crate::request::Size;

/// The hidden word that makes `usher` a guard.
pub(in crate::cli) const GUARD: &str = "__guard-terminal";

/// The title is kept, the alternate screen taken, and lines no longer wrap by themselves.
const ENTER: &[u8] = b"\x1b[22;0t\x1b[?1049h\x1b[?7l\x1b[H\x1b[2J";

/// Everything that a picture may have switched on is off, and what `ENTER` took is given back.
const LEAVE: &[u8] = b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[?1l\x1b>\
\x1b[8h\x1b[0 q\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l\x1b[23;0t";

/// The size of the terminal on standard output.
pub(super) fn size() -> Size {
    super::window_size(io::stdout())
}

/// A terminal that is a station.
pub(super) struct Terminal {
    before: Termios,
    guard: Option<(Child, UnixStream)>,
}

impl Terminal {
    /// Takes the terminal on standard input and output.
    pub(super) fn enter() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let terminal = Terminal { guard: start_guard(), before };
        terminal.make_raw()?;
        write_out(ENTER)?;
        Ok(terminal)
    }

    /// Makes it raw, also again after the program was stopped and something else made it otherwise.
    pub(super) fn make_raw(&self) -> io::Result<()> {
        let mut raw = self.before.clone();
        raw.make_raw();
        Ok(tcsetattr(io::stdin(), OptionalActions::Now, &raw)?)
    }

    /// Takes the alternate screen again.
    pub(super) fn enter_again(&self) -> io::Result<()> {
        self.make_raw()?;
        write_out(ENTER)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back(&self.before);
        if let Some((mut child, mut channel)) = self.guard.take() {
            let _ = channel.write_all(b"k");
            let _ = child.wait();
        }
    }
}

/// Forgets what was typed and not read yet.
pub(super) fn forget_typed() {
    let _ = rustix::termios::tcflush(io::stdin(), QueueSelector::IFlush);
}

/// Writes to the terminal itself, past every buffer.
pub(super) fn write_out(bytes: &[u8]) -> io::Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        match rustix::io::write(io::stdout(), rest) {
            Ok(count) => rest = &rest[count..],
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::AGAIN) => std::thread::sleep(Duration::from_millis(5)),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn give_back(before: &Termios) {
    let _ = write_out(LEAVE);
    let _ = tcsetattr(io::stdin(), OptionalActions::Flush, before);
}

/// Starts the guard; without one, only SIGKILL leaves the terminal as it is.
fn start_guard() -> Option<(Child, UnixStream)> {
    let (mut channel, theirs) = UnixStream::pair().ok()?;
    let child = Command::new(std::env::current_exe().ok()?)
        .arg0("usher")
        .arg(GUARD)
        .stdin(Stdio::from(rustix::io::dup(io::stdin()).ok()?))
        .stdout(Stdio::from(rustix::io::dup(io::stdout()).ok()?))
        .stderr(Stdio::from(OwnedFd::from(theirs)))
        .spawn()
        .ok()?;
    channel.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
    // It knows how the terminal was before we change it.
    channel.read_exact(&mut [0]).ok()?;
    Some((child, channel))
}

/// The guard's whole life: on standard error is the channel to the station.
pub(in crate::cli) fn guard() -> ExitCode {
    let Ok(before) = tcgetattr(io::stdin()) else { return ExitCode::FAILURE };
    for signal in [signal_hook::consts::SIGHUP, signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        // What ends the station must not end its guard first.
        let _ = signal_hook::flag::register(signal, std::sync::Arc::default());
    }
    let Ok(channel) = rustix::io::fcntl_dupfd_cloexec(io::stderr(), 3) else { return ExitCode::FAILURE };
    let mut channel = UnixStream::from(channel);
    if channel.write_all(b"r").is_err() {
        return ExitCode::FAILURE;
    }
    let mut word = [0];
    loop {
        match channel.read(&mut word) {
            Ok(0) => break,
            Ok(_) => return ExitCode::SUCCESS,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    give_back(&before);
    ExitCode::SUCCESS
}
