//! Bodies in, answers out: what every route has in common.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::{Action, InvalidValue, Message};
use usher_core::wire::answers::ErrorBody;

use super::{streams, thumbnail};
use crate::execute::Answer;
use crate::execute::flow::{Caller, handle};
use crate::host::Host;

/// How long a caller may take to send its body.
const BODY_DEADLINE: Duration = Duration::from_secs(10);

/// An error as an answer to the whole request.
pub struct ErrorResponse(pub(super) Error);

impl From<Error> for ErrorResponse {
    fn from(error: Error) -> Self {
        ErrorResponse(error)
    }
}

impl IntoResponse for ErrorResponse {
    fn into_response(self) -> Response {
        let status = match self.0.id {
            ErrorId::SessionNotFound | ErrorId::IdentityNotFound => StatusCode::NOT_FOUND,
            ErrorId::UserNotFound | ErrorId::GroupNotFound => StatusCode::NOT_FOUND,
            ErrorId::InvitationUnknown | ErrorId::InvitationUsed | ErrorId::InvitationExpired => StatusCode::FORBIDDEN,
            ErrorId::AccessDenied | ErrorId::OwnSession | ErrorId::NotOrchestratable => StatusCode::FORBIDDEN,
            ErrorId::StillBlocked | ErrorId::SessionChanged | ErrorId::CloseCancelled | ErrorId::NotSupported => {
                StatusCode::CONFLICT
            }
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
pub(super) struct Json<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ErrorResponse;

    async fn from_request(request: Request, state: &S) -> Result<Self, ErrorResponse> {
        if !is_json(request.headers()) {
            return Err(ErrorResponse(Error::new(ErrorId::InvalidRequest, "send the body as application/json")));
        }
        let read = tokio::time::timeout(BODY_DEADLINE, Bytes::from_request(request, state)).await;
        let late = |_| ErrorResponse(Error::new(ErrorId::InvalidRequest, "the body did not arrive in 10 s"));
        let refused = |text: &str| ErrorResponse(request_error(ErrorId::InvalidRequest, text));
        let bytes = read.map_err(late)?.map_err(|rejection| refused(&rejection.body_text()))?;
        axum::Json::from_bytes(&bytes).map(|axum::Json(body)| Json(body)).map_err(|rejection: JsonRejection| {
            let id = if has_invalid_message(&bytes) { ErrorId::InvalidMessage } else { ErrorId::InvalidRequest };
            ErrorResponse(request_error(id, &rejection.body_text()))
        })
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

/// Whether a body was refused for its message, which has an error ID of its own.
fn has_invalid_message(body: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct MessageOnly {
        message: Option<String>,
    }
    let message = serde_json::from_slice(body).ok().and_then(|MessageOnly { message }| message);
    message.is_some_and(|text| text.parse::<Message>().is_err())
}

/// What is wrong with a request's body or query.
pub(super) fn request_error(id: ErrorId, text: &str) -> Error {
    let text: String = text.chars().filter(|c| !c.is_control()).take(400).collect();
    Error::new(id, text).hint("GET /v1/openapi.json describes every body")
}

/// Answers an action whose answer is JSON at once.
pub(super) async fn answer(host: &Arc<Host>, caller: &Caller, action: Action) -> Result<Response, ErrorResponse> {
    Ok(match handle(host, caller, action).await? {
        Answer::Outcomes(outcomes) => axum::Json(outcomes).into_response(),
        Answer::Rule(answer) => axum::Json(answer).into_response(),
        Answer::Opened(session) => (StatusCode::CREATED, axum::Json(session)).into_response(),
        Answer::Thumbnail(png, told) => thumbnail::png(png, told),
        Answer::SameThumbnail(told) => thumbnail::same(told),
        Answer::Screen(text) => thumbnail::text(text),
        Answer::Sessions(sessions) => axum::Json(sessions).into_response(),
        Answer::Session(session) => axum::Json(session).into_response(),
        Answer::Rules(rules) => axum::Json(rules).into_response(),
        Answer::Audit(query, who) => streams::audit_pages(Arc::clone(host), query, who, false),
        Answer::Events(watching, sight, who) => streams::watched(Arc::clone(host), watching, sight, who),
        Answer::Invited(invitation) => (StatusCode::CREATED, axum::Json(invitation)).into_response(),
        Answer::Identity(identity) => axum::Json(identity).into_response(),
        Answer::Revoked(revocation) => axum::Json(revocation).into_response(),
        Answer::Status(status) => axum::Json(status).into_response(),
        Answer::SignIn(next) => axum::Json(next).into_response(),
        Answer::SignIns(all) => axum::Json(all).into_response(),
        Answer::Identities(identities) => axum::Json(identities).into_response(),
        Answer::Attached(..) => {
            return Err(ErrorResponse(Error::new(
                ErrorId::InvalidRequest,
                "attach needs a connection that it can take over",
            )));
        }
    })
}

/// A value in a path.
pub(super) fn parse<T: std::str::FromStr<Err = InvalidValue>>(text: &str) -> Result<T, ErrorResponse> {
    text.parse().map_err(|error: InvalidValue| ErrorResponse(Error::new(ErrorId::InvalidRequest, error.to_string())))
}

/// Whether a request asks for its connection to become one of this protocol.
///
/// # Errors
/// It does not.
pub fn require_upgrade(headers: &HeaderMap, protocol: &str) -> Result<(), ErrorResponse> {
    if headers.get(header::UPGRADE).is_some_and(|value| value.as_bytes() == protocol.as_bytes()) {
        return Ok(());
    }
    let message = format!("this needs `Connection: upgrade` and `Upgrade: {protocol}`");
    Err(ErrorResponse(Error::new(ErrorId::InvalidRequest, message)))
}
