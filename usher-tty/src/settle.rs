//! What the holder does without being told: covers that end, frames that are due, answers that the
//! stations' confirmations allow, reports to the daemon.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use alacritty_terminal::term::TermMode;
use jiff::Timestamp;
use usher_core::clock;
use usher_core::language::sentence;
use usher_core::request::Size;
use usher_core::session::ProgramEnd;
use usher_core::wire::holder::{Farewell, FromHolder};

use super::cells::{cells_of, text_of};
use super::frame::Frame;
use super::holder::{Awaited, Holder};
use super::lockscreen;
use super::station::Station;

/// The most bytes of a screen's text in one message.
const SCREEN_TEXT: usize = 256 << 10;
/// The most bytes of a screen's text that outlive its session: a large screen full of letters.
const LAST_TEXT: usize = 16 << 10;
/// How often the daemon hears of input and titles.
const REPORT: Duration = Duration::from_millis(500);

impl Holder {
    /// Does everything that is due by time or by the stations: expired covers, frames, answers, reports.
    pub(super) fn settle(&mut self) {
        self.settle_at(clock::now(), Instant::now());
    }

    pub(super) fn settle_at(&mut self, now: Timestamp, instant: Instant) {
        if self.emulator.deadline().is_some_and(|deadline| deadline <= instant) {
            let advanced = self.emulator.end_update();
            self.after_output(advanced);
        }
        self.expire(now);
        if self.tick_due().is_some_and(|due| due <= instant) {
            self.ticked = instant;
            self.dirty = true;
        }
        self.part_with_gone(instant);
        if std::mem::take(&mut self.dirty) {
            self.tell_of_change();
            self.draw(now);
        } else if self.wants_drawing() {
            self.draw(now);
        }
        self.daemons.retain(|c| !c.conn.is_closed());
        // Another daemon says itself who looks.
        let daemons = &self.daemons;
        self.dirty |= self.looked.take_if(|(from, _)| daemons.iter().all(|c| c.id != *from)).is_some();
        // The report goes before the answer: its receiver may look at once.
        self.report(instant);
        self.answer(instant);
        self.take_up_postponed();
    }

    /// Tells each daemon that asked, once.
    fn tell_of_change(&mut self) {
        for daemon in std::mem::take(&mut self.watching) {
            self.reply(daemon, &FromHolder::ScreenChanged);
        }
    }

    /// Carries out the orders that waited for a lock to be seen.
    fn take_up_postponed(&mut self) {
        while !self.awaits_cover()
            && let Some((daemon, message)) = self.postponed.pop_front()
        {
            self.obey(daemon, message);
            self.dirty = true;
        }
    }

    /// Forgets stations that have left; of those that stay, the one typed at last now sets the size.
    fn part_with_gone(&mut self, now: Instant) {
        let before = self.stations.len();
        self.stations.retain(|s| !s.conn.is_closed() && s.leaving.is_none_or(|deadline| now < deadline));
        if self.stations.len() != before {
            self.fit();
            self.dirty = true;
        }
    }

    /// The frame of a station.
    fn shown(&self, station: &Station, now: Timestamp) -> Frame {
        let (size, terminal) = (station.size, &station.terminal);
        let mut frame = match (self.cover(), &station.look) {
            (None, Some(look)) => {
                let mut frame = look.frame(&self.emulator, size, terminal.mouse, self.locale.language);
                self.announce(&mut frame, now);
                frame
            }
            _ => self.screen(station.shown(), size, now),
        };
        if self.locked() {
            return frame;
        }
        if let Some(hint) = &station.hint {
            let size_line = self.size_line(station.id);
            let whole = size_line.map_or_else(|| hint.clone(), |line| format!("{hint} · {line}"));
            lockscreen::mark(&mut frame, &whole);
        }
        if terminal.mouse && self.emulator.leaves_wheel() {
            frame.modes |= TermMode::MOUSE_REPORT_CLICK | TermMode::SGR_MOUSE;
        }
        frame
    }

    /// What the session shows now at a station of this size, which shows what was `before`.
    fn screen(&self, before: Option<&Frame>, size: Size, now: Timestamp) -> Frame {
        let mut frame = match self.cover() {
            Some(cover) => lockscreen::lock_frame(cover, size, now, &self.locale),
            None => self.emulator.frame_after(before, size),
        };
        self.announce(&mut frame, now);
        frame
    }

    fn announce(&self, frame: &mut Frame, now: Timestamp) {
        if let Some(notice) = &self.notice {
            lockscreen::announce(frame, notice, now, &self.locale);
        } else if let Some((_, by)) = &self.looked {
            lockscreen::tell(frame, &sentence(self.locale.language, "look-notice", &[("by", by)]));
        }
    }

    /// Writes the cells that a station of the session's own size would show, whether there is one or not.
    pub(super) fn write_cells(&self, file: OwnedFd) -> io::Result<()> {
        let frame = self.screen(None, self.emulator.size(), clock::now());
        let mut file = io::BufWriter::new(File::from(file));
        // Anything else could keep the holder waiting.
        if !file.get_ref().metadata()?.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        serde_json::to_writer(&mut file, &cells_of(&frame))?;
        file.flush()
    }

