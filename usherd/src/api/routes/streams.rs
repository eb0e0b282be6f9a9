//! Answers that are streams: the audit log page by page, and events as they happen.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream, StreamExt};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use usher_core::audit::AuditRecord;
use usher_core::clock;
use usher_core::event::{Event, EventKind};
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::{Action, AuditQuery, EventId, WatchQuery};
use usher_core::wire::answers::ErrorBody;

use super::Shared;
use super::answer::{ErrorResponse, answer, request_error};
use super::stream_reader::StreamReader;
use crate::actor::{Role, Sight, Who};
use crate::api::earlier;
use crate::execute::Answer;
use crate::execute::flow::{Caller, handle};
use crate::host::Host;
use crate::host::events::{NumberedEvent, Watching};
use crate::host::watchers::WatcherPlace;

/// Tells events as they happen. Each has a number; whoever gives the last one that they had is told what they missed, or
/// `lagged` where that is not known any more.
#[utoipa::path(get, path = "/v1/events", params(WatchQuery, ("last-event-id" = Option<String>, Header, description = "The number of the last event that the caller had, as `after`")), responses((status = 200, description = "Server-sent events, each an Event as JSON", body = Event, content_type = "text/event-stream"), (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn events(
    State(host): Shared,
    caller: Caller,
    headers: HeaderMap,
    query: Result<Query<WatchQuery>, QueryRejection>,
) -> Result<Response, ErrorResponse> {
    let Query(query) = query.map_err(|rejection| wrong_query(&rejection))?;
    // One that is not ours is of another daemon.
    let unknown = EventId { run: 0, number: 0 };
    let last = headers.get("last-event-id").map(|value| value.to_str().ok().and_then(|id| id.parse().ok()));
    let after = query.after.or(last.map(|id| id.unwrap_or(unknown)));
    answer(&host, &caller, Action::Watch(WatchQuery { after, ..query })).await
}

fn wrong_query(rejection: &QueryRejection) -> ErrorResponse {
    ErrorResponse(request_error(ErrorId::InvalidRequest, &rejection.body_text()))
}

/// Reads the audit log.
#[utoipa::path(get, path = "/v1/audit", params(AuditQuery), responses((status = 200, description = "Every record that matches, oldest first", body = Vec<AuditRecord>), (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn audit(
    State(host): Shared,
    caller: Caller,
    headers: HeaderMap,
    query: Result<Query<AuditQuery>, QueryRejection>,
) -> Result<Response, ErrorResponse> {
    let Query(query) = query.map_err(|rejection| wrong_query(&rejection))?;
    let is_earlier = earlier::is_earlier(&headers);
    match handle(&host, &caller, Action::Audit(query)).await? {
        Answer::Audit(query, who) => {
            if is_earlier && let Some(verb) = earlier::unknown_action(&host, &query).await? {
                return Err(earlier::refusal(verb).into());
            }
            Ok(audit_pages(host, query, who, is_earlier))
        }
        _ => Err(ErrorResponse(Error::new(ErrorId::BackendFailed, "the log was answered with something else"))),
    }
}

