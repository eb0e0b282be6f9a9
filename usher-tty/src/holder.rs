//! The holder's state, and how each event changes it.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use usher_core::clock;
use usher_core::language::sentence;
use usher_core::request::Size;
use usher_core::session::{Cover, ProgramEnd, SessionKey};
use usher_core::wire::holder::{
    Farewell, FromHolder, HolderHello, HolderStatus, Notice, PROTOCOL, StationSpec, ToHolder,
};

use super::daemon::DaemonConn;
use super::emulator::{Advanced, Emulator};
use super::ending::Ending;
use super::lockscreen::Locale;
use super::pty::Pty;
use super::station::{Deed, Station};

/// How long a station may take to confirm that it shows a lock, before it is made to leave.
const CONFIRM: Duration = Duration::from_millis(1000);
/// How long a station may take to leave by itself.
const LEAVE: Duration = Duration::from_millis(500);
/// Stations on one session at once.
const MAX_STATIONS: usize = 32;

/// The daemon's connection and the order's number that an answer is owed to.
pub(super) type ReplyTo = (u64, u64);

pub(super) struct Holder {
    pub(super) session_id: u32,
    pub(super) key: SessionKey,
    pub(super) pty: Pty,
    pub(super) emulator: Emulator,
    /// In whose words the lock screen speaks.
    pub(super) locale: Locale,
    pub(super) daemons: Vec<DaemonConn>,
    pub(super) stations: Vec<Station>,
    pub(super) covers: Vec<Cover>,
    pub(super) notice: Option<Notice>,
    /// Who looks at the screen, and the daemon that says so.
    pub(super) looked: Option<(u64, String)>,
    pub(super) released: Option<(String, Timestamp)>,
    /// Counts the changes between locked and unlocked, and from one cover to another. A station that
    /// confirmed a frame of this epoch shows what holds now.
    pub(super) epoch: u64,
    /// The epoch of the last unlock: keys from a station that has not confirmed it were typed before.
    pub(super) unlocked_in: u64,
    pub(super) keystrokes: u64,
    /// A bracketed paste has begun and not ended.
    pub(super) pasting: bool,
    pub(super) last_input: Option<Timestamp>,
    pub(super) awaited: Vec<Awaited>,
    /// Orders that wait until a lock was seen.
    pub(super) postponed: VecDeque<(u64, ToHolder)>,
    pub(super) ending: Option<(ReplyTo, Ending)>,
    pub(super) reported: HolderStatus,
    pub(super) reported_at: Option<Instant>,
    /// When a frame that changes by itself was last brought up to date.
    pub(super) ticked: Instant,
    pub(super) dirty: bool,
    /// The daemons that are to hear when the screen changes.
    pub(super) watching: Vec<u64>,
    /// What was copied last, for who pastes it.
    pub(super) copied: Option<String>,
}

/// Answers that wait for the stations.
pub(super) enum Awaited {
    /// Every station shows the covers of this epoch.
    Covered { reply_to: ReplyTo, epoch: u64, deadline: Instant, dropped: Vec<u32>, superseded: bool },
    /// None of these stations is left.
    Disconnected { reply_to: ReplyTo, stations: Vec<u32> },
}

impl Holder {
    pub(super) fn new(session_id: u32, key: SessionKey, pty: Pty, size: Size, locale: Locale) -> Self {
        Holder {
            session_id,
            key,
            pty,
            emulator: Emulator::new(size),
            locale,
            daemons: Vec::new(),
            stations: Vec::new(),
            covers: Vec::new(),
            notice: None,
            looked: None,
            released: None,
            epoch: 1,
            unlocked_in: 1,
            keystrokes: 0,
            pasting: false,
            last_input: None,
            awaited: Vec::new(),
            postponed: VecDeque::new(),
            ending: None,
            reported: HolderStatus::default(),
            reported_at: None,
            ticked: Instant::now(),
            dirty: false,
            watching: Vec::new(),
            copied: None,
        }
    }

    /// The cover that is shown now.
    pub(super) fn cover(&self) -> Option<&Cover> {
        self.covers.first()
    }

    pub(super) fn locked(&self) -> bool {
        !self.covers.is_empty()
    }

    /// Whether a lock or an unlock still waits for its confirmation by the stations.
    pub(super) fn awaits_cover(&self) -> bool {
        self.awaited.iter().any(|awaited| matches!(awaited, Awaited::Covered { .. }))
    }

    pub(super) fn hello(&self) -> FromHolder {
        FromHolder::Hello(Box::new(HolderHello {
            protocol: PROTOCOL,
            session_id: self.session_id,
            key: self.key.clone(),
            holder_pid: std::process::id(),
            status: self.status(),
            has_ended: false,
        }))
    }

    pub(super) fn status(&self) -> HolderStatus {
        HolderStatus {
            covers: self.covers.clone(),
            stations: self.seen_stations().map(|station| station.seen.clone()).collect(),
            title: self.emulator.title().map(str::to_owned),
            last_input: self.last_input,
            released: self.released.clone(),
        }
    }

