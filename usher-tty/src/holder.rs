//! The holder's state, and what every event does to it.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use usher_core::clock;
use usher_core::language::sentence;
use usher_core::request::Size;
use usher_core::session::{Cover, SessionKey};
use usher_core::wire::holder::{FromHolder, Hello, Notice, PROTOCOL, StationSpec, Status, ToHolder};

use super::control::Control;
use super::ending::Ending;
use super::lockscreen::Reader;
use super::pty::Pty;
use super::screen::{Advanced, Screen};
use super::station::{Deed, Station};

/// How long a station may take to confirm that it shows a lock, before it is made to leave.
const CONFIRM: Duration = Duration::from_millis(1000);
/// How long a station may take to leave by itself.
const LEAVE: Duration = Duration::from_millis(500);
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
    /// Who reads the lock screen.
    pub(super) reader: Reader,
    pub(super) controls: Vec<Control>,
    pub(super) stations: Vec<Station>,
    pub(super) covers: Vec<Cover>,
    pub(super) notice: Option<Notice>,
    pub(super) released: Option<(String, Timestamp)>,
    /// Counts the changes between locked and unlocked, and from one cover to another. A station that
    /// confirmed a picture of this epoch shows what holds now.
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
    pub(super) ending: Option<(Asker, Ending)>,
    pub(super) reported: Status,
    pub(super) reported_at: Option<Instant>,
    /// When a picture that changes by itself was last brought up to date.
    pub(super) ticked: Option<Instant>,
    pub(super) dirty: bool,
}

/// Answers that wait for the stations.
pub(super) enum Awaited {
    /// Every station shows the covers of this epoch.
    Covered { asker: Asker, epoch: u64, deadline: Instant, dropped: Vec<u32>, superseded: bool },
    /// None of these stations is left.
    Disconnected { asker: Asker, stations: Vec<u32> },
}

impl Holder {
    pub(super) fn new(session_id: u32, key: SessionKey, pty: Pty, size: Size, reader: Reader) -> Self {
        Holder {
            session_id,
            key,
            pty,
            screen: Screen::new(size),
            reader,
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
            postponed: VecDeque::new(),
            ending: None,
            reported: Status::default(),
            reported_at: None,
            ticked: None,
            dirty: false,
        }
    }

    /// The cover that is shown now.
    pub(super) fn cover(&self) -> Option<&Cover> {
        self.covers.first()
    }

    pub(super) fn locked(&self) -> bool {
        !self.covers.is_empty()
    }

    /// Whether somebody still waits to hear that the stations show what holds.
    pub(super) fn awaits_cover(&self) -> bool {
        self.awaited.iter().any(|awaited| matches!(awaited, Awaited::Covered { .. }))
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

    pub(super) fn status(&self) -> Status {
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
        // What ends by itself has ended before anything new is said.
        self.expire();
        match message {
            // A lock that its stations have not confirmed yet is seen, or its stations dropped, before
            // it is taken away again: who asked for it is told the truth.
            ToHolder::Cover { .. } if self.locked() && self.awaits_cover() => {
                self.postponed.push_back((control, message));
            }
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
                let id = self.session_id.to_string();
                self.dismiss(&sentence(self.reader.language, "left-disconnected", &[("by", &by), ("id", &id)]));
                let stations = self.stations.iter().map(|s| s.id).collect();
                self.awaited.push(Awaited::Disconnected { asker: (control, seq), stations });
            }
            ToHolder::Announce(notice) => {
                self.notice = Some(notice);
                self.dirty = true;
            }
            ToHolder::Close { seq, grace_ms, by } => {
                self.dismiss(&sentence(self.reader.language, "left-closed", &[("by", &by)]));
                let ending = Ending::begin(Duration::from_millis(grace_ms));
                self.ending.get_or_insert(((control, seq), ending)).0 = (control, seq);
            }
            ToHolder::Still { seq } => {
                let file = self.handed(control).ok_or_else(|| io::Error::other("no file came along"));
                let written = file.and_then(|file| self.write_still(file));
                let error = written.err().map(|error| error.to_string());
                self.say(control, &FromHolder::Written { seq, error });
            }
            // The session is open already.
            ToHolder::Open(_) | ToHolder::Start => {}
        }
    }

