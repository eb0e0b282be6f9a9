//! The HTTP API: each route turns a request into an action and an answer into JSON.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{DefaultBodyLimit, FromRequest, Path, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use usher_core::audit::AuditRecord;
use usher_core::event::Event;
use usher_core::outcome::{Error, ErrorId, Outcome, RuleAnswer};
use usher_core::request::{
    Action, AuditQuery, BlockRequest, CloseRequest, DisconnectRequest, LockRequest, Message, OpenRequest, RuleName,
    SessionRef, UnlockRequest,
};
use usher_core::session::{Rule, Session};
use usher_core::wire::answers::{ErrorBody, Health};
use usher_core::wire::headers::{API_HEADER, API_VERSION};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::execute::Answer;
use crate::execute::flow::{Caller, handle, stands};
use crate::host::{Host, MAX_WATCHERS};

mod attach;
mod caller;
mod identities;
mod streams;
mod thumbnail;

/// The largest body: an environment and a command line fit.
const MAX_BODY: usize = 1 << 20;
/// How long a caller may take to send its body.
const BODY_DEADLINE: Duration = Duration::from_secs(10);

type Shared = State<Arc<Host>>;

/// Every route of the API, with its description: what is not described is not routed.
fn described() -> OpenApiRouter<Arc<Host>> {
    OpenApiRouter::with_openapi(super::description())
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(lock))
        .routes(routes!(unlock))
        .routes(routes!(disconnect))
        .routes(routes!(close))
        .routes(routes!(open))
        .routes(routes!(attach::attach))
        .routes(routes!(thumbnail::thumbnail))
        .routes(routes!(blocks))
        .routes(routes!(block, unblock))
        .routes(routes!(events))
        .routes(routes!(audit))
        .routes(routes!(identities::identities))
        .routes(routes!(identities::invite))
        .routes(routes!(identities::redeem))
        .routes(routes!(identities::rekey))
        .routes(routes!(identities::revoke))
        .routes(routes!(openapi))
        .routes(routes!(healthz))
        .routes(routes!(metrics))
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
    let mut response = if asked.is_none_or(|version| version == API_VERSION.as_bytes()) {
        next.run(request).await
    } else {
        let message = format!("this usherd speaks version {API_VERSION} of the API");
        Failure(Error::new(ErrorId::InvalidRequest, message).hint("install the same version of usher everywhere"))
            .into_response()
    };
    response.headers_mut().insert(API_HEADER, HeaderValue::from_static(API_VERSION));
    response
}

/// An error as an answer to the whole request.
pub struct Failure(Error);

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = match self.0.id {
            ErrorId::SessionNotFound | ErrorId::IdentityNotFound => StatusCode::NOT_FOUND,
            ErrorId::InvitationUnknown | ErrorId::InvitationUsed | ErrorId::InvitationExpired => StatusCode::FORBIDDEN,
            ErrorId::AccessDenied | ErrorId::OwnSession | ErrorId::NotOrchestratable => StatusCode::FORBIDDEN,
            ErrorId::StillBlocked | ErrorId::SessionChanged | ErrorId::NotSupported => StatusCode::CONFLICT,
            ErrorId::InvalidMessage | ErrorId::InvalidRequest => StatusCode::BAD_REQUEST,
            ErrorId::Timeout | ErrorId::CoveredInputNotHeld => StatusCode::GATEWAY_TIMEOUT,
            ErrorId::BackendFailed | ErrorId::HostUnreachable | ErrorId::OutcomeUnknown => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        (status, axum::Json(ErrorBody { error: self.0 })).into_response()
    }
}

/// A JSON body; what is wrong with it is said in our own words and form.
struct Json<T>(T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let invalid = |why: &str| Failure(Error::new(ErrorId::InvalidRequest, why));
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.split(';').next().is_none_or(|kind| kind.trim() != "application/json") {
            return Err(invalid("send the body as application/json"));
        }
        let read = Bytes::from_request(request, state);
        match tokio::time::timeout(BODY_DEADLINE, read).await {
            Ok(Ok(body)) => match axum::Json::<T>::from_bytes(&body) {
                Ok(axum::Json(value)) => Ok(Json(value)),
                Err(rejection) => Err(Failure(body_error(error_id(&body), &rejection.body_text()))),
            },
            Ok(Err(rejection)) => Err(Failure(body_error(ErrorId::InvalidRequest, &rejection.body_text()))),
            Err(_) => Err(invalid("the body did not arrive in 10 s")),
        }
    }
}

/// A message that is refused has an error ID of its own.
fn error_id(body: &[u8]) -> ErrorId {
    #[derive(serde::Deserialize)]
    struct WithMessage {
        message: String,
    }
    let message = serde_json::from_slice(body).ok().map(|WithMessage { message }| message.parse::<Message>());
    if matches!(message, Some(Err(_))) { ErrorId::InvalidMessage } else { ErrorId::InvalidRequest }
}

