//! Answers that are streams: the audit log page by page, and events as they happen.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use usher_core::audit::AuditRecord;
use usher_core::clock;
use usher_core::event::{Event, EventKind};
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::{Action, AuditQuery};
use usher_core::wire::answers::ErrorBody;

use super::Shared;
use super::answer::{ErrorResponse, answer, request_error};
use super::stream_reader::StreamReader;
use crate::actor::{Role, Sight, Who};
use crate::execute::flow::Caller;
use crate::host::Host;
use crate::host::watchers::WatcherPlace;

/// Tells events as they happen.
#[utoipa::path(get, path = "/v1/events", responses((status = 200, description = "Server-sent events, each an Event as JSON", body = Event, content_type = "text/event-stream"), (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn events(State(host): Shared, caller: Caller) -> Result<Response, ErrorResponse> {
    answer(&host, &caller, Action::Watch).await
}

/// Reads the audit log.
#[utoipa::path(get, path = "/v1/audit", params(AuditQuery), responses((status = 200, description = "Every record that matches, oldest first", body = Vec<AuditRecord>), (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn audit(
    State(host): Shared,
    caller: Caller,
    query: Result<Query<AuditQuery>, QueryRejection>,
) -> Result<Response, ErrorResponse> {
    let Query(query) =
        query.map_err(|rejection| ErrorResponse(request_error(ErrorId::InvalidRequest, &rejection.body_text())))?;
    answer(&host, &caller, Action::Audit(query)).await
}

/// One JSON array of every record that matches, of which only a page is in memory at a time. It breaks off once the
/// reader is no administrator any more.
pub(super) fn audit_pages(host: Arc<Host>, query: AuditQuery, who: Who) -> Response {
    let reader = StreamReader::new(who, Role::Administrator);
    let pages = stream::unfold(Some((host, query, reader, 0_i64)), |state| async {
        let (host, query, mut reader, after) = state?;
        if !reader.may_go_on(&host).await {
            return Some((Err(std::io::Error::other("the reader is not admitted any more")), None));
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
                    Some((Ok(text), Some((host, query, reader, last))))
                }
                None => Some((Ok(format!("{opening}]\n")), None)),
            },
            // An array that does not end: the reader sees that something is missing.
            Err(error) => Some((Err(std::io::Error::other(error)), None)),
        }
    });
    ([(header::CONTENT_TYPE, "application/json")], Body::from_stream(pages)).into_response()
}

/// Server-sent events that the caller may see, if there is a place for one more watcher.
pub(super) fn watched(host: Arc<Host>, receiver: Receiver<Event>, sight: Sight, who: Who) -> Response {
    let Some(place) = host.watchers.place(sight) else { return too_many_watch() };
    Sse::new(seen_events(host, receiver, (sight, who), place))
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
        .into_response()
}

fn too_many_watch() -> Response {
    let error = Error::new(ErrorId::BackendFailed, "as many callers watch already as may at once")
        .hint("end a `usher watch`, or ask for the list now and then");
    let mut response = ErrorResponse(error).into_response();
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response
}

/// The events that the caller may see, until it may see no more so much. They keep their `place`.
fn seen_events(
    host: Arc<Host>,
    receiver: Receiver<Event>,
    (sight, who): (Sight, Who),
    place: WatcherPlace,
) -> impl Stream<Item = Result<sse::Event, Infallible>> {
    let mut changes = host.gateway.changes();
    // What changed between the admission and now is looked at first.
    changes.mark_changed();
    let reader = StreamReader::new(who, if sight == Sight::All { Role::Operator } else { Role::User });
    stream::unfold(
        (host, receiver, changes, reader, place),
        move |(host, mut receiver, mut changes, mut reader, place)| async move {
            loop {
                let received = tokio::select! {
                    biased;
                    Ok(()) = changes.changed() => None,
                    () = tokio::time::sleep_until(reader.due()) => None,
                    received = receiver.recv() => Some(received),
                };
                if !reader.may_go_on(&host).await {
                    return None;
                }
                let event = match received {
                    None => continue,
                    Some(Ok(event)) => event,
                    Some(Err(RecvError::Lagged(_))) => {
                        Event { time: clock::now(), event: EventKind::Lagged, session: None, rule: None }
                    }
                    Some(Err(RecvError::Closed)) => return None,
                };
                let visible = sight == Sight::All || event.session.as_ref().is_some_and(|s| sight.sees(s.uid));
                if visible || event.event == EventKind::Lagged {
                    let sent = sse::Event::default().json_data(&event).unwrap_or_default();
                    return Some((Ok(sent), (host, receiver, changes, reader, place)));
                }
            }
        },
    )
}
