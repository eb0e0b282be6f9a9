//! A request on its way to usherd: read whole, written anew, with the identity that the certificate proves.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tokio::sync::oneshot;
use tokio::time::timeout;
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::PagePerson;
use usher_core::wire::headers::{
    API_HEADER, FROM_HEADER, IDENTITY_HEADER, IDENTITY_KEY_HEADER, OWN_SESSION_HEADER, PERSON_HEADER, SCREEN_HEADER,
    VERSION_HEADER,
};

use super::GatewayState;
use super::answer::{Body, refused, wrong};
use super::serve::RemoteCaller;
use crate::certificates::Facts;

/// The largest body: usherd's own bound.
const MAX_BODY: usize = 1 << 20;
/// How much of a larger body is read and thrown away.
const DISCARDED: usize = 4 << 20;
/// How long a body may take to arrive.
const BODY: Duration = Duration::from_secs(10);
/// How long usherd may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(5);

/// The headers of a caller's that reach usherd; all others are the gateway's affair or nobody's.
const PASSED: [&str; 5] = ["accept", "content-type", API_HEADER, VERSION_HEADER, OWN_SESSION_HEADER];
/// The headers of an answer that reach the caller.
const RETURNED: [&str; 5] = ["content-type", "cache-control", API_HEADER, VERSION_HEADER, SCREEN_HEADER];

/// Hands a request to usherd and its answer back, piece by piece.
pub async fn forward(
    gateway: &GatewayState,
    peer: &RemoteCaller,
    identity: &Facts,
    person: Option<&PagePerson>,
    request: Request<Incoming>,
) -> Response<Body> {
    let busy = |why: &str| {
        let error = Error::new(ErrorId::BackendFailed, why).hint("wait until some of them have ended and try again");
        refused(StatusCode::SERVICE_UNAVAILABLE, error)
    };
    let Some(of_identity) = gateway.limits.identities.take_slot(&identity.name) else {
        return busy(&format!("{} has too many requests under way", identity.name));
    };
    let Ok(place) = std::sync::Arc::clone(&gateway.limits.requests).try_acquire_owned() else {
        return busy("this host is serving too many remote requests at the moment");
    };
    let (head, body) = request.into_parts();
    let body = match whole(body, MAX_BODY).await {
        Ok(body) => body,
        Err(response) => return response,
    };
    let has_body = matches!(head.method, Method::POST | Method::PUT);
    if has_body && serde_json::from_slice::<serde::de::IgnoredAny>(&body).is_err() {
        return wrong(StatusCode::BAD_REQUEST, "the body is not JSON");
    }
    if !has_body && !body.is_empty() {
        return wrong(StatusCode::BAD_REQUEST, "this request has no body");
    }
    let path = head.uri.path_and_query().map_or("/", hyper::http::uri::PathAndQuery::as_str);
    let mut onward = Request::new(Full::new(body));
    *onward.method_mut() = head.method;
    match path.parse() {
        Ok(uri) => *onward.uri_mut() = uri,
        Err(_) => return wrong(StatusCode::BAD_REQUEST, "the path cannot be read"),
    }
    for name in PASSED {
        for value in head.headers.get_all(name) {
            onward.headers_mut().append(name, value.clone());
        }
    }
    let person = person.and_then(|person| HeaderValue::from_str(&person.to_string()).ok());
    onward.headers_mut().extend(person.clone().map(|person| (HeaderName::from_static(PERSON_HEADER), person)));
    match ask_usherd(gateway, onward, Some(identity), peer.address, (of_identity, place)).await {
        // The places are taken until the last piece is out.
        Ok((response, held)) => {
            let (mut head, body) = response.into_parts();
            let mut headers = header::HeaderMap::new();
            for name in RETURNED {
                headers.extend(head.headers.get(name).map(|value| (HeaderName::from_static(name), value.clone())));
            }
            headers.extend(person.map(|person| (HeaderName::from_static(PERSON_HEADER), person)));
            head.headers = headers;
            let body = body.map_frame(move |frame| {
                let _ = &held;
                frame
            });
            Response::from_parts(head, body.boxed())
        }
        Err(response) => response,
    }
}

