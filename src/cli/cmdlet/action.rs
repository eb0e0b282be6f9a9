//! A call as the request it makes of a host.

use hyper::body::Bytes;
use usher_core::outcome::Outcome;
use usher_core::request::{Action, CloseRequest, DisconnectRequest, LockRequest, SessionRef, Targets, UnlockRequest};
use usher_core::session::Session;

use crate::cli::act;
use crate::cli::hosts::TargetHost;
use crate::client::ClientError;
use crate::cmdlet::CmdletVerb;
use crate::cmdlet::call::Call;

/// The action that a call asks of a host for these targets; with `dry_run` only what it would do.
pub(super) fn action(call: &Call, targets: Targets, dry_run: bool) -> Action {
    match (call.cmdlet.verb, &call.message) {
        (CmdletVerb::Lock, Some(message)) => {
            Action::Lock(LockRequest { targets, message: message.clone(), duration: None, freeze: false })
        }
        (CmdletVerb::Unlock, _) => Action::Unlock(UnlockRequest { targets, exempt: false }),
        (CmdletVerb::Disconnect, _) => Action::Disconnect(DisconnectRequest { targets, dry_run }),
        (CmdletVerb::Close, _) => Action::Close(CloseRequest { targets, dry_run, notice: None, message: None }),
        // The binder makes no call to lock that has no message.
        (CmdletVerb::Get, _) | (CmdletVerb::Lock, None) => Action::List,
    }
}

/// A session's thumbnail as PNG, or the reason why there is none.
pub(super) type SessionThumbnail = Result<Bytes, ClientError>;

/// The answer of a host.
pub(super) enum HostAnswer {
    /// All its sessions, with the thumbnails that the call wants.
    Sessions(Vec<(Session, Option<SessionThumbnail>)>),
    /// The outcomes for the targets; of a dry run, the planned ones.
    Outcomes(Vec<Outcome>),
}

/// Sends a host the action, and for sessions that are shown with thumbnails the requests for those.
///
/// # Errors
/// It cannot be reached, refused, or did not answer.
pub(super) async fn call_host(
    host: &TargetHost,
    call: &Call,
    targets: Targets,
    dry_run: bool,
) -> Result<HostAnswer, ClientError> {
    let action = action(call, targets.clone(), dry_run);
    if action != Action::List {
        return Ok(HostAnswer::Outcomes(act::send(host, &action).await?));
    }
    let mut sessions: Vec<Session> = host.client.call(&action).await?;
    if let Some(label) = host.label() {
        sessions.iter_mut().for_each(|session| label.clone_into(&mut session.host));
    }
    Ok(HostAnswer::Sessions(with_thumbnails(host, call, &targets, sessions).await))
}

/// The sessions, those that are asked for with a thumbnail if the call wants thumbnails.
async fn with_thumbnails(
    host: &TargetHost,
    call: &Call,
    targets: &Targets,
    sessions: Vec<Session>,
) -> Vec<(Session, Option<SessionThumbnail>)> {
    let mut shown = Vec::with_capacity(sessions.len());
    for session in sessions {
        let id = SessionRef::Id(session.session_id);
        let wanted = !matches!(targets, Targets::Ids(ids) if !ids.contains(&id));
        let thumbnail = match call.thumbnail.filter(|_| wanted) {
            Some(size) => Some(host.client.call_bytes(&Action::Thumbnail(id, size.into())).await),
            None => None,
        };
        shown.push((session, thumbnail));
    }
    shown
}
