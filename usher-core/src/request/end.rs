//! The question how a session ended.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Query of `GET /v1/sessions/{id}/end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EndQuery {
    /// For how many seconds the end is awaited while the session lives; at most 25 are.
    #[serde(default)]
    pub wait_seconds: u32,
}
