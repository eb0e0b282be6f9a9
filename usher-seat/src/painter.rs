//! The painter, as its warden sees it: a process of another uid that gets the cards' descriptors and draws on them.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::unistd::User;
use rustix::process::Signal;
use usher_core::session::Cover;
use usher_core::sys::process::Process;
use usher_core::sys::program::beside_this_program;
use usher_core::wire::Conn;
use usher_core::wire::seat::{FromPainter, SeatDuty, ToPainter};
use usher_core::wire::shield::ALLOCATOR;

use crate::cards::Card;

/// Whom it runs as.
const USER: &str = "usher-shield";
/// One that ends by itself is replaced no quicker than this: the next may do the same, again and again.
const PAUSE: Duration = Duration::from_secs(1);

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
        let mut command = Command::new(beside_this_program("usher-seat"));
        command.arg("paint").env_clear().current_dir("/").stdin(Stdio::from(OwnedFd::from(theirs)));
        command.envs(["TZ", ALLOCATOR].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.stdout(Stdio::null()).uid(user.uid.as_raw()).gid(user.gid.as_raw());
        let child = command.spawn()?;
        let mut painter = SeatPainter { conn: Conn::without_descriptors(ours)?, child, number: 0, done: None };
        painter.begin(duty);
        Ok(painter)
    }

    /// Tells it whom it paints for.
    pub fn begin(&mut self, duty: &SeatDuty) {
        self.conn.send_message(&ToPainter::Begin { host: duty.host.clone(), language: duty.language.clone() });
    }

    /// Gives it the cards.
    pub fn give(&mut self, cards: &[Card]) -> io::Result<()> {
        cards.iter().try_for_each(|card| self.conn.send_message_with(&ToPainter::Card, card.as_fd()))
    }

    /// The process, if it is there still.
    pub fn process(&self) -> Option<Process> {
        Process::of(self.child.id()).ok().flatten()
    }

    /// Has it draw what it is most likely to be ordered next.
    fn prepare(&mut self, cover: &Cover, sizes: Vec<(u16, u16)>) {
        self.conn.send_message(&ToPainter::Prepare { cover: Box::new(cover.clone()), sizes });
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

/// Where a seat's painters come from. One waits while nothing is locked, and has read its fonts by the time that a lock comes.
#[derive(Default)]
pub struct Painters {
    waiting: Option<SeatPainter>,
    /// When one was last started.
    started: Option<Instant>,
    /// Until then none is.
    pause: Option<Instant>,
    /// That none can be started was said.
    told: bool,
}

impl Painters {
    /// The one that waits, else one that begins; none where the last one ended as soon as it had begun.
    pub fn next(&mut self, duty: &SeatDuty) -> Option<SeatPainter> {
        if let Some(mut waiting) = self.waiting.take() {
            if waiting.hear() {
                return Some(waiting);
            }
            self.lost();
        }
        self.start(duty)
    }

    /// Sees that one waits.
    pub fn keep(&mut self, duty: &SeatDuty) {
        self.waiting = self.next(duty);
    }

    /// The one that waits.
    pub fn waiting(&self) -> Option<&SeatPainter> {
        self.waiting.as_ref()
    }

    /// Tells the one that waits whom it will paint for.
    pub fn begin(&mut self, duty: &SeatDuty) {
        self.waiting.iter_mut().for_each(|painter| painter.begin(duty));
    }

    /// Has the one that waits draw what it will most likely paint.
    pub fn prepare(&mut self, cover: &Cover, sizes: Vec<(u16, u16)>) {
        self.waiting.iter_mut().for_each(|painter| painter.prepare(cover, sizes.clone()));
    }

    /// One ended by itself.
    pub fn lost(&mut self) {
        self.pause = self.started.map(|started| started + PAUSE);
    }

    fn start(&mut self, duty: &SeatDuty) -> Option<SeatPainter> {
        let now = Instant::now();
        if self.pause.is_some_and(|until| now < until) {
            return None;
        }
        self.started = Some(now);
        match SeatPainter::start(duty) {
            Ok(painter) => {
                self.told = false;
                Some(painter)
            }
            Err(error) => {
                if !std::mem::replace(&mut self.told, true) {
                    eprintln!("usher-seat: the painter cannot be started: {error}");
                }
                self.lost();
                None
            }
        }
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
