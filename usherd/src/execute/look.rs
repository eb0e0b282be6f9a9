//! Looking at a session's screen. A look is on record before it is taken: whose screen was looked at, and by whom.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::MutexGuard;
use usher_core::audit::AuditTarget;
use usher_core::clock;
use usher_core::outcome::{Error, ErrorId, Outcome, OutcomeResult};
use usher_core::request::{ThumbnailQuery, ThumbnailSize};

use super::{Answer, Execution, urgency};
use crate::backend::{Observation, TakenScreen};
use crate::host::looks::{EndedLook, WhoseLook};
use crate::host::{Host, gone_meanwhile};
use crate::plan::Look;
use crate::session::Target;
use crate::store::Attempt;

/// For how long a user is told of a look at a single picture.
const GLANCE: Duration = Duration::from_secs(10);
/// What the record of a look says of those that go on.
const GOES_ON: &str = "more pictures follow: the end of this look has a record of its own";

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
        let live = attempt.as_ref().and_then(|attempt| live_key(&look, attempt, looked_at.id));
        let goes_on = live.as_ref().is_some_and(|key| self.host.looks.goes_on(key, Instant::now()));
        let begins = attempt.clone().filter(|_| !goes_on);
        let record = self.host.commit(Vec::new(), begins, urgency(self.verb)).await?;
        // Whoever asks meanwhile asks for more of the same look.
        let begun = live.zip(attempt).filter(|_| !goes_on);
        let before = begun
            .as_ref()
            .and_then(|(key, attempt)| self.host.looks.begin(key.clone(), attempt.clone(), Instant::now()));
        if matches!(&look, Look::Picture(query) if query.live) {
            self.host.screens.expect(looked_at.id);
        }
        let (size, seen) = self.seen(&look, looked_at);
        drop(order);
        if let Some(before) = before {
            record_end(self.host, before).await;
        }
        if !goes_on {
            self.tell(looked_at, begun.is_some());
        }
        let taken = self.host.thumbnails.make(self.actor, size, seen).await;
        let mut outcome = self.whole_outcome(target, None, taken.as_ref().err());
        if begun.is_some() {
            outcome.notes.push(GOES_ON.to_owned());
        }
        let recorded = self.conclude(record, &[outcome]).await;
        // Nobody sees a screen of which the audit log does not say so.
        let (held, told) = taken.and_then(|taken| recorded.map(|()| taken))?;
        Ok(match (look, held) {
            (_, None) => Answer::SameThumbnail(told),
            (Look::Picture(_), Some(held)) => Answer::Thumbnail(held, told),
            (Look::Text | Look::Last(_), Some(held)) => Answer::Screen(held),
        })
    }

    /// Tells the session's user that a look begins, where the host says so. Whoever looks at themselves knows.
    fn tell(&self, target: &Target, more_follow: bool) {
        let own = self.host.registry().get(target.id).map(|session| session.uid) == self.actor.uid();
        if !self.host.settings.tell_looks || own {
            return;
        }
        tell_look(self.host, target, Some(&self.actor.name));
        if !more_follow {
            tell_end_later(self.host, target.clone());
        }
    }

    /// Orders what is to be seen; none is what the caller has.
    fn seen(&self, look: &Look, target: &Target) -> (ThumbnailSize, Observation<TakenScreen>) {
        let kind = self.host.registry().get(target.id).map(|session| session.kind);
        let backend = kind.and_then(|kind| self.host.backend(kind));
        match (look, backend) {
            (Look::Picture(query), Some(backend)) => (query.size, backend.thumbnail(target, query)),
            // Text needs no more room than the smallest picture.
            (Look::Text, Some(backend)) => {
                let text = backend.text(target);
                (ThumbnailSize::Small, Box::pin(async { text.await.map(as_taken) }))
            }
            (Look::Last(text), _) => {
                let text = text.clone().into_bytes();
                (ThumbnailSize::Small, Box::pin(std::future::ready(Ok(as_taken(text)))))
            }
            (Look::Picture(_) | Look::Text, None) => {
                (ThumbnailSize::Small, Box::pin(std::future::ready(Err(gone_meanwhile(target.id)))))
            }
        }
    }
}

/// Text, which is asked for each time.
fn as_taken(text: Vec<u8>) -> TakenScreen {
    TakenScreen { bytes: Some(text), told: false }
}

/// Whose look this is, if it is one that goes on.
fn live_key(look: &Look, attempt: &Attempt, session: u32) -> Option<WhoseLook> {
    let Look::Picture(ThumbnailQuery { live: true, .. }) = look else { return None };
    Some(WhoseLook { owner: attempt.share.owner.clone(), from: attempt.from.clone(), session })
}

/// The name that the caller gave, where no session has it.
fn named(target: &Option<Target>, asked: Vec<AuditTarget>) -> Vec<AuditTarget> {
    if target.is_some() { Vec::new() } else { asked }
}

/// Tells a session's user who looks at it now.
fn tell_look(host: &Host, target: &Target, by: Option<&str>) {
    let kind = host.registry().get(target.id).map(|session| session.kind);
    if let Some(backend) = kind.and_then(|kind| host.backend(kind)) {
        backend.looked(target, by);
    }
}

/// One picture is looked at for a while.
fn tell_end_later(host: &Arc<Host>, target: Target) {
    let host = Arc::clone(host);
    tokio::spawn(async move {
        tokio::time::sleep(GLANCE).await;
        tell_look(&host, &target, host.looks.at(target.id, Instant::now()).as_deref());
    });
}

/// Records the looks that are over; all that go on if the daemon ends.
pub(crate) async fn record_ended_looks(host: &Host, all: bool) {
    for over in host.looks.take_over(Instant::now(), all) {
        record_end(host, over).await;
    }
}

async fn record_end(host: &Host, over: EndedLook) {
    let note = over.note();
    let session = over.attempt.targets.iter().find_map(|target| match target {
        AuditTarget::Session(id) => Some(*id),
        AuditTarget::Name(_) => None,
    });
    let attempt = Attempt { time: clock::now(), ..over.attempt };
    let target = session.and_then(|id| host.registry().get(id).map(Target::from));
    if let Some(target) = target.filter(|_| host.settings.tell_looks) {
        tell_look(host, &target, host.looks.at(target.id, Instant::now()).as_deref());
    }
    let outcome = Outcome::new(&host.name, attempt.action, OutcomeResult::Done).of(session, None);
    let outcome = Outcome { notes: vec![note], observed: true, ..outcome };
    if let Err(fault) = host.store.record(attempt, vec![outcome]).await {
        tracing::warn!("the end of a look could not be recorded: {fault}");
    }
}