fn body_error(id: ErrorId, text: &str) -> Error {
    let text: String = text.chars().filter(|c| !c.is_control()).take(400).collect();
    Error::new(id, text).hint("GET /v1/openapi.json describes every body")
}

/// Answers an action whose answer is JSON at once.
async fn answer(host: &Arc<Host>, caller: &Caller, action: Action) -> Result<Response, Failure> {
    Ok(match handle(host, caller, action).await? {
        Answer::Outcomes(outcomes) => axum::Json(outcomes).into_response(),
        Answer::Rule(answer) => axum::Json(answer).into_response(),
        Answer::Opened(session) => (StatusCode::CREATED, axum::Json(session)).into_response(),
        Answer::Thumbnail(png) => thumbnail::png(png),
        Answer::Sessions(sessions) => axum::Json(sessions).into_response(),
        Answer::Session(session) => axum::Json(session).into_response(),
        Answer::Rules(rules) => axum::Json(rules).into_response(),
        Answer::Audit(query, who) => streams::audit(Arc::clone(host), query, who),
        Answer::Invited(invitation) => (StatusCode::CREATED, axum::Json(invitation)).into_response(),
        Answer::Identity(identity) => axum::Json(identity).into_response(),
        Answer::Revoked(revocation) => axum::Json(revocation).into_response(),
        Answer::Identities(identities) => axum::Json(identities).into_response(),
        Answer::Events(receiver, sight, who) => match Arc::clone(&host.watchers).try_acquire_owned() {
            Ok(place) => Sse::new(streams::events(Arc::clone(host), receiver, (sight, who), place))
                .keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
                .into_response(),
            Err(_) => too_many_watch(),
        },
        Answer::Attached(..) => {
            return Err(Failure(Error::new(
                ErrorId::InvalidRequest,
                "attach needs a connection that it can take over",
            )));
        }
    })
}

/// Who watches holds a connection for as long as it likes: not all of them are for that.
fn too_many_watch() -> Response {
    let message = format!("{MAX_WATCHERS} callers watch already");
    let error =
        Error::new(ErrorId::BackendFailed, message).hint("end a `usher watch`, or ask for the list now and then");
    let mut response = Failure(error).into_response();
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response
}

/// Covers sessions with a message and withholds their input.
#[utoipa::path(post, path = "/v1/sessions/lock", request_body = LockRequest, responses(
    (status = 200, description = "One outcome per target", body = Vec<Outcome>),
    (status = "default", description = "Nothing was done", body = ErrorBody)))]
async fn lock(State(host): Shared, caller: Caller, Json(body): Json<LockRequest>) -> Result<Response, Failure> {
    answer(&host, &caller, Action::Lock(body)).await
}

/// Removes the sessions' own locks, and with `exempt` takes them out of the rules that cover them.
#[utoipa::path(post, path = "/v1/sessions/unlock", request_body = UnlockRequest, responses(
    (status = 200, description = "One outcome per target", body = Vec<Outcome>),
    (status = "default", description = "Nothing was done", body = ErrorBody)))]
async fn unlock(State(host): Shared, caller: Caller, Json(body): Json<UnlockRequest>) -> Result<Response, Failure> {
    answer(&host, &caller, Action::Unlock(body)).await
}

/// Frees the stations of sessions; the sessions live on.
#[utoipa::path(post, path = "/v1/sessions/disconnect", request_body = DisconnectRequest, responses(
    (status = 200, description = "One outcome per target", body = Vec<Outcome>),
    (status = "default", description = "Nothing was done", body = ErrorBody)))]
async fn disconnect(
    State(host): Shared,
    caller: Caller,
    Json(body): Json<DisconnectRequest>,
) -> Result<Response, Failure> {
    answer(&host, &caller, Action::Disconnect(body)).await
}

/// Ends sessions; answers when they are gone.
#[utoipa::path(post, path = "/v1/sessions/close", request_body = CloseRequest, responses(
    (status = 200, description = "One outcome per target", body = Vec<Outcome>),
    (status = "default", description = "Nothing was done", body = ErrorBody)))]
async fn close(State(host): Shared, caller: Caller, Json(body): Json<CloseRequest>) -> Result<Response, Failure> {
    answer(&host, &caller, Action::Close(body)).await
}

/// Lists sessions.
#[utoipa::path(get, path = "/v1/sessions", responses((status = 200, description = "The sessions that the caller may see", body = Vec<Session>), (status = "default", description = "Nothing was done", body = ErrorBody)))]
async fn list(State(host): Shared, caller: Caller) -> Result<Response, Failure> {
    answer(&host, &caller, Action::List).await
}

