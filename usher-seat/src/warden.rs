//! The warden's loop: orders come in, the seat is held, and what the kernel says goes out.

use std::io;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use usher_core::clock;
use usher_core::session::Cover;
use usher_core::sys::peer;
use usher_core::wire::Conn;
use usher_core::wire::seat::{FromSeat, PROTOCOL, SeatDuty, SeatHello, SeatStatus, ToSeat};

use crate::hold::{self, HeldSeat};

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
    /// The last of giving it back, which may take a while.
    closing: Option<JoinHandle<()>>,
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
    let mut warden = SeatWarden {
        duty,
        listener,
        daemons: Vec::new(),
        next_daemon: 0,
        covers: Vec::new(),
        held: None,
        closing: None,
        trouble: None,
        awaited: Vec::new(),
        released: None,
        told: SeatStatus::default(),
        retires: false,
        looked: Instant::now(),
    };
    warden.welcome(first);
    while !(warden.retires && warden.held.is_none()) {
        warden.wait()?;
        warden.turn();
    }
    warden.finish();
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
    fn welcome(&mut self, mut conn: Conn) {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let (seat, status) = (self.duty.seat.clone(), self.told.clone());
        conn.send_message(&FromSeat::Hello(Box::new(SeatHello { protocol: PROTOCOL, version, seat, status })));
        self.daemons.push((self.next_daemon, conn));
        self.next_daemon += 1;
    }

    fn wait(&self) -> io::Result<()> {
        let painter = self.held.as_ref().and_then(|held| held.painter.as_ref()).map(|painter| &painter.conn);
        let mut fds = vec![PollFd::new(&self.listener, PollFlags::IN)];
        for conn in self.daemons.iter().map(|(_, conn)| conn).chain(painter) {
            let out = if conn.has_unsent() { PollFlags::OUT } else { PollFlags::empty() };
            fds.push(PollFd::from_borrowed_fd(conn.fd(), PollFlags::IN | out));
        }
        let rest = if self.awaited.is_empty() { LOOK } else { SOON };
        let rest = Timespec { tv_sec: 0, tv_nsec: rest.subsec_nanos().into() };
        match poll(&mut fds, Some(&rest)) {
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
        self.look();
        self.answer();
        self.tell();
        self.daemons.iter_mut().for_each(|(_, conn)| conn.flush());
        self.daemons.retain(|(_, conn)| !conn.is_closed());
    }

    fn hear(&mut self, daemon: u64, order: ToSeat) {
        match order {
            ToSeat::Arm(_) => {}
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

    fn order(&mut self, daemon: u64, seq: u64, covers: Vec<Cover>) {
        for awaited in std::mem::take(&mut self.awaited) {
            let superseded = FromSeat::Covered { seq: awaited.seq, superseded: true, notes: Vec::new() };
            self.say(awaited.daemon, &superseded);
        }
        let until = Instant::now() + ANSWER;
        self.covers = covers;
        self.trouble = None;
        if self.covers.is_empty() {
            self.give_back()
        } else {
            self.take()
        }
        self.awaited.push(Awaited { daemon, seq, until });
    }

    /// Waits until everything is given back.
    fn finish(&mut self) {
        self.closing.take().into_iter().for_each(|closing| drop(closing.join()));
    }

    fn take(&mut self) {
        if self.held.is_none() {
            self.finish();
            match HeldSeat::take(&self.duty) {
                Ok(held) => self.held = Some(held),
                Err(error) => {
                    self.trouble = Some(error.to_string());
                    return;
                }
            }
        }
        self.trouble = None;
        if let (Some(held), Some(cover)) = (&mut self.held, self.covers.first()) {
            held.show(cover);
        }
    }

    fn give_back(&mut self) {
        let given = match self.held.take() {
            Some(held) => held.give_back().map(|closing| self.closing = Some(closing)),
            // What was taken before something failed is given back as well.
            None => {
                self.finish();
                hold::release_if_taken(Path::new(&self.duty.record))
            }
        };
        let trouble = given.err().map(|error| error.to_string());
        if let Some(why) = trouble.as_ref().filter(|_| trouble != self.trouble) {
            eprintln!("usher-seat: {why}");
        }
        self.trouble = trouble;
    }

    /// Looks at the seat: what was undone is done again, and covers end in time also where no daemon is left to say so.
    fn look(&mut self) {
        if let Some(painter) = self.held.as_mut().and_then(|held| held.painter.as_mut()) {
            painter.hear();
        }
        if self.looked.elapsed() < LOOK {
            return;
        }
        self.looked = Instant::now();
        let (now, first) = (clock::now(), self.covers.first().cloned());
        self.covers.retain(|cover| cover.holds(now));
        if self.covers.is_empty() {
            self.give_back();
        } else if self.held.is_none() || self.covers.first() != first.as_ref() {
            self.take();
        }
        self.held.iter_mut().for_each(HeldSeat::keep);
    }

    /// What the seat shows by the kernel's word.
    fn shown(&self) -> Result<Vec<Cover>, String> {
        match (&self.held, &self.trouble) {
            (_, Some(why)) => Err(why.clone()),
            (None, None) => Ok(Vec::new()),
            (Some(held), None) => held.hindrance().map_or_else(|| Ok(self.covers.clone()), Err),
        }
    }

    fn answer(&mut self) {
        if self.awaited.is_empty() {
            return;
        }
        let shown = self.shown();
        let painted = self.held.as_ref().map_or_else(|| Some(Vec::new()), HeldSeat::painted);
        for awaited in std::mem::take(&mut self.awaited) {
            let late = Instant::now() >= awaited.until;
            let answer = match (&shown, &painted) {
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
    fn tell(&mut self) {
        let status = SeatStatus { covers: self.shown().unwrap_or_default(), released: self.released.clone() };
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
