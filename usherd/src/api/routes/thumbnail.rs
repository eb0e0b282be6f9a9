//! `GET /v1/sessions/{id}/thumbnail` and `…/screen`: what a session's screen shows, as a picture and as text.

use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use usher_core::outcome::ErrorId;
use usher_core::request::{Action, ThumbnailQuery};
use usher_core::wire::answers::ErrorBody;
use usher_core::wire::headers::{SCREEN_HEADER, SCREEN_TOLD};

use super::Shared;
use super::answer::{ErrorResponse, answer, parse, request_error};
use crate::execute::flow::Caller;
use crate::host::thumbnails::HeldScreen;

/// Takes a picture of what the person at a session sees. A locked session shows its lock screen. Every look is in the
/// audit log; one that goes on has a record when it begins and one when it ends.
#[utoipa::path(get, path = "/v1/sessions/{id}/thumbnail",
    params(("id" = usher_core::request::SessionRef, Path, description = "A session ID, native ID or name"), ThumbnailQuery), responses(
    (status = 200, description = "The picture; `usher-screen: told` says that the screen's next change is told as an event, to who asks for `screens`", content_type = "image/png"),
    (status = 204, description = "The screen shows what the caller knows; `usher-screen` as with the picture"),
    (status = "default", description = "No picture was taken", body = ErrorBody)))]
pub(super) async fn thumbnail(
    State(host): Shared,
    caller: Caller,
    Path(id): Path<String>,
    query: Result<Query<ThumbnailQuery>, QueryRejection>,
) -> Result<Response, ErrorResponse> {
    let Query(query) =
        query.map_err(|rejection| ErrorResponse(request_error(ErrorId::InvalidRequest, &rejection.body_text())))?;
    answer(&host, &caller, Action::Thumbnail(parse(&id)?, query)).await
}

/// Reads the text on a text session's screen, without control characters; of a session that ended in the last hour the
/// last text. A locked session shows its lock screen. Every look is in the audit log.
#[utoipa::path(get, path = "/v1/sessions/{id}/screen",
    params(("id" = usher_core::request::SessionRef, Path, description = "A session ID, native ID or name")), responses(
    (status = 200, description = "The lines on the screen", body = String, content_type = "text/plain"),
    (status = "default", description = "Nothing was looked at", body = ErrorBody)))]
pub(super) async fn screen(
    State(host): Shared,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, ErrorResponse> {
    answer(&host, &caller, Action::Screen(parse(&id)?)).await
}

/// The picture as an answer. It is of this moment, and nobody keeps it on the way.
pub(super) fn png(thumbnail: HeldScreen, is_told: bool) -> Response {
    told(held(thumbnail, "image/png"), is_told)
}

/// The caller has it.
pub(super) fn same(is_told: bool) -> Response {
    told(StatusCode::NO_CONTENT.into_response(), is_told)
}

/// Says whether the screen's next change is told.
fn told(mut response: Response, is_told: bool) -> Response {
    if is_told {
        response.headers_mut().insert(SCREEN_HEADER, HeaderValue::from_static(SCREEN_TOLD));
    }
    response
}

/// The same for text.
pub(super) fn text(screen: HeldScreen) -> Response {
    held(screen, "text/plain; charset=utf-8")
}

fn held(screen: HeldScreen, kind: &'static str) -> Response {
    // It keeps its room in memory until its last byte is written.
    let bytes = Bytes::from_owner(screen);
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")], bytes).into_response()
}
