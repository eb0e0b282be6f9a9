//! A call as the request it makes.

use std::time::Duration;

use hyper::Method;
use serde::Serialize;

use crate::cmdlet::Work;
use crate::cmdlet::call::Call;
use crate::outcome::Outcome;
use crate::request::{CloseRequest, DisconnectRequest, LockRequest, Targets, UnlockRequest, Verb};
use crate::transport::client::{Client, ClientError};

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

/// Asks the daemon to act on these sessions, or what it would do.
///
/// # Errors
/// It cannot be reached, refused, or did not answer.
pub(super) async fn act(
    client: &Client,
    call: &Call,
    targets: Targets,
    dry_run: bool,
) -> Result<Vec<Outcome>, ClientError> {
    match (call.cmdlet.work, &call.message) {
        (Work::Lock, Some(message)) => {
            let request = LockRequest { targets, message: message.clone(), duration: None, freeze: false };
            post(client, Verb::Lock, &request).await
        }
        (Work::Unlock, _) => post(client, Verb::Unlock, &UnlockRequest { targets, exempt: false }).await,
        (Work::Disconnect, _) => post(client, Verb::Disconnect, &DisconnectRequest { targets, dry_run }).await,
        (Work::Close, _) => {
            let request = CloseRequest { targets, dry_run, notice: None, message: None };
            post(client, Verb::Close, &request).await
        }
        // The binder makes no call to lock that has no message; showing does not act.
        (Work::Lock, None) | (Work::Get, _) => Ok(Vec::new()),
    }
}

async fn post<B: Serialize>(client: &Client, verb: Verb, body: &B) -> Result<Vec<Outcome>, ClientError> {
    // Closing takes the programs' grace besides.
    let longer = if verb == Verb::Close { Duration::from_secs(30) } else { Duration::ZERO };
    client.send_json_patiently(Method::POST, &format!("/v1/sessions/{verb}"), body, longer).await
}
