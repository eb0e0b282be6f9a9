//! Steps on sessions: written first, ordered in turn, seen side by side.

use tokio::sync::MutexGuard;
use usher_core::event::EventKind;
use usher_core::outcome::{Error, Outcome, OutcomeResult};
use usher_core::request::Verb;

use super::attempt::with_targets_of;
use super::refuse::note;
use super::{Execution, close, urgency};
use crate::backend::Observation;
use crate::host::gone_meanwhile;
use crate::plan::{Effect, Step, Todo};
use crate::session::{Change, Target};
use crate::store::{Attempt, OpenRecord};

/// An effect under way: resolves once it was seen.
type UnderWay = Observation<Effected>;

/// An effect that came about.
#[derive(Debug, Default)]
pub(super) struct Effected {
    /// It came about in its order, but another order took it back before it could be seen.
    pub(super) unseen: bool,
    /// Sentences for the outcome.
    pub(super) notes: Vec<String>,
}

impl Execution<'_> {
    /// Writes all changes in one transaction, orders every effect, then observes them side by side.
    pub(super) async fn sessions(
        &self,
        steps: Vec<Step>,
        rule: Option<Change>,
        attempt: Option<Attempt>,
        order: MutexGuard<'_, ()>,
    ) -> Result<Vec<Outcome>, Error> {
        let attempt = attempt.map(|attempt| with_targets_of(attempt, &steps));
        if rule.is_none() && !steps.is_empty() && steps.iter().all(Step::is_refused) {
            drop(order);
            let mut outcomes: Vec<_> = steps.into_iter().map(|step| self.outcome(step, None)).collect();
            self.record_refusal(attempt, &mut outcomes).await;
            return Ok(outcomes);
        }
        let changes: Vec<Change> = rule.into_iter().chain(steps.iter().flat_map(|s| s.changes().to_vec())).collect();
        let record = self.host.commit(changes, attempt, urgency(self.verb)).await?;
        if let Some(sessions) = &self.host.host_sessions
            && matches!(self.verb, Verb::Lock | Verb::Block)
        {
            // Whatever the covers stop, the session that asks for them goes on.
            sessions.spare(&self.actor.own_sessions);
        }
        let under_way: Vec<(Step, Option<UnderWay>)> = steps.into_iter().map(|step| self.begin(step)).collect();
        drop(order);
        // Each outcome is made when its own effect was seen: a session that hangs makes no other's time longer.
        let seen = under_way.into_iter().map(|(step, observation)| async {
            let observed = match observation {
                Some(observation) => Some(observation.await),
                None => None,
            };
            self.outcome(step, observed)
        });
        let mut outcomes = futures_util::future::join_all(seen).await;
        // A caller that hears an outcome and then asks for the list must find in it what was observed.
        self.host.text.caught_up().await;
        if let Err(fault) = self.conclude(record, &outcomes).await {
            note(&mut outcomes, &fault.message);
        }
        Ok(outcomes)
    }

    /// Orders a step's effect.
    fn begin(&self, step: Step) -> (Step, Option<UnderWay>) {
        if let (Some(target), Todo::Act { effect: Effect::Booked, changes, .. }) = (&step.target, &step.todo)
            && !changes.is_empty()
        {
            self.host.announce(EventKind::Retitled, self.host.present(target.id), None);
        }
        let observation = match (&step.target, &step.todo) {
            (Some(target), Todo::Act { effect, .. }) => Some(self.order(target, effect)),
            (_, Todo::Answer(..)) | (None, Todo::Act { .. }) => None,
        };
        (step, observation)
    }

    fn order(&self, target: &Target, effect: &Effect) -> UnderWay {
        match effect {
            Effect::Covered | Effect::Uncovered => {
                let covered = self.host.cover_as_desired(target);
                Box::pin(async move {
                    covered.await.map(|covered| Effected { unseen: covered.unseen, notes: covered.notes })
                })
            }
            Effect::Disconnected => {
                let kind = self.host.registry().get(target.id).map(|session| session.kind);
                match kind.and_then(|kind| self.host.backend(kind)) {
                    Some(backend) => {
                        let gone = backend.disconnect(target, &self.actor.name);
                        Box::pin(async move { gone.await.map(|()| Effected::default()) })
                    }
                    None => Box::pin(std::future::ready(Err(gone_meanwhile(target.id)))),
                }
            }
            Effect::Booked => Box::pin(std::future::ready(Ok(Effected::default()))),
            Effect::Closed(order) => close::ordered(self.host, target, order),
            Effect::CloseCancelled(order) => close::cancelled(self.host, target, order.as_ref(), &self.actor.name),
        }
    }

    /// The outcome of a step.
    pub(super) fn outcome(&self, step: Step, observed: Option<Result<Effected, Error>>) -> Outcome {
        let session = step.id();
        let (result, seen, error, notes) = became(step.todo, observed);
        let user = step.target.map(|target| target.user).or(step.user);
        let outcome = Outcome::new(&self.host.name, self.verb, result).of(session, user).because(error);
        Outcome { observed: seen, notes, ..outcome.after(self.arrived.elapsed()) }
    }

    /// The outcome of something that has no steps: done and seen, or failed.
    pub(super) fn whole_outcome(
        &self,
        target: Option<Target>,
        user: Option<String>,
        failed: Option<&Error>,
    ) -> Outcome {
        let result = if failed.is_some() { OutcomeResult::Failed } else { OutcomeResult::Done };
        let todo = Todo::Answer(result, failed.cloned());
        let outcome = self.outcome(Step { target, named: None, user, todo }, None);
        Outcome { observed: failed.is_none(), ..outcome }
    }

    /// Completes the audit record before the caller hears the outcomes.
    ///
    /// # Errors
    /// It was done, and the record says no more than that it was tried.
    pub(super) async fn conclude(&self, record: Option<OpenRecord>, outcomes: &[Outcome]) -> Result<(), Error> {
        self.host.metrics.count(self.verb, outcomes, self.arrived.elapsed());
        let Some(record) = record else { return Ok(()) };
        let concluded = self.host.store.conclude(record, outcomes.to_vec()).await;
        concluded.inspect_err(|fault| tracing::error!("{}: {fault}", self.verb))
    }
}

