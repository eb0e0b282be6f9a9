//! Looking at a session's screen. A look is on record before it is taken: whose screen was looked at, and by whom.

use tokio::sync::MutexGuard;
use usher_core::audit::AuditTarget;
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::ThumbnailSize;

use super::{Execution, urgency};
use crate::backend::Observation;
use crate::host::gone_meanwhile;
use crate::host::thumbnails::HeldThumbnail;
use crate::session::Target;
use crate::store::Attempt;

impl Execution<'_> {
    pub(super) async fn thumbnail(
        &self,
        target: Option<Target>,
        admitted: Result<ThumbnailSize, Error>,
        attempt: Option<Attempt>,
        order: MutexGuard<'_, ()>,
    ) -> Result<HeldThumbnail, Error> {
        let attempt = attempt.map(|attempt| Attempt {
            targets: target.iter().map(|t| AuditTarget::Session(t.id)).chain(named(&target, attempt.targets)).collect(),
            ..attempt
        });
        let (size, looked_at) = match (admitted, &target) {
            (Ok(size), Some(target)) => (size, target),
            (Ok(_), None) => return Err(Error::new(ErrorId::BackendFailed, "a picture of no session")),
            (Err(error), _) => {
                drop(order);
                self.record_refusal(attempt, &mut [self.whole_outcome(target, None, Some(&error))]).await;
                return Err(error);
            }
        };
        let record = self.host.commit(Vec::new(), attempt, urgency(self.verb)).await?;
        let kind = self.host.registry().get(looked_at.id).map(|session| session.kind);
        let picture: Observation<Vec<u8>> = match kind.and_then(|kind| self.host.backend(kind)) {
            Some(backend) => backend.thumbnail(looked_at, size),
            None => Box::pin(std::future::ready(Err(gone_meanwhile(looked_at.id)))),
        };
        drop(order);
        let taken = self.host.thumbnails.make(self.actor, size, picture).await;
        let outcome = self.whole_outcome(target, None, taken.as_ref().err());
        let recorded = self.conclude(record, &[outcome]).await;
        // Nobody sees a screen of which the audit log does not say so.
        taken.and_then(|thumbnail| recorded.map(|()| thumbnail))
    }
}

/// The name that the caller gave, where no session has it.
fn named(target: &Option<Target>, asked: Vec<AuditTarget>) -> Vec<AuditTarget> {
    if target.is_some() { Vec::new() } else { asked }
}
