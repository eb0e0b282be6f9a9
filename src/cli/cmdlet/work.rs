//! A call as the request it makes of a host.

use crate::cli::act;
use crate::cli::hosts::Host;
use crate::cmdlet::Work;
use crate::cmdlet::call::Call;
use crate::outcome::Outcome;
use crate::request::{CloseRequest, DisconnectRequest, LockRequest, Targets, UnlockRequest, Verb};
use crate::session::Session;
use crate::transport::client::ClientError;

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

/// What a host answered.
pub(super) enum Answer {
    /// All its sessions.
    Sessions(Vec<Session>),
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
            return Ok(Answer::Sessions(sessions));
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
