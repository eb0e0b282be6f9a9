//! The API's answers beside outcomes: errors and health.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::outcome::Error;

/// The answer to a request that failed as a whole.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// Why.
    pub error: Error,
}

/// The answer of `GET /healthz`.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// `ok`.
    pub status: String,
    /// The daemon's version.
    pub version: String,
    /// Sessions on this host.
    pub sessions: usize,
}
