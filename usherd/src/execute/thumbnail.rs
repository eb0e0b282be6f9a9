//! Looking at a session's screen. A look is on record before it is taken: whose screen was looked at, and by whom.

use tokio::sync::MutexGuard;
use usher_core::audit::AuditTarget;
use usher_core::outcome::{Error, ErrorId, OutcomeResult};
use usher_core::request::ThumbnailSize;

use super::{Run, urgency};
use crate::host::gone_meanwhile;
use crate::plan::{Step, Todo};
use crate::session::Target;
use crate::store::Attempt;

impl Run<'_> {
    pub(super) async fn thumbnail(
        &self,
        target: Option<Target>,
        admitted: Result<ThumbnailSize, Error>,
        attempt: Option<Attempt>,
        order: MutexGuard<'_, ()>,
    ) -> Result<Vec<u8>, Error> {
        let attempt = attempt.map(|attempt| Attempt {
            targets: target.iter().map(|t| AuditTarget::Session(t.id)).chain(named(&target, attempt.targets)).collect(),
            ..attempt
        });
        let (size, looked_at) = match (admitted, &target) {
            (Ok(size), Some(target)) => (size, target),
            (Ok(_), None) => return Err(Error::new(ErrorId::BackendFailed, "a picture of no session")),
            (Err(error), _) => {
                drop(order);
                let outcome = self.looked(target, Err(&error));
                self.host.metrics.count(self.verb, std::slice::from_ref(&outcome), self.arrived.elapsed());
                self.record_refusal(attempt, vec![outcome]).await;
                return Err(error);
            }
        };
        let audit = self.host.commit(Vec::new(), attempt, urgency(self.verb)).await?;
        let kind = self.host.registry().get(looked_at.id).map(|session| session.kind);
        let picture = match kind.and_then(|kind| self.host.backend(kind)) {
            Some(backend) => backend.thumbnail(looked_at, size),
            None => Box::pin(std::future::ready(Err(gone_meanwhile(looked_at.id)))),
        };
        drop(order);
        let taken = picture.await;
        let outcome = self.looked(target, taken.as_ref().map(drop));
        self.conclude(audit, &[outcome]).await;
        taken
    }

    fn looked(&self, target: Option<Target>, taken: Result<(), &Error>) -> usher_core::outcome::Outcome {
        let todo = match taken {
            Ok(()) => Todo::Answer(OutcomeResult::Done, None),
            Err(error) => Todo::Answer(OutcomeResult::Failed, Some(error.clone())),
        };
        let mut outcome = self.outcome(Step { target, named: None, user: None, todo }, None);
        outcome.observed = taken.is_ok();
        outcome
    }
}

/// What was named, where no session is known by it.
fn named(target: &Option<Target>, asked: Vec<AuditTarget>) -> Vec<AuditTarget> {
    if target.is_some() { Vec::new() } else { asked }
}