    /// The stations that stay; the one that was typed at last comes first.
    pub(super) fn seen_stations(&self) -> impl Iterator<Item = &Station> {
        let mut stations: Vec<_> = self.stations.iter().filter(|s| s.leaving.is_none()).collect();
        stations.sort_by_key(|station| std::cmp::Reverse(station.typed));
        stations.into_iter()
    }

    /// Carries out a daemon's order.
    pub(super) fn obey(&mut self, daemon: u64, message: ToHolder) {
        // A cover that has ended by itself ends before anything new begins.
        self.expire(clock::now());
        match message {
            // A lock that its stations have not confirmed yet is seen, or its stations dropped, before
            // it is taken away again: its answer is then true.
            ToHolder::Cover { .. } if self.locked() && self.awaits_cover() => {
                self.postponed.push_back((daemon, message));
            }
            ToHolder::Cover { seq, covers } => {
                self.released = None;
                self.set_covers(covers);
                self.await_covered((daemon, seq));
            }
            ToHolder::Release { seq, by } => {
                self.set_covers(Vec::new());
                self.released = Some((by, clock::now()));
                self.await_covered((daemon, seq));
            }
            ToHolder::Station(spec) => self.admit(daemon, &spec),
            ToHolder::Disconnect { seq, by } => {
                let id = self.session_id.to_string();
                self.dismiss(&sentence(self.locale.language, "left-disconnected", &[("by", &by), ("id", &id)]));
                let stations = self.stations.iter().map(|s| s.id).collect();
                self.awaited.push(Awaited::Disconnected { reply_to: (daemon, seq), stations });
            }
            ToHolder::Announce(notice) => {
                self.notice = Some(notice);
                self.dirty = true;
            }
            ToHolder::Looked { by } => {
                self.looked = by.map(|by| (daemon, by));
                self.dirty = true;
            }
            ToHolder::Withdraw => self.dirty |= self.notice.take().is_some(),
            ToHolder::Close { seq, grace_ms, by } => {
                let farewell = Farewell { end: ProgramEnd::HUNG_UP, screen: None };
                self.stations.iter_mut().for_each(|station| station.bid(&farewell));
                self.dismiss(&sentence(self.locale.language, "left-closed", &[("by", &by)]));
                let ending = Ending::begin(Duration::from_millis(grace_ms));
                self.ending.get_or_insert(((daemon, seq), ending)).0 = (daemon, seq);
            }
            ToHolder::Still { seq, watch } => {
                let file = self.take_handed(daemon).ok_or_else(|| io::Error::other("no file came along"));
                let written = file.and_then(|file| self.write_cells(file));
                let error = written.err().map(|error| error.to_string());
                if watch && error.is_none() && !self.watching.contains(&daemon) {
                    self.watching.push(daemon);
                }
                self.reply(daemon, &FromHolder::Written { seq, error });
            }
            ToHolder::Text { seq } => {
                let text = self.screen_text();
                self.reply(daemon, &FromHolder::Text { seq, text });
            }
            // The session is open already.
            ToHolder::Open(_) | ToHolder::Lead { .. } | ToHolder::Start => {}
            ToHolder::ProgramEnded { .. } | ToHolder::Heard => {}
        }
    }

    /// Makes these the covers. A lock forgets the keys that the program has not taken yet, and the
    /// stations' keys count again only when each has confirmed the unlock.
    fn set_covers(&mut self, covers: Vec<Cover>) {
        let now = clock::now();
        let before = self.cover().cloned();
        self.covers = covers;
        self.covers.retain(|cover| cover.holds(now));
        self.covers_changed(before);
    }

    /// Covers whose time is over are removed: the next one is shown, or the session is unlocked.
    pub(super) fn expire(&mut self, now: Timestamp) {
        if self.covers.iter().any(|cover| !cover.holds(now)) {
            let before = self.cover().cloned();
            self.covers.retain(|cover| cover.holds(now));
            self.covers_changed(before);
        }
    }

    /// The one place where the session becomes locked or unlocked. Nothing else looks at the clock to
    /// tell whether it is: a lock that is over still withholds keys until its end was carried out here.
    fn covers_changed(&mut self, before: Option<Cover>) {
        if before.as_ref() == self.cover() {
            return;
        }
        self.epoch += 1;
        match (before.is_some(), self.locked()) {
            (false, true) => {
                self.supersede();
                self.pty.forget_pending();
                self.end_paste();
                self.stations.iter_mut().for_each(Station::forget_doings);
            }
            (true, false) => {
                self.drain_stations();
                self.unlocked_in = self.epoch;
                self.fit();
            }
            (true, true) | (false, false) => {}
        }
        self.dirty = true;
    }

    /// Unlocks that were not seen yet will not be: the stations' next frame is that of a lock.
    fn supersede(&mut self) {
        for awaited in &mut self.awaited {
            if let Awaited::Covered { superseded, .. } = awaited {
                *superseded = true;
            }
        }
    }