/// The result of a step, whether it was seen, the error, and notes.
fn became(todo: Todo, observed: Option<Result<Effected, Error>>) -> (OutcomeResult, bool, Option<Error>, Vec<String>) {
    match (todo, observed) {
        (Todo::Answer(result, error), _) => (result, false, error, Vec::new()),
        (Todo::Act { result, refusal, mut notes, .. }, Some(Ok(effected))) => {
            notes.extend(effected.notes);
            match refusal {
                // What was seen is not what was asked for.
                Some(error) => (OutcomeResult::Failed, false, Some(error), notes),
                None => (result, !effected.unseen, None, notes),
            }
        }
        (Todo::Act { notes, .. }, Some(Err(error))) => (OutcomeResult::Failed, false, Some(error), notes),
        (Todo::Act { notes, .. }, None) => (OutcomeResult::Failed, false, None, notes),
    }
}

#[cfg(test)]
mod tests {
    use usher_core::outcome::ErrorId;

    use super::*;

    fn todo(refusal: Option<Error>) -> Todo {
        let notes = vec!["planned".to_owned()];
        Todo::Act { changes: Vec::new(), effect: Effect::Covered, result: OutcomeResult::Done, refusal, notes }
    }

    fn effected(unseen: bool) -> Option<Result<Effected, Error>> {
        Some(Ok(Effected { unseen, notes: vec!["seen".to_owned()] }))
    }

    fn notes(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn what_was_seen_is_observed_and_what_another_order_took_back_is_not() {
        let both = notes(&["planned", "seen"]);
        assert_eq!(became(todo(None), effected(false)), (OutcomeResult::Done, true, None, both.clone()));
        assert_eq!(became(todo(None), effected(true)), (OutcomeResult::Done, false, None, both));
    }

    #[test]
    fn a_session_that_is_no_longer_the_one_that_was_planned_for_is_a_failure() {
        let changed = Error::new(ErrorId::SessionChanged, "session 3 ended meanwhile");
        let outcome = became(todo(None), Some(Err(changed.clone())));
        assert_eq!(outcome, (OutcomeResult::Failed, false, Some(changed), notes(&["planned"])));
    }

    #[test]
    fn a_refusal_stands_whatever_was_seen() {
        let blocked = Error::new(ErrorId::StillBlocked, "session 3 is covered by the rule `all`");
        let (result, seen, error, _) = became(todo(Some(blocked.clone())), effected(false));
        assert_eq!((result, seen, error), (OutcomeResult::Failed, false, Some(blocked)));
    }

    #[test]
    fn a_plan_without_an_effect_is_never_observed() {
        let skipped = Todo::Answer(OutcomeResult::Skipped, None);
        assert_eq!(became(skipped, None), (OutcomeResult::Skipped, false, None, Vec::new()));
        assert_eq!(became(todo(None), None), (OutcomeResult::Failed, false, None, notes(&["planned"])));
    }
}
