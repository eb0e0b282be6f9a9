//! What one process knows and decides, as leader or as successor: what the compositor is to show.

use std::os::unix::net::{UnixListener, UnixStream};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use usher_core::session::Cover;
use usher_core::wire::shield::{Arming, FromShield, Status, ToShield};

use super::desk::LockState;
use super::kept::KeptLock;
use super::link::CompositorLink;
use super::mate::{Relative, ToSuccessor};
use super::painting::DrawnMessage;
use super::toplevels::ShownTitle;
use crate::capture::Captures;
use crate::drawing::{Drawer, Drawing};
use crate::incidents::Incidents;
use crate::picture::Order;
use crate::shield::Control;

/// How often the lock is asked for while another program has it: at first, and later.
const AGAIN: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(20));
/// For how long it is asked for so eagerly.
const EAGER: Duration = Duration::from_secs(1);
/// How often usherd is asked for a connection.
pub const CONNECTIONS: Duration = Duration::from_secs(1);
/// How often another process or connection is tried in place of one that was lost.
pub const KNOCK: Duration = Duration::from_millis(100);

/// An order that is not answered yet.
pub struct Unanswered {
    pub control: u64,
    pub seq: u64,
    pub since: Instant,
    /// How long it took until the lock was held and seen.
    pub held: Option<u64>,
}

/// One process of a Wayland session's shield.
pub struct Warden {
    pub arming: Arming,
    pub listener: UnixListener,
    pub leader: bool,
    /// The own connection to the compositor.
    pub link: Option<CompositorLink>,
    /// Connections that nothing was said on yet.
    pub spares: Vec<UnixStream>,
    /// The other process's connection to the compositor: the leader's, or as the leader that of the one before, which is
    /// gone and still has the lock.
    pub kept: Option<KeptLock>,
    /// What was seen on every output by that connection.
    pub inherited: Vec<Cover>,
    pub mate: Option<Relative>,
    pub controls: Vec<Control>,
    pub covers: Vec<Cover>,
    pub released: Option<(String, Timestamp)>,
    pub incidents: Incidents,
    pub unanswered: Vec<Unanswered>,
    pub drawing: Option<Drawing>,
    pub drawer: Option<Drawer>,
    pub prepared: bool,
    pub message: Option<DrawnMessage>,
    pub messages: u64,
    pub unpaintable: Option<Order>,
    /// Pictures of the outputs that are being taken.
    pub captures: Captures,
    pub title: ShownTitle,
    pub said: Option<Status>,
    pub refused_since: Option<Instant>,
    pub retry_at: Option<Instant>,
    pub knock_at: Instant,
    pub asked_at: Option<Instant>,
    pub retire: bool,
}

impl Warden {
    pub fn new(arming: Arming, listener: UnixListener, leader: bool) -> Self {
        Warden {
            arming,
            listener,
            leader,
            link: None,
            spares: Vec::new(),
            kept: None,
            inherited: Vec::new(),
            mate: None,
            controls: Vec::new(),
            covers: Vec::new(),
            released: None,
            incidents: Incidents::default(),
            unanswered: Vec::new(),
            drawing: None,
            drawer: None,
            prepared: false,
            message: None,
            messages: 0,
            unpaintable: None,
            captures: Captures::default(),
            title: ShownTitle::default(),
            said: None,
            refused_since: None,
            retry_at: None,
            knock_at: Instant::now(),
            asked_at: None,
            retire: false,
        }
    }

    /// Does what usherd says.
    pub fn obey(&mut self, control: u64, message: ToShield) {
        match message {
            // Announcements take a protocol that a lock does not have.
            ToShield::Arm(_) | ToShield::Announce(_) | ToShield::Withdraw | ToShield::Looked { .. } => {}
            ToShield::Connection => {
                let descriptor =
                    self.controls.iter_mut().find(|c| c.id == control).and_then(|c| c.conn.next_descriptor());
                self.spares.extend(descriptor.map(UnixStream::from));
                self.asked_at = None;
            }
            ToShield::Cover { seq, covers, .. } => {
                if !covers.is_empty() {
                    self.released = None;
                }
                self.set_covers(covers, Some((control, seq)));
            }
            ToShield::Picture { seq, size, .. } => self.take_picture((control, seq), size),
            ToShield::Release { seq, by } => {
                self.released = Some((by, Timestamp::now()));
                self.set_covers(Vec::new(), Some((control, seq)));
            }
            ToShield::Retire => {
                self.set_covers(Vec::new(), None);
                self.retire = true;
            }
        }
    }

    /// These are the covers from now on.
    pub fn set_covers(&mut self, covers: Vec<Cover>, order: Option<(u64, u64)>) {
        for Unanswered { control, seq, .. } in std::mem::take(&mut self.unanswered) {
            self.say_to(control, &FromShield::Covered { seq, superseded: true, notes: Vec::new(), held_micros: None });
        }
        let since = Instant::now();
        self.unanswered.extend(order.map(|(control, seq)| Unanswered { control, seq, since, held: None }));
        self.covers = covers.into_iter().filter(|cover| cover.holds(Timestamp::now())).collect();
        // First of all: a successor that knows of a lock that was taken away would set it again.
        self.tell_successor();
    }

    /// Drops covers whose end has come: also where no usherd lives any more.
    pub fn expire(&mut self) {
        let now = Timestamp::now();
        if self.covers.iter().any(|cover| !cover.holds(now)) {
            let left = self.covers.iter().filter(|cover| cover.holds(now)).cloned().collect();
            self.set_covers(left, None);
        }
    }

