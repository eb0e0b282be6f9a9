//! What happens on the host, told to those who watch: from now on, and as far back as it is kept.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::broadcast;
use usher_core::clock;
use usher_core::event::{Event, EventKind};
use usher_core::request::{EventId, WatchQuery};
use usher_core::session::{Rule, Session};

use super::Host;

/// How many events are kept for those who come back.
const KEPT: usize = 512;
/// How many events may wait for a watcher.
const WAITING: usize = 1024;

/// An event and its number.
#[derive(Debug)]
pub struct NumberedEvent {
    /// Its number.
    pub id: EventId,
    /// The event.
    pub event: Event,
}

/// What somebody who watches is told.
#[derive(Debug)]
pub struct Watching {
    /// The number of the last event before what follows.
    pub from: EventId,
    /// What was asked for is not all kept: something is missing before the backlog.
    pub missed: bool,
    /// What happened already, and was asked for.
    pub backlog: VecDeque<Arc<NumberedEvent>>,
    /// What happens from now on.
    pub next: broadcast::Receiver<Arc<NumberedEvent>>,
    /// The screens that change, for who asked for them.
    pub screens: Option<broadcast::Receiver<Arc<Event>>>,
}

/// The events of a daemon's life.
#[derive(Debug)]
pub struct Events {
    /// None once the daemon stops: then those who watch see the end.
    state: Mutex<Option<EventState>>,
}

#[derive(Debug)]
struct EventState {
    sender: broadcast::Sender<Arc<NumberedEvent>>,
    kept: VecDeque<Arc<NumberedEvent>>,
    /// Everything of this moment or later is kept.
    kept_since: Timestamp,
    last: EventId,
}

impl Default for Events {
    fn default() -> Self {
        let begun = clock::now();
        // Another daemon's numbers mean nothing here: no two begin in the same millisecond on one socket.
        let run = u64::try_from(begun.as_millisecond()).unwrap_or(0);
        let sender = broadcast::channel(WAITING).0;
        let last = EventId { run, number: 0 };
        let state = EventState { sender, kept: VecDeque::with_capacity(KEPT), kept_since: begun, last };
        Events { state: Mutex::new(Some(state)) }
    }
}

impl EventState {
    fn tell(&mut self, event: Event) {
        self.last.number += 1;
        if self.kept.len() == KEPT
            && let Some(oldest) = self.kept.pop_front()
        {
            // Others of the same millisecond may be gone too.
            self.kept_since = oldest.event.time + jiff::SignedDuration::from_millis(1);
        }
        let numbered = Arc::new(NumberedEvent { id: self.last, event });
        self.kept.push_back(Arc::clone(&numbered));
        let _ = self.sender.send(numbered);
    }

    fn watch(&self, query: &WatchQuery) -> Watching {
        let oldest = self.last.number - self.kept.len() as u64;
        let after = query.after.map(|after| match after.run == self.last.run {
            true => (after.number.clamp(oldest, self.last.number), after.number < oldest),
            // The other daemon's events went with it; all of this one's are news.
            false => (oldest, true),
        });
        let since = query.since.map(|since| {
            let earlier = self.kept.iter().take_while(|kept| kept.event.time < since).count() as u64;
            (oldest + earlier, since < self.kept_since)
        });
        // Who asks for both wants all that is in either.
        let (from, missed) = match (after, since) {
            (None, None) => (self.last.number, false),
            (Some(one), None) | (None, Some(one)) => one,
            (Some((a, a_missed)), Some((b, b_missed))) => (a.min(b), a_missed || b_missed),
        };
        let skipped = usize::try_from(from - oldest).unwrap_or(usize::MAX);
        Watching {
            from: EventId { number: from, ..self.last },
            missed,
            backlog: self.kept.iter().skip(skipped).cloned().collect(),
            next: self.sender.subscribe(),
            screens: None,
        }
    }
}

impl Events {
    fn state(&self) -> MutexGuard<'_, Option<EventState>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Host {
    /// Tells everyone who watches.
    pub fn announce(&self, kind: EventKind, session: Option<Session>, rule: Option<Rule>) {
        if let Some(state) = &mut *self.events.state() {
            state.tell(Event { time: clock::now(), event: kind, session, rule });
        }
    }

    /// Follows what is announced; ends at once if the daemon is stopping.
    pub fn watch(&self, query: &WatchQuery) -> Watching {
        match &*self.events.state() {
            Some(state) => {
                let screens = query.screens.then(|| self.screens.follow()).flatten();
                Watching { screens, ..state.watch(query) }
            }
            None => Watching {
                from: EventId { run: 0, number: 0 },
                missed: false,
                backlog: VecDeque::new(),
                next: broadcast::channel(1).1,
                screens: None,
            },
        }
    }

    /// Ends what those who watch follow.
    pub fn stop_events(&self) {
        self.events.state().take();
        self.screens.stop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(count: u64) -> EventState {
        let state = Events::default().state().take().unwrap();
        let mut state = EventState { last: EventId { run: 7, number: 0 }, ..state };
        for number in 0..count {
            let time = moment(i64::try_from(number).unwrap());
            state.tell(Event { time, event: EventKind::Retitled, session: None, rule: None });
        }
        state
    }

    fn moment(seconds: i64) -> Timestamp {
        clock::now() + jiff::SignedDuration::from_secs(3600 + seconds)
    }

    fn seen(state: &EventState, query: &WatchQuery) -> (bool, u64, Vec<u64>) {
        let watching = state.watch(query);
        (watching.missed, watching.from.number, watching.backlog.iter().map(|numbered| numbered.id.number).collect())
    }

    fn after(run: u64, number: u64) -> WatchQuery {
        WatchQuery { after: Some(EventId { run, number }), ..WatchQuery::default() }
    }

    #[test]
    fn whoever_comes_back_is_told_what_was_missed_or_that_something_was() {
        let state = told(3);
        assert_eq!(seen(&state, &WatchQuery::default()), (false, 3, vec![]));
        assert_eq!(seen(&state, &after(7, 1)), (false, 1, vec![2, 3]));
        assert_eq!(seen(&state, &after(7, 3)), (false, 3, vec![]));
        assert_eq!(seen(&state, &after(7, 99)), (false, 3, vec![]), "a number that was never given");
        assert_eq!(seen(&state, &after(6, 2)), (true, 0, vec![1, 2, 3]), "another daemon's");
        let kept = u64::try_from(KEPT).unwrap();
        let state = told(kept + 10);
        assert!(!seen(&state, &after(7, 10)).0);
        let (missed, from, backlog) = seen(&state, &after(7, 9));
        assert_eq!((missed, from, backlog.len()), (true, 10, KEPT));
    }

    #[test]
    fn what_happened_since_a_moment_is_told_as_far_as_it_is_kept() {
        let state = told(3);
        let since = |time| seen(&state, &WatchQuery { since: Some(time), ..WatchQuery::default() });
        let second = state.kept[1].event.time;
        assert_eq!(since(second), (false, 1, vec![2, 3]));
        assert_eq!(since(Timestamp::MAX), (false, 3, vec![]));
        let (missed, _, all) = since(Timestamp::MIN);
        assert!(missed && all == [1, 2, 3], "nobody knows what was before the daemon");
    }
}
