//! A station for the unattended tour: `usher attach` in a terminal that the tour itself looks at.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use usher_core::request::Size;
use usher_tty::emulator::Emulator;
use usher_tty::pty::Pty;

use super::stage::DemoStage;

/// The size of the terminal.
pub(super) const SIZE: Size = Size { rows: 12, cols: 60 };
const PATIENCE: Duration = Duration::from_secs(10);

/// A person at a terminal.
pub(super) struct DemoStation {
    child: Child,
    keyboard: File,
    screen: Arc<Mutex<String>>,
}

impl DemoStation {
    /// Sits down at a session.
    pub(super) fn sit(stage: &DemoStage, id: &str) -> io::Result<DemoStation> {
        let (pty, slave) = Pty::open(SIZE)?;
        let master = pty.into_fd()?;
        let mut command = stage.usher();
        command.args(["attach", id]).env("TERM", "xterm-256color").env("COLORTERM", "truecolor");
        command.stdin(Stdio::from(slave.try_clone()?)).stdout(Stdio::from(slave.try_clone()?));
        let child = command.stderr(Stdio::from(slave)).spawn()?;
        let keyboard = File::from(master.try_clone()?);
        let screen = Arc::new(Mutex::new(String::new()));
        let shown = Arc::clone(&screen);
        std::thread::spawn(move || read_screen(master, &shown));
        Ok(DemoStation { child, keyboard, screen })
    }

    /// Types.
    pub(super) fn type_keys(&mut self, keys: &str) -> io::Result<()> {
        self.keyboard.write_all(keys.as_bytes())
    }

    /// What the terminal shows now.
    pub(super) fn shows(&self) -> String {
        self.screen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks until the terminal shows what is wanted.
    pub(super) fn sees(&self, wanted: impl Fn(&str) -> bool) -> bool {
        until(|| wanted(&self.shows()))
    }

    /// Waits until the person was sent away.
    pub(super) fn is_gone(&mut self) -> bool {
        until(|| !matches!(self.child.try_wait(), Ok(None)))
    }
}

impl Drop for DemoStation {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Looks again and again, for a bounded time.
pub(super) fn until(mut condition: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if condition() {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Shows what is written to the terminal, until nobody has it open.
fn read_screen(master: OwnedFd, shown: &Mutex<String>) {
    let mut master = File::from(master);
    let mut screen = Emulator::new(SIZE);
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = master.read(&mut buffer) {
        // A terminal's answers are nobody's here: a station asks nothing.
        let _ = screen.advance(&buffer[..count]);
        *shown.lock().unwrap_or_else(PoisonError::into_inner) = screen.text();
    }
}