/// One JSON array of every record that matches, of which only a page is in memory at a time. It breaks off once the
/// reader is no administrator any more. A reader `is_earlier` that does not say its version.
pub(super) fn audit_pages(host: Arc<Host>, query: AuditQuery, who: Who, is_earlier: bool) -> Response {
    let reader = StreamReader::new(who, Role::Administrator);
    let pages = stream::unfold(Some((host, query, reader, 0_i64)), move |state| async move {
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
                        text.push_str(&written(record, is_earlier));
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

fn written(record: &AuditRecord, is_earlier: bool) -> String {
    if !is_earlier {
        return serde_json::to_string(record).unwrap_or_default();
    }
    let mut record = serde_json::to_value(record).unwrap_or_default();
    earlier::translate(&mut record);
    record.to_string()
}

/// Server-sent events that the caller may see, if there is a place for one more watcher.
pub(super) fn watched(host: Arc<Host>, watching: Watching, sight: Sight, who: Who) -> Response {
    let Some(place) = host.watchers.place(sight) else { return too_many_watch() };
    let Watching { from, missed, backlog, next, screens } = watching;
    // So that who comes back can say where it was, though nothing has happened yet.
    let beginning = if missed { lagged() } else { sse::Event::default() }.id(from.to_string());
    let told = seen_events(host, Sources { backlog, next, screens }, (sight, who), place);
    Sse::new(stream::once(std::future::ready(Ok(beginning))).chain(told))
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
        .into_response()
}

/// Says that events are missing here.
fn lagged() -> sse::Event {
    let event = Event { time: clock::now(), event: EventKind::Lagged, session: None, rule: None };
    sse::Event::default().json_data(&event).unwrap_or_default()
}

fn too_many_watch() -> Response {
    let error = Error::new(ErrorId::BackendFailed, "as many callers watch already as may at once")
        .hint("end a `usher watch`, or ask for the list now and then");
    let mut response = ErrorResponse(error).into_response();
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response
}

/// Where events come from.
struct Sources {
    backlog: VecDeque<Arc<NumberedEvent>>,
    next: Receiver<Arc<NumberedEvent>>,
    screens: Option<Receiver<Arc<Event>>>,
}

/// The next screen that changes, for who asked for them. Whoever is too slow to hear of one asks for a picture later.
async fn next_screen(screens: &mut Option<Receiver<Arc<Event>>>) -> Arc<Event> {
    while let Some(changes) = screens {
        match changes.recv().await {
            Ok(changed) => return changed,
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => *screens = None,
        }
    }
    std::future::pending().await
}

/// The events that the caller may see, until it may see no more so much. They keep their `place`.
fn seen_events(
    host: Arc<Host>,
    events: Sources,
    (sight, who): (Sight, Who),
    place: WatcherPlace,
) -> impl Stream<Item = Result<sse::Event, Infallible>> {
    let mut changes = host.gateway.changes();
    // What changed between the admission and now is looked at first.
    changes.mark_changed();
    let reader = StreamReader::new(who, if sight == Sight::All { Role::Operator } else { Role::User });
    stream::unfold(Some((host, events, changes, reader, place)), move |state| async move {
        let (host, mut events, mut changes, mut reader, place) = state?;
        loop {
            let received = match events.backlog.pop_front() {
                Some(kept) => Some(Ok(kept)),
                None => tokio::select! {
                    biased;
                    Ok(()) = changes.changed() => None,
                    () = tokio::time::sleep_until(reader.due()) => None,
                    received = events.next.recv() => Some(received),
                    changed = next_screen(&mut events.screens) => {
                        if !sees(sight, &changed) || !reader.may_go_on(&host).await {
                            continue;
                        }
                        let told = sse::Event::default().json_data(&*changed).unwrap_or_default();
                        return Some((Ok(told), Some((host, events, changes, reader, place))));
                    },
                },
            };
            if !reader.may_go_on(&host).await {
                return Some((Ok(denied()), None));
            }
            let told = match received {
                None => continue,
                Some(Ok(told)) if sees(sight, &told.event) => numbered(&told),
                Some(Ok(_)) => continue,
                Some(Err(RecvError::Lagged(_))) => lagged(),
                Some(Err(RecvError::Closed)) => return None,
            };
            return Some((Ok(told), Some((host, events, changes, reader, place))));
        }
    })
}

/// The last event of somebody who may not see any more what they saw until now.
fn denied() -> sse::Event {
    let error = Error::new(ErrorId::AccessDenied, "you may not see these events any more")
        .hint("your role on this host has changed; watch again to see what you may");
    sse::Event::default().event("denied").json_data(ErrorBody { error }).unwrap_or_default()
}

fn sees(sight: Sight, event: &Event) -> bool {
    sight == Sight::All || event.session.as_ref().is_some_and(|session| sight.sees(session.uid))
}

fn numbered(told: &NumberedEvent) -> sse::Event {
    sse::Event::default().id(told.id.to_string()).json_data(&told.event).unwrap_or_default()
}
