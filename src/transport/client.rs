//! The caller's end of the socket.

use std::io::ErrorKind;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;

use super::api::ErrorBody;
use super::{API_HEADER, API_VERSION, OWN_SESSION_HEADER, STATION_PROTOCOL, paths};
use crate::outcome::{Error, ErrorId, Exit};
use crate::request::{AttachRequest, SessionRef};
use crate::sys::peer;
use crate::words;

/// A failure with the exit code it leads to.
#[derive(Debug)]
pub struct ClientError {
    /// What happened.
    pub error: Error,
    /// How the command ends.
    pub exit: Exit,
}

impl ClientError {
    /// `hint` is the key of what to do about it.
    fn unreachable(message: String, hint: &str) -> Self {
        let error = Error::new(ErrorId::HostUnreachable, message).hint(words::text(hint));
        ClientError { error, exit: Exit::Unreachable }
    }

    fn unknown(message: String) -> Self {
        let error = Error::new(ErrorId::OutcomeUnknown, message).hint(words::text("client-unknown-hint"));
        ClientError { error, exit: Exit::Unreachable }
    }
}

/// How long a daemon may take to answer, for work that waits for nobody. No verb's own deadline in
/// the daemon is near it: who takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection to a daemon.
pub struct Client {
    socket: PathBuf,
    patience: Duration,
    own_session: Option<String>,
}

impl Client {
    /// A client of the daemon at `socket`, or at the default place.
    pub fn new(socket: Option<PathBuf>) -> Self {
        let named = socket.is_some();
        let socket = socket.unwrap_or_else(paths::default_socket);
        // The session this program runs in is declared to the daemon that hosts it, and to no other:
        // numbers mean something else there.
        let hosting = std::env::var_os("USHER_SOCKET").map(PathBuf::from);
        let same = hosting.is_some_and(|hosting| !named || hosting == socket);
        let own_session = std::env::var("USHER_SESSION").ok().filter(|_| same);
        let seconds = std::env::var("USHER_TIMEOUT_SECONDS").ok().and_then(|text| text.parse().ok());
        let patience = seconds.filter(|seconds| *seconds > 0).map_or(PATIENCE, Duration::from_secs);
        Client { socket, patience, own_session }
    }

