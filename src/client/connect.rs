//! The ways to a daemon: its socket on this host, or a program whose standard input and output lead to another host's.

use std::fmt;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::upgrade::Upgraded;
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::io::BufReader;
use tokio::net::UnixStream;
use usher_core::request::Secret;
use usher_core::servers::ServerName;
use usher_core::sys::peer;
use usher_core::wire::headers::{
    API_HEADER, API_VERSION, FROM_HEADER, RELAY_PROTOCOL, VERSION, VERSION_HEADER, WEB_HEADER,
};

use super::ClientError;
use super::remote::{self, Transport};
use crate::words::{self, key};

/// The unit that starts a user's daemon on demand, where the package is installed.
const USER_UNIT: &str = "/usr/lib/systemd/user/usherd.socket";

/// Where a daemon is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// On this host, at its socket.
    Local(PathBuf),
    /// On another host.
    Remote(ServerName, Transport),
    /// On a host that the web page of this one was joined to; the way there is this host's usherd.
    Joined(ServerName, PageClaim),
}

/// Whose sign-in on the web page is shown to this host's usherd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageClaim {
    /// usherd's socket.
    pub usherd: PathBuf,
    /// What the browser has.
    pub secret: Secret,
    /// From where it calls.
    pub from: IpAddr,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Local(socket) => write!(f, "{}", socket.display()),
            Endpoint::Remote(name, _) | Endpoint::Joined(name, _) => name.fmt(f),
        }
    }
}

/// A connection over which one request after the other can be sent.
pub(super) type Sender = SendRequest<Full<Bytes>>;

/// Connects. Nothing was sent to a daemon when this fails.
///
/// # Errors
/// There is nobody, or not in time; the sentence says what to do.
pub(super) async fn connect(place: &Endpoint, patience: Option<Duration>) -> Result<Sender, ClientError> {
    match place {
        Endpoint::Local(socket) => {
            let stream = local(socket).await?;
            let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|e| no_answer(place, &e))?;
            tokio::spawn(connection.with_upgrades());
            Ok(sender)
        }
        // On the heap: the way to this host's daemon, which most callers go, needs none of their room.
        Endpoint::Joined(name, claim) => Box::pin(to_joined(place, name, claim, patience)).await,
        Endpoint::Remote(name, way) => Box::pin(to_remote(place, name, way, patience)).await,
    }
}

async fn to_joined(
    place: &Endpoint,
    name: &ServerName,
    claim: &PageClaim,
    patience: Option<Duration>,
) -> Result<Sender, ClientError> {
    let patience = patience.unwrap_or(remote::REACH);
    let opened = tokio::time::timeout(patience, async {
        let mut stream = BufReader::new(joined(name, claim, place).await?);
        match remote::greeted(&mut stream).await {
            Some(greeting) => remote::welcomed(name, greeting).map(|()| stream),
            None => Err(no_answer(place, &"it said nothing")),
        }
    });
    let stream = opened.await.unwrap_or_else(|_| Err(remote::silent(name, patience)))?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|e| no_answer(place, &e))?;
    tokio::spawn(connection);
    Ok(sender)
}

async fn to_remote(
    place: &Endpoint,
    name: &ServerName,
    way: &Transport,
    patience: Option<Duration>,
) -> Result<Sender, ClientError> {
    let (stream, program) = remote::open(name, way, patience).await?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|e| no_answer(place, &e))?;
    tokio::spawn(async move {
        let _ = connection.await;
        // The program ends with the connection that it is.
        drop(program);
    });
    Ok(sender)
}

/// The stream that usherd makes of a connection to it, which leads to a joined host.
async fn joined(name: &ServerName, claim: &PageClaim, place: &Endpoint) -> Result<TokioIo<Upgraded>, ClientError> {
    let (mut sender, connection) =
        handshake(TokioIo::new(local(&claim.usherd).await?)).await.map_err(|e| no_answer(place, &e))?;
    tokio::spawn(connection.with_upgrades());
    let request = Request::post(format!("/v1/web/hosts/{name}/stream"))
        .header(header::HOST, "usherd")
        .header(API_HEADER, API_VERSION)
        .header(VERSION_HEADER, VERSION)
        .header(WEB_HEADER, claim.secret.as_str())
        .header(FROM_HEADER, claim.from.to_string())
        .header(header::CONNECTION, "upgrade")
        .header(header::UPGRADE, RELAY_PROTOCOL)
        .body(Full::new(Bytes::new()))
        .map_err(|e| no_answer(place, &e))?;
    let response = sender.send_request(request).await.map_err(|e| no_answer(place, &e))?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Err(super::read_refusal(response).await);
    }
    hyper::upgrade::on(response).await.map(TokioIo::new).map_err(|e| no_answer(place, &e))
}

/// Connects to a daemon of this host that can be trusted.
///
/// # Errors
/// There is none, or it belongs to a stranger.
pub async fn local(socket: &Path) -> Result<UnixStream, ClientError> {
    let place = socket.display().to_string();
    let stream = UnixStream::connect(socket).await.map_err(|error| match error.kind() {
        ErrorKind::NotFound => ClientError::unreachable(
            words::with!("client-no-daemon", &[("place", &place)]),
            if Path::new(USER_UNIT).exists() {
                key!("client-no-daemon-unit-hint")
            } else {
                key!("client-no-daemon-hint")
            },
        ),
        ErrorKind::ConnectionRefused => ClientError::unreachable(
            words::with!("client-dead-daemon", &[("place", &place)]),
            key!("client-dead-daemon-hint"),
        ),
        ErrorKind::PermissionDenied => ClientError::unreachable(
            words::with!("client-not-yours", &[("place", &place)]),
            key!("client-not-yours-hint"),
        ),
        _ => cannot_connect(&place, &error),
    })?;
    trust(&stream, &place)?;
    Ok(stream)
}

/// A daemon of somebody else's could show anything: only root's and the caller's own are spoken to.
/// Root may speak to anybody's, if it names the socket.
fn trust(stream: &UnixStream, place: &str) -> Result<(), ClientError> {
    let (me, theirs) = (rustix::process::geteuid().as_raw(), peer::uid_of(stream));
    match theirs {
        Ok(uid) if uid == 0 || uid == me || me == 0 => Ok(()),
        Ok(uid) => Err(ClientError::unreachable(
            words::with!("client-strangers", &[("place", place), ("uid", &uid.to_string())]),
            key!("client-strangers-hint"),
        )),
        Err(error) => Err(cannot_connect(place, &error)),
    }
}

fn cannot_connect(place: &str, error: &dyn fmt::Display) -> ClientError {
    let values = [("place", place), ("why", &error.to_string())];
    ClientError::unreachable(words::with!("client-cannot-connect", &values), key!("client-socket-hint"))
}

/// The connection ended before a request was on it.
pub(super) fn no_answer(place: &Endpoint, error: &dyn fmt::Display) -> ClientError {
    let values = [("place", place.to_string()), ("why", error.to_string())];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    ClientError::unreachable(words::with!("client-no-answer", &values), key!("client-no-answer-hint"))
}
