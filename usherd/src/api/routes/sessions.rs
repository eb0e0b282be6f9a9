//! `/v1/sessions`: lists them, opens one, and the verbs that act on them.

use axum::extract::{Path, State};
use axum::response::Response;
use usher_core::outcome::Outcome;
use usher_core::request::{
    Action, CancelCloseRequest, CloseRequest, DisconnectRequest, LockRequest, Name, OpenRequest, RenameRequest,
    SessionRef, UnlockRequest,
};
use usher_core::session::Session;
use usher_core::wire::answers::ErrorBody;

use super::Shared;
use super::answer::{ErrorResponse, Json, answer, parse};
use crate::execute::flow::Caller;

/// Covers sessions with a message and withholds their input.
#[utoipa::path(post, path = "/v1/sessions/lock", request_body = LockRequest, responses(
    (status = 200, description = "One outcome per target", body = Vec<Outcome>),
    (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn lock(
    State(host): Shared,
    caller: Caller,
    Json(body): Json<LockRequest>,
) -> Result<Response, ErrorResponse> {
    answer(&host, &caller, Action::Lock(body)).await
}

/// Removes the sessions' own locks, and with `exempt` takes them out of the rules that cover them.
#[utoipa::path(post, path = "/v1/sessions/unlock", request_body = UnlockRequest, responses(
    (status = 200, description = "One outcome per target", body = Vec<Outcome>),
    (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn unlock(
    State(host): Shared,
    caller: Caller,
    Json(body): Json<UnlockRequest>,
) -> Result<Response, ErrorResponse> {
    answer(&host, &caller, Action::Unlock(body)).await
}

/// Frees the stations of sessions; the sessions live on.
#[utoipa::path(post, path = "/v1/sessions/disconnect", request_body = DisconnectRequest, responses(
    (status = 200, description = "One outcome per target", body = Vec<Outcome>),
    (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn disconnect(
    State(host): Shared,
    caller: Caller,
    Json(body): Json<DisconnectRequest>,
) -> Result<Response, ErrorResponse> {
    answer(&host, &caller, Action::Disconnect(body)).await
}

/// Ends sessions; answers when they are gone.
#[utoipa::path(post, path = "/v1/sessions/close", request_body = CloseRequest, responses(
    (status = 200, description = "One outcome per target", body = Vec<Outcome>),
    (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn close(
    State(host): Shared,
    caller: Caller,
    Json(body): Json<CloseRequest>,
) -> Result<Response, ErrorResponse> {
    answer(&host, &caller, Action::Close(body)).await
}

/// Calls off closes whose countdown runs.
#[utoipa::path(post, path = "/v1/sessions/close/cancel", request_body = CancelCloseRequest, responses(
    (status = 200, description = "One outcome per target", body = Vec<Outcome>),
    (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn cancel_close(
    State(host): Shared,
    caller: Caller,
    Json(body): Json<CancelCloseRequest>,
) -> Result<Response, ErrorResponse> {
    answer(&host, &caller, Action::CancelClose(body)).await
}

/// Lists sessions.
#[utoipa::path(get, path = "/v1/sessions", responses((status = 200, description = "The sessions that the caller may see", body = Vec<Session>), (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn list(State(host): Shared, caller: Caller) -> Result<Response, ErrorResponse> {
    answer(&host, &caller, Action::List).await
}

/// Lists the sessions that ended in the last hour, the oldest end first: at most 256, and 64 of one user.
#[utoipa::path(get, path = "/v1/sessions/ended", responses((status = 200, description = "The ended sessions that the caller may see", body = Vec<Session>), (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn ended(State(host): Shared, caller: Caller) -> Result<Response, ErrorResponse> {
    answer(&host, &caller, Action::Ended).await
}

/// Shows one session.
#[utoipa::path(get, path = "/v1/sessions/{id}", params(("id" = SessionRef, Path, description = "A session ID, native ID or name")), responses((status = 200, description = "The session", body = Session), (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn show(
    State(host): Shared,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, ErrorResponse> {
    answer(&host, &caller, Action::Show(parse(&id)?)).await
}

/// Gives a text session another name.
#[utoipa::path(post, path = "/v1/sessions/{id}/rename", params(("id" = SessionRef, Path, description = "A session ID, native ID or name")), request_body = RenameRequest, responses((status = 200, description = "One outcome", body = Vec<Outcome>), (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn rename(
    State(host): Shared,
    caller: Caller,
    Path(id): Path<String>,
    Json(body): Json<RenameRequest>,
) -> Result<Response, ErrorResponse> {
    answer(&host, &caller, Action::Rename(parse(&id)?, body)).await
}

/// Lists the sessions of one user, who is named by name or number.
#[utoipa::path(get, path = "/v1/users/{user}/sessions", params(("user" = Name, Path, description = "A user's name, or uid")), responses((status = 200, description = "Those of the user's sessions that the caller may see", body = Vec<Session>), (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn of_user(
    State(host): Shared,
    caller: Caller,
    Path(user): Path<String>,
) -> Result<Response, ErrorResponse> {
    answer(&host, &caller, Action::OfUser(parse(&user)?)).await
}

/// Starts a text session.
#[utoipa::path(post, path = "/v1/sessions/open", request_body = OpenRequest, responses((status = 201, description = "The session", body = Session), (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn open(
    State(host): Shared,
    caller: Caller,
    Json(body): Json<OpenRequest>,
) -> Result<Response, ErrorResponse> {
    answer(&host, &caller, Action::Open(Box::new(body))).await
}