/// Shows one session.
#[utoipa::path(get, path = "/v1/sessions/{id}", params(("id" = SessionRef, Path, description = "A session ID or native ID")), responses((status = 200, description = "The session", body = Session), (status = "default", description = "Nothing was done", body = ErrorBody)))]
async fn show(State(host): Shared, caller: Caller, Path(id): Path<String>) -> Result<Response, Failure> {
    answer(&host, &caller, Action::Show(parse(&id)?)).await
}

/// Starts a text session.
#[utoipa::path(post, path = "/v1/sessions/open", request_body = OpenRequest, responses((status = 201, description = "The session", body = Session), (status = "default", description = "Nothing was done", body = ErrorBody)))]
async fn open(State(host): Shared, caller: Caller, Json(body): Json<OpenRequest>) -> Result<Response, Failure> {
    answer(&host, &caller, Action::Open(Box::new(body))).await
}

/// Lists the standing rules.
#[utoipa::path(get, path = "/v1/blocks", responses((status = 200, description = "The standing rules", body = Vec<Rule>), (status = "default", description = "Nothing was done", body = ErrorBody)))]
async fn blocks(State(host): Shared, caller: Caller) -> Result<Response, Failure> {
    answer(&host, &caller, Action::Blocks).await
}

/// Sets a standing rule, or replaces it.
#[utoipa::path(put, path = "/v1/blocks/{rule}", params(("rule" = RuleName, Path, description = "`all`, `user:NAME` or `group:NAME`")), request_body = BlockRequest, responses((status = 200, description = "The rule, and what became of the sessions it covers", body = RuleAnswer), (status = "default", description = "Nothing was done", body = ErrorBody)))]
async fn block(
    State(host): Shared,
    caller: Caller,
    Path(rule): Path<String>,
    Json(body): Json<BlockRequest>,
) -> Result<Response, Failure> {
    answer(&host, &caller, Action::Block(parse(&rule)?, body)).await
}

/// Removes a standing rule.
#[utoipa::path(delete, path = "/v1/blocks/{rule}", params(("rule" = RuleName, Path, description = "`all`, `user:NAME` or `group:NAME`")), responses((status = 200, description = "The rule that was removed, and what became of the sessions it covered", body = RuleAnswer), (status = "default", description = "Nothing was done", body = ErrorBody)))]
async fn unblock(State(host): Shared, caller: Caller, Path(rule): Path<String>) -> Result<Response, Failure> {
    answer(&host, &caller, Action::Unblock(parse(&rule)?)).await
}

/// Tells events as they happen.
#[utoipa::path(get, path = "/v1/events", responses((status = 200, description = "Server-sent events, each an Event as JSON", body = Event, content_type = "text/event-stream"), (status = "default", description = "Nothing was done", body = ErrorBody)))]
async fn events(State(host): Shared, caller: Caller) -> Result<Response, Failure> {
    answer(&host, &caller, Action::Watch).await
}

/// Reads the audit log.
#[utoipa::path(get, path = "/v1/audit", params(AuditQuery), responses((status = 200, description = "Every record that matches, oldest first", body = Vec<AuditRecord>), (status = "default", description = "Nothing was done", body = ErrorBody)))]
async fn audit(
    State(host): Shared,
    caller: Caller,
    query: Result<Query<AuditQuery>, QueryRejection>,
) -> Result<Response, Failure> {
    let Query(query) =
        query.map_err(|rejection| Failure(body_error(ErrorId::InvalidRequest, &rejection.body_text())))?;
    answer(&host, &caller, Action::Audit(query)).await
}

/// Describes the API.
#[utoipa::path(get, path = "/v1/openapi.json", responses((status = 200, description = "This document", content_type = "application/json"), (status = "default", description = "Nothing was done", body = ErrorBody)))]
async fn openapi(State(host): Shared, caller: Caller) -> Result<Response, Failure> {
    stands(&host, &caller).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], document()).into_response())
}

/// Says whether the daemon answers.
#[utoipa::path(get, path = "/healthz", responses((status = 200, description = "The daemon answers", body = Health), (status = "default", description = "Nothing was done", body = ErrorBody)))]
async fn healthz(State(host): Shared, caller: Caller) -> Result<Response, Failure> {
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
async fn metrics(State(host): Shared, caller: Caller) -> Result<Response, Failure> {
    stands(&host, &caller).await?;
    let kind = [(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")];
    Ok((kind, host.metrics.text(&host)).into_response())
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
    let mut response = Failure(error).into_response();
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

fn parse<T: std::str::FromStr<Err = usher_core::request::InvalidValue>>(text: &str) -> Result<T, Failure> {
    text.parse().map_err(|error: usher_core::request::InvalidValue| {
        Failure(Error::new(ErrorId::InvalidRequest, error.to_string()))
    })
}
