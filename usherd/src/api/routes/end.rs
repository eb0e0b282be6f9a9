//! `GET /v1/sessions/{id}/end`: how a session ended, awaited for a bounded time.

use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use tokio::time::{Instant, timeout_at};
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::{Action, EndQuery, SessionRef};
use usher_core::session::Session;
use usher_core::wire::answers::ErrorBody;

use super::Shared;
use super::answer::{ErrorResponse, parse, request_error};
use crate::execute::Answer;
use crate::execute::flow::{Caller, handle};

/// The longest wait of one request; who wants to know asks again.
const LONGEST: u32 = 25;

/// Shows a session that lives, or that ended in the last hour. While it lives, its end is awaited for `wait_seconds`.
#[utoipa::path(get, path = "/v1/sessions/{id}/end", params(("id" = SessionRef, Path, description = "A session ID, native ID or name"), EndQuery), responses(
    (status = 200, description = "The session, with its end if it has ended", body = Session),
    (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn end(
    State(host): Shared,
    caller: Caller,
    Path(id): Path<String>,
    query: Result<Query<EndQuery>, QueryRejection>,
) -> Result<Response, ErrorResponse> {
    let Query(query) =
        query.map_err(|rejection| ErrorResponse(request_error(ErrorId::InvalidRequest, &rejection.body_text())))?;
    let until = Instant::now() + Duration::from_secs(query.wait_seconds.min(LONGEST).into());
    let mut reference: SessionRef = parse(&id)?;
    loop {
        let Answer::Session(session) = handle(&host, &caller, Action::End(reference, query)).await? else {
            return Err(ErrorResponse(Error::new(ErrorId::BackendFailed, "an end was answered with something else")));
        };
        if session.end.is_some() || Instant::now() >= until {
            return Ok(axum::Json(session).into_response());
        }
        // A name may be given away meanwhile; this is the session that was asked for.
        reference = SessionRef::Id(session.session_id);
        let gone = host.await_end(session.session_id);
        if host.registry().get(session.session_id).is_some() {
            // A close that failed is told too: then it is looked at once more.
            let _ = timeout_at(until, gone).await;
        }
    }
}
