//! The holder's state, and what every event does to it.

use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::control::Control;
use super::ending::Ending;
use super::lockscreen;
use super::pty::Pty;
use super::screen::{Advanced, Screen};
use super::station::{Deed, Station};
use super::wire::{FromHolder, Hello, Notice, PROTOCOL, StationSpec, Status, ToHolder};
use crate::clock;
use crate::request::Size;
use crate::session::{Cover, SessionKey};

/// How long a station may take to confirm that it shows a lock, before it is made to leave.
const CONFIRM: Duration = Duration::from_millis(1000);
/// How long a station may take to leave by itself.
const LEAVE: Duration = Duration::from_millis(500);
/// How often the daemon hears of input and titles.
const REPORT: Duration = Duration::from_millis(500);
/// Stations on one session at once.
const MAX_STATIONS: usize = 32;

/// What a terminal puts round pasted text (xterm's bracketed paste mode).
const PASTE_BEGIN: &[u8] = b"\x1b[200~";
const PASTE_END: &[u8] = b"\x1b[201~";

/// Who asked for something and is owed an answer.
pub(super) type Asker = (u64, u64);

pub(super) struct Holder {
    pub(super) session_id: u32,
    pub(super) key: SessionKey,
    pub(super) pty: Pty,
    pub(super) screen: Screen,
    zone: TimeZone,
    pub(super) controls: Vec<Control>,
    pub(super) stations: Vec<Station>,
    covers: Vec<Cover>,
    notice: Option<Notice>,
    released: Option<(String, Timestamp)>,
    /// Counts the changes between locked and unlocked, and from one cover to another. A station that
    /// confirmed a picture of this epoch shows what holds now.
    epoch: u64,
    /// The epoch of the last unlock: keys from a station that has not confirmed it were typed before.
    unlocked_in: u64,
    keystrokes: u64,
    /// A bracketed paste has begun and not ended.
    pasting: bool,
    last_input: Option<Timestamp>,
    awaited: Vec<Awaited>,
    pub(super) ending: Option<(Asker, Ending)>,
    reported: Status,
    reported_at: Option<Instant>,
    /// When a picture that changes by itself was last brought up to date.
    ticked: Option<Instant>,
    dirty: bool,
}

/// Answers that wait for the stations.
enum Awaited {
    /// Every station shows the covers of this epoch.
    Covered { asker: Asker, epoch: u64, deadline: Instant, dropped: Vec<u32> },
    /// No station is left.
    Disconnected { asker: Asker },
}

impl Holder {
    pub(super) fn new(session_id: u32, key: SessionKey, pty: Pty, size: Size) -> Self {
        Holder {
            session_id,
            key,
            pty,
            screen: Screen::new(size),
            zone: TimeZone::system(),
            controls: Vec::new(),
            stations: Vec::new(),
            covers: Vec::new(),
            notice: None,
            released: None,
            epoch: 1,
            unlocked_in: 1,
            keystrokes: 0,
            pasting: false,
            last_input: None,
            awaited: Vec::new(),
            ending: None,
            reported: Status::default(),
            reported_at: None,
            ticked: None,
            dirty: false,
        }
    }

    /// The cover that is shown now.
    fn cover(&self, now: Timestamp) -> Option<&Cover> {
        self.covers.iter().find(|cover| cover.holds(now))
    }

    pub(super) fn hello(&self) -> FromHolder {
        FromHolder::Hello(Box::new(Hello {
            protocol: PROTOCOL,
            session_id: self.session_id,
            key: self.key.clone(),
            holder_pid: std::process::id(),
            status: self.status(),
        }))
    }

    fn status(&self) -> Status {
        let mut stations: Vec<_> = self.stations.iter().filter(|s| s.leaving.is_none()).collect();
        stations.sort_by_key(|station| std::cmp::Reverse(station.typed));
        Status {
            covers: self.covers.clone(),
            stations: stations.into_iter().map(Station::seen).collect(),
            title: self.screen.title().map(str::to_owned),
            last_input: self.last_input,
            released: self.released.clone(),
        }
    }

