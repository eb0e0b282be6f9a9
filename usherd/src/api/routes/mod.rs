//! The HTTP API: each route turns a request into an action and an answer into JSON.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use usher_core::outcome::{Error, ErrorId};
use usher_core::wire::headers::{API_HEADER, API_VERSION, VERSION, VERSION_HEADER};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::earlier;
use crate::host::Host;

mod answer;
mod attach;
mod blocks;
mod caller;
mod end;
mod identities;
mod relay;
mod service;
mod sessions;
mod stream_reader;
mod streams;
mod thumbnail;
mod web;
use answer::ErrorResponse;

/// The largest body: an environment and a command line fit.
const MAX_BODY: usize = 1 << 20;

type Shared = State<Arc<Host>>;

/// Every route of the API, with its description: what is not described is not routed.
fn described() -> OpenApiRouter<Arc<Host>> {
    OpenApiRouter::with_openapi(super::description())
        .routes(routes!(sessions::list))
        .routes(routes!(sessions::ended))
        .routes(routes!(sessions::show))
        .routes(routes!(sessions::of_user))
        .routes(routes!(end::end))
        .routes(routes!(sessions::lock))
        .routes(routes!(sessions::unlock))
        .routes(routes!(sessions::disconnect))
        .routes(routes!(sessions::close))
        .routes(routes!(sessions::cancel_close))
        .routes(routes!(sessions::open))
        .routes(routes!(sessions::rename))
        .routes(routes!(attach::attach))
        .routes(routes!(thumbnail::thumbnail))
        .routes(routes!(thumbnail::screen))
        .routes(routes!(blocks::blocks))
        .routes(routes!(blocks::block, blocks::unblock))
        .routes(routes!(streams::events))
        .routes(routes!(streams::audit))
        .routes(routes!(identities::identities))
        .routes(routes!(identities::invite))
        .routes(routes!(identities::redeem))
        .routes(routes!(identities::rekey))
        .routes(routes!(identities::revoke))
        .routes(routes!(web::sign_ins, web::sign_in))
        .routes(routes!(web::sign_out))
        .routes(routes!(relay::hosts))
        .routes(routes!(relay::stream))
        .routes(routes!(service::status))
        .routes(routes!(service::openapi))
        .routes(routes!(service::healthz))
        .routes(routes!(service::metrics))
}

/// The OpenAPI document, generated from the routes and their types.
pub fn document() -> String {
    let mut text = described().into_openapi().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// The router, bounded and with versions compared.
pub fn router(host: Arc<Host>) -> Router {
    let (router, _) = described().split_for_parts();
    router
        .fallback(unknown)
        .method_not_allowed_fallback(not_this_way)
        .layer(middleware::from_fn(same_version))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(host)
}

/// Refuses callers of another version, and says which one this is.
async fn same_version(request: Request, next: Next) -> Response {
    let asked = request.headers().get(API_HEADER).map(HeaderValue::as_bytes);
    let is_earlier = earlier::is_earlier(request.headers());
    let mut response = if asked.is_none_or(|version| version == API_VERSION.as_bytes()) {
        next.run(request).await
    } else {
        let message = format!("this usherd speaks version {API_VERSION} of the API");
        ErrorResponse(Error::new(ErrorId::InvalidRequest, message).hint("install the same version of usher everywhere"))
            .into_response()
    };
    response.headers_mut().insert(API_HEADER, HeaderValue::from_static(API_VERSION));
    response.headers_mut().insert(VERSION_HEADER, HeaderValue::from_static(VERSION));
    if is_earlier { earlier::in_earlier_words(response).await } else { response }
}

/// There is such a path, and not with this method (RFC 9110 section 15.5.6).
async fn not_this_way(request: Request) -> Response {
    let mut response = unknown(request).await;
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response
}

async fn unknown(request: Request) -> Response {
    let message = format!(
        "there is no {} {} in the API",
        request.method(),
        request.uri().path().chars().take(100).collect::<String>()
    );
    let error = Error::new(ErrorId::InvalidRequest, message).hint("GET /v1/openapi.json lists every route");
    let mut response = ErrorResponse(error).into_response();
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}
