//! What time alone brings about.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::{SEARCH, Shield};
use crate::words;

impl Shield {
    /// Drops covers whose end has come: also where no usherd lives any more.
    pub fn expire(&mut self) {
        let now = Timestamp::now();
        if self.covers.iter().any(|cover| !cover.holds(now)) {
            let left = self.covers.iter().filter(|cover| cover.holds(now)).cloned().collect();
            self.set_covers(left, None);
        }
        if self.notice.as_ref().is_some_and(|notice| words::is_over(notice, now)) {
            self.notice = None;
        }
    }

    /// Looks whether everything is as it should be, though nothing was heard of a change.
    pub fn look_around(&mut self) {
        if self.covers.is_empty() || self.hung || Instant::now() < self.look_at {
            return;
        }
        let was = self.stage.covered && (!self.leader || self.held());
        self.settle();
        if was && self.leader && !(self.stage.covered && self.held()) && !self.hung {
            self.incident("the cover or the input was found lost", None);
        }
        // Where that failed when the message was painted, or there is none to be painted.
        let drawn = self.drawing.is_none() && (self.painted.is_some() || self.unpaintable.is_some());
        let sought = !self.stage.leftovers.is_empty() || self.searches > 0 || self.search_at <= Instant::now();
        if self.leader && drawn && self.stage.covered && sought {
            self.searches = self.searches.saturating_sub(1);
            self.search_at = Instant::now() + SEARCH;
            let cleaned = self.stage.kill_leftovers();
            self.took(cleaned);
        }
    }

    /// When something is to be done though nothing is heard.
    pub fn next_deadline(&self) -> Option<Duration> {
        let now = Instant::now();
        let until = |at: Timestamp| {
            let left = at.duration_since(Timestamp::now());
            Duration::try_from(left).unwrap_or_default() + Duration::from_millis(1)
        };
        let looks = self.leader && !self.hung && !self.stage.cut;
        let moments = [
            self.retry_at,
            (!self.covers.is_empty() && !self.hung).then_some(self.look_at),
            self.awaited_drawing().map(|drawing| drawing.until + drawing.overdue()),
            self.incidents.next(),
            self.captures.until(),
            // Only the leader looks at the user, and only at a server that answers.
            self.user.next().filter(|_| looks),
            self.changes.next().filter(|_| looks),
            self.trouble.is_some().then_some(self.knock_at),
            self.reserve.next().filter(|_| !self.hung),
        ];
        let times = self.covers.iter().filter_map(|cover| cover.until).map(until);
        let notice = self.notice.iter().map(|notice| until(words::end(notice)));
        let moments = moments.into_iter().flatten().map(|at| at.saturating_duration_since(now));
        moments.chain(times).chain(notice).min()
    }
}
