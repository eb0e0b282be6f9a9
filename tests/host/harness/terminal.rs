//! A person's terminal at a host, read by an independent emulator.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::{Child, Command as StdCommand};
use std::sync::{Arc, Mutex};

use pty_process::Size;
use pty_process::blocking::{Command, Pts, Pty};

use super::common::wait::wait_for;
use super::lab::namespace_file;
use super::ran::run;
use super::{Host, Lab, PATIENCE, Ran, User};

const ROWS: u16 = 24;
const COLS: u16 = 80;

/// A terminal with a program in it, which ends when this value goes.
pub struct Terminal {
    pty: Arc<Pty>,
    /// Kept open, so that the terminal outlives the program and can be looked at.
    _terminal: Pts,
    program: Child,
    shown: Arc<Mutex<vt100::Parser>>,
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
    /// Runs a command in a terminal.
    pub fn run(command: &StdCommand) -> Terminal {
        let (pty, terminal) = pty_process::blocking::open().expect("a pseudoterminal");
        pty.resize(Size::new(ROWS, COLS)).expect("a size");
        let mut in_terminal = Command::new(command.get_program()).args(command.get_args()).env_clear().current_dir("/");
        let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        let variables = [("PATH", path), ("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("HOME", "/root")];
        for (name, value) in variables {
            in_terminal = in_terminal.env(name, value);
        }
        let program = in_terminal.spawn_borrowed(&terminal).expect("the program can be executed");
        let shown = Arc::new(Mutex::new(vt100::Parser::new(number(ROWS), number(COLS), 0)));
        let pty = Arc::new(pty);
        let (from, to) = (Arc::clone(&pty), Arc::clone(&shown));
        std::thread::spawn(move || {
            let mut buffer = [0; 16 << 10];
            while let Ok(count @ 1..) = (&*from).read(&mut buffer) {
                let Ok(mut shown) = to.lock() else { return };
                shown.process(&buffer[..count]);
            }
        });
        Terminal { pty, _terminal: terminal, program, shown }
    }

    /// The text on the screen.
    pub fn text(&self) -> String {
        self.shown.lock().expect("the reader lives").screen().contents()
    }

    /// Waits until this text is on the screen.
    #[track_caller]
    pub fn wait(&self, text: &str) {
        self.wait_until(&format!("it shows {text:?}"), |shown| shown.contains(text));
    }

    /// Waits until the screen is as it should be.
    #[track_caller]
    pub fn wait_until(&self, what: &str, right: impl Fn(&str) -> bool) {
        let shown = std::cell::RefCell::new(String::new());
        let looked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            wait_for(what, || {
                shown.replace(self.text());
                right(&shown.borrow()).then_some(())
            });
        }));
        assert!(looked.is_ok(), "waited in vain until {what}; the screen:\n{}", shown.borrow());
    }

    /// Types.
    pub fn type_keys(&self, keys: &str) {
        (&*self.pty).write_all(keys.as_bytes()).expect("the terminal takes keys");
    }

    /// Cuts the terminal off at once, as a broken line does.
    pub fn cut(mut self) {
        let _ = self.program.kill();
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