    /// Does what a daemon says.
    pub(super) fn obey(&mut self, control: u64, message: ToHolder) {
        match message {
            ToHolder::Cover { seq, covers } => {
                self.released = None;
                self.set_covers(covers);
                self.await_covered((control, seq));
            }
            ToHolder::Release { seq, by } => {
                self.set_covers(Vec::new());
                self.released = Some((by, clock::now()));
                self.await_covered((control, seq));
            }
            ToHolder::Station(spec) => self.admit(control, &spec),
            ToHolder::Disconnect { seq, by } => {
                self.dismiss(&format!("disconnected by {by}; the session lives on: usher attach {}", self.session_id));
                self.awaited.push(Awaited::Disconnected { asker: (control, seq) });
            }
            ToHolder::Announce(notice) => {
                self.notice = Some(notice);
                self.dirty = true;
            }
            ToHolder::Close { seq, grace_ms, by } => {
                self.dismiss(&format!("the session was closed by {by}"));
                let ending = Ending::begin(Duration::from_millis(grace_ms));
                self.ending.get_or_insert(((control, seq), ending)).0 = (control, seq);
            }
            // The session is open already.
            ToHolder::Open(_) | ToHolder::Start => {}
        }
    }

    /// Makes these the covers. What was typed and not taken yet is forgotten at a lock, and the
    /// stations' keys count again only when each has confirmed the unlock.
    fn set_covers(&mut self, covers: Vec<Cover>) {
        let now = clock::now();
        let before = self.cover(now).cloned();
        self.covers = covers;
        self.covers_changed(before, now);
    }

