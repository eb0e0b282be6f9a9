//! Programs that are started in an environment of their own, and say when they are ready.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;

use super::{PATIENCE, wait_bounded};

/// A program in an environment of its own.
pub fn clean(program: &Path, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().current_dir(home).env("HOME", home).env("SHELL", "/bin/sh").env("LANG", "C.UTF-8");
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("USER", "olga");
    command
}

/// A program that says when it is ready, and ends with this value.
pub struct Service {
    pub child: Child,
    /// What it says after its first line.
    pub said: mpsc::Receiver<String>,
}

impl Service {
    #[track_caller]
    pub fn start(mut command: Command, log: &Path) -> (Self, String) {
        let file = File::options().create(true).append(true).open(log).expect("a log");
        let mut child = command.stdout(Stdio::piped()).stderr(file).spawn().expect("it starts");
        let stdout = child.stdout.take().expect("a pipe");
        let (say, said) = mpsc::channel();
        let _: JoinHandle<()> = std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = say.send(line);
            }
        });
        let service = Service { child, said };
        let first = service
            .line()
            .unwrap_or_else(|| panic!("{command:?} says nothing: {}", fs::read_to_string(log).unwrap_or_default()));
        (service, first)
    }

    pub fn line(&self) -> Option<String> {
        self.said.recv_timeout(PATIENCE).ok()
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        let _ = rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), signal);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.signal(rustix::process::Signal::TERM);
        let _ = wait_bounded(&mut self.child, PATIENCE);
    }
}
