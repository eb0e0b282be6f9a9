//! `/v1/blocks`: the standing rules.

use axum::extract::{Path, State};
use axum::response::Response;
use usher_core::outcome::RuleAnswer;
use usher_core::request::{Action, BlockRequest, RuleName};
use usher_core::session::Rule;
use usher_core::wire::answers::ErrorBody;

use super::Shared;
use super::answer::{ErrorResponse, Json, answer, parse};
use crate::execute::flow::Caller;

/// Lists the standing rules.
#[utoipa::path(get, path = "/v1/blocks", responses((status = 200, description = "The standing rules", body = Vec<Rule>), (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn blocks(State(host): Shared, caller: Caller) -> Result<Response, ErrorResponse> {
    answer(&host, &caller, Action::Blocks).await
}

/// Sets a standing rule, or replaces it.
#[utoipa::path(put, path = "/v1/blocks/{rule}", params(("rule" = RuleName, Path, description = "`all`, `user:NAME` or `group:NAME`")), request_body = BlockRequest, responses((status = 200, description = "The rule, and what became of the sessions it covers", body = RuleAnswer), (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn block(
    State(host): Shared,
    caller: Caller,
    Path(rule): Path<String>,
    Json(body): Json<BlockRequest>,
) -> Result<Response, ErrorResponse> {
    answer(&host, &caller, Action::Block(parse(&rule)?, body)).await
}

/// Removes a standing rule.
#[utoipa::path(delete, path = "/v1/blocks/{rule}", params(("rule" = RuleName, Path, description = "`all`, `user:NAME` or `group:NAME`")), responses((status = 200, description = "The rule that was removed, and what became of the sessions it covered", body = RuleAnswer), (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn unblock(
    State(host): Shared,
    caller: Caller,
    Path(rule): Path<String>,
) -> Result<Response, ErrorResponse> {
    answer(&host, &caller, Action::Unblock(parse(&rule)?)).await
}
