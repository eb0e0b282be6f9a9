//! `POST /v1/sessions/{id}/attach`: the caller's connection becomes a station of the session.
//!
//! The daemon judges and records, answers `101 Switching Protocols`, and hands the connection itself
//! to the session's holder. What is typed and shown never passes through the daemon, and the
//! station outlives it.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use axum::extract::{FromRequest, Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::{Action, AttachRequest, AttachTo};
use usher_core::wire::answers::ErrorBody;
use usher_core::wire::headers::{SESSION_HEADER, STATION_PROTOCOL};
use usher_core::wire::holder::StationSpec;

use super::Shared;
use super::answer::{ErrorResponse, Json, parse, require_upgrade};
use crate::api::server::CallerStream;
use crate::execute::Answer;
use crate::execute::flow::{Caller, handle};
use crate::host::Host;
use crate::session::Target;

/// Makes the connection a station of a text session.
#[utoipa::path(post, path = "/v1/sessions/{id}/attach", params(("id" = usher_core::request::SessionRef, Path, description = "A session ID, native ID or name, or `last`: the one that was used last")),
    request_body = AttachRequest, responses(
    (status = 101, description = "The connection now speaks the station protocol `usher-station`"),
    (status = "default", description = "Nothing was done", body = ErrorBody)))]
pub(super) async fn attach(
    State(host): Shared,
    caller: Caller,
    Path(id): Path<String>,
    mut request: Request,
) -> Result<Response, ErrorResponse> {
    let to: AttachTo = parse(&id)?;
    require_upgrade(request.headers(), STATION_PROTOCOL)?;
    let upgrade = hyper::upgrade::on(&mut request);
    let Json(body): Json<AttachRequest> = Json::from_request(request, &()).await?;
    match handle(&host, &caller, Action::Attach(to, body)).await? {
        Answer::Attached(target, request) => {
            let spec = StationSpec {
                id: host.next_station_id(),
                size: request.size,
                colours: request.colours,
                client: request.client,
                read_only: request.read_only,
            };
            let id = target.id.to_string();
            tokio::spawn(hand_over(host, target, spec, upgrade));
            let headers = [
                (header::CONNECTION.as_str(), "upgrade"),
                (header::UPGRADE.as_str(), STATION_PROTOCOL),
                (SESSION_HEADER, id.as_str()),
            ];
            Ok((StatusCode::SWITCHING_PROTOCOLS, headers).into_response())
        }
        _ => Err(ErrorResponse(Error::new(ErrorId::BackendFailed, "an attach was answered with something else"))),
    }
}

/// Gives the connection to the holder once the caller has the answer.
async fn hand_over(host: Arc<Host>, target: Target, spec: StationSpec, upgrade: OnUpgrade) {
    let handed = match upgrade.await {
        Ok(upgraded) => descriptor(upgraded).and_then(|fd| host.text.seat(&target, spec, fd)),
        Err(error) => Err(Error::new(ErrorId::BackendFailed, error.to_string())),
    };
    if let Err(error) = handed {
        // The connection is dropped: the caller sees the station end before it began.
        tracing::warn!("a station for session {} was not seated: {error}", target.id);
    }
}

fn descriptor(upgraded: Upgraded) -> Result<OwnedFd, Error> {
    let failed = |what: &str| Error::new(ErrorId::BackendFailed, what.to_owned());
    let parts = upgraded.downcast::<TokioIo<CallerStream>>().map_err(|_| failed("the connection is no Unix socket"))?;
    if !parts.read_buf.is_empty() {
        return Err(failed("the caller spoke before it was answered"));
    }
    let stream = parts.io.into_inner();
    let socket = stream.as_ref().get_ref().get_ref().as_fd();
    socket.try_clone_to_owned().map_err(|e| failed(&e.to_string()))
}
