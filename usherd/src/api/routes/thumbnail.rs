//! `GET /v1/sessions/{id}/thumbnail`: what a session's screen shows.

use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use usher_core::outcome::ErrorId;
use usher_core::request::{Action, ThumbnailQuery};
use usher_core::wire::answers::ErrorBody;

use super::Shared;
use super::answer::{ErrorResponse, answer, parse, request_error};
use crate::execute::flow::Caller;
use crate::host::thumbnails::HeldThumbnail;

/// Takes a picture of what the person at a session sees. A locked session shows its lock screen. Every look is in the
/// audit log.
#[utoipa::path(get, path = "/v1/sessions/{id}/thumbnail",
    params(("id" = usher_core::request::SessionRef, Path, description = "A session ID, native ID or name"), ThumbnailQuery), responses(
    (status = 200, description = "The picture", content_type = "image/png"),
    (status = "default", description = "No picture was taken", body = ErrorBody)))]
pub(super) async fn thumbnail(
    State(host): Shared,
    caller: Caller,
    Path(id): Path<String>,
    query: Result<Query<ThumbnailQuery>, QueryRejection>,
) -> Result<Response, ErrorResponse> {
    let Query(query) =
        query.map_err(|rejection| ErrorResponse(request_error(ErrorId::InvalidRequest, &rejection.body_text())))?;
    answer(&host, &caller, Action::Thumbnail(parse(&id)?, query.size)).await
}

/// The picture as an answer. It is of this moment, and nobody keeps it on the way.
pub(super) fn png(thumbnail: HeldThumbnail) -> Response {
    // It keeps its room in memory until its last byte is written.
    let bytes = Bytes::from_owner(thumbnail);
    ([(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, "no-store")], bytes).into_response()
}
