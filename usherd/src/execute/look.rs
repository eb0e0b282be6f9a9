//! Looking at a session's screen. A look is on record before it is taken: whose screen was looked at, and by whom.

use tokio::sync::MutexGuard;
use usher_core::audit::AuditTarget;
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::ThumbnailSize;

use super::{Answer, Execution, urgency};
use crate::backend::Observation;
use crate::host::gone_meanwhile;
use crate::plan::Look;
use crate::session::Target;
use crate::store::Attempt;

impl Execution<'_> {
    pub(super) async fn look(
        &self,
        target: Option<Target>,
        admitted: Result<Look, Error>,
        attempt: Option<Attempt>,
        order: MutexGuard<'_, ()>,
    ) -> Result<Answer, Error> {
        let attempt = attempt.map(|attempt| Attempt {
            targets: target.iter().map(|t| AuditTarget::Session(t.id)).chain(named(&target, attempt.targets)).collect(),
            ..attempt
        });
        let (look, looked_at) = match (admitted, &target) {
            (Ok(look), Some(target)) => (look, target),
            (Ok(_), None) => return Err(Error::new(ErrorId::BackendFailed, "a picture of no session")),
            (Err(error), _) => {
                drop(order);
                self.record_refusal(attempt, &mut [self.whole_outcome(target, None, Some(&error))]).await;
                return Err(error);
            }
        };
        let record = self.host.commit(Vec::new(), attempt, urgency(self.verb)).await?;
        let kind = self.host.registry().get(looked_at.id).map(|session| session.kind);
        let backend = kind.and_then(|kind| self.host.backend(kind));
        let (size, seen): (ThumbnailSize, Observation<Vec<u8>>) = match (&look, backend) {
            (Look::Picture(size), Some(backend)) => (*size, backend.thumbnail(looked_at, *size)),
            // Text needs no more room than the smallest picture.
            (Look::Text, Some(backend)) => (ThumbnailSize::Small, backend.text(looked_at)),
            (Look::Last(text), _) => {
                (ThumbnailSize::Small, Box::pin(std::future::ready(Ok(text.clone().into_bytes()))))
            }
            (Look::Picture(_) | Look::Text, None) => {
                (ThumbnailSize::Small, Box::pin(std::future::ready(Err(gone_meanwhile(looked_at.id)))))
            }
        };
        drop(order);
        let taken = self.host.thumbnails.make(self.actor, size, seen).await;
        let outcome = self.whole_outcome(target, None, taken.as_ref().err());
        let recorded = self.conclude(record, &[outcome]).await;
        // Nobody sees a screen of which the audit log does not say so.
        let held = taken.and_then(|held| recorded.map(|()| held))?;
        Ok(match look {
            Look::Picture(_) => Answer::Thumbnail(held),
            Look::Text | Look::Last(_) => Answer::Screen(held),
        })
    }
}

/// The name that the caller gave, where no session has it.
fn named(target: &Option<Target>, asked: Vec<AuditTarget>) -> Vec<AuditTarget> {
    if target.is_some() { Vec::new() } else { asked }
}
