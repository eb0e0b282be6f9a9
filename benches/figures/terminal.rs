//! A person's terminal with a program in it.

use std::io::{Read, Write};
use std::process::Child;

use pty_process::blocking::{Command, Pty};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::fixture::Daemon;

pub struct Terminal {
    pty: Pty,
    child: Child,
}

impl Terminal {
    /// Runs a program in 24 rows of 80 columns, until it draws no more.
    pub fn run(command: Command) -> Self {
        let (pty, pts) = pty_process::blocking::open().expect("a terminal");
        pty.resize(pty_process::Size::new(24, 80)).expect("a size");
        let command = command.env("TERM", "xterm-256color").env_remove("USHER_SESSION").env_remove("USHER_SOCKET");
        let child = command.spawn(pts).expect("the program starts");
        let mut terminal = Terminal { pty, child };
        terminal.settle();
        terminal
    }

    /// Sits down at a session.
    pub fn attach(daemon: &Daemon, id: &str) -> Self {
        let usher = Command::new(super::built::beside("usher"));
        Terminal::run(usher.arg("--socket").arg(daemon.socket()).args(["attach", id]))
    }

    pub fn type_keys(&mut self, keys: &[u8]) {
        self.pty.write_all(keys).expect("the terminal takes keys");
    }

    /// Reads once from the program.
    pub fn read<'b>(&mut self, buffer: &'b mut [u8]) -> &'b [u8] {
        let count = self.pty.read(buffer).expect("the program lives");
        &buffer[..count]
    }

    /// Reads until nothing comes for a moment, and counts the bytes.
    pub fn settle(&mut self) -> usize {
        let mut buffer = [0; 65536];
        let quiet = Timespec { tv_sec: 0, tv_nsec: 300_000_000 };
        let mut bytes = 0;
        while poll(&mut [PollFd::new(&self.pty, PollFlags::IN)], Some(&quiet)).is_ok_and(|ready| ready > 0) {
            match self.pty.read(&mut buffer) {
                Ok(count) if count > 0 => bytes += count,
                _ => break,
            }
        }
        bytes
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A tmux server with one session of this shell command, without its status line. Dropping it ends it.
pub struct Tmux(String);

impl Tmux {
    pub fn start(command: &str) -> (Self, Terminal) {
        let server = format!("usher-bench-{}-{}", std::process::id(), command.len());
        let tmux = Command::new("tmux").args(["-L", &server, "-f", "/dev/null", "new-session", command]);
        let terminal = Terminal::run(tmux.args([";", "set", "status", "off"]).env_remove("TMUX"));
        (Tmux(server), terminal)
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = std::process::Command::new("tmux").args(["-L", &self.0, "kill-server"]).status();
    }
}
