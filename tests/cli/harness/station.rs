//! A station: `usher attach` in a real pseudoterminal, its screen read by an independent emulator.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pty_process::Size;
use pty_process::blocking::{Command, Pts, Pty};
use rustix::process::Signal;
use rustix::termios::{Action, Termios, tcgetattr};

use super::shot::{Shot, differences};
use super::{Daemon, PATIENCE, USHER, processes, wait_bounded, wait_until};

/// A person's terminal with a program in it.
pub struct Station {
    pty: Arc<Pty>,
    /// Kept open, so that the terminal outlives the program and can be looked at.
    terminal: Pts,
    program: Child,
    shown: Arc<Mutex<Shown>>,
}

struct Shown {
    emulator: vt100::Parser,
    raw: Vec<u8>,
}

impl Station {
    /// Sits down at a session, and waits for its first picture.
    #[track_caller]
    pub fn attach(daemon: &Daemon, id: u32, rows: u16, cols: u16) -> Self {
        let station = Self::run(daemon, &["attach", &id.to_string()], rows, cols);
        station.wait("the first picture", |shot| shot.alternate);
        wait_until("the first picture has arrived", || station.raw().ends_with_picture());
        station
    }

    /// Sits down at a session, if the daemon lets anybody.
    pub fn attach_if_admitted(daemon: &Daemon, id: u32, rows: u16, cols: u16) -> Option<Self> {
        let mut station = Self::run(daemon, &["attach", &id.to_string()], rows, cols);
        let ended = |station: &mut Self| matches!(station.program.try_wait(), Ok(Some(_)));
        wait_until("it sits or was refused", || station.shot().alternate || ended(&mut station));
        station.shot().alternate.then_some(station)
    }

    /// Runs any command line of usher in a terminal.
    pub fn run(daemon: &Daemon, arguments: &[&str], rows: u16, cols: u16) -> Self {
        let mut words = vec!["--socket".to_owned(), daemon.socket().display().to_string()];
        words.extend(arguments.iter().map(|word| (*word).to_owned()));
        Self::run_program(daemon, USHER, &words, rows, cols)
    }

