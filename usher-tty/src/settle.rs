//! What the holder does without being told: covers that end, pictures that are due, answers that the
//! stations' confirmations allow, reports to the daemon.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use usher_core::clock;
use usher_core::request::Size;
use usher_core::wire::holder::FromHolder;

use super::holder::{Awaited, Holder};
use super::lockscreen;
use super::picture::Picture;
use super::station::Station;
use super::still::still;

/// How often the daemon hears of input and titles.
const REPORT: Duration = Duration::from_millis(500);

impl Holder {
    /// What is due by time or by the stations: expired covers, pictures, answers, reports.
    pub(super) fn settle(&mut self) {
        let (now, instant) = (clock::now(), Instant::now());
        if self.screen.deadline().is_some_and(|deadline| deadline <= instant) {
            let advanced = self.screen.end_update();
            self.after_output(advanced);
        }
        self.expire();
        if self.tick_due().is_some_and(|due| due <= instant) {
            self.ticked = Some(instant);
            self.dirty = true;
        }
        self.part_with_gone(instant);
        if std::mem::take(&mut self.dirty) || self.wants_drawing() {
            self.draw(now);
        }
        self.controls.retain(|c| !c.conn.closed);
        // Who is answered may ask at once for what was reported: the report goes first.
        self.report(instant);
        self.answer(instant);
        self.take_up_postponed();
    }

    /// Does what was said while a lock had not been seen yet.
    fn take_up_postponed(&mut self) {
        while !self.awaits_cover()
            && let Some((control, message)) = self.postponed.pop_front()
        {
            self.obey(control, message);
            self.dirty = true;
        }
    }

    /// Forgets stations that have left; of those that stay, the one typed at last now sets the size.
    fn part_with_gone(&mut self, now: Instant) {
        let before = self.stations.len();
        self.stations.retain(|s| !s.conn.closed && s.leaving.is_none_or(|deadline| now < deadline));
        if self.stations.len() != before {
            self.fit();
        }
    }

    /// What a station of this size shows, which looks so many lines back.
    fn shown(&self, size: Size, scrolled: usize, now: Timestamp) -> Picture {
        let cover = self.covers.first();
        let mut picture = match cover {
            Some(cover) => lockscreen::lock_picture(cover, size, now, &self.reader),
            None => self.screen.picture(size, scrolled),
        };
        if cover.is_none() && scrolled > 0 {
            lockscreen::mark_scrolled(&mut picture, scrolled, &self.reader);
        }
        if let Some(notice) = &self.notice {
            lockscreen::announce(&mut picture, notice, now, &self.reader);
        }
        picture
    }

    /// Writes what a station of the session's own size would show, whether there is one or not.
    pub(super) fn write_still(&self, file: OwnedFd) -> io::Result<()> {
        let picture = self.shown(self.screen.size(), 0, clock::now());
        let mut file = io::BufWriter::new(File::from(file));
        // Anything else could keep the holder waiting.
        if !file.get_ref().metadata()?.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        serde_json::to_writer(&mut file, &still(&picture))?;
        file.flush()
    }

    fn draw(&mut self, now: Timestamp) {
        let mut stations = std::mem::take(&mut self.stations);
        for station in stations.iter_mut().filter(|station| station.ready()) {
            // Who is not ready confirms or drains later, and is drawn then.
            let picture = self.shown(station.size, station.scrolled, now);
            let flush = !self.locked() && station.confirmed < self.unlocked_in;
            station.draw(picture, self.epoch, flush);
        }
        self.stations = stations;
    }

    /// Answers those whose effect the stations confirmed, and ends the patience with those that did not.
    fn answer(&mut self, now: Instant) {
        for awaited in std::mem::take(&mut self.awaited) {
            match awaited {
                Awaited::Covered { asker, epoch, deadline, mut dropped, superseded } => {
                    // A station that was told to leave shows nothing new: it is waited for until it has left.
                    let shows = |s: &Station| s.confirmed >= epoch && s.leaving.is_none();
                    if now >= deadline {
                        dropped.extend(self.stations.iter().filter(|s| !shows(s)).map(|s| s.id));
                        self.stations.retain(shows);
                    }
                    if self.stations.iter().all(shows) {
                        self.say(asker.0, &FromHolder::Covered { seq: asker.1, dropped, superseded });
                    } else {
                        self.awaited.push(Awaited::Covered { asker, epoch, deadline, dropped, superseded });
                    }
                }
                Awaited::Disconnected { asker, stations } => {
                    if self.stations.iter().any(|s| stations.contains(&s.id)) {
                        self.awaited.push(Awaited::Disconnected { asker, stations });
                    } else {
                        self.say(asker.0, &FromHolder::Disconnected { seq: asker.1 });
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
        let cover = self.cover();
        let ticking = self.notice.is_some()
            || cover.is_some_and(|cover| self.stations.iter().any(|s| lockscreen::ticks(cover, s.size)));
        ticking.then(|| self.ticked.map_or_else(Instant::now, |ticked| ticked + Duration::from_millis(250)))
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