    fn covers_changed(&mut self, before: Option<Cover>, now: Timestamp) {
        let after = self.cover(now);
        if before.as_ref() == after {
            return;
        }
        let locked_after = after.is_some();
        self.epoch += 1;
        match (before.is_some(), locked_after) {
            (false, true) => {
                self.pty.forget_pending();
                self.end_paste();
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

    /// A paste whose rest is withheld is ended for the program, which would else take every later key for more of it.
    fn end_paste(&mut self) {
        if std::mem::take(&mut self.pasting) {
            self.pty.write(PASTE_END);
        }
    }

    /// Reads and drops what arrived from the stations while the lock stood.
    fn drain_stations(&mut self) {
        for station in &mut self.stations {
            while station.conn.fill() {}
            drop(station.receive());
        }
    }

    fn await_covered(&mut self, asker: Asker) {
        let (epoch, deadline) = (self.epoch, Instant::now() + CONFIRM);
        self.awaited.push(Awaited::Covered { asker, epoch, deadline, dropped: Vec::new() });
    }

    /// Seats a new station on the connection that came with the message.
    fn admit(&mut self, control: u64, spec: &StationSpec) {
        let descriptor =
            self.controls.iter_mut().find(|c| c.id == control).and_then(|c| c.conn.descriptors.pop_front());
        let Some(descriptor) = descriptor else { return };
        let locked = self.cover(clock::now()).is_some();
        // Keys typed before a station shows the unlocked screen do not count; without a lock all do.
        let confirmed = if locked { 0 } else { self.epoch };
        let Ok(mut station) = Station::new(UnixStream::from(descriptor), spec, confirmed) else { return };
        if self.stations.len() >= MAX_STATIONS {
            station.leave("too many stations sit at this session", Instant::now());
            return;
        }
        if self.stations.iter().all(|s| s.leaving.is_some()) {
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
    fn fit(&mut self) {
        let owner = self.stations.iter().filter(|s| s.leaving.is_none()).max_by_key(|s| s.typed);
        let Some(size) = owner.map(|s| s.size) else { return };
        if size != self.screen.size() && self.cover(clock::now()).is_none() {
            self.screen.resize(size);
            let _ = self.pty.resize(size);
            self.dirty = true;
        }
    }

    /// Takes what a station sent.
    pub(super) fn hear(&mut self, index: usize) {
        let Some(station) = self.stations.get_mut(index) else { return };
        station.conn.fill();
        for deed in station.receive() {
            match deed {
                Deed::Typed(keys) => self.typed(index, &keys),
                Deed::Resized => self.fit(),
            }
        }
        self.dirty = true;
    }

    /// Keys reach the program only if no cover holds and the station has seen that.
    fn typed(&mut self, index: usize, keys: &[u8]) {
        let now = clock::now();
        let withheld = self.cover(now).is_some();
        let station = &mut self.stations[index];
        if withheld || station.confirmed < self.unlocked_in || station.leaving.is_some() || self.ending.is_some() {
            return;
        }
        self.keystrokes += 1;
        station.typed = self.keystrokes;
        self.last_input = Some(now);
        self.fit();
        self.note_paste(keys);
        self.pty.write(keys);
    }

    /// Remembers whether a bracketed paste is under way.
    fn note_paste(&mut self, keys: &[u8]) {
        let last = |marker: &[u8]| keys.windows(marker.len()).rposition(|window| window == marker);
        match (last(PASTE_BEGIN), last(PASTE_END)) {
            (Some(begin), end) => self.pasting = end.is_none_or(|end| end < begin),
            (None, Some(_)) => self.pasting = false,
            (None, None) => {}
        }
    }

    /// Shows what the program wrote, and answers what it asked.
    pub(super) fn show(&mut self, bytes: &[u8]) {
        let advanced = self.screen.advance(bytes);
        self.after_output(advanced);
    }

    fn after_output(&mut self, advanced: Advanced) {
        if !advanced.answers.is_empty() {
            self.pty.write(&advanced.answers);
        }
        if advanced.bell && self.cover(clock::now()).is_none() {
            self.stations.iter_mut().for_each(Station::ring);
        }
        self.dirty = true;
    }

    /// What is due by time or by the stations: expired covers, pictures, answers, reports.
    pub(super) fn settle(&mut self) {
        let (now, instant) = (clock::now(), Instant::now());
        if self.screen.deadline().is_some_and(|deadline| deadline <= instant) {
            let advanced = self.screen.end_update();
            self.after_output(advanced);
        }
        self.expire(now);
        if self.tick_due().is_some_and(|due| due <= instant) {
            self.ticked = Some(instant);
            self.dirty = true;
        }
        if std::mem::take(&mut self.dirty) {
            self.draw(now);
        }
        self.stations.retain(|s| !s.conn.closed && s.leaving.is_none_or(|deadline| instant < deadline));
        self.controls.retain(|c| !c.conn.closed);
        // Who is answered may ask at once for what was reported: the report goes first.
        self.report(instant);
        self.answer(instant);
    }

    /// Covers whose time is over are removed: the next one is shown, or the session is unlocked.
    fn expire(&mut self, now: Timestamp) {
        if self.covers.iter().any(|cover| !cover.holds(now)) {
            // What was shown is the first of all: it may be one of those that end now.
            let before = self.covers.first().cloned();
            self.covers.retain(|cover| cover.holds(now));
            self.covers_changed(before, now);
        }
    }

    fn draw(&mut self, now: Timestamp) {
        let cover = self.covers.iter().find(|cover| cover.holds(now));
        for station in &mut self.stations {
            if !station.ready() {
                // It confirms or drains later, and is drawn then.
                continue;
            }
            let mut picture = match cover {
                Some(cover) => lockscreen::lock_picture(cover, station.size, now, &self.zone),
                None => self.screen.picture(station.size),
            };
            if let Some(notice) = &self.notice {
                lockscreen::announce(&mut picture, notice, now);
            }
            let flush = cover.is_none() && station.confirmed < self.unlocked_in;
            station.draw(picture, self.epoch, flush);
        }
    }

    /// Answers those whose effect the stations confirmed, and ends the patience with those that did not.
    fn answer(&mut self, now: Instant) {
        for awaited in std::mem::take(&mut self.awaited) {
            match awaited {
                Awaited::Covered { asker, epoch, deadline, mut dropped } => {
                    if now >= deadline {
                        let late = self.stations.iter().filter(|s| s.confirmed < epoch && s.leaving.is_none());
                        dropped.extend(late.map(|s| s.id));
                        self.stations.retain(|s| s.confirmed >= epoch || s.leaving.is_some());
                    }
                    if self.stations.iter().all(|s| s.confirmed >= epoch || s.leaving.is_some()) {
                        self.say(asker.0, &FromHolder::Covered { seq: asker.1, dropped });
                    } else {
                        self.awaited.push(Awaited::Covered { asker, epoch, deadline, dropped });
                    }
                }
                Awaited::Disconnected { asker } => {
                    if self.stations.is_empty() {
                        self.say(asker.0, &FromHolder::Disconnected { seq: asker.1 });
                    } else {
                        self.awaited.push(Awaited::Disconnected { asker });
                    }
                }
            }
        }
    }

    /// Tells the daemon what changed: locks and stations at once, titles and input now and then.
    fn report(&mut self, now: Instant) {
        let status = self.status();
        let soon = status.covers != self.reported.covers
            || status.stations != self.reported.stations
            || status.released != self.reported.released;
        let due = self.reported_at.is_none_or(|at| now >= at + REPORT);
        if status != self.reported && (soon || due) {
            self.controls.iter_mut().for_each(|c| c.say(&FromHolder::Status(status.clone())));
            self.reported = status;
            self.reported_at = Some(now);
        }
    }

    pub(super) fn say(&mut self, control: u64, message: &FromHolder) {
        if let Some(control) = self.controls.iter_mut().find(|c| c.id == control) {
            control.say(message);
        }
    }

    /// When a picture that changes by itself is due again.
    fn tick_due(&self) -> Option<Instant> {
        if self.stations.is_empty() {
            return None;
        }
        let cover = self.cover(clock::now());
        let ticking = self.notice.is_some()
            || cover.is_some_and(|cover| self.stations.iter().any(|s| lockscreen::ticks(cover, s.size)));
        ticking.then(|| self.ticked.map_or_else(Instant::now, |ticked| ticked + Duration::from_millis(250)))
    }

    /// When [`settle`](Self::settle) has something to do again, if nothing else happens.
    pub(super) fn next_deadline(&self) -> Option<Duration> {
        let (now, instant) = (clock::now(), Instant::now());
        let after = |deadline: Instant| deadline.saturating_duration_since(instant);
        let expiries =
            self.covers.iter().filter_map(|c| c.until).map(|until| {
                Duration::try_from(until.duration_since(now)).unwrap_or_default() + Duration::from_millis(1)
            });
        let awaited = self.awaited.iter().filter_map(|awaited| match awaited {
            Awaited::Covered { deadline, .. } => Some(after(*deadline)),
            Awaited::Disconnected { .. } => None,
        });
        let leaving = self.stations.iter().filter_map(|s| s.leaving).map(after);
        let unreported =
            self.last_input != self.reported.last_input || self.screen.title() != self.reported.title.as_deref();
        let report = unreported.then(|| self.reported_at.map_or(Duration::ZERO, |at| after(at + REPORT)));
        let ending = self.ending.as_ref().map(|_| super::ending::LOOK);
        expiries
            .chain(awaited)
            .chain(leaving)
            .chain(report)
            .chain(ending)
            .chain(self.tick_due().map(after))
            .chain(self.screen.deadline().map(after))
            .min()
    }

    /// Whether a station waits for a bell or a picture that it could take now.
    pub(super) fn wants_drawing(&self) -> bool {
        self.stations.iter().any(|s| s.ready() && (s.rings() || s.confirmed < self.epoch))
    }
}
