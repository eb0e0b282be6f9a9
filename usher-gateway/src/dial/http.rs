//! One request to a gateway, after which the stream goes on.

use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::PagePerson;
use usher_core::wire::answers::ErrorBody;
use usher_core::wire::headers::{API_HEADER, API_VERSION, PERSON_HEADER};

use super::connect::{GatewayStream, alert};

/// The largest answer.
const MAX_ANSWER: usize = 64 << 10;
/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// An answer, and the stream behind it.
pub struct Answered {
    /// The body of a good answer.
    pub body: Bytes,
    /// The stream.
    pub stream: GatewayStream,
}

/// Why there is no good answer.
#[derive(Debug)]
pub enum ExchangeError {
    /// The request was refused, and not carried out.
    Refused(Error),
    /// The answer did not arrive, or cannot be read: nobody here knows whether it was done.
    Lost(Error),
}

impl From<ExchangeError> for Error {
    fn from(trouble: ExchangeError) -> Self {
        match trouble {
            ExchangeError::Refused(error) | ExchangeError::Lost(error) => error,
        }
    }
}

/// Asks, and gives the answer and the stream.
///
/// # Errors
/// The gateway, or usherd behind it, refused, or did not answer.
pub async fn send_request(
    stream: GatewayStream,
    method: &str,
    path: &str,
    body: Vec<u8>,
) -> Result<Answered, ExchangeError> {
    send_for(stream, (method, path), body, None).await
}

/// The same for a person, for whom the whole connection is from then on. A gateway that does not say so itself knows
/// nothing of persons, and would take the connection for the host's own.
///
/// # Errors
/// As [`send_request`].
pub async fn send_for(
    stream: GatewayStream,
    to: (&str, &str),
    body: Vec<u8>,
    person: Option<&PagePerson>,
) -> Result<Answered, ExchangeError> {
    let asked = tokio::time::timeout(PATIENCE, exchange(stream, to, body, person)).await;
    asked.unwrap_or_else(|_| Err(ExchangeError::Lost(unknown("the host did not answer in 15 s"))))
}

async fn exchange(
    stream: GatewayStream,
    (method, path): (&str, &str),
    body: Vec<u8>,
    person: Option<&PagePerson>,
) -> Result<Answered, ExchangeError> {
    let person = person.map(ToString::to_string);
    let mut request = Request::builder();
    if let Some(person) = &person {
        request = request.header(PERSON_HEADER, person);
    }
    let request = request
        .method(method)
        .uri(path)
        .header(HOST, "usher-gateway")
        .header(CONTENT_TYPE, "application/json")
        .header(API_HEADER, API_VERSION)
        .body(Full::new(Bytes::from(body)))
        .map_err(|e| ExchangeError::Refused(unknown(&e)))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|e| lost(&e))?;
    let connection = connection.without_shutdown();
    let answer = async move {
        let response = sender.send_request(request).await.map_err(|e| lost(&e))?;
        let version = response.headers().get(API_HEADER).cloned();
        let status = response.status();
        let said = response.headers().get(PERSON_HEADER).map(|said| said.as_bytes().to_vec());
        let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await;
        let body =
            body.map_err(|e| ExchangeError::Lost(unknown(&format!("the answer cannot be read: {e}"))))?.to_bytes();
        if version.is_none_or(|version| version != API_VERSION) {
            let why = "the host speaks another version of the API";
            let error = Error::new(ErrorId::HostUnreachable, why).hint("install the same version of usher on both");
            return Err(if status.is_success() { ExchangeError::Lost(error) } else { ExchangeError::Refused(error) });
        }
        if status.is_success() && said.as_deref() != person.as_ref().map(String::as_bytes) {
            let why = "the host's gateway knows nothing of people who sign in on another host's web page";
            let error = Error::new(ErrorId::HostUnreachable, why).hint("install the same version of usher on both");
            return Err(ExchangeError::Refused(error));
        }
        if status.is_success() { Ok(body) } else { Err(refusal(status, &body)) }
    };
    // The connection ends once nobody can ask any more: then it gives the stream back.
    let (parts, body) = tokio::join!(connection, answer);
    let body = body?;
    let parts = parts.map_err(|e| lost(&e))?;
    match parts.read_buf.is_empty() {
        true => Ok(Answered { body, stream: parts.io.into_inner() }),
        false => Err(ExchangeError::Lost(unknown("the host sent more than an answer"))),
    }
}

fn refusal(status: StatusCode, body: &[u8]) -> ExchangeError {
    match serde_json::from_slice::<ErrorBody>(body) {
        Ok(body) => ExchangeError::Refused(body.error),
        Err(_) => ExchangeError::Lost(unknown(&format!("the host answered {status} without a reason"))),
    }
}

fn lost(error: &hyper::Error) -> ExchangeError {
    match alert(error) {
        Some(why) => {
            let why = format!("the host does not accept our certificate: {why}");
            let hint = "ask an administrator of the host for a new invitation: `usher invite` there";
            ExchangeError::Refused(Error::new(ErrorId::AccessDenied, why).hint(hint))
        }
        None => ExchangeError::Lost(unknown(&format!("the connection was lost: {error}"))),
    }
}

fn unknown(why: &(impl std::fmt::Display + ?Sized)) -> Error {
    Error::new(ErrorId::HostUnreachable, why.to_string())
        .hint("try again; `systemctl status usher-gateway usherd` on the host says more")
}
