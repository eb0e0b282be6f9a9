//! The caller's end of the socket.

use std::net::IpAddr;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;
use tokio::sync::Mutex;
use usher_core::outcome::{Error, ErrorId, Exit};
use usher_core::paths;
use usher_core::request::{Action, Route, Seconds, Secret};
use usher_core::servers::ServerName;
use usher_core::sys::{cgroup, proc};
use usher_core::wire::answers::Health;
use usher_core::wire::headers::{
    API_HEADER, API_VERSION, FROM_HEADER, OWN_SESSION_HEADER, SCREEN_HEADER, SCREEN_TOLD, SESSION_HEADER,
    STATION_PROTOCOL, VERSION, VERSION_HEADER, WEB_HEADER,
};

use crate::words::{self, Key, key};
pub use answer::AnswerStream;
use answer::{collect, read_refusal};
use connect::{Endpoint, PageClaim, Sender, connect, no_answer};
use remote::Transport;

mod answer;
pub mod connect;
pub mod events;
mod here;
mod kept;
pub mod lost;
pub mod remote;
mod skew;
pub mod target;

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
    pub(super) fn unreachable(message: String, hint: Key) -> Self {
        let error = Error::new(ErrorId::HostUnreachable, message).hint(hint.text(&[]));
        ClientError { error, exit: Exit::Unreachable }
    }

    fn unknown(message: String) -> Self {
        let error = Error::new(ErrorId::OutcomeUnknown, message).hint(words::text!("client-unknown-hint"));
        ClientError { error, exit: Exit::Failed }
    }

    /// Whether the host gave no answer: it was not reached, or was asked and did not say what became of it.
    pub fn is_lost(&self) -> bool {
        matches!(self.error.id, ErrorId::HostUnreachable | ErrorId::OutcomeUnknown)
    }
}

/// How long a daemon may take to answer. No verb's deadline in the daemon is near it, so a daemon that takes longer
/// hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// The most that connecting may take, where an answer may take longer.
const LONGEST_REACH: Duration = Duration::from_secs(10);
/// The largest answer of another host's: a thumbnail in full, or very many sessions.
const LARGEST_FAR_ANSWER: usize = 72 << 20;

/// How much longer than other work an action may take. The daemon answers a close when the notice has passed, and the
/// programs were asked, killed and seen gone.
fn extra_patience(action: &Action) -> Duration {
    match action {
        Action::End(_, query) => Duration::from_secs(query.wait_seconds.into()),
        Action::Close(request) => {
            Duration::from_secs(30).saturating_add(request.notice.map_or(Duration::ZERO, Seconds::as_duration))
        }
        _ => Duration::ZERO,
    }
}

/// A caller of one daemon.
pub struct Client {
    endpoint: Endpoint,
    /// How long connecting may take, where somebody says.
    reach: Option<Duration>,
    patience: Duration,
    own_session: Option<String>,
    /// The secret of somebody who signed in on the web page, and from where they call.
    page: Option<(Secret, IpAddr)>,
    /// A request was sent.
    asked: AtomicBool,
    /// A connection to another host that has nothing to do at the moment: a new one takes a login there.
    idle: Mutex<Option<Sender>>,
}

impl Client {
    /// A client of the daemon of this host: at `socket`, or at the default place.
    pub fn here(socket: Option<PathBuf>) -> Self {
        let named = socket.is_some();
        let socket = socket.unwrap_or_else(paths::default_socket);
        // The session this program runs in is declared to the daemon that hosts it, and to no other:
        // numbers mean something else there.
        let hosting = std::env::var_os("USHER_SOCKET").map(PathBuf::from);
        let same = hosting.is_some_and(|hosting| !named || hosting == socket);
        let own_session = std::env::var("USHER_SESSION").ok().filter(|_| same);
        Client::of(Endpoint::Local(socket), own_session)
    }

    /// A client of another host's daemon.
    pub fn there(name: ServerName, way: Transport) -> Self {
        // By a name that does not look like it, this may be the very host that the caller sits at: the daemon
        // there sees a login of its own for this connection.
        let own = std::env::var("USHER_SESSION").ok().or_else(login_session);
        Client::of(Endpoint::Remote(name, way), own)
    }

    /// A client of a host that the web page of this one was joined to, for somebody who signed in there.
    pub fn joined(name: ServerName, claim: PageClaim) -> Self {
        Client::of(Endpoint::Joined(name, claim), None)
    }

