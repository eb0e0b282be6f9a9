//! Certificates for those who bring a token, and new ones for those who have one.

use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::{Identity, RedeemRequest, RekeyRequest};

use super::GatewayState;
use super::answer::{Body, json, refused, wrong};
use super::authority::{MAX_REQUEST, Requested};
use super::forward::{ask_usherd, whole};
use super::serve::RemoteCaller;
use crate::certificates::Facts;
use crate::join::{Issued, JoinRequest, RenewRequest};

/// The largest body of either request.
const MAX_BODY: usize = MAX_REQUEST + (1 << 10);

/// `POST /v1/join`: usherd takes the token's secret, then there is a certificate. Whoever loses the answer needs another
/// token: better than a secret that is good twice.
pub async fn join(gateway: &GatewayState, peer: &RemoteCaller, request: Request<Incoming>) -> Response<Body> {
    answered(async {
        let join: JoinRequest = read(request).await?;
        let requested = requested(&join.request)?;
        let redeem = RedeemRequest { secret: join.secret, name: join.name, named: join.named, key: requested.pin() };
        let place = take_slot(&gateway.limits.joins, "this host is checking too many tokens at the moment")?;
        let identity: Identity = post(gateway, peer, None, "/v1/identities/redeem", &redeem, place).await?;
        tracing::info!("{} joined from {}", identity.name, peer.address);
        issued(gateway, &identity, &requested)
    })
    .await
}

/// `POST /v1/renew`: usherd learns the new key, if the identity still stands, then there is a certificate.
pub async fn renew(
    gateway: &GatewayState,
    peer: &RemoteCaller,
    facts: &Facts,
    request: Request<Incoming>,
) -> Response<Body> {
    let Some(of_identity) = gateway.limits.identities.take_slot(&facts.name) else {
        return *busy("too many requests of this identity are under way");
    };
    answered(async {
        let renew: RenewRequest = read(request).await?;
        let requested = requested(&renew.request)?;
        let rekey = RekeyRequest { key: requested.pin() };
        let place = take_slot(&gateway.limits.requests, "this host is serving too many remote requests at the moment")?;
        let places = (of_identity, place);
        let identity: Identity = post(gateway, peer, Some(facts), "/v1/identities/rekey", &rekey, places).await?;
        issued(gateway, &identity, &requested)
    })
    .await
}

/// An answer that refuses.
pub(super) type RefusedResponse = Box<Response<Body>>;

async fn answered(work: impl Future<Output = Result<Response<Body>, RefusedResponse>>) -> Response<Body> {
    work.await.unwrap_or_else(|refusal| *refusal)
}

fn busy(why: &str) -> RefusedResponse {
    let error = Error::new(ErrorId::BackendFailed, why).hint("nothing was done: wait a little and try again");
    refused(StatusCode::SERVICE_UNAVAILABLE, error).into()
}

/// A place among these, if there is one.
pub(super) fn take_slot(places: &Arc<Semaphore>, why: &str) -> Result<OwnedSemaphorePermit, RefusedResponse> {
    Arc::clone(places).try_acquire_owned().map_err(|_| busy(why))
}

async fn read<T: DeserializeOwned>(request: Request<Incoming>) -> Result<T, RefusedResponse> {
    let body = whole(request.into_body(), MAX_BODY).await?;
    serde_json::from_slice(&body).map_err(|e| {
        let why: String = e.to_string().chars().filter(|c| !c.is_control()).take(200).collect();
        wrong(StatusCode::BAD_REQUEST, format!("the body cannot be read: {why}")).into()
    })
}

fn requested(text: &str) -> Result<Requested, RefusedResponse> {
    Requested::read(text).map_err(|error| {
        tracing::debug!("a certificate request was refused: {error}");
        wrong(StatusCode::BAD_REQUEST, "the certificate request cannot be used: it is to be signed with a P-256 key")
            .into()
    })
}

/// Asks usherd about an identity; what it refuses, the caller hears. The `places` are taken until it has answered.
pub(super) async fn post<T: DeserializeOwned>(
    gateway: &GatewayState,
    peer: &RemoteCaller,
    identity: Option<&Facts>,
    path: &'static str,
    body: &impl Serialize,
    places: impl Send + 'static,
) -> Result<T, RefusedResponse> {
    let bytes = serde_json::to_vec(body).unwrap_or_default();
    let mut request = Request::new(Full::new(Bytes::from(bytes)));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = hyper::Uri::from_static(path);
    let (response, _places) = ask_usherd(gateway, request, identity, peer.address, places).await?;
    let status = response.status();
    let unreadable = || wrong(StatusCode::BAD_GATEWAY, "usherd's answer cannot be read");
    let answer = response.into_body().collect().await.map_err(|_| unreadable())?.to_bytes();
    if status.is_success() {
        return Ok(serde_json::from_slice(&answer).map_err(|_| unreadable())?);
    }
    let refusal: serde_json::Value = serde_json::from_slice(&answer).map_err(|_| unreadable())?;
    Err(json(status, &refusal).into())
}

fn issued(
    gateway: &GatewayState,
    identity: &Identity,
    requested: &Requested,
) -> Result<Response<Body>, RefusedResponse> {
    let certificate = gateway.authority.issue(&identity.name, requested).map_err(|error| {
        tracing::error!("no certificate can be issued: {error}");
        wrong(StatusCode::INTERNAL_SERVER_ERROR, "the host's authority cannot issue a certificate")
    })?;
    let authority = gateway.authority.pem().to_owned();
    let issued = Issued { name: identity.name.clone(), role: identity.role, certificate, authority };
    Ok(json(StatusCode::OK, &issued))
}
