//! Lock, unlock, disconnect and close, for one session that the actor may act on.

use usher_core::outcome::OutcomeResult;
use usher_core::request::CloseRequest;
use usher_core::session::{CoverSource, Terms};

use super::{CloseOrder, Effect, Error, ErrorId, Kind, Todo, Tracked, View, end_of};
use crate::session::{Change, covers_of};

impl View<'_> {
    /// The own lock is set or replaced. The same message without an end again changes nothing.
    pub(super) fn lock(&self, session: &Tracked, terms: &Terms) -> Todo {
        if let Some(why) = &session.seen.unlockable {
            return Todo::Answer(OutcomeResult::Failed, Some(not_supported(why)));
        }
        let same = session.own_lock.as_ref().is_some_and(|lock| {
            let endless = lock.until.is_none() && terms.until.is_none();
            lock.message == terms.message && endless && lock.freeze == terms.freeze
        });
        if same {
            return super::act(Effect::Covered, OutcomeResult::Unchanged);
        }
        Todo::Act {
            changes: vec![Change::LockSet(session.id, terms.clone())],
            effect: Effect::Covered,
            result: OutcomeResult::Done,
            refusal: None,
            notes: unfrozen(session, terms.freeze),
        }
    }

    /// The own lock is removed; a rule that still covers the session makes that a failure that names it.
    pub(super) fn unlock(&self, session: &Tracked, exempt: bool) -> Todo {
        let mut changes = Vec::new();
        if session.own_lock.is_some() {
            changes.push(Change::LockRemoved(session.id));
        }
        let covers = covers_of(self.registry, session, self.now);
        let rules = covers.iter().filter_map(|cover| match &cover.source {
            CoverSource::Session => None,
            CoverSource::Rule(name) => Some((name, cover)),
        });
        let rules: Vec<_> = rules.collect();
        if exempt {
            changes.extend(rules.iter().map(|(name, _)| Change::Exempted((*name).clone(), session.key.clone())));
        } else if let Some((name, cover)) = rules.first() {
            let mut notes = Vec::new();
            if session.own_lock.is_some() {
                notes.push("the session's own lock was removed; the rule still covers it".to_owned());
            }
            let error = Error::new(
                ErrorId::StillBlocked,
                format!(
                    "session {} is covered by the rule `{name}`, set by {} since {}",
                    session.id, cover.terms.by, cover.terms.since
                ),
            )
            .hint("`usher unlock --exempt` takes the session out of the rule, `usher unblock` removes the rule");
            let (effect, result) = (Effect::Covered, OutcomeResult::Failed);
            return Todo::Act { changes, effect, result, refusal: Some(error), notes };
        }
        let was_covered = !changes.is_empty() || session.seen.covers.iter().any(|cover| cover.holds(self.now));
        let result = if was_covered { OutcomeResult::Done } else { OutcomeResult::Unchanged };
        Todo::Act { changes, effect: Effect::Uncovered, result, refusal: None, notes: Vec::new() }
    }

    /// Every station is freed.
    pub(super) fn disconnect(&self, session: &Tracked, dry_run: bool) -> Todo {
        if let Some(why) = &session.seen.undetachable {
            return Todo::Answer(OutcomeResult::Failed, Some(not_supported(why)));
        }
        let result = if session.seen.stations.is_empty() { OutcomeResult::Unchanged } else { OutcomeResult::Done };
        if dry_run {
            let planned = if result == OutcomeResult::Done { OutcomeResult::Planned } else { result };
            return Todo::Answer(planned, None);
        }
        super::act(Effect::Disconnected, result)
    }

    /// The session is ended, after a countdown if one is asked for. Of two orders the earlier holds.
    pub(super) fn close(&self, session: &Tracked, request: &CloseRequest) -> Todo {
        if request.dry_run {
            return Todo::Answer(OutcomeResult::Planned, None);
        }
        let order = CloseOrder {
            at: request.notice.map_or(self.now, |span| end_of(self.now, span.as_duration())),
            by: self.actor.name.clone(),
            message: request.message.clone(),
        };
        let order = match &session.closing {
            Some(earlier) if earlier.at <= order.at => earlier.clone(),
            _ => order,
        };
        Todo::Act {
            changes: vec![Change::CloseOrdered(session.id, order.clone())],
            effect: Effect::Closed(order),
            result: OutcomeResult::Done,
            refusal: None,
            notes: Vec::new(),
        }
    }

    /// The order to close the session is called off, unless it is being carried out already.
    pub(super) fn cancel_close(&self, session: &Tracked) -> Todo {
        let Some(order) = &session.closing else {
            return super::act(Effect::CloseCancelled(None), OutcomeResult::Unchanged);
        };
        if session.close_begun || order.at <= self.now {
            return Todo::Answer(OutcomeResult::Failed, Some(too_late(session.id)));
        }
        Todo::Act {
            changes: vec![Change::CloseCancelled(session.id)],
            effect: Effect::CloseCancelled(Some(order.clone())),
            result: OutcomeResult::Done,
            refusal: None,
            notes: Vec::new(),
        }
    }
}

/// The session's programs are being ended.
fn too_late(id: u32) -> Error {
    Error::new(
        ErrorId::SessionChanged,
        format!("session {id} is being closed already: that can no longer be called off"),
    )
    .hint("`usher list` shows whether it is gone")
}

/// Only displays' processes are stopped: a text session's output is kept and shown later anyway.
fn unfrozen(session: &Tracked, freeze: bool) -> Vec<String> {
    let cannot = freeze && session.kind == Kind::Text;
    let note = || "the processes of a text session are not stopped: --freeze is for displays".to_owned();
    cannot.then(note).into_iter().collect()
}

/// The kind of session has no such verb; `why` says so and what to do instead.
pub(super) fn not_supported(why: &str) -> Error {
    Error::new(ErrorId::NotSupported, why)
}
