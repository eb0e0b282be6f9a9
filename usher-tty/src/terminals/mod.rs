//! The guard of a session's terminals: covers terminals that it was handed, and gives nobody what is typed at them.
//!
//! A guard is born with a listening socket, has a uid of its own and opens nothing. It outlives usherd, which takes it over
//! again. What it cannot do is as important: it stops no process, and when it dies the session's processes stand still as
//! before; usherd then starts another one.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use usher_core::clock;
use usher_core::language::Language;
use usher_core::session::Cover;
use usher_core::sys::peer;
use usher_core::wire::Conn;
use usher_core::wire::guard::{
    FromGuard, GuardDuty, GuardHello, GuardStatus, MOST_TERMINALS, PROTOCOL, TerminalHandover, ToGuard,
};

use self::screen::GuardedTerminal;
use super::lockscreen::Locale;

mod answers;
mod screen;

/// How long terminals may take to confirm an order.
const ANSWER: Duration = Duration::from_millis(2000);
/// How often a covered terminal's size and the time on it are looked at: no signal of a new size reaches a guard.
const LOOK: Duration = Duration::from_millis(250);
/// Connections at once: the daemon's, one that replaces it, a release, and some to spare.
const MOST_DAEMONS: usize = 8;

/// Guards terminals until nobody needs that any more.
pub(super) fn guard(listener: UnixListener) -> io::Result<()> {
    let Some((first, duty)) = await_duty(&listener)? else { return Ok(()) };
    listener.set_nonblocking(true)?;
    let locale = Locale {
        language: Language::ALL.into_iter().find(|l| l.tag() == duty.language).unwrap_or(Language::English),
        zone: TimeZone::system(),
    };
    let mut guard = TerminalGuard {
        duty,
        locale,
        listener,
        daemons: Vec::new(),
        next_daemon: 0,
        terminals: Vec::new(),
        covers: Vec::new(),
        answering: Vec::new(),
        released: None,
        told: GuardStatus::default(),
        retires: false,
        was_needed: false,
    };
    guard.welcome(first);
    while !guard.is_over() {
        guard.wait()?;
        guard.turn();
    }
    Ok(())
}

/// Waits for the first connection, and for whom to guard.
fn await_duty(listener: &UnixListener) -> io::Result<Option<(Conn, GuardDuty)>> {
    let mut conn = loop {
        let (stream, _) = listener.accept()?;
        if is_root(&stream) {
            break Conn::with_descriptors(stream)?;
        }
    };
    while !conn.is_closed() {
        let mut fds = [PollFd::from_borrowed_fd(conn.fd(), PollFlags::IN)];
        let _ = poll(&mut fds, None);
        // Nothing else is sent before the guard has introduced itself.
        for message in conn.receive_messages::<ToGuard>() {
            if let ToGuard::Arm(duty) = message {
                return Ok(Some((conn, *duty)));
            }
        }
    }
    Ok(None)
}

fn is_root(stream: &std::os::unix::net::UnixStream) -> bool {
    peer::of(stream).is_ok_and(|peer| peer.uid == 0)
}

/// A connection to usherd, or to `usherd --release-all`.
struct Daemon {
    id: u64,
    conn: Conn,
}

/// An answer that waits for the terminals.
struct Answering {
    daemon: u64,
    seq: u64,
    until: Instant,
    /// Of an order that uncovers.
    leaves: bool,
}

struct TerminalGuard {
    duty: GuardDuty,
    locale: Locale,
    listener: UnixListener,
    daemons: Vec<Daemon>,
    next_daemon: u64,
    terminals: Vec<GuardedTerminal>,
    covers: Vec<Cover>,
    answering: Vec<Answering>,
    released: Option<(String, Timestamp)>,
    told: GuardStatus,
    retires: bool,
    /// It had terminals once: without any it has nothing to do.
    was_needed: bool,
}

impl TerminalGuard {
    /// Whether there is nothing left to do. Terminals that are gone show nothing, and those that were freed without a daemon are
    /// to be told to the next one.
    fn is_over(&self) -> bool {
        let idle = self.covers.is_empty() && self.answering.is_empty();
        let nobody_asks = self.daemons.iter().all(|daemon| daemon.conn.is_closed());
        (self.retires && idle)
            || (self.terminals.is_empty() && self.was_needed && nobody_asks && self.released.is_none())
    }

    fn turn(&mut self) {
        self.accept();
        for terminal in &mut self.terminals {
            terminal.read();
        }
        self.obey();
        let now = clock::now();
        // The last one stays: only usherd lets the session's processes go on.
        let cover = self.covers.iter().find(|cover| cover.holds(now)).or(self.covers.last());
        for terminal in &mut self.terminals {
            terminal.work(cover, now, &self.locale);
        }
        self.terminals.retain(|terminal| !terminal.gone);
        self.answer();
        self.tell();
    }

