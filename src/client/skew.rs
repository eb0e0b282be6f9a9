//! Daemons of other versions: what they do not understand of what this program asks, told with both versions.

use hyper::body::Incoming;
use hyper::{Response, header::HeaderMap};
use usher_core::outcome::{Error, ErrorId, Exit};
use usher_core::wire::answers::Health;
use usher_core::wire::headers::{VERSION, VERSION_HEADER};

use super::{AnswerStream, Client, ClientError, collect, read_refusal};
use crate::words;

/// The largest answer about a daemon's health.
const LARGEST_HEALTH: usize = 4 << 10;

/// What is of another version than this program.
#[derive(Debug, PartialEq, Eq)]
enum Skew {
    /// The daemon, with its version.
    Daemon(String),
    /// What passes requests on to the daemon: it does not say versions, as before 0.2.0.
    Between,
}

/// The version that an answer says.
pub(super) fn said_version(headers: &HeaderMap) -> Option<String> {
    headers.get(VERSION_HEADER).and_then(|version| version.to_str().ok()).map(str::to_owned)
}

impl Client {
    /// The error of a daemon that refused the request. What this program asks is well formed: where a daemon does not
    /// understand it, the versions are told, if they differ.
    pub(super) async fn refusal(&self, response: Response<Incoming>) -> ClientError {
        let said = said_version(response.headers());
        let refusal = read_refusal(response).await;
        if refusal.error.id != ErrorId::InvalidRequest {
            return refusal;
        }
        match self.skew(said).await {
            Some(skew) => self.skewed(&skew, &refusal.error.message),
            None => refusal,
        }
    }

    /// Refuses to go on where a daemon of before 0.2.0 has overlooked this part of a request, without a word.
    ///
    /// # Errors
    /// It is such a daemon.
    pub async fn require_understood(&self, answer: &AnswerStream, part: &str) -> Result<(), ClientError> {
        if answer.version.is_some() {
            return Ok(());
        }
        match self.skew(None).await {
            Some(skew @ Skew::Daemon(_)) => {
                Err(self.skewed(&skew, &words::with!("client-overlooked", &[("part", part)])))
            }
            Some(Skew::Between) | None => Ok(()),
        }
    }

    /// What is of another version, if anything is: an answer has `said` one, or none.
    async fn skew(&self, said: Option<String>) -> Option<Skew> {
        if said.as_deref() == Some(VERSION) {
            return None;
        }
        let version = self.daemon_version().await?;
        if version != VERSION {
            return Some(Skew::Daemon(version));
        }
        said.is_none().then_some(Skew::Between)
    }

    async fn daemon_version(&self) -> Option<String> {
        let (response, _sender) = self.send(super::health_route(), None, std::time::Duration::ZERO).await.ok()?;
        let bytes = self.within_patience(collect(response, LARGEST_HEALTH)).await.ok()?;
        let health: Health = serde_json::from_slice(&bytes).ok()?;
        Some(health.version.chars().filter(|c| !c.is_control()).take(40).collect())
    }

    fn skewed(&self, skew: &Skew, why: &str) -> ClientError {
        let place = self.endpoint.to_string();
        let said = |theirs| [("place", place.as_str()), ("theirs", theirs), ("ours", VERSION), ("why", why)];
        let (message, hint) = match skew {
            Skew::Daemon(theirs) if is_before(theirs, VERSION) => {
                (words::with!("client-skew", &said(theirs)), words::with!("client-skew-theirs-hint", &said(theirs)))
            }
            Skew::Daemon(theirs) => {
                (words::with!("client-skew", &said(theirs)), words::with!("client-skew-ours-hint", &said(theirs)))
            }
            Skew::Between => (
                words::with!("client-skew-between", &said("0.2.0")),
                words::with!("client-skew-between-hint", &said("0.2.0")),
            ),
        };
        ClientError { error: Error::new(ErrorId::NotSupported, message).hint(hint), exit: Exit::Failed }
    }
}

/// Whether a version came before another; what cannot be read came before everything.
fn is_before(version: &str, other: &str) -> bool {
    let numbers = |version: &str| version.split('.').map(|number| number.parse::<u32>().ok()).collect::<Vec<_>>();
    numbers(version) < numbers(other)
}

#[cfg(test)]
mod tests {
    use super::is_before;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(is_before("0.1.0", "0.2.0") && is_before("0.9.0", "0.10.0") && is_before("?", "0.1.0"));
        assert!(!is_before("0.2.0", "0.2.0") && !is_before("1.0.0", "0.2.0"));
    }
}
