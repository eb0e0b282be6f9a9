//! The warden's loop: orders come in, the seat is held, and what the kernel says goes out.

use std::io;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use usher_core::clock;
use usher_core::session::Cover;
use usher_core::sys::peer;
use usher_core::wire::Conn;
use usher_core::wire::seat::{FromSeat, PROTOCOL, SeatDuty, SeatHello, SeatStatus, ToSeat};

use crate::cards;
use crate::hold::{self, HeldSeat};
use crate::painter::Painters;

/// How long an order may take until it is answered.
const ANSWER: Duration = Duration::from_millis(6000);
/// How often the seat is looked at while it is held, and while something is awaited.
const LOOK: Duration = Duration::from_millis(250);
const SOON: Duration = Duration::from_millis(5);
/// Connections at once: the daemon's, one that replaces it, a release, and some to spare.
const MOST_DAEMONS: usize = 8;
/// The message could not be drawn in time.
const NOT_DRAWN: &str = "the message could not be drawn; the screen is covered without it";

/// An order that waits for what it ordered.
struct Awaited {
    daemon: u64,
    seq: u64,
    until: Instant,
}

struct SeatWarden {
    duty: SeatDuty,
    listener: UnixListener,
    daemons: Vec<(u64, Conn)>,
    next_daemon: u64,
    covers: Vec<Cover>,
    held: Option<HeldSeat>,
    painters: Painters,
    /// The seat is to be given back, and was not yet. Nothing else gives it back: what is on record may be another warden's.
    gives_back: bool,
    /// Why the seat could not be taken, or given back.
    trouble: Option<String>,
    awaited: Vec<Awaited>,
    released: Option<(String, Timestamp)>,
    told: SeatStatus,
    retires: bool,
    looked: Instant,
}

/// Serves until nobody needs it.
pub fn serve(listener: UnixListener) -> io::Result<()> {
    let Some((first, duty)) = await_duty(&listener)? else { return Ok(()) };
    listener.set_nonblocking(true)?;
    let mut warden = SeatWarden::new(duty, listener);
    warden.painters.keep(&warden.duty);
    warden.welcome(first);
    while warden.is_needed() {
        warden.wait()?;
        warden.turn();
    }
    Ok(())
}

/// Waits for the first connection of root's, and for the seat.
fn await_duty(listener: &UnixListener) -> io::Result<Option<(Conn, SeatDuty)>> {
    let mut conn = loop {
        let (stream, _) = listener.accept()?;
        if is_root(&stream) {
            break Conn::without_descriptors(stream)?;
        }
    };
    while !conn.is_closed() {
        let _ = poll(&mut [PollFd::from_borrowed_fd(conn.fd(), PollFlags::IN)], None);
        for message in conn.receive_messages::<ToSeat>() {
            if let ToSeat::Arm(duty) = message {
                return Ok(Some((conn, *duty)));
            }
        }
    }
    Ok(None)
}

fn is_root(stream: &UnixStream) -> bool {
    peer::of(stream).is_ok_and(|peer| peer.uid == 0)
}

impl SeatWarden {
    /// One that nobody has ordered anything yet.
    fn new(duty: SeatDuty, listener: UnixListener) -> Self {
        SeatWarden {
            duty,
            listener,
            daemons: Vec::new(),
            next_daemon: 0,
            covers: Vec::new(),
            held: None,
            painters: Painters::default(),
            gives_back: false,
            trouble: None,
            awaited: Vec::new(),
            released: None,
            told: SeatStatus::default(),
            retires: false,
            looked: Instant::now(),
        }
    }

    /// It holds or owes something, a daemon may still order something, or the next one is to hear that somebody freed the seat.
    /// Where a daemon went away because this one came too late, none of it is so.
    fn is_needed(&self) -> bool {
        self.owes() || !self.retires && (self.released.is_some() || !self.daemons.is_empty())
    }

    /// It holds the seat, or is to hold it or give it back.
    fn owes(&self) -> bool {
        self.held.is_some() || self.gives_back || !self.covers.is_empty()
    }