    /// Reads and drops the keys that arrived from the stations while the lock stood.
    fn drain_stations(&mut self) {
        for station in &mut self.stations {
            // No more than this was waiting. The stations' confirmations sort out later keys.
            let _ = (0..64).take_while(|_| station.conn.fill()).count();
            drop(station.receive());
        }
    }

    fn await_covered(&mut self, reply_to: ReplyTo) {
        let (epoch, deadline) = (self.epoch, Instant::now() + CONFIRM);
        self.awaited.push(Awaited::Covered { reply_to, epoch, deadline, dropped: Vec::new(), superseded: false });
    }

    /// The descriptor that came with the message.
    fn take_handed(&mut self, daemon: u64) -> Option<OwnedFd> {
        self.daemons.iter_mut().find(|conn| conn.id == daemon)?.conn.next_descriptor()
    }

    /// Seats a new station on the connection that came with the message.
    fn admit(&mut self, daemon: u64, spec: &StationSpec) {
        let Some(descriptor) = self.take_handed(daemon) else { return };
        // Keys typed before a station shows the unlocked screen do not count; without a lock all do.
        let confirmed = if self.locked() { 0 } else { self.epoch };
        let Ok(mut station) = Station::new(UnixStream::from(descriptor), spec, confirmed) else { return };
        if self.stations.len() >= MAX_STATIONS {
            station.leave(&sentence(self.locale.language, "left-crowded", &[]), Instant::now());
            return;
        }
        if !station.read_only && self.stations.iter().all(|s| s.leaving.is_some() || s.read_only) {
            self.keystrokes += 1;
            station.typed = self.keystrokes;
        }
        self.stations.push(station);
        self.fit();
        self.dirty = true;
    }

    /// Tells every station to leave.
    pub(super) fn dismiss(&mut self, reason: &str) {
        let deadline = Instant::now() + LEAVE;
        self.stations.iter_mut().for_each(|station| station.leave(reason, deadline));
    }

    /// The session takes the size of the station typed at last; never while it is locked.
    pub(super) fn fit(&mut self) {
        let Some(owner) = self.owner().and_then(|id| self.stations.iter().find(|s| s.id == id)) else { return };
        self.emulator.stands_for(&owner.terminal);
        let size = owner.size;
        if size != self.emulator.size() && !self.locked() {
            self.emulator.resize(size);
            let _ = self.pty.resize(size);
            self.dirty = true;
        }
    }

    /// Acts on a station's frames.
    pub(super) fn receive_from_station(&mut self, index: usize) {
        let Some(station) = self.stations.get_mut(index) else { return };
        station.conn.fill();
        for deed in station.receive() {
            // A key alone shows nothing before the program answers it. A lock's screen tells the time.
            self.dirty |= self.locked() || !matches!(deed, Deed::Typed(..));
            if let (Deed::Typed(..) | Deed::Scrolled(_) | Deed::LookedBack(..), Some(station)) =
                (&deed, self.stations.get_mut(index))
            {
                self.dirty |= station.hint.take().is_some();
            }
            match deed {
                Deed::Typed(keys, confirmed) => self.typed(index, &keys, confirmed),
                Deed::Scrolled(pages) => self.scroll(index, pages),
                Deed::LookedBack(keys, confirmed) => self.look_back(index, &keys, confirmed),
                Deed::Resized => self.fit(),
                Deed::Marked => {}
            }
        }
    }

    /// Keys reach the program only if no cover holds and the station has seen that.
    fn typed(&mut self, index: usize, keys: &[u8], confirmed: u64) {
        let withheld = self.locked() || !self.pty.has_room();
        let station = &self.stations[index];
        if withheld || confirmed < self.unlocked_in || station.leaving.is_some() || self.ending.is_some() {
            return;
        }
        if self.stations[index].read_only {
            return self.looks_on(index, keys);
        }
        self.last_input = Some(clock::now());
        let keys = self.for_program(index, keys);
        if keys.is_empty() {
            return;
        }
        // The others' lines may say who sets the size.
        self.dirty |= self.owner() != Some(self.stations[index].id);
        self.keystrokes += 1;
        self.stations[index].typed = self.keystrokes;
        self.fit();
        self.note_paste(&keys);
        self.pty.write(&keys);
    }

    /// Shows the program's output, and answers its queries.
    pub(super) fn show(&mut self, bytes: &[u8]) {
        self.emulator.watch(self.stations.iter().any(|station| station.look.is_some()));
        let advanced = self.emulator.advance(bytes);
        self.after_output(advanced);
    }

    /// Passes on answers and bells.
    pub(super) fn after_output(&mut self, advanced: Advanced) {
        // A program that asks without end and reads no answer gets none.
        if !advanced.answers.is_empty() && self.pty.has_room_for_answers() {
            self.pty.write(&advanced.answers);
        }
        self.move_looks(advanced.scrolled);
        if let Some(text) = advanced.clipboard.filter(|_| !self.locked()) {
            self.clip(&text);
        }
        if advanced.bell && !self.locked() {
            self.stations.iter_mut().for_each(Station::ring);
        }
        self.dirty = true;
    }
}

mod looking;
mod pasting;

#[cfg(test)]
mod tests;
