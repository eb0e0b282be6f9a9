//! `/v1/identities`: who may call from afar.

use axum::extract::{Path, State};
use axum::response::Response;
use usher_core::request::{
    Action, Identity, IdentityName, Invitation, InviteRequest, RedeemRequest, RekeyRequest, Revocation,
};
use usher_core::wire::answers::ErrorBody;

use super::Shared;
use super::answer::{ErrorResponse, Json, answer, parse};
use crate::execute::flow::Caller;

/// Lists the remote identities.
#[utoipa::path(get, path = "/v1/identities", responses(
    (status = 200, description = "Every identity, also revoked ones", body = Vec<Identity>),
    (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn identities(State(host): Shared, caller: Caller) -> Result<Response, ErrorResponse> {
    answer(&host, &caller, Action::Identities).await
}

/// Invites somebody to call from afar; starts the gateway if it does not run.
#[utoipa::path(post, path = "/v1/identities/invite", request_body = InviteRequest, responses(
    (status = 201, description = "The invitation, with the token that is shown this once", body = Invitation),
    (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn invite(
    State(host): Shared,
    caller: Caller,
    Json(body): Json<InviteRequest>,
) -> Result<Response, ErrorResponse> {
    answer(&host, &caller, Action::Invite(body)).await
}

/// Makes an invitation's bearer an identity. For usher-gateway alone.
#[utoipa::path(post, path = "/v1/identities/redeem", request_body = RedeemRequest, responses(
    (status = 200, description = "The identity", body = Identity),
    (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn redeem(
    State(host): Shared,
    caller: Caller,
    Json(body): Json<RedeemRequest>,
) -> Result<Response, ErrorResponse> {
    answer(&host, &caller, Action::Redeem(body)).await
}

/// Gives an identity, which asks for it, another key. For usher-gateway alone.
#[utoipa::path(post, path = "/v1/identities/rekey", request_body = RekeyRequest, responses(
    (status = 200, description = "The identity", body = Identity),
    (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn rekey(
    State(host): Shared,
    caller: Caller,
    Json(body): Json<RekeyRequest>,
) -> Result<Response, ErrorResponse> {
    answer(&host, &caller, Action::Rekey(body)).await
}

/// Refuses an identity from now on, ends what it watches, and withdraws its open invitations.
#[utoipa::path(delete, path = "/v1/identities/{name}", params(("name" = IdentityName, Path, description = "The identity")), responses(
    (status = 200, description = "What became of it", body = Revocation),
    (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn revoke(
    State(host): Shared,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Response, ErrorResponse> {
    answer(&host, &caller, Action::Revoke(parse(&name)?)).await
}
