//! The caller's terminal while it is a station: raw, on its alternate screen, and given back as it
//! was whatever happens.
//!
//! A destructor gives it back when the program ends in order or panics. Against SIGKILL there is a
//! guard: this very program as a second process that does nothing but wait for the first one's end.

use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nix::sys::signal::{SigSet, Signal};
use rustix::termios::{OptionalActions, QueueSelector, Termios, tcgetattr, tcsetattr};
use usher_core::request::Size;

use super::screen::{Out, StationScreen};

/// The hidden word that makes `usher` a guard.
pub(in crate::cli) const GUARD: &str = "__guard-terminal";

/// The size of the terminal on standard output.
pub(super) fn size() -> Size {
    super::window_size(io::stdout())
}

/// A terminal that is a station.
pub(super) struct RawTerminal {
    before: Termios,
    screen: StationScreen,
    guard: Mutex<Option<UnixStream>>,
}

impl RawTerminal {
    /// Takes the terminal on standard input and output.
    pub(super) fn enter() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let terminal = RawTerminal { screen: StationScreen::open()?, guard: Mutex::new(start_guard()), before };
        terminal.enter_again()?;
        Ok(terminal)
    }

    /// Takes it again, after the program was stopped and something else made it otherwise.
    pub(super) fn enter_again(&self) -> io::Result<()> {
        let mut raw = self.before.clone();
        raw.make_raw();
        tcsetattr(io::stdin(), OptionalActions::Now, &raw)?;
        self.screen.enter();
        self.tell_guard(b"t");
        Ok(())
    }

    /// Draws, as long as the terminal is ours.
    pub(super) fn draw(&self, bytes: &[u8]) -> io::Result<()> {
        self.screen.draw(bytes)
    }

    /// Gives the terminal back, if it is ours, within about a second.
    pub(super) fn give_back(&self) {
        if self.screen.give_back() {
            restore(&self.before);
            self.tell_guard(b"g");
        }
    }

    /// Tells the guard whether the terminal is taken or given back: what is given back is the shell's.
    fn tell_guard(&self, word: &[u8]) {
        if let Some(channel) = self.guard.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
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
    /// Gives the terminal back for good.
    pub(super) fn leave(&self) {
        self.give_back();
        self.dismiss_guard();
    }

    /// Tells the guard that there is nothing left to do. It ends by itself; nobody waits for it, because
    /// it may have been stopped.
    fn dismiss_guard(&self) {
        if let Some(mut channel) = self.guard.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = channel.write_all(b"k");
        }
    }
}

/// Forgets what was typed and not read yet.
pub(super) fn forget_typed() {
    let _ = rustix::termios::tcflush(io::stdin(), QueueSelector::IFlush);
}

/// The settings as they were, without waiting for output that the terminal does not take.
fn restore(before: &Termios) {
    let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
    forget_typed();
}

/// Starts the guard; without one, only SIGKILL leaves the terminal as it is.
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
    // It knows how the terminal was before we change it.
    channel.read_exact(&mut [0]).ok()?;
    Some(channel)
}

/// The guard's whole life: on standard error is the channel to the station.
pub(in crate::cli) fn guard() -> ExitCode {
    let Ok(before) = tcgetattr(io::stdin()) else { return ExitCode::FAILURE };
    // Without its station it is in the background, where a shell has taken the terminal already: changing
    // the settings would stop it, or fail. With the signal blocked it may.
    let mut background = SigSet::empty();
    background.add(Signal::SIGTTOU);
    if background.thread_block().is_err() {
        return ExitCode::FAILURE;
    }
    for signal in [signal_hook::consts::SIGHUP, signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        // What ends the station must not end its guard first.
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
