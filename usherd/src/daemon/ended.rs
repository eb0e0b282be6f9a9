//! Sessions that are gone: off the books, remembered for a while, and how they ended on record.

use usher_core::audit::AuditTarget;
use usher_core::clock;
use usher_core::event::EventKind;
use usher_core::outcome::{Outcome, OutcomeResult};
use usher_core::request::Verb;
use usher_core::session::{EndCause, SessionEnd};

use crate::backend::Ended;
use crate::host::Host;
use crate::session::{Change, EndedSession, Tracked};
use crate::store::{Attempt, Share, Urgency};

/// What becomes of a session's end.
struct Gone {
    kind: EventKind,
    end: SessionEnd,
    screen: Option<String>,
    /// The end has a record of its own: no request's has it, and no login's.
    recorded: bool,
}

impl Host {
    /// A session was closed and seen gone.
    pub async fn session_closed(&self, id: u32, killed: bool) {
        let end = SessionEnd::because(EndCause::Closed, clock::now());
        self.forget(id, Gone { kind: EventKind::Closed, end, screen: None, recorded: false }).await;
        self.ended(id, &Ok(killed));
    }

    /// A session ended without a close.
    pub async fn session_gone(&self, id: u32, how: Ended) {
        let at = clock::now();
        let gone = |kind, cause| {
            let recorded = cause != EndCause::LoggedOut;
            Gone { kind, end: SessionEnd::because(cause, at), screen: None, recorded }
        };
        let gone = match how {
            Ended::ByItself(how, farewell) => {
                tracing::info!("session {id}: {how}");
                let unknown = gone(EventKind::Closed, EndCause::Unknown);
                match farewell {
                    Some(said) => Gone { end: SessionEnd::of_program(said.end, at), screen: said.screen, ..unknown },
                    None => unknown,
                }
            }
            Ended::LoggedOut => {
                tracing::info!("session {id}: its user logged out");
                gone(EventKind::Closed, EndCause::LoggedOut)
            }
            Ended::HolderDied => {
                tracing::error!("session {id}: its holder died; its processes were ended");
                gone(EventKind::HolderDied, EndCause::HolderDied)
            }
            Ended::Unseen => {
                tracing::error!("session {id}: its holder is gone, and nobody saw how; its processes were ended");
                gone(EventKind::HolderDied, EndCause::Unknown)
            }
        };
        self.forget(id, gone).await;
        self.ended(id, &Ok(false));
    }

    /// Takes a session off the books.
    async fn forget(&self, id: u32, gone: Gone) {
        let order = self.order.lock().await;
        let Some(session) = self.registry().get(id).cloned() else { return };
        if self.unannounced.take(id) {
            self.announce(EventKind::Opened, self.present(id), None);
        }
        let ended = EndedSession { session, end: gone.end, screen: gone.screen };
        let shown = {
            let mut registry = self.registry();
            let shown = registry.present_ended(&ended, &self.name);
            // Before it is off the books: whoever waits for its end finds it in one of the two.
            registry.ended.put(ended.clone(), gone.end.at);
            shown
        };
        let attempt = gone.recorded.then(|| attempt(&ended));
        match self.commit(vec![Change::SessionEnded(id)], attempt, Urgency::Freeing).await {
            Ok(Some(record)) => {
                let outcome = Outcome::new(&self.name, Verb::End, OutcomeResult::Done);
                let outcome = Outcome { end: Some(gone.end), ..outcome.of(Some(id), Some(ended.session.user.clone())) };
                if let Err(error) = self.store.conclude(record, vec![outcome]).await {
                    tracing::error!("how session {id} ended could not be recorded: {error}");
                }
            }
            Ok(None) => {}
            Err(error) => tracing::error!("the end of session {id} could not be recorded: {error}"),
        }
        self.releases.forget(id);
        // Gone is gone, whatever the disk says: the next start finds no holder and forgets it then.
        self.registry().apply(&Change::SessionEnded(id));
        drop(order);
        self.announce(gone.kind, Some(shown), None);
    }
}

/// The record of an end, in the share of the session's user: nobody makes the ends of others' sessions go.
fn attempt(ended: &EndedSession) -> Attempt {
    let Tracked { id, uid, .. } = ended.session;
    Attempt {
        time: ended.end.at,
        actor: "usherd".to_owned(),
        share: Share::of_sessions(uid),
        from: "usherd".to_owned(),
        action: Verb::End,
        targets: vec![AuditTarget::Session(id)],
        left_out: 0,
        message: None,
    }
}
