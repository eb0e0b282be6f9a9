//! A person's terminal at a host, read by an independent emulator, which answers questions as xterm does.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::{Child, Command as StdCommand};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pty_process::Size;
use pty_process::blocking::{Command, Pts, Pty};

use super::common::wait::{wait_for, wait_telling, wait_until};
use super::lab::namespace_file;
use super::ran::run;
use super::{Host, Lab, PATIENCE, Ran, User};

const ROWS: u16 = 24;
const COLS: u16 = 80;

/// A terminal with a program in it, which ends when this value goes.
pub struct Terminal {
    pty: Arc<Pty>,
    /// Kept open, so that the terminal outlives the program and can be looked at.
    _end: Pts,
    program: Child,
    shown: Arc<Mutex<Shown>>,
}

struct Shown {
    parser: vt100::Parser<Answers>,
    raw: Vec<u8>,
}

/// What the emulator answers.
struct Answers {
    said: Vec<u8>,
    /// It answers nothing, as a terminal that knows no questions.
    silent: bool,
}

impl vt100::Callbacks for Answers {
    fn unhandled_csi(
        &mut self,
        screen: &mut vt100::Screen,
        first: Option<u8>,
        second: Option<u8>,
        params: &[&[u16]],
        last: char,
    ) {
        let number = params.first().and_then(|one| one.first()).copied().unwrap_or(0);
        let (row, column) = screen.cursor_position();
        let set = |set: bool| if set { 1 } else { 2 };
        let answer = match (first, second, last, number) {
            (None, None, 'n', 5) => "\x1b[0n".to_owned(),
            (None, None, 'n', 6) => format!("\x1b[{};{}R", row + 1, column + 1),
            (Some(b'?'), Some(b'$'), 'p', 1049) => format!("\x1b[?1049;{}$y", set(screen.alternate_screen())),
            (Some(b'?'), Some(b'$'), 'p', 25) => format!("\x1b[?25;{}$y", set(!screen.hide_cursor())),
            (Some(b'?'), Some(b'$'), 'p', mode) => format!("\x1b[?{mode};0$y"),
            _ => return,
        };
        if !self.silent {
            self.said.extend(answer.as_bytes());
        }
    }
}

impl Host {
    /// Runs a shell command as this user in a terminal of the host's own, in no session.
    pub fn terminal(&self, user: &str, command: &str) -> Terminal {
        let mut script = self.command_as(user);
        script.args(["script", "--quiet", "--return", "--command", command, "/dev/null"]);
        Terminal::run(&script)
    }

    /// The beginning of a command with the host's own files, in the network of the laboratory: another machine.
    pub fn beside(&self) -> StdCommand {
        self.inside(&[&format!("--net={}", namespace_file(Lab::shared().init, "net"))])
    }

    /// Lets this user in by the key that root has at `/root/.ssh/test`.
    #[track_caller]
    pub fn lets_in_by_key(&self, user: &User) {
        let name = &user.name;
        self.root(&format!(
            "test -e /root/.ssh/test || (mkdir -p /root/.ssh && ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/test)
             install -d -m 700 -o {name} -g {name} /home/{name}/.ssh
             install -m 600 -o {name} -g {name} /root/.ssh/test.pub /home/{name}/.ssh/authorized_keys"
        ))
        .succeeds();
    }
}

/// Runs a command to its end.
#[track_caller]
pub fn run_here(command: &mut StdCommand) -> Ran {
    run(command, b"", 4 * PATIENCE)
}

impl Terminal {
    /// Runs a command in a terminal of xterm's kind.
    pub fn run(command: &StdCommand) -> Terminal {
        Terminal::of_kind(command, "xterm-256color")
    }