    /// Makes the compositor show what it is to show.
    pub fn settle(&mut self) {
        self.settle_kept();
        if self.kept_holds() {
            return;
        }
        let wanted = !self.covers.is_empty();
        let Some(link) = &mut self.link else { return };
        match (&link.desk.lock, wanted) {
            (LockState::None, true) => link.lock(),
            (LockState::Refused, true) => {
                let since = *self.refused_since.get_or_insert_with(Instant::now);
                let pause = if since.elapsed() < EAGER { AGAIN.0 } else { AGAIN.1 };
                if self.retry_at.is_none_or(|at| Instant::now() >= at) {
                    self.retry_at = Some(Instant::now() + pause);
                    link.lock();
                }
            }
            (LockState::Refused, false) => {
                link.desk.lock = LockState::None;
            }
            (LockState::Held(_), false) => link.unlock(),
            (LockState::None, false) | (LockState::Asked(_) | LockState::Ending | LockState::Held(_), _) => {}
        }
        if matches!(link.desk.lock, LockState::Held(_)) || !wanted {
            (self.refused_since, self.retry_at) = (None, None);
        }
        let message = self.message.as_ref().map(|message| (message.number, message.pictures.as_slice()));
        link.paint(message);
    }

    /// What becomes of the lock that the leader before this one had.
    fn settle_kept(&mut self) {
        if !self.leader {
            return;
        }
        let Some(mut kept) = self.kept.take() else { return };
        if !kept.hold() {
            if !self.covers.is_empty() {
                self.incident("the compositor ended the connection that had the lock");
            }
            self.inherited.clear();
            return self.keep_for_successor();
        }
        if self.covers.is_empty() {
            kept.unlock();
            self.kept = Some(kept);
        } else if kept.object.is_some() && kept.until().is_none() && self.covers.first() == self.inherited.first() {
            self.inherited.clone_from(&self.covers);
            self.kept = Some(kept);
        } else {
            // Another message takes another client: ours asks at once, and until it has it.
            self.inherited.clear();
            kept.end();
            self.keep_for_successor();
        }
    }

    /// Whether the lock is held by the connection of the leader before this one.
    pub fn kept_holds(&self) -> bool {
        self.leader && self.kept.is_some()
    }

    /// Whether the covers hold: the lock is ours, and was seen on every output.
    pub fn holds(&mut self) -> bool {
        !self.covers.is_empty() && (self.kept_holds() || self.link.as_mut().is_some_and(|link| link.desk.holds()))
    }

    /// Whether the compositor has given the lock back.
    pub fn is_open(&self) -> bool {
        !self.kept_holds() && self.link.as_ref().is_none_or(|link| matches!(link.desk.lock, LockState::None))
    }

    /// Whether somebody else has the lock.
    pub fn is_refused(&self) -> bool {
        self.refused_since.is_some()
    }

    /// As the leader: sees to it that there is a successor with what it needs, and connections for later.
    pub fn provide(&mut self) {
        let now = Instant::now();
        if !self.leader || self.retire {
            return;
        }
        let startable = self.mate.is_none() && now >= self.knock_at && self.link.is_some();
        if let Some(connection) = startable.then(|| self.spares.pop()).flatten() {
            self.knock_at = now + KNOCK;
            self.mate = Relative::start(&self.listener, &self.arming, &connection).ok();
            self.keep_for_successor();
            self.tell_successor();
        }
        if let Some(mate) = self.mate.as_mut().filter(|mate| mate.ready && mate.spares == 0)
            && self.spares.len() > 1
            && let Some(spare) = self.spares.pop()
        {
            let sent = mate.conn.send_message_with(&ToSuccessor::Connection, std::os::fd::AsFd::as_fd(&spare));
            mate.spares += usize::from(sent.is_ok());
        }
        if self.is_short() && self.asked_at.is_none_or(|at| now >= at + CONNECTIONS) {
            self.asked_at = Some(now);
            self.say(&FromShield::WantsConnection);
        }
    }

    /// Whether there are too few connections for those who come later.
    pub fn is_short(&self) -> bool {
        let none_there = || self.mate.as_ref().is_none_or(|mate| mate.spares == 0);
        self.spares.is_empty() || self.spares.len() < 2 && none_there()
    }

    /// When the lock is asked for again.
    pub fn retry(&self) -> Option<Instant> {
        let refused = self.link.as_ref().is_some_and(|link| matches!(link.desk.lock, LockState::Refused));
        self.retry_at.filter(|_| refused)
    }

    /// Hands the successor the connection that has the lock, or may get it.
    pub fn keep_for_successor(&mut self) {
        let Some(mate) = self.mate.as_mut().filter(|_| self.leader) else { return };
        let kept = self.kept.as_ref().map(std::os::fd::AsFd::as_fd);
        if let Some(connection) = kept.or_else(|| self.link.as_ref().map(CompositorLink::stream)) {
            // Without it a successor is as good as one that comes after an end.
            let _ = mate.keep(connection);
            mate.told = None;
        }
    }

    /// As a successor whose leader is gone: the leader now.
    pub fn succeed(&mut self) {
        self.leader = true;
        self.mate.take().into_iter().for_each(Relative::let_go);
        let usable = |kept: &KeptLock| kept.object.is_some() && !kept.is_cut();
        if let Some(kept) = self.kept.take() {
            if usable(&kept) { self.kept = Some(kept) } else { kept.end() }
        }
        if !self.covers.is_empty() {
            self.incident("a process of the shield was killed; the other took over");
        }
        if self.kept.is_none() {
            self.inherited.clear();
        }
        self.settle();
    }
}
