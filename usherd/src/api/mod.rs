//! The daemon's end of the socket: HTTP/1.1 and JSON.

use usher_core::wire::headers::API_VERSION;
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};

mod earlier;
mod entrance;
mod refusals;
pub mod routes;
pub mod server;

/// The head of the OpenAPI document.
fn description() -> OpenApi {
    let about = "HTTP/1.1 and JSON on usherd's Unix socket. Who may do what is decided by the peer credentials of \
                 the connection, at every request. Unknown fields are refused; bodies are bounded to 1 MiB.";
    let info = InfoBuilder::new().title("usherd").version(API_VERSION).description(Some(about)).build();
    OpenApiBuilder::new().info(info).build()
}
