//! Answers that are streams: the audit log page by page, and events as they happen.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header;
use axum::response::sse;
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use usher_core::clock;
use usher_core::event::{Event, EventKind};
use usher_core::request::AuditQuery;

use crate::actor::{Sight, Who};
use crate::host::Host;

/// One JSON array of every record that matches, of which only a page is in memory at a time. It breaks off once the
/// reader is not admitted any more.
pub(super) fn audit(host: Arc<Host>, query: AuditQuery, who: Who) -> Response {
    let pages = stream::unfold(Some((host, query, who, 0_i64)), |state| async {
        let (host, query, who, after) = state?;
        if !admitted(&host, &who) {
            return Some((Err(std::io::Error::other("who reads is not admitted any more")), None));
        }
        let opening = if after == 0 { "[" } else { "" };
        match host.store.audit_page(&query, after).await {
            Ok(page) => match page.last() {
                Some((last, _)) => {
                    let last = *last;
                    let mut text = String::from(opening);
                    for (index, (_, record)) in page.iter().enumerate() {
                        text.push_str(if after == 0 && index == 0 { "\n" } else { ",\n" });
                        text.push_str(&serde_json::to_string(record).unwrap_or_default());
                    }
                    Some((Ok(text), Some((host, query, who, last))))
                }
                None => Some((Ok(format!("{opening}]\n")), None)),
            },
            // An array that does not end: the reader sees that something is missing.
            Err(error) => Some((Err(std::io::Error::other(error)), None)),
        }
    });
    ([(header::CONTENT_TYPE, "application/json")], Body::from_stream(pages)).into_response()
}

/// Server-sent events that the caller may see, until it is not admitted any more. They keep their `place`.
pub(super) fn events(
    host: Arc<Host>,
    receiver: Receiver<Event>,
    (sight, who): (Sight, Who),
    place: OwnedSemaphorePermit,
) -> impl Stream<Item = Result<sse::Event, Infallible>> {
    let mut changes = host.gateway.changes();
    // What changed between the admission and now is looked at first.
    changes.mark_changed();
    stream::unfold(
        (host, receiver, changes, who, place),
        move |(host, mut receiver, mut changes, who, place)| async move {
            loop {
                let received = tokio::select! {
                    biased;
                    Ok(()) = changes.changed() => None,
                    received = receiver.recv() => Some(received),
                };
                if !admitted(&host, &who) {
                    return None;
                }
                let Some(received) = received else { continue };
                let event = match received {
                    Ok(event) => event,
                    Err(RecvError::Lagged(_)) => {
                        Event { time: clock::now(), event: EventKind::Lagged, session: None, rule: None }
                    }
                    Err(RecvError::Closed) => return None,
                };
                let visible = sight == Sight::All || event.session.as_ref().is_some_and(|s| sight.sees(s.uid));
                if visible || event.event == EventKind::Lagged {
                    let sent = sse::Event::default().json_data(&event).unwrap_or_default();
                    return Some((Ok(sent), (host, receiver, changes, who, place)));
                }
            }
        },
    )
}

/// Whether whoever began to watch or to read may still do so.
fn admitted(host: &Host, who: &Who) -> bool {
    match who {
        Who::User(_) => true,
        Who::Identity { name, key } => host.registry().identities.admit(name, key).is_ok(),
        Who::Gateway => false,
    }
}