    /// Runs any program in a terminal.
    pub fn run_program(daemon: &Daemon, program: &str, arguments: &[String], rows: u16, cols: u16) -> Self {
        let (pty, terminal) = pty_process::blocking::open().expect("a pseudoterminal");
        pty.resize(Size::new(rows, cols)).expect("a size");
        let mut command = Command::new(program).args(arguments).env_clear().current_dir(daemon.directory());
        // The wheel is asked for a moment after the first picture: that would be a difference between two looks.
        command = command.env("USHER_MOUSE", "0");
        for (name, value) in [("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LANG", "C.UTF-8")] {
            command = command.env(name, value);
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        command = command.env("PATH", path).env("HOME", daemon.directory());
        let program = command.spawn_borrowed(&terminal).expect("the program can be executed");
        let emulator = vt100::Parser::new(number(rows), number(cols), 0);
        let shown = Arc::new(Mutex::new(Shown { emulator, raw: Vec::new() }));
        let pty = Arc::new(pty);
        read_on(Arc::clone(&pty), Arc::clone(&shown));
        Station { pty, terminal, program, shown }
    }

    /// What is on the screen now.
    pub fn shot(&self) -> Shot {
        Shot::of(self.shown.lock().expect("the reader lives").emulator.screen())
    }

    /// Every byte that came to the terminal.
    pub fn raw(&self) -> Raw {
        Raw(self.shown.lock().expect("the reader lives").raw.clone())
    }

    /// Waits until the screen is as it should be, and gives it.
    #[track_caller]
    pub fn wait(&self, what: &str, right: impl Fn(&Shot) -> bool) -> Shot {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let shot = self.shot();
            if right(&shot) {
                return shot;
            }
            assert!(Instant::now() < deadline, "waited in vain for {what}; the screen:\n{shot:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until the screen has this text, and gives the screen.
    #[track_caller]
    pub fn wait_for(&self, text: &str) -> Shot {
        self.wait(&format!("{text:?}"), |shot| shot.text().contains(text))
    }

    /// Waits until the screen is exactly this one.
    #[track_caller]
    pub fn wait_same(&self, expected: &Shot) {
        let deadline = Instant::now() + PATIENCE;
        while self.shot() != *expected {
            let now = self.shot();
            assert!(Instant::now() < deadline, "{}", differences(expected, &now));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Types.
    pub fn type_keys(&self, keys: &[u8]) {
        (&*self.pty).write_all(keys).expect("the terminal takes keys");
    }

    /// How many bytes were typed that no program has read yet.
    pub fn unread(&self) -> u64 {
        rustix::io::ioctl_fionread(&self.terminal).expect("a terminal")
    }

    /// Stops everything that is written to the terminal, as a stalled network does, or lets it go on.
    pub fn hold_output(&self, hold: bool) {
        let action = if hold { Action::OOff } else { Action::OOn };
        rustix::termios::tcflow(&self.terminal, action).expect("a terminal");
    }

    /// Makes the terminal larger or smaller.
    pub fn resize(&self, rows: u16, cols: u16) {
        self.shown.lock().expect("the reader lives").emulator.screen_mut().set_size(number(rows), number(cols));
        self.pty.resize(Size::new(rows, cols)).expect("a size");
    }

    /// The terminal's settings.
    pub fn settings(&self) -> Settings {
        Settings::from(&tcgetattr(&*self.pty).expect("settings"))
    }

    /// The program's process.
    pub fn pid(&self) -> u32 {
        self.program.id()
    }

    /// Stops the program as Ctrl-Z would, so that it neither reads nor draws.
    pub fn freeze(&self) {
        processes::signal(self.pid(), Signal::STOP);
        wait_until("the station stands still", || processes::stopped(self.pid()));
    }

    /// Lets a stopped program go on.
    pub fn thaw(&self) {
        processes::signal(self.pid(), Signal::CONT);
    }

    /// Ends the program at once, as a crash would.
    pub fn kill9(&mut self) {
        self.program.kill().expect("it can be killed");
        self.program.wait().expect("it ends");
    }

    /// Waits until the program has ended by itself.
    #[track_caller]
    pub fn wait_gone(&mut self) -> ExitStatus {
        wait_bounded(&mut self.program, PATIENCE).expect("the station leaves")
    }
}

impl Drop for Station {
    fn drop(&mut self) {
        if matches!(self.program.try_wait(), Ok(None)) {
            self.thaw();
            let _ = self.program.kill();
            let _ = self.program.wait();
        }
    }
}

/// The bytes that came to a terminal.
pub struct Raw(pub Vec<u8>);

impl Raw {
    /// Whether these bytes are among them.
    pub fn has(&self, bytes: &[u8]) -> bool {
        processes::contains(&self.0, bytes)
    }

    /// How often these bytes are among them.
    pub fn count(&self, bytes: &[u8]) -> usize {
        self.0.windows(bytes.len()).filter(|window| *window == bytes).count()
    }

    /// Whether a picture was drawn after the screen was taken and cleared.
    fn ends_with_picture(&self) -> bool {
        let cleared = self.0.windows(4).rposition(|window| window == b"\x1b[2J");
        cleared.is_some_and(|at| self.0.len() > at + 4)
    }
}

/// The settings of a terminal that programs change.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings(Vec<String>);

impl From<&Termios> for Settings {
    fn from(termios: &Termios) -> Self {
        let Termios { input_modes, output_modes, control_modes, local_modes, special_codes, .. } = termios;
        let modes = [format!("{input_modes:?}"), format!("{output_modes:?}"), format!("{local_modes:?}")];
        Settings(modes.into_iter().chain([format!("{control_modes:?}"), format!("{special_codes:?}")]).collect())
    }
}

fn number(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a terminal has rows and columns")
}

/// Reads what comes to the terminal until nobody has it open any more.
fn read_on(pty: Arc<Pty>, shown: Arc<Mutex<Shown>>) {
    std::thread::spawn(move || {
        let mut buffer = [0; 16 << 10];
        while let Ok(count @ 1..) = (&*pty).read(&mut buffer) {
            let Ok(mut shown) = shown.lock() else { return };
            shown.emulator.process(&buffer[..count]);
            shown.raw.extend_from_slice(&buffer[..count]);
        }
    });
}
