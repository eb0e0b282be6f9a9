//! What a service tells of itself: its API, its health, its counters.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use usher_core::request::Action;
use usher_core::status::HostStatus;
use usher_core::wire::answers::{ErrorBody, Health};

use super::answer::{ErrorResponse, answer};
use super::{Shared, document};
use crate::execute::flow::{Caller, stands};

/// Describes the API.
#[utoipa::path(get, path = "/v1/openapi.json", responses((status = 200, description = "This document", content_type = "application/json"), (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn openapi(State(host): Shared, caller: Caller) -> Result<Response, ErrorResponse> {
    stands(&host, &caller).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], document()).into_response())
}

/// Tells what the caller may know of the daemon, and what does not work as it should.
#[utoipa::path(get, path = "/v1/status", responses((status = 200, description = "The daemon", body = HostStatus), (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn status(State(host): Shared, caller: Caller) -> Result<Response, ErrorResponse> {
    answer(&host, &caller, Action::Status).await
}

/// Says whether the daemon answers.
#[utoipa::path(get, path = "/healthz", responses((status = 200, description = "The daemon answers", body = Health), (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn healthz(State(host): Shared, caller: Caller) -> Result<Response, ErrorResponse> {
    stands(&host, &caller).await?;
    let health = Health {
        status: "ok".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        sessions: host.registry().sessions().count(),
    };
    Ok(axum::Json(health).into_response())
}

/// Gives Prometheus its counters.
#[utoipa::path(get, path = "/metrics", responses((status = 200, description = "Counters in the OpenMetrics text format", content_type = "application/openmetrics-text"), (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn metrics(State(host): Shared, caller: Caller) -> Result<Response, ErrorResponse> {
    stands(&host, &caller).await?;
    let kind = [(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")];
    Ok((kind, host.metrics.text(&host)).into_response())
}