/// A body, if it is not too large and does not take too long.
pub async fn whole(body: Incoming, most: usize) -> Result<Bytes, Response<Body>> {
    match timeout(BODY, collected(body, most)).await {
        Ok(Ok(Some(bytes))) => Ok(bytes),
        Ok(Ok(None)) => Err(wrong(StatusCode::PAYLOAD_TOO_LARGE, format!("the body has more than {most} bytes"))),
        Ok(Err(_)) => Err(wrong(StatusCode::BAD_REQUEST, "the body did not arrive whole")),
        Err(_) => Err(wrong(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in 10 s")),
    }
}

/// The body, or none if it is too large. Something more is then read and thrown away: who is still sending when the
/// connection ends never reads why.
async fn collected(mut body: Incoming, most: usize) -> Result<Option<Bytes>, hyper::Error> {
    let (mut bytes, mut length) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        length += data.len();
        if length <= most {
            bytes.extend_from_slice(&data);
        } else if length > most + DISCARDED {
            break;
        } else {
            bytes = Vec::new();
        }
    }
    Ok((length <= most).then(|| Bytes::from(bytes)))
}

/// Asks usherd, for an identity or for the bearer of a token, who calls from this address. What is `held` meanwhile is
/// so until usherd has answered, also when the caller hangs up: usherd goes on with what it was asked all the same.
///
/// # Errors
/// usherd cannot be reached: the answer that says so.
pub async fn ask_usherd<H: Send + 'static>(
    gateway: &GatewayState,
    mut request: Request<Full<Bytes>>,
    identity: Option<&Facts>,
    from: SocketAddr,
    held: H,
) -> Result<(Response<Incoming>, H), Response<Body>> {
    let headers = request.headers_mut();
    headers.insert(HOST, HeaderValue::from_static("usherd"));
    headers.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
    headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
    let mut vouch =
        |name: &'static str, value: &str| HeaderValue::from_str(value).map(|value| headers.insert(name, value)).is_ok();
    let vouched = vouch(FROM_HEADER, &from.ip().to_canonical().to_string())
        && identity.is_none_or(|facts| {
            vouch(IDENTITY_HEADER, facts.name.as_str()) && vouch(IDENTITY_KEY_HEADER, facts.key.as_str())
        });
    if !vouched {
        return Err(wrong(StatusCode::BAD_REQUEST, "the identity cannot be written down"));
    }
    let socket = gateway.socket.clone();
    let (answer, answered) = oneshot::channel();
    tokio::spawn(async move {
        let response = exchange(&socket, request).await;
        // If the caller hung up, nobody takes the answer, and the places are let go here.
        let _ = answer.send((response, held));
    });
    let answered = answered.await.map_err(|_| "it was not asked".to_owned());
    match answered.and_then(|(response, held)| response.map(|response| (response, held))) {
        Ok(answered) => Ok(answered),
        Err(why) => {
            tracing::error!("usherd at {} does not answer: {why}", gateway.socket.display());
            let error = Error::new(ErrorId::HostUnreachable, "usherd does not run on this host, or does not answer");
            let hint = "ask an administrator of the host to look at `systemctl status usherd`";
            Err(refused(StatusCode::BAD_GATEWAY, error.hint(hint)))
        }
    }
}

/// One request to usherd, on a connection of its own.
async fn exchange(socket: &Path, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, String> {
    let connected = timeout(CONNECT, UnixStream::connect(socket)).await;
    let stream = connected.map_err(|_| "it accepts no connection".to_owned())?.map_err(|e| e.to_string())?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|e| e.to_string())?;
    // It ends with the answer, or when whoever reads the answer is gone.
    tokio::spawn(connection);
    sender.send_request(request).await.map_err(|e| e.to_string())
}