    /// Waits until there is something to do.
    fn wait(&self) -> io::Result<()> {
        let wants = |unsent: bool| if unsent { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
        let mut fds = vec![PollFd::from_borrowed_fd(self.listener.as_fd(), PollFlags::IN)];
        fds.extend(self.daemons.iter().map(|d| PollFd::from_borrowed_fd(d.conn.fd(), wants(d.conn.has_unsent()))));
        fds.extend(self.terminals.iter().map(|t| PollFd::from_borrowed_fd(t.fd(), wants(t.has_unsent()))));
        let looks = (!self.covers.is_empty() && !self.terminals.is_empty()).then_some(LOOK);
        let due = self.answering.iter().map(|one| one.until.saturating_duration_since(Instant::now()));
        let timeout = due.chain(looks).min().and_then(|time| Timespec::try_from(time).ok());
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn accept(&mut self) {
        while let Ok((stream, _)) = self.listener.accept() {
            if is_root(&stream)
                && let Ok(conn) = Conn::with_descriptors(stream)
            {
                // The oldest gives way: usherd comes again if it still lives.
                if self.daemons.len() >= MOST_DAEMONS {
                    self.daemons.remove(0);
                }
                self.welcome(conn);
            }
        }
    }

    fn welcome(&mut self, mut conn: Conn) {
        conn.send_message(&FromGuard::Hello(Box::new(GuardHello {
            protocol: PROTOCOL,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            key: self.duty.key.clone(),
            status: self.status(),
        })));
        self.daemons.push(Daemon { id: self.next_daemon, conn });
        self.next_daemon += 1;
    }

    fn obey(&mut self) {
        for index in 0..self.daemons.len() {
            let daemon = &mut self.daemons[index];
            daemon.conn.flush();
            let (id, messages) = (daemon.id, daemon.conn.receive_messages::<ToGuard>());
            for message in messages {
                match message {
                    ToGuard::Arm(_) => {}
                    ToGuard::Take(handover) => self.take(index, handover),
                    ToGuard::Cover { seq, covers } => self.cover((id, seq), covers, None),
                    ToGuard::Release { seq, by } => self.cover((id, seq), Vec::new(), Some((by, clock::now()))),
                    ToGuard::Retire => {
                        self.retires = true;
                        if !self.covers.is_empty() {
                            self.cover((id, 0), Vec::new(), None);
                        }
                    }
                }
            }
        }
        self.daemons.retain(|daemon| !daemon.conn.is_closed());
    }

    /// Takes a terminal; one that it has already is the same one under a new descriptor.
    fn take(&mut self, daemon: usize, handover: TerminalHandover) {
        let Some(fd) = self.daemons[daemon].conn.next_descriptor() else { return };
        let known = self.terminals.iter().any(|terminal| terminal.name() == handover.name);
        if known || self.terminals.len() >= MOST_TERMINALS {
            return;
        }
        let _ = rustix::io::ioctl_fionbio(&fd, true);
        self.was_needed = true;
        self.terminals.push(GuardedTerminal::new(handover, fd));
    }

    fn cover(&mut self, (daemon, seq): (u64, u64), covers: Vec<Cover>, released: Option<(String, Timestamp)>) {
        let leaves = covers.is_empty();
        if self.covers != covers {
            for old in std::mem::take(&mut self.answering) {
                self.reply(old.daemon, &FromGuard::Covered { seq: old.seq, superseded: true, silent: Vec::new() });
            }
        }
        let again = self.covers == covers;
        self.covers = covers;
        self.released = released;
        for terminal in &mut self.terminals {
            match leaves {
                true if !terminal.leaves() => terminal.leave(),
                false if !again || !terminal.is_covered() => terminal.cover(),
                _ => {}
            }
        }
        self.answering.push(Answering { daemon, seq, until: Instant::now() + ANSWER, leaves });
    }

    /// Answers the orders that every terminal has confirmed, or that have waited long enough.
    fn answer(&mut self) {
        let now = Instant::now();
        let (due, waiting) = std::mem::take(&mut self.answering).into_iter().partition::<Vec<_>, _>(|one| {
            let done = |t: &GuardedTerminal| if one.leaves { t.has_left() } else { t.is_settled() };
            now >= one.until || self.terminals.iter().all(done)
        });
        self.answering = waiting;
        for one in due {
            let done = |t: &GuardedTerminal| if one.leaves { t.has_left() } else { t.answered() };
            let silent = self.terminals.iter().filter(|t| !done(t)).map(|t| t.name().to_owned()).collect();
            if one.leaves {
                self.terminals.clear();
            }
            self.reply(one.daemon, &FromGuard::Covered { seq: one.seq, superseded: false, silent });
        }
    }

    fn reply(&mut self, daemon: u64, message: &FromGuard) {
        if let Some(daemon) = self.daemons.iter_mut().find(|one| one.id == daemon) {
            daemon.conn.send_message(message);
        }
    }

    fn status(&self) -> GuardStatus {
        GuardStatus {
            covers: self.covers.clone(),
            terminals: self.terminals.iter().map(GuardedTerminal::seen).collect(),
            released: self.released.clone(),
        }
    }

    /// Tells every daemon what changed.
    fn tell(&mut self) {
        let status = self.status();
        if status != self.told {
            self.told = status.clone();
            let message = FromGuard::Status(status);
            self.daemons.iter_mut().for_each(|daemon| daemon.conn.send_message(&message));
        }
    }
}