    /// The text that a station of the session's own size would show, whether there is one or not.
    pub(super) fn screen_text(&self) -> String {
        text_of(&self.screen(None, self.emulator.size(), clock::now()), SCREEN_TEXT)
    }

    /// The end of the session's program, with the text that it left. A lock hides that also after the end.
    pub(super) fn farewell(&self, end: ProgramEnd) -> Farewell {
        let screen = || text_of(&self.emulator.frame(self.emulator.size()), LAST_TEXT);
        Farewell { end, screen: (!self.locked()).then(screen) }
    }

    fn draw(&mut self, now: Timestamp) {
        for index in 0..self.stations.len() {
            // Those that are not ready confirm or drain later, and are drawn then.
            self.stations[index].is_stale = !self.stations[index].ready();
            if self.stations[index].is_stale {
                continue;
            }
            let frame = self.shown(&self.stations[index], now);
            let flush = !self.locked() && self.stations[index].confirmed < self.unlocked_in;
            self.stations[index].draw(frame, self.epoch, flush);
        }
    }

    /// Answers those whose effect the stations confirmed, and ends the patience with those that did not.
    fn answer(&mut self, now: Instant) {
        for awaited in std::mem::take(&mut self.awaited) {
            match awaited {
                Awaited::Covered { reply_to, epoch, deadline, mut dropped, superseded } => {
                    // A station that was told to leave shows nothing new: it is waited for until it has left.
                    let shows = |s: &Station| s.confirmed >= epoch && s.leaving.is_none();
                    if now >= deadline {
                        dropped.extend(self.stations.iter().filter(|s| !shows(s)).map(|s| s.id));
                        self.stations.retain(shows);
                        self.dirty = true;
                    }
                    if self.stations.iter().all(shows) {
                        self.reply(reply_to.0, &FromHolder::Covered { seq: reply_to.1, dropped, superseded });
                    } else {
                        self.awaited.push(Awaited::Covered { reply_to, epoch, deadline, dropped, superseded });
                    }
                }
                Awaited::Disconnected { reply_to, stations } => {
                    if self.stations.iter().any(|s| stations.contains(&s.id)) {
                        self.awaited.push(Awaited::Disconnected { reply_to, stations });
                    } else {
                        self.reply(reply_to.0, &FromHolder::Disconnected { seq: reply_to.1 });
                    }
                }
            }
        }
    }

    /// Tells the daemon what changed: locks and stations at once, titles and input now and then.
    fn report(&mut self, now: Instant) {
        let due = self.reported_at.is_none_or(|at| now >= at + REPORT);
        if !due && !self.has_urgent_news() {
            return;
        }
        let status = self.status();
        if status != self.reported {
            self.daemons.iter_mut().for_each(|c| c.send(&FromHolder::Status(status.clone())));
            self.reported = status;
            self.reported_at = Some(now);
        }
    }

    /// Whether locks or stations differ from what the daemon was told.
    fn has_urgent_news(&self) -> bool {
        let reported = &self.reported;
        let stations = self.seen_stations().map(|station| &station.seen);
        self.covers != reported.covers || self.released != reported.released || !stations.eq(&reported.stations)
    }

    /// Sends a message over the daemon's connection of this number, if it is still there.
    pub(super) fn reply(&mut self, daemon_id: u64, message: &FromHolder) {
        if let Some(daemon) = self.daemons.iter_mut().find(|daemon| daemon.id == daemon_id) {
            daemon.send(message);
        }
    }

    /// When a frame that changes by itself is due again.
    pub(super) fn tick_due(&self) -> Option<Instant> {
        if self.stations.is_empty() {
            return None;
        }
        let cover = self.cover();
        let ticking = self.notice.is_some()
            || cover.is_some_and(|cover| self.stations.iter().any(|s| lockscreen::ticks(cover, s.size)));
        ticking.then(|| self.ticked + Duration::from_millis(250))
    }

    /// When [`settle`](Self::settle) has something to do again, if nothing else happens.
    pub(super) fn next_deadline(&self) -> Option<Duration> {
        if self.dirty || self.wants_drawing() {
            return Some(Duration::ZERO);
        }
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
            self.last_input != self.reported.last_input || self.emulator.title() != self.reported.title.as_deref();
        let report = unreported.then(|| self.reported_at.map_or(Duration::ZERO, |at| after(at + REPORT)));
        let ending = self.ending.as_ref().map(|_| super::ending::LOOK);
        expiries
            .chain(awaited)
            .chain(leaving)
            .chain(report)
            .chain(ending)
            .chain(self.tick_due().map(after))
            .chain(self.emulator.deadline().map(after))
            .min()
    }

    /// Whether a station waits for a bell or a frame that it could take now.
    pub(super) fn wants_drawing(&self) -> bool {
        self.stations.iter().any(|s| s.ready() && (s.is_stale || s.has_more() || s.confirmed < self.epoch))
    }
}
