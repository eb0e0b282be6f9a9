//! `/v1/web/sign-ins`: who is signed in on the host's web page.

use axum::extract::{Path, State};
use axum::response::Response;
use usher_core::request::{Action, SignInAnswer, SignInRequest, WebSignIn};
use usher_core::wire::answers::ErrorBody;

use super::Shared;
use super::answer::{ErrorResponse, Json, answer, parse};
use crate::execute::flow::Caller;

/// Lists who is signed in on the web page. For administrators.
#[utoipa::path(get, path = "/v1/web/sign-ins", responses(
    (status = 200, description = "Everybody who is signed in", body = Vec<WebSignIn>),
    (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn sign_ins(State(host): Shared, caller: Caller) -> Result<Response, ErrorResponse> {
    answer(&host, &caller, Action::SignIns).await
}

/// Tells how far somebody's sign-in is. For usher-auth alone, which is root; and for usher-gateway, which verified a certificate.
#[utoipa::path(post, path = "/v1/web/sign-ins", request_body = SignInRequest, responses(
    (status = 200, description = "What comes next", body = SignInAnswer),
    (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn sign_in(
    State(host): Shared,
    caller: Caller,
    Json(body): Json<SignInRequest>,
) -> Result<Response, ErrorResponse> {
    answer(&host, &caller, Action::SignIn(body)).await
}

/// Ends a sign-in: one's own, or for administrators anybody's by its number.
#[utoipa::path(delete, path = "/v1/web/sign-ins/{id}", params(("id" = String, Path, description = "Its number, or `own`")), responses(
    (status = 200, description = "The one that has ended", body = Vec<WebSignIn>),
    (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn sign_out(
    State(host): Shared,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, ErrorResponse> {
    answer(&host, &caller, Action::SignOut(parse(&id)?)).await
}