    /// Runs a command in a terminal of this kind (`TERM`); `dumb` answers no questions.
    pub fn of_kind(command: &StdCommand, kind: &str) -> Terminal {
        let (pty, end) = pty_process::blocking::open().expect("a pseudoterminal");
        pty.resize(Size::new(ROWS, COLS)).expect("a size");
        let mut in_terminal = Command::new(command.get_program()).args(command.get_args()).env_clear().current_dir("/");
        for (name, value) in command.get_envs().filter_map(|(name, value)| Some((name, value?))) {
            in_terminal = in_terminal.env(name, value);
        }
        let program = in_terminal.env("TERM", kind).spawn_borrowed(&end).expect("the program can be executed");
        let answers = Answers { said: Vec::new(), silent: kind == "dumb" };
        let parser = vt100::Parser::new_with_callbacks(number(ROWS), number(COLS), 0, answers);
        let shown = Arc::new(Mutex::new(Shown { parser, raw: Vec::new() }));
        let pty = Arc::new(pty);
        read_on(Arc::clone(&pty), Arc::clone(&shown));
        Terminal { pty, _end: end, program, shown }
    }

    fn lock(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The text on the screen.
    pub fn text(&self) -> String {
        self.lock().parser.screen().contents()
    }

    /// Whether the alternate screen is shown.
    pub fn is_alternate(&self) -> bool {
        self.lock().parser.screen().alternate_screen()
    }

    /// Every byte that came.
    pub fn raw(&self) -> Vec<u8> {
        self.lock().raw.clone()
    }

    /// Makes the terminal larger or smaller.
    pub fn resize(&self, rows: u16, cols: u16) {
        self.lock().parser.screen_mut().set_size(number(rows), number(cols));
        self.pty.resize(Size::new(rows, cols)).expect("a size");
    }

    /// Waits until this text is on the screen.
    #[track_caller]
    pub fn wait(&self, text: &str) {
        self.wait_until(&format!("it shows {text:?}"), |shown| shown.contains(text));
    }

    /// Waits until this text is not on the screen.
    #[track_caller]
    pub fn wait_without(&self, text: &str) {
        wait_until(&format!("{text:?} is not on the screen"), || !self.text().contains(text));
    }

    /// Waits until the screen is as it should be.
    #[track_caller]
    pub fn wait_until(&self, what: &str, right: impl Fn(&str) -> bool) {
        let told = || format!("waited in vain until {what}; the screen:\n{}", self.text());
        wait_telling(PATIENCE, told, || right(&self.text()).then_some(()));
    }

    /// Whether this text is on the screen in half a second: for what is to be done again where it is not.
    pub fn soon_shows(&self, text: &str) -> bool {
        let until = Instant::now() + Duration::from_millis(500);
        while !self.text().contains(text) {
            if Instant::now() >= until {
                return false;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        true
    }

    /// Types.
    pub fn type_keys(&self, keys: &str) {
        (&*self.pty).write_all(keys.as_bytes()).expect("the terminal takes keys");
    }

    /// Cuts the terminal off at once, as a broken line does.
    pub fn cut(mut self) {
        self.kill();
    }

    /// Kills the program.
    pub fn kill(&mut self) {
        let _ = self.program.kill();
    }

    /// Whether the program has ended.
    pub fn has_ended(&mut self) -> bool {
        self.program.try_wait().is_ok_and(|status| status.is_some())
    }

    /// Waits until the program has ended; its exit code.
    #[track_caller]
    pub fn exit_code(&mut self) -> Option<i32> {
        wait_for("the program has ended", || self.program.try_wait().expect("a child")).code()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

fn number(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a terminal has rows and columns")
}

fn read_on(pty: Arc<Pty>, shown: Arc<Mutex<Shown>>) {
    std::thread::spawn(move || {
        let mut buffer = [0; 16 << 10];
        while let Ok(count @ 1..) = (&*pty).read(&mut buffer) {
            let said = {
                let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
                shown.parser.process(&buffer[..count]);
                shown.raw.extend(&buffer[..count]);
                std::mem::take(&mut shown.parser.callbacks_mut().said)
            };
            if !said.is_empty() && (&*pty).write_all(&said).is_err() {
                return;
            }
        }
    });
}