    /// Where the daemon answers.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Asks for something that has no body.
    ///
    /// # Errors
    /// The daemon cannot be reached, refused the request, or did not answer.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        let response = self.send(Method::GET, path, Bytes::new(), None).await?;
        whole(response).await
    }

    /// Asks for something that is no JSON.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn get_bytes(&self, path: &str) -> Result<Bytes, ClientError> {
        let response = self.send(Method::GET, path, Bytes::new(), None).await?;
        collect(good(response).await?).await
    }

    /// Sends a body and awaits the answer.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn send_json<B: Serialize, T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &B,
    ) -> Result<T, ClientError> {
        self.send_json_patiently(method, path, body, Duration::ZERO).await
    }

    /// Sends a body and awaits the answer to work that may take so much longer than other work.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn send_json_patiently<B: Serialize, T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &B,
        longer: Duration,
    ) -> Result<T, ClientError> {
        let body = serde_json::to_vec(body).unwrap_or_default();
        let response = self.send_patiently(method, path, Bytes::from(body), None, longer).await?;
        whole(response).await
    }

    /// Removes something.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        let response = self.send(Method::DELETE, path, Bytes::new(), None).await?;
        whole(response).await
    }

    /// Asks for an answer that arrives in pieces.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn stream(&self, path: &str) -> Result<Stream, ClientError> {
        let response = self.send(Method::GET, path, Bytes::new(), None).await?;
        let body = good(response).await?.into_body();
        Ok(Stream { body })
    }

    /// Makes the connection a station of a session and gives it, with what arrived on it already.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn attach(&self, id: &SessionRef, request: &AttachRequest) -> Result<(OwnedFd, Bytes), ClientError> {
        let body = serde_json::to_vec(request).unwrap_or_default();
        let path = format!("/v1/sessions/{id}/attach");
        let response = self.send(Method::POST, &path, Bytes::from(body), Some(STATION_PROTOCOL)).await?;
        let lost = |e: &dyn std::fmt::Display| ClientError::unknown(format!("the connection was lost: {e}"));
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(failure(response).await);
        }
        let upgraded = hyper::upgrade::on(response).await.map_err(|e| lost(&e))?;
        let parts = upgraded.downcast::<TokioIo<UnixStream>>().map_err(|_| lost(&"it is no Unix socket"))?;
        let stream = parts.io.into_inner().into_std().map_err(|e| lost(&e))?;
        Ok((OwnedFd::from(stream), parts.read_buf))
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
        upgrade: Option<&str>,
    ) -> Result<Response<Incoming>, ClientError> {
        self.send_patiently(method, path, body, upgrade, Duration::ZERO).await
    }

    async fn send_patiently(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
        upgrade: Option<&str>,
        longer: Duration,
    ) -> Result<Response<Incoming>, ClientError> {
        let mut sender = self.connect().await?;
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "usherd")
            .header(header::CONTENT_TYPE, "application/json")
            .header(API_HEADER, API_VERSION);
        if let Some(own) = &self.own_session {
            request = request.header(OWN_SESSION_HEADER, own);
        }
        if let Some(protocol) = upgrade {
            request = request.header(header::CONNECTION, "upgrade").header(header::UPGRADE, protocol);
        }
        let request = request.body(Full::new(body)).map_err(|e| {
            let error = Error::new(ErrorId::InvalidRequest, format!("the request cannot be written: {e}"));
            ClientError { error, exit: Exit::Usage }
        })?;
        let silent = |why: &dyn std::fmt::Display| {
            let place = self.socket.display().to_string();
            let values = [("place", place.as_str()), ("why", &why.to_string())];
            ClientError::unknown(words::with("client-silent", &values))
        };
        let patience = self.patience.saturating_add(longer);
        let answer = tokio::time::timeout(patience, sender.send_request(request)).await;
        let answer = answer.map_err(|_| silent(&format_args!("for {} seconds", patience.as_secs())))?;
        let response = answer.map_err(|e| silent(&e))?;
        self.same_version(&response)?;
        Ok(response)
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, ClientError> {
        let place = self.socket.display().to_string();
        let stream = UnixStream::connect(&self.socket).await.map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                ClientError::unreachable(words::with("client-no-daemon", &[("place", &place)]), "client-no-daemon-hint")
            }
            ErrorKind::ConnectionRefused => ClientError::unreachable(
                words::with("client-dead-daemon", &[("place", &place)]),
                "client-dead-daemon-hint",
            ),
            ErrorKind::PermissionDenied => {
                ClientError::unreachable(words::with("client-not-yours", &[("place", &place)]), "client-not-yours-hint")
            }
            _ => ClientError::unreachable(
                words::with("client-cannot-connect", &[("place", &place), ("why", &error.to_string())]),
                "client-socket-hint",
            ),
        })?;
        self.trust(&stream)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|e| {
            let values = [("place", place.as_str()), ("why", &e.to_string())];
            ClientError::unreachable(words::with("client-no-answer", &values), "client-no-answer-hint")
        })?;
        tokio::spawn(connection.with_upgrades());
        Ok(sender)
    }

    /// A daemon of somebody else's could show anything: only root's and the caller's own are spoken to.
    /// Root may speak to anybody's, if it names the socket.
    fn trust(&self, stream: &UnixStream) -> Result<(), ClientError> {
        let place = self.socket.display().to_string();
        let (me, theirs) = (rustix::process::geteuid().as_raw(), peer::of(stream).map(|peer| peer.uid));
        match theirs {
            Ok(uid) if uid == 0 || uid == me || me == 0 => Ok(()),
            Ok(uid) => Err(ClientError::unreachable(
                words::with("client-strangers", &[("place", &place), ("uid", &uid.to_string())]),
                "client-strangers-hint",
            )),
            Err(error) => {
                let values = [("place", place.as_str()), ("why", &error.to_string())];
                Err(ClientError::unreachable(words::with("client-cannot-connect", &values), "client-socket-hint"))
            }
        }
    }

    fn same_version(&self, response: &Response<Incoming>) -> Result<(), ClientError> {
        let theirs = response.headers().get(API_HEADER).and_then(|value| value.to_str().ok());
        if theirs == Some(API_VERSION) {
            return Ok(());
        }
        let place = self.socket.display().to_string();
        Err(match theirs {
            Some(version) => ClientError::unreachable(
                words::with("client-version", &[("place", &place), ("theirs", version), ("ours", API_VERSION)]),
                "client-version-hint",
            ),
            None => {
                ClientError::unreachable(words::with("client-no-usherd", &[("place", &place)]), "client-socket-hint")
            }
        })
    }
}

/// An answer that arrives in pieces.
pub struct Stream {
    body: Incoming,
}

impl Stream {
    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// The daemon went away in the middle.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ClientError> {
        loop {
            match self.body.frame().await {
                None => return Ok(None),
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Ok(Some(bytes));
                    }
                }
                Some(Err(error)) => return Err(ClientError::unknown(format!("usherd went away: {error}"))),
            }
        }
    }
}

async fn good(response: Response<Incoming>) -> Result<Response<Incoming>, ClientError> {
    if response.status().is_success() { Ok(response) } else { Err(failure(response).await) }
}

async fn whole<T: DeserializeOwned>(response: Response<Incoming>) -> Result<T, ClientError> {
    let bytes = collect(good(response).await?).await?;
    serde_json::from_slice(&bytes).map_err(|e| ClientError::unknown(format!("usherd's answer cannot be read: {e}")))
}

async fn collect(response: Response<Incoming>) -> Result<Bytes, ClientError> {
    let collected = response.into_body().collect().await;
    Ok(collected
        .map_err(|e| ClientError::unknown(format!("usherd went away in the middle of its answer: {e}")))?
        .to_bytes())
}

/// What a daemon said that refused the request.
async fn failure(response: Response<Incoming>) -> ClientError {
    let status = response.status();
    let bytes = match collect(response).await {
        Ok(bytes) => bytes,
        Err(error) => return error,
    };
    match serde_json::from_slice::<ErrorBody>(&bytes) {
        Ok(body) => ClientError { error: body.error, exit: Exit::Failed },
        Err(_) => ClientError::unknown(format!("usherd answered {status} without a reason")),
    }
}
