//! What the API has beside requests and outcomes: errors, health, and its own description.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};

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

/// The head of the OpenAPI document.
pub(super) fn description() -> OpenApi {
    let about = "HTTP/1.1 and JSON on usherd's Unix socket. Who may do what is decided by the peer credentials of \
                 the connection, at every request. Unknown fields are refused; bodies are bounded to 1 MiB.";
    let info = InfoBuilder::new().title("usherd").version(super::API_VERSION).description(Some(about)).build();
    OpenApiBuilder::new().info(info).build()
}
