//! Makes the caller's terminal raw, takes its alternate screen, and restores both whatever happens.
//!
//! A destructor restores them when the program returns or panics. SIGKILL runs no destructor, so a guard does it then:
//! a second process of this program that waits for the first one to end.

use std::io::{self, Read, Write};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use nix::sys::signal::{SigSet, Signal};
use rustix::termios::{OptionalActions, QueueSelector, Termios, tcgetattr, tcsetattr};
use usher_core::request::Size;

use super::screen::{Out, StationScreen};

/// This hidden argument makes `usher` a guard.
pub(in crate::cli) const GUARD: &str = "__guard-terminal";

pub(super) fn size() -> Size {
    super::window_size(io::stdout())
}

pub(super) struct RawTerminal {
    before: Termios,
    screen: StationScreen,
    guard: Option<UnixStream>,
}

impl RawTerminal {
    /// Takes the terminal on standard input and output.
    pub(super) fn enter(questions: Vec<u8>) -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut terminal = RawTerminal { screen: StationScreen::open(questions)?, guard: start_guard(), before };
        terminal.enter_again()?;
        Ok(terminal)
    }

    /// Takes the terminal again: while this process was stopped, another program may have changed it.
    pub(super) fn enter_again(&mut self) -> io::Result<()> {
        let mut raw = self.before.clone();
        raw.make_raw();
        tcsetattr(io::stdin(), OptionalActions::Now, &raw)?;
        self.screen.enter();
        self.tell_guard(b"t");
        Ok(())
    }

    /// Draws as much as the terminal takes now, and keeps the rest. Whether nothing is left.
    pub(super) fn draw(&mut self, bytes: &[u8]) -> io::Result<bool> {
        self.screen.draw(bytes)
    }

    /// Whether something waits until the terminal takes it.
    pub(super) fn has_pending(&self) -> bool {
        self.screen.has_pending()
    }

    /// The descriptor to poll, which takes what is drawn.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.screen.fd()
    }

    /// Restores the terminal, if it is ours, within about a second.
    pub(super) fn give_back(&mut self) {
        if self.screen.give_back() {
            restore(&self.before);
            self.tell_guard(b"g");
        }
    }

    /// Tells the guard whether the terminal is ours. One that was given back is the shell's, and no guard may touch it.
    fn tell_guard(&mut self, word: &[u8]) {
        if let Some(channel) = &mut self.guard {
            let _ = channel.write_all(word);
        }
    }
}

impl Drop for RawTerminal {
    fn drop(&mut self) {
        self.leave();
    }
}

impl RawTerminal {
    pub(super) fn leave(&mut self) {
        self.give_back();
        self.dismiss_guard();
    }

    /// Lets the guard end. Nobody waits for it, because somebody may have stopped it.
    fn dismiss_guard(&mut self) {
        if let Some(mut channel) = self.guard.take() {
            let _ = channel.write_all(b"k");
        }
    }
}

/// Drops keys that nobody has read yet.
pub(super) fn forget_typed() {
    let _ = rustix::termios::tcflush(io::stdin(), QueueSelector::IFlush);
}

/// Restores the settings at once: output that the terminal does not take would make it wait for ever.
fn restore(before: &Termios) {
    let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
    forget_typed();
}

/// Starts the guard. If that fails, a SIGKILL leaves the terminal raw, and nothing else does.
fn start_guard() -> Option<UnixStream> {
    let (mut channel, theirs) = UnixStream::pair().ok()?;
    Command::new(std::env::current_exe().ok()?)
        .arg0("usher")
        .arg(GUARD)
        .stdin(Stdio::from(rustix::io::dup(io::stdin()).ok()?))
        .stdout(Stdio::from(rustix::io::dup(io::stdout()).ok()?))
        .stderr(Stdio::from(OwnedFd::from(theirs)))
        .spawn()
        .ok()?;
    channel.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
    // The guard must have read the settings before we change them.
    channel.read_exact(&mut [0]).ok()?;
    Some(channel)
}

/// Runs the guard. Its standard error is the channel to the station.
pub(in crate::cli) fn guard() -> ExitCode {
    let Ok(before) = tcgetattr(io::stdin()) else { return ExitCode::FAILURE };
    // Once the station is dead, the shell has taken the terminal and the guard is in the background. There SIGTTOU
    // would stop it when it changes the settings; with the signal blocked the kernel lets it.
    let mut background = SigSet::empty();
    background.add(Signal::SIGTTOU);
    if background.thread_block().is_err() {
        return ExitCode::FAILURE;
    }
    for signal in [signal_hook::consts::SIGHUP, signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        // These signals reach the whole process group. They may end the station, but not its guard.
        let _ = signal_hook::flag::register(signal, std::sync::Arc::default());
    }
    let Ok(channel) = rustix::io::fcntl_dupfd_cloexec(io::stderr(), 3) else { return ExitCode::FAILURE };
    let mut channel = UnixStream::from(channel);
    if channel.write_all(b"r").is_err() {
        return ExitCode::FAILURE;
    }
    let (mut word, mut taken) = ([0], true);
    loop {
        match channel.read(&mut word) {
            Ok(0) => break,
            Ok(_) if word == *b"k" => return ExitCode::SUCCESS,
            Ok(_) => taken = word == *b"t",
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    if !taken {
        return ExitCode::SUCCESS;
    }
    if let Ok(out) = Out::open() {
        out.leave();
    }
    restore(&before);
    ExitCode::SUCCESS
}
