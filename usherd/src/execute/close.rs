//! Closing: the order stands in the store; the reconcile loop carries it out when its time has come,
//! also after a restart. Here it is announced, and its end awaited.

use std::time::Duration;

use usher_core::clock;
use usher_core::event::EventKind;
use usher_core::outcome::{Error, ErrorId};
use usher_core::wire::holder::Notice;

use super::sessions::Effected;
use crate::backend::{DEADLINE, Observation};
use crate::host::Host;
use crate::session::{CloseOrder, Target};

/// Starts what the order says, and gives the observation that the session is gone.
pub(super) fn ordered(host: &Host, target: &Target, order: &CloseOrder) -> Observation<Effected> {
    let gone = host.await_end(target.id);
    let until = Duration::try_from(order.at.duration_since(clock::now())).unwrap_or_default();
    if !until.is_zero() {
        announce(host, target, order);
        host.announce(EventKind::Closing, host.present(target.id), None);
    }
    host.wake.notify_one();
    // Long enough for the grace, the kill and the look after it.
    let patience = until + host.settings.close_grace() + 4 * DEADLINE;
    let late = Error::new(ErrorId::Timeout, format!("session {}: processes were still there in the end", target.id))
        .hint("usherd goes on trying; `usher list` shows whether it is gone");
    Box::pin(async move {
        match tokio::time::timeout(patience, gone).await {
            Ok(Ok(Ok(true))) => Ok(Effected {
                notes: vec!["processes that ignored SIGHUP were killed".to_owned()],
                ..Effected::default()
            }),
            Ok(Ok(Ok(false))) => Ok(Effected::default()),
            Ok(Ok(Err(error))) => Err(error),
            Ok(Err(_)) | Err(_) => Err(late),
        }
    })
}

/// Tells everybody that the order is off the books, and takes its announcement away.
pub(super) fn cancelled(host: &Host, target: &Target, was: Option<&CloseOrder>, by: &str) -> Observation<Effected> {
    if was.is_none() {
        return Box::pin(std::future::ready(Ok(Effected::default())));
    }
    // The order is gone from disk and memory, and the one who would carry it out looks there again: nothing closes it now.
    let why = Error::new(ErrorId::CloseCancelled, format!("session {}: {by} called its close off", target.id));
    host.ended(target.id, &Err(why.hint("the session lives on")));
    host.announce(EventKind::CloseCancelled, host.present(target.id), None);
    let notes = withdraw(host, target, Some(by)).err().map(|error| error.message).into_iter().collect();
    Box::pin(std::future::ready(Ok(Effected { notes, ..Effected::default() })))
}

/// Makes the announcement of a session what its order says, where nobody knows what is shown: a countdown, or none.
pub(crate) fn show_as_ordered(host: &Host, id: u32) {
    let Some((target, order)) = host.registry().get(id).map(|s| (Target::from(s), s.closing.clone())) else { return };
    match order {
        Some(order) if order.at > clock::now() => announce(host, &target, &order),
        // One that is due is carried out; its announcement goes with the session.
        Some(_) => {}
        // A part of an earlier version shows what it shows.
        None => drop(withdraw(host, &target, None)),
    }
}

fn withdraw(host: &Host, target: &Target, by: Option<&str>) -> Result<(), Error> {
    let kind = host.registry().get(target.id).map(|session| session.kind);
    kind.and_then(|kind| host.backend(kind)).map_or(Ok(()), |backend| backend.withdraw(target, by))
}

/// Shows the countdown on the session's stations.
fn announce(host: &Host, target: &Target, order: &CloseOrder) {
    let kind = host.registry().get(target.id).map(|session| session.kind);
    let Some(backend) = kind.and_then(|kind| host.backend(kind)) else { return };
    let notice = Notice { at: order.at, by: order.by.clone(), message: order.message.clone() };
    if let Err(error) = backend.announce(target, notice) {
        tracing::warn!("session {}: the close could not be announced: {error}", target.id);
    }
}