    /// The hosts that the web page of this one was joined to, as far as whoever signed in may see them.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn joined_hosts(&self) -> Result<Vec<ServerName>, ClientError> {
        let route = Route { method: "GET", path: "/v1/web/hosts".to_owned(), body: Vec::new() };
        let answer = self.send(route, None, Duration::ZERO).await?;
        self.read_json(answer).await
    }

    fn of(endpoint: Endpoint, own_session: Option<String>) -> Self {
        let seconds = std::env::var("USHER_TIMEOUT_SECONDS").ok().and_then(|text| text.parse().ok());
        let asked = seconds.filter(|seconds| *seconds > 0).map(Duration::from_secs);
        let client = Client {
            endpoint,
            reach: None,
            patience: PATIENCE,
            own_session,
            page: None,
            asked: AtomicBool::default(),
            idle: Mutex::default(),
        };
        client.within(asked)
    }

    /// The same client, which asks for somebody who signed in on the web page. usherd hears it from usher-dashboard alone.
    #[must_use]
    pub fn by_the_page(self, secret: &Secret, from: IpAddr) -> Self {
        Client { own_session: None, page: Some((secret.clone(), from)), ..self }
    }

    /// The same client, with another patience.
    #[must_use]
    pub fn within(self, patience: Option<Duration>) -> Self {
        match patience {
            Some(patience) => Client { patience, reach: Some(patience.min(LONGEST_REACH)), ..self },
            None => self,
        }
    }

    /// Whether a request was sent, be it answered or not.
    pub fn has_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Where the daemon is.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// By which name the caller called the host, if it is another one.
    pub fn name(&self) -> Option<&ServerName> {
        match &self.endpoint {
            Endpoint::Local(_) => None,
            Endpoint::Remote(name, _) | Endpoint::Joined(name, _) => Some(name),
        }
    }

    /// Has the daemon carry out an action, and reads its answer.
    ///
    /// # Errors
    /// The daemon cannot be reached, refused the action, or did not answer.
    pub async fn call<T: DeserializeOwned>(&self, action: &Action) -> Result<T, ClientError> {
        let answer = self.send(action.route(), None, extra_patience(action)).await?;
        self.read_json(answer).await
    }

    /// The same for an action whose answer is not JSON.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn call_bytes(&self, action: &Action) -> Result<Bytes, ClientError> {
        let answer = self.send(action.route(), None, extra_patience(action)).await?;
        self.read_bytes(answer).await
    }

    /// Takes a picture of a session, and says whether the screen's next change is told as an event.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn picture(&self, action: &Action) -> Result<(Bytes, bool), ClientError> {
        let answer = self.send(action.route(), None, extra_patience(action)).await?;
        let told = answer.0.headers().get(SCREEN_HEADER).is_some_and(|value| value == SCREEN_TOLD);
        Ok((self.read_bytes(answer).await?, told))
    }

    /// The same for an action whose answer arrives in pieces.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn call_stream(&self, action: &Action) -> Result<AnswerStream, ClientError> {
        let (response, sender) = self.send(action.route(), None, Duration::ZERO).await?;
        let response = self.within_patience(self.require_success(response)).await?;
        let version = skew::said_version(response.headers());
        Ok(AnswerStream { body: response.into_body(), version, _connection: sender })
    }

    /// Whether the daemon answers at all, which is no action.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn health(&self) -> Result<Health, ClientError> {
        let answer = self.send(health_route(), None, Duration::ZERO).await?;
        self.read_json(answer).await
    }

    /// Attaches the connection to a session as a station.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn attach(&self, attach: &Action) -> Result<Attached, ClientError> {
        let (response, _) = self.send(attach.route(), Some(STATION_PROTOCOL), Duration::ZERO).await?;
        let lost = |e: &dyn std::fmt::Display| ClientError::unknown(format!("the connection was lost: {e}"));
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return self.within_patience(async { Err(self.refusal(response).await) }).await;
        }
        let session = response.headers().get(SESSION_HEADER).and_then(|id| id.to_str().ok()?.parse().ok());
        let upgraded = hyper::upgrade::on(response).await.map_err(|e| lost(&e))?;
        let parts = upgraded.downcast::<TokioIo<UnixStream>>().map_err(|_| lost(&"it is no Unix socket"))?;
        let stream = parts.io.into_inner().into_std().map_err(|e| lost(&e))?;
        Ok(Attached { connection: OwnedFd::from(stream), begun: parts.read_buf, session })
    }

    /// Awaits the rest of an answer that has begun.
    async fn within_patience<T>(&self, work: impl Future<Output = Result<T, ClientError>>) -> Result<T, ClientError> {
        let slow = || ClientError::unknown(format!("{} did not end its answer in time", self.endpoint));
        tokio::time::timeout(self.patience, work).await.unwrap_or_else(|_| Err(slow()))
    }

    async fn send(
        &self,
        route: Route,
        upgrade: Option<&str>,
        longer: Duration,
    ) -> Result<(Response<Incoming>, Sender), ClientError> {
        // What acts is put on no connection that may lead nowhere: it would arrive late, when nobody wants it any more.
        let acts = route.method != "GET";
        let request = self.request(route, upgrade)?;
        let mut sender = self.connected(acts).await?;
        let silent = |why: &dyn std::fmt::Display| {
            let place = self.endpoint.to_string();
            let values = [("place", place.as_str()), ("why", &why.to_string())];
            ClientError::unknown(words::with!("client-silent", &values))
        };
        self.asked.store(true, Ordering::Relaxed);
        let patience = self.patience.saturating_add(longer);
        let answer = tokio::time::timeout(patience, sender.send_request(request)).await;
        let answer = answer.map_err(|_| silent(&format_args!("for {} seconds", patience.as_secs())))?;
        let response = answer.map_err(|e| match e.is_canceled() {
            // The connection had ended before the request was on it.
            true => no_answer(&self.endpoint, &e),
            false => silent(&e),
        })?;
        self.same_version(&response)?;
        Ok((response, sender))
    }

    fn request(&self, route: Route, upgrade: Option<&str>) -> Result<Request<Full<Bytes>>, ClientError> {
        let mut request = Request::builder()
            .method(route.method)
            .uri(route.path)
            .header(header::HOST, "usherd")
            .header(header::CONTENT_TYPE, "application/json")
            .header(API_HEADER, API_VERSION)
            .header(VERSION_HEADER, VERSION);
        if let Some(own) = &self.own_session {
            request = request.header(OWN_SESSION_HEADER, own);
        }
        if let Some((secret, from)) = &self.page {
            request = request.header(WEB_HEADER, secret.as_str()).header(FROM_HEADER, from.to_string());
        }
        if let Some(protocol) = upgrade {
            request = request.header(header::CONNECTION, "upgrade").header(header::UPGRADE, protocol);
        }
        let body = Full::new(Bytes::from(route.body));
        request.body(body).map_err(|e| {
            let error = Error::new(ErrorId::InvalidRequest, format!("the request cannot be written: {e}"));
            ClientError { error, exit: Exit::Usage }
        })
    }

    /// A connection that is ready for a request: the one that is kept, if it still lives. One for a request that `acts` was
    /// seen to lead to the daemon just now.
    async fn connected(&self, acts: bool) -> Result<Sender, ClientError> {
        if let Some(mut kept) = self.idle.lock().await.take()
            && kept.ready().await.is_ok()
            && (!acts || self.answers(&mut kept).await)
        {
            return Ok(kept);
        }
        connect(&self.endpoint, self.reach).await
    }

    /// The whole answer; after it the connection is free for the next request.
    async fn read_json<T: DeserializeOwned>(&self, answer: (Response<Incoming>, Sender)) -> Result<T, ClientError> {
        let bytes = self.read_bytes(answer).await?;
        serde_json::from_slice(&bytes).map_err(|e| ClientError::unknown(format!("usherd's answer cannot be read: {e}")))
    }

    async fn read_bytes(&self, answer: (Response<Incoming>, Sender)) -> Result<Bytes, ClientError> {
        let (response, sender) = answer;
        let most = match self.endpoint {
            Endpoint::Local(_) => usize::MAX,
            Endpoint::Remote(..) | Endpoint::Joined(..) => LARGEST_FAR_ANSWER,
        };
        let bytes = self.within_patience(async { collect(self.require_success(response).await?, most).await }).await?;
        if let Endpoint::Remote(..) | Endpoint::Joined(..) = self.endpoint {
            *self.idle.lock().await = Some(sender);
        }
        Ok(bytes)
    }

    async fn require_success(&self, response: Response<Incoming>) -> Result<Response<Incoming>, ClientError> {
        if response.status().is_success() { Ok(response) } else { Err(self.refusal(response).await) }
    }

    fn same_version(&self, response: &Response<Incoming>) -> Result<(), ClientError> {
        let theirs = response.headers().get(API_HEADER).and_then(|value| value.to_str().ok());
        if theirs == Some(API_VERSION) {
            return Ok(());
        }
        let place = self.endpoint.to_string();
        Err(match theirs {
            Some(version) => ClientError::unreachable(
                words::with!("client-version", &[("place", &place), ("theirs", version), ("ours", API_VERSION)]),
                key!("client-version-hint"),
            ),
            None => ClientError::unreachable(
                words::with!("client-no-usherd", &[("place", &place)]),
                key!("client-socket-hint"),
            ),
        })
    }
}

/// Whether the daemon answers at all.
fn health_route() -> Route {
    Route { method: "GET", path: "/healthz".to_owned(), body: Vec::new() }
}

/// A connection that became a station.
pub struct Attached {
    /// It speaks the station protocol now.
    pub connection: OwnedFd,
    /// The bytes that arrived on it already.
    pub begun: Bytes,
    /// The session's ID; a daemon of an earlier version does not say.
    pub session: Option<u32>,
}

/// The login session that this program runs in, as its host's daemon would be told, if it is in one.
fn login_session() -> Option<String> {
    let group = cgroup::of(std::process::id()).ok()??;
    match cgroup::membership(&group) {
        cgroup::Membership::Session(native) => Some(format!("{}:{native}", proc::boot_id().ok()?)),
        cgroup::Membership::UserManager(_) | cgroup::Membership::Other => None,
    }
}
