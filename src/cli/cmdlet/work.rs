//! A call as the request it makes of a host.

use usher_core::outcome::Outcome;
use usher_core::request::{CloseRequest, DisconnectRequest, LockRequest, SessionRef, Targets, UnlockRequest, Verb};
use usher_core::session::Session;

use crate::cli::hosts::Host;
use crate::cli::{act, thumbnail};
use crate::client::ClientError;
use crate::cmdlet::Work;
use crate::cmdlet::call::Call;

/// The verb that an acting cmdlet is; showing is none.
pub(super) fn verb(work: Work) -> Option<Verb> {
    match work {
        Work::Get => None,
        Work::Lock => Some(Verb::Lock),
        Work::Unlock => Some(Verb::Unlock),
        Work::Disconnect => Some(Verb::Disconnect),
        Work::Close => Some(Verb::Close),
    }
}

/// What a session shows, as PNG; or why that is not known.
pub(super) type Picture = Result<Vec<u8>, ClientError>;

/// What a host answered.
pub(super) enum Answer {
    /// All its sessions, those that are to be pictured with their pictures.
    Sessions(Vec<(Session, Option<Picture>)>),
    /// What became of the targets, or would.
    Outcomes(Vec<Outcome>),
}

/// Asks a host for its sessions, or to act on these; with `dry_run` what it would do.
///
/// # Errors
/// It cannot be reached, refused, or did not answer.
pub(super) async fn ask(host: &Host, call: &Call, targets: Targets, dry_run: bool) -> Result<Answer, ClientError> {
    let outcomes = match (call.cmdlet.work, &call.message) {
        (Work::Get, _) => {
            let mut sessions: Vec<Session> = host.client.get("/v1/sessions").await?;
            if let Some(label) = host.label() {
                sessions.iter_mut().for_each(|session| label.clone_into(&mut session.host));
            }
            return Ok(Answer::Sessions(pictured(host, call, &targets, sessions).await));
        }
        (Work::Lock, Some(message)) => {
            let request = LockRequest { targets, message: message.clone(), duration: None, freeze: false };
            act::send(host, &request).await
        }
        (Work::Unlock, _) => act::send(host, &UnlockRequest { targets, exempt: false }).await,
        (Work::Disconnect, _) => act::send(host, &DisconnectRequest { targets, dry_run }).await,
        (Work::Close, _) => act::send(host, &CloseRequest { targets, dry_run, notice: None, message: None }).await,
        // The binder makes no call to lock that has no message.
        (Work::Lock, None) => Ok(Vec::new()),
    };
    outcomes.map(Answer::Outcomes)
}

/// The sessions, those that are asked for with a picture if pictures are wanted.
async fn pictured(
    host: &Host,
    call: &Call,
    targets: &Targets,
    sessions: Vec<Session>,
) -> Vec<(Session, Option<Picture>)> {
    let mut shown = Vec::with_capacity(sessions.len());
    for session in sessions {
        let id = SessionRef::Id(session.session_id);
        let wanted = !matches!(targets, Targets::Ids(ids) if !ids.contains(&id));
        let picture = match call.thumbnail.filter(|_| wanted) {
            Some(size) => Some(thumbnail::take(&host.client, &id, size).await),
            None => None,
        };
        shown.push((session, picture));
    }
    shown
}
