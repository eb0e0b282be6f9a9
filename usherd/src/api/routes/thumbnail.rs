//! `GET /v1/sessions/{id}/thumbnail`: what a session's screen shows.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use usher_core::request::{Action, ThumbnailQuery};
use usher_core::wire::answers::ErrorBody;

use super::{Failure, Shared, answer, body_error, parse};
use crate::execute::flow::Caller;

/// Takes a picture of what the person at a session sees. A locked session shows its lock screen. Every look is in the
/// audit log.
#[utoipa::path(get, path = "/v1/sessions/{id}/thumbnail",
    params(("id" = usher_core::request::SessionRef, Path, description = "A session ID or native ID"), ThumbnailQuery), responses(
    (status = 200, description = "The picture", content_type = "image/png"),
    (status = "default", description = "No picture was taken", body = ErrorBody)))]
pub(super) async fn thumbnail(
    State(host): Shared,
    caller: Caller,
    Path(id): Path<String>,
    query: Result<Query<ThumbnailQuery>, QueryRejection>,
) -> Result<Response, Failure> {
    let Query(query) = query.map_err(|rejection| {
        Failure(body_error(usher_core::outcome::ErrorId::InvalidRequest, &rejection.body_text()))
    })?;
    answer(&host, &caller, Action::Thumbnail(parse(&id)?, query.size)).await
}

/// The picture as an answer. It is of this moment, and nobody keeps it on the way.
pub(super) fn png(bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, "no-store")], bytes).into_response()
}
