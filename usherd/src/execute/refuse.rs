//! Requests that are refused, and how that is recorded.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use usher_core::outcome::{Error, Outcome, OutcomeResult};
use usher_core::request::{Action, SessionRef, Targets};

use super::{Answer, Execution, attempt_of};
use crate::actor::Actor;
use crate::host::Host;
use crate::plan::{Step, Todo};
use crate::store::Attempt;

/// A refusal by role: an outcome for each target that was named, one for a selection, an error for the rest.
pub(super) async fn refuse(
    host: &Arc<Host>,
    actor: &Actor,
    action: &Action,
    refusal: Error,
    arrived: Instant,
) -> Result<Answer, Error> {
    let execution = Execution { host, actor, verb: action.verb(), arrived };
    let refused = |named| {
        let todo = Todo::Answer(OutcomeResult::Failed, Some(refusal.clone()));
        execution.outcome(Step { target: None, named, user: None, todo }, None)
    };
    let mut outcomes: Vec<_> = match action.targets() {
        // The number as it was named: whether there is such a session is not for everybody.
        Some(Targets::Ids(ids)) => unique(ids).map(|id| refused(Some(id.clone()))).collect(),
        Some(Targets::All | Targets::Users(_)) | None => vec![refused(None)],
    };
    execution.record_refusal(attempt_of(actor, action), &mut outcomes).await;
    if action.targets().is_some() { Ok(Answer::Outcomes(outcomes)) } else { Err(refusal) }
}

/// The sessions that were named, each once, in the order in which they were named.
fn unique(ids: &[SessionRef]) -> impl Iterator<Item = &SessionRef> {
    let mut seen = HashSet::new();
    ids.iter().filter(move |id| seen.insert(*id))
}

impl Execution<'_> {
    /// Counts and records what was refused; the outcomes say so where it could not be.
    pub(super) async fn record_refusal(&self, attempt: Option<Attempt>, outcomes: &mut [Outcome]) {
        self.host.metrics.count(self.verb, outcomes, self.arrived.elapsed());
        let Some(attempt) = attempt else { return };
        if let Err(fault) = self.host.store.record(attempt, outcomes.to_vec()).await {
            tracing::warn!("a refused or failed {} could not be recorded: {fault}", self.verb);
            note(outcomes, &format!("the audit log could not take this: {fault}"));
        }
    }
}

/// Adds a sentence to every outcome.
pub(super) fn note(outcomes: &mut [Outcome], sentence: &str) {
    outcomes.iter_mut().for_each(|outcome| outcome.notes.push(sentence.to_owned()));
}
