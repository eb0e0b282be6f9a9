//! The painter, as its warden sees it: a process of another uid that gets the cards' descriptors and draws on them.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use nix::unistd::User;
use rustix::process::Signal;
use usher_core::session::Cover;
use usher_core::sys::process::Process;
use usher_core::sys::program::beside_this_program;
use usher_core::wire::Conn;
use usher_core::wire::seat::{FromPainter, SeatDuty, ToPainter};

use crate::cards::Card;

/// Whom it runs as.
const USER: &str = "usher-shield";

/// A painter that runs.
pub struct SeatPainter {
    pub conn: Conn,
    child: Child,
    /// The order that it carries out, and how that came out.
    number: u64,
    pub done: Option<Result<Vec<String>, String>>,
}

impl SeatPainter {
    /// Starts one, which gets itself ready until it has cards and an order.
    pub fn start(duty: &SeatDuty) -> io::Result<Self> {
        let user = User::from_name(USER)?.ok_or_else(|| io::Error::other(format!("this host has no user {USER}")))?;
        let (ours, theirs) = UnixStream::pair()?;
        let mut command = Command::new(beside_this_program("usher-shield"));
        command.arg("seat").env_clear().current_dir("/").stdin(Stdio::from(OwnedFd::from(theirs)));
        command.envs(std::env::var_os("TZ").map(|zone| ("TZ", zone)));
        command.stdout(Stdio::null()).uid(user.uid.as_raw()).gid(user.gid.as_raw());
        let child = command.spawn()?;
        let mut conn = Conn::without_descriptors(ours)?;
        conn.send_message(&ToPainter::Begin { host: duty.host.clone(), language: duty.language.clone() });
        Ok(SeatPainter { conn, child, number: 0, done: None })
    }

    /// Gives it the cards.
    pub fn give(&mut self, cards: &[Card]) -> io::Result<()> {
        cards.iter().try_for_each(|card| self.conn.send_message_with(&ToPainter::Card, card.as_fd()))
    }

    /// The process, if it is there still.
    pub fn process(&self) -> Option<Process> {
        Process::of(self.child.id()).ok().flatten()
    }

    /// Orders what is to stand on every connector.
    pub fn paint(&mut self, cover: &Cover) {
        self.number += 1;
        self.done = None;
        self.conn.send_message(&ToPainter::Paint { number: self.number, cover: Box::new(cover.clone()) });
    }

    /// Takes what it says. False once it is gone.
    pub fn hear(&mut self) -> bool {
        for message in self.conn.receive_messages::<FromPainter>() {
            match message {
                FromPainter::Painted { number, notes } if number == self.number => {
                    self.done = Some(Ok(notes.iter().take(8).map(|note| line(note)).collect()));
                }
                FromPainter::NotPainted { number, message } if number == self.number => {
                    self.done = Some(Err(line(&message)));
                }
                FromPainter::Painted { .. } | FromPainter::NotPainted { .. } => {}
            }
        }
        !self.conn.is_closed() && !matches!(self.child.try_wait(), Ok(Some(_)))
    }
}

impl Drop for SeatPainter {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ends one that an earlier warden left, once what it has open is ours.
pub fn end(painter: Process) {
    let _ = painter.signal(Signal::KILL);
}

/// A line within bounds, without control characters.
fn line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(1000).collect()
}