    fn welcome(&mut self, mut conn: Conn) {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let (seat, status) = (self.duty.seat.clone(), self.told.clone());
        conn.send_message(&FromSeat::Hello(Box::new(SeatHello { protocol: PROTOCOL, version, seat, status })));
        self.daemons.push((self.next_daemon, conn));
        self.next_daemon += 1;
    }

    fn wait(&self) -> io::Result<()> {
        let painter = self.held.as_ref().and_then(|held| held.painter.as_ref()).or(self.painters.waiting());
        let mut fds = vec![PollFd::new(&self.listener, PollFlags::IN)];
        for conn in self.daemons.iter().map(|(_, conn)| conn).chain(painter.map(|painter| &painter.conn)) {
            let out = if conn.has_unsent() { PollFlags::OUT } else { PollFlags::empty() };
            fds.push(PollFd::from_borrowed_fd(conn.fd(), PollFlags::IN | out));
        }
        let rest = if self.awaited.is_empty() || self.is_painting() { LOOK } else { SOON };
        let rest = Timespec { tv_sec: 0, tv_nsec: rest.subsec_nanos().into() };
        // Who waits for a lock wakes nobody.
        let sleeps = !self.owes() && self.awaited.is_empty() && self.painters.waiting().is_some();
        match poll(&mut fds, (!sleeps).then_some(&rest)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn turn(&mut self) {
        while self.daemons.len() < MOST_DAEMONS
            && let Ok((stream, _)) = self.listener.accept()
        {
            if is_root(&stream)
                && let Ok(conn) = Conn::without_descriptors(stream)
            {
                self.welcome(conn);
            }
        }
        let orders: Vec<(u64, ToSeat)> = self
            .daemons
            .iter_mut()
            .flat_map(|(id, conn)| conn.receive_messages().into_iter().map(|order| (*id, order)).collect::<Vec<_>>())
            .collect();
        orders.into_iter().for_each(|(daemon, order)| self.hear(daemon, order));
        let looked = self.look();
        let is_late = self.awaited.iter().any(|awaited| Instant::now() >= awaited.until);
        // To ask the kernel what is shown keeps the cards from whoever draws on them.
        if looked || is_late || !(self.awaited.is_empty() || self.is_painting()) {
            let shown = self.shown();
            self.answer(&shown);
            self.tell(shown);
        }
        self.daemons.iter_mut().for_each(|(_, conn)| conn.flush());
        self.daemons.retain(|(_, conn)| !conn.is_closed());
    }

    fn hear(&mut self, daemon: u64, order: ToSeat) {
        match order {
            ToSeat::Arm(duty) => self.arm(*duty),
            ToSeat::Prepare { cover } => {
                if !self.owes() {
                    self.painters.prepare(&cover, cards::sizes(&self.duty.seat));
                }
            }
            ToSeat::Cover { seq, covers } => {
                self.released = None;
                self.order(daemon, seq, covers);
            }
            ToSeat::Release { seq, by } => {
                self.released = Some((by, clock::now()));
                self.order(daemon, seq, Vec::new());
            }
            ToSeat::Retire => {
                self.retires = true;
                self.covers.clear();
                self.give_back();
            }
        }
    }

    /// Takes in for whom it paints from now on.
    fn arm(&mut self, duty: SeatDuty) {
        if self.duty == duty {
            return;
        }
        self.duty = duty;
        self.painters.begin(&self.duty);
        let painter = self.held.as_mut().and_then(|held| held.painter.as_mut());
        painter.into_iter().for_each(|painter| painter.begin(&self.duty));
    }

    fn order(&mut self, daemon: u64, seq: u64, covers: Vec<Cover>) {
        for awaited in std::mem::take(&mut self.awaited) {
            let superseded = FromSeat::Covered { seq: awaited.seq, superseded: true, notes: Vec::new() };
            self.say(awaited.daemon, &superseded);
        }
        let until = Instant::now() + ANSWER;
        (self.covers, self.gives_back, self.trouble) = (covers, false, None);
        if self.covers.is_empty() {
            self.give_back()
        } else {
            self.take()
        }
        self.awaited.push(Awaited { daemon, seq, until });
    }

    fn take(&mut self) {
        let Some(cover) = self.covers.first() else { return };
        if self.held.is_none() {
            match HeldSeat::take(cover, &self.duty, &mut self.painters) {
                Ok(held) => self.held = Some(held),
                Err(error) => {
                    self.trouble = Some(error.to_string());
                    return;
                }
            }
        }
        self.trouble = None;
        if let Some(held) = &mut self.held {
            held.show(cover, &self.duty, &mut self.painters);
        }
    }

    fn give_back(&mut self) {
        self.gives_back = true;
        let given = match self.held.take() {
            Some(held) => held.give_back(),
            // What was taken before something failed is given back as well.
            None => hold::release_if_taken(Path::new(&self.duty.record)),
        };
        self.gives_back = given.is_err();
        let trouble = given.err().map(|error| error.to_string());
        if let Some(why) = trouble.as_ref().filter(|_| trouble != self.trouble) {
            eprintln!("usher-seat: {why}");
        }
        self.trouble = trouble;
    }

    /// The message is awaited, whose painter says when it is there.
    fn is_painting(&self) -> bool {
        self.trouble.is_none() && self.held.as_ref().is_some_and(|held| held.painted().is_none())
    }

    /// Looks at the seat, where it is time: what was undone is done again, and covers end in time also where no daemon is left
    /// to say so.
    fn look(&mut self) -> bool {
        if let Some(painter) = self.held.as_mut().and_then(|held| held.painter.as_mut()) {
            painter.hear();
        }
        // First what is awaited, then what may be needed.
        if self.held.is_none() && self.awaited.is_empty() && self.is_needed() {
            self.painters.keep(&self.duty);
        }
        if self.looked.elapsed() < LOOK {
            return false;
        }
        self.looked = Instant::now();
        let (now, first) = (clock::now(), self.covers.first().cloned());
        self.covers.retain(|cover| cover.holds(now));
        let is_over = first.is_some() && self.covers.is_empty();
        if is_over || self.gives_back {
            self.give_back();
        } else if !self.covers.is_empty() && (self.held.is_none() || self.covers.first() != first.as_ref()) {
            self.take();
        }
        self.held.iter_mut().for_each(|held| held.keep(&self.duty, &mut self.painters));
        true
    }

    /// What the seat shows by the kernel's word.
    fn shown(&self) -> Result<Vec<Cover>, String> {
        match (&self.held, &self.trouble) {
            (_, Some(why)) => Err(why.clone()),
            (None, None) => Ok(Vec::new()),
            (Some(held), None) => held.hindrance().map_or_else(|| Ok(self.covers.clone()), Err),
        }
    }

    fn answer(&mut self, shown: &Result<Vec<Cover>, String>) {
        let painted = self.held.as_ref().map_or_else(|| Some(Vec::new()), HeldSeat::painted);
        for awaited in std::mem::take(&mut self.awaited) {
            let late = Instant::now() >= awaited.until;
            let answer = match (shown, &painted) {
                (Ok(_), Some(notes)) => Some((Vec::clone(notes), None)),
                (Ok(_), None) if late => Some((vec![NOT_DRAWN.to_owned()], None)),
                (Err(why), _) if late || self.trouble.is_some() => Some((Vec::new(), Some(why.clone()))),
                _ => None,
            };
            let seq = awaited.seq;
            match answer {
                None => self.awaited.push(awaited),
                Some((notes, None)) => {
                    self.say(awaited.daemon, &FromSeat::Covered { seq, superseded: false, notes });
                }
                Some((_, Some(message))) => self.say(awaited.daemon, &FromSeat::Failed { seq, message }),
            }
        }
    }

    /// Tells what changed.
    fn tell(&mut self, shown: Result<Vec<Cover>, String>) {
        let status = SeatStatus { covers: shown.unwrap_or_default(), released: self.released.clone() };
        if status != self.told {
            self.daemons.iter_mut().for_each(|(_, conn)| conn.send_message(&FromSeat::Status(status.clone())));
            self.told = status;
        }
    }

    fn say(&mut self, daemon: u64, message: &FromSeat) {
        let to = self.daemons.iter_mut().find(|(id, _)| *id == daemon);
        to.into_iter().for_each(|(_, conn)| conn.send_message(message));
    }
}

#[cfg(test)]
mod tests;