    /// Makes these the covers. What was typed and not taken yet is forgotten at a lock, and the
    /// stations' keys count again only when each has confirmed the unlock.
    fn set_covers(&mut self, covers: Vec<Cover>) {
        let now = clock::now();
        let before = self.cover().cloned();
        self.covers = covers;
        self.covers.retain(|cover| cover.holds(now));
        self.covers_changed(before);
    }

    /// Covers whose time is over are removed: the next one is shown, or the session is unlocked.
    pub(super) fn expire(&mut self) {
        let now = clock::now();
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

    /// Unlocks that were not seen yet will not be: the stations' next picture is that of a lock.
    fn supersede(&mut self) {
        for awaited in &mut self.awaited {
            if let Awaited::Covered { superseded, .. } = awaited {
                *superseded = true;
            }
        }
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
            // More than this was not waiting: what comes later is told by its confirmation.
            let _ = (0..64).take_while(|_| station.conn.fill()).count();
            drop(station.receive());
        }
    }

    fn await_covered(&mut self, asker: Asker) {
        let (epoch, deadline) = (self.epoch, Instant::now() + CONFIRM);
        self.awaited.push(Awaited::Covered { asker, epoch, deadline, dropped: Vec::new(), superseded: false });
    }

    /// The descriptor that came with the message.
    fn handed(&mut self, control: u64) -> Option<OwnedFd> {
        self.controls.iter_mut().find(|c| c.id == control)?.conn.descriptors.pop_front()
    }

    /// Seats a new station on the connection that came with the message.
    fn admit(&mut self, control: u64, spec: &StationSpec) {
        let Some(descriptor) = self.handed(control) else { return };
        // Keys typed before a station shows the unlocked screen do not count; without a lock all do.
        let confirmed = if self.locked() { 0 } else { self.epoch };
        let Ok(mut station) = Station::new(UnixStream::from(descriptor), spec, confirmed) else { return };
        if self.stations.len() >= MAX_STATIONS {
            station.leave(&sentence(self.reader.language, "left-crowded", &[]), Instant::now());
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
    pub(super) fn fit(&mut self) {
        let owner = self.stations.iter().filter(|s| s.leaving.is_none()).max_by_key(|s| s.typed);
        let Some(size) = owner.map(|s| s.size) else { return };
        if size != self.screen.size() && !self.locked() {
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
                Deed::Typed(keys, confirmed) => self.typed(index, &keys, confirmed),
                Deed::Scrolled(pages) => self.scroll(index, pages),
                Deed::Resized => self.fit(),
            }
        }
        self.dirty = true;
    }

    /// Shows a station what scrolled off the screen, no further than that goes.
    fn scroll(&mut self, index: usize, pages: i16) {
        let station = &mut self.stations[index];
        let page = i64::from(station.size.rows).saturating_sub(1).max(1);
        let most = i64::try_from(self.screen.scrollback()).unwrap_or(i64::MAX);
        let now = i64::try_from(station.scrolled).unwrap_or(0);
        let lines = (now + page * i64::from(pages)).clamp(0, most);
        station.scrolled = usize::try_from(lines).unwrap_or(0);
    }

    /// Keys reach the program only if no cover holds and the station has seen that.
    fn typed(&mut self, index: usize, keys: &[u8], confirmed: u64) {
        let withheld = self.locked() || !self.pty.has_room();
        let station = &mut self.stations[index];
        if withheld || confirmed < self.unlocked_in || station.leaving.is_some() || self.ending.is_some() {
            return;
        }
        self.keystrokes += 1;
        station.typed = self.keystrokes;
        station.scrolled = 0;
        self.last_input = Some(clock::now());
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

    pub(super) fn after_output(&mut self, advanced: Advanced) {
        // A program that asks without end and reads no answer gets none.
        if !advanced.answers.is_empty() && self.pty.has_room_for_answers() {
            self.pty.write(&advanced.answers);
        }
        if advanced.bell && !self.locked() {
            self.stations.iter_mut().for_each(Station::ring);
        }
        self.dirty = true;
    }
}
