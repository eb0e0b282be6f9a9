//! What logind's signals told of since somebody last looked. It is a set: a thousand signals about one session are one
//! look at it, and however many come, they take no more than a bounded place.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The most sessions that are told apart; beyond them, everything is looked at.
pub(super) const MOST: usize = 4096;

/// What one signal tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hint {
    /// The session behind this object is new, or changed.
    Session(String),
    /// The session with this ID is gone.
    Removed(String),
    /// logind is there again: anything may have changed.
    Everything,
}

/// What is to be looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Hints {
    /// The whole list.
    pub(super) everything: bool,
    /// The sessions behind these objects.
    pub(super) sessions: BTreeSet<String>,
    /// Whether the sessions with these IDs are gone.
    pub(super) removed: BTreeSet<String>,
}

impl Hints {
    fn note(&mut self, hint: Hint) {
        match hint {
            Hint::Session(path) => drop(self.sessions.insert(path)),
            Hint::Removed(id) => drop(self.removed.insert(id)),
            Hint::Everything => self.everything = true,
        }
        if self.everything || self.sessions.len() + self.removed.len() > MOST {
            *self = Hints { everything: true, ..Hints::default() };
        }
    }
}

/// Hints that wait for somebody who looks.
#[derive(Debug, Default)]
pub(super) struct PendingHints {
    hints: Mutex<(Hints, bool)>,
    came: Notify,
}

impl PendingHints {
    /// Adds a hint to those that wait.
    pub(super) fn note(&self, hint: Hint) {
        self.lock().0.note(hint);
        self.came.notify_one();
    }

    /// No more will come.
    pub(super) fn end(&self) {
        self.lock().1 = true;
        self.came.notify_one();
    }

    /// Everything that waits, as soon as something does; none once no more will come.
    pub(super) async fn next(&self) -> Option<Hints> {
        loop {
            {
                let mut waiting = self.lock();
                if waiting.1 {
                    return None;
                }
                if waiting.0 != Hints::default() {
                    return Some(std::mem::take(&mut waiting.0));
                }
            }
            self.came.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, (Hints, bool)> {
        self.hints.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_hints_at_one_session_are_one_look() {
        let mut hints = Hints::default();
        (0..1000).for_each(|_| hints.note(Hint::Session("/session/_31".to_owned())));
        hints.note(Hint::Session("/session/_32".to_owned()));
        hints.note(Hint::Removed("7".to_owned()));
        assert_eq!((hints.sessions.len(), hints.removed.len(), hints.everything), (2, 1, false));
    }

    #[test]
    fn hints_at_everything_or_at_too_many_take_no_place() {
        let mut hints = Hints::default();
        (0..MOST).for_each(|number| hints.note(Hint::Session(number.to_string())));
        assert!(!hints.everything);
        hints.note(Hint::Removed("1".to_owned()));
        assert_eq!(hints, Hints { everything: true, ..Hints::default() });
        hints.note(Hint::Session("1".to_owned()));
        assert_eq!(hints, Hints { everything: true, ..Hints::default() });
    }

    #[test]
    fn hints_wait_until_they_are_taken_and_end_once() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let pending = PendingHints::default();
            pending.note(Hint::Everything);
            pending.note(Hint::Removed("1".to_owned()));
            assert!(pending.next().await.unwrap().everything);
            pending.end();
            assert_eq!(pending.next().await, None);
        });
    }
}
