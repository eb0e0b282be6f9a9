//! What a daemon answers, read within bounds.

use http_body_util::{BodyExt, Limited};
use hyper::Response;
use hyper::body::{Bytes, Incoming};
use usher_core::outcome::Exit;
use usher_core::wire::answers::ErrorBody;

use super::ClientError;
use super::connect::Sender;

/// The largest reason for a refusal.
const LARGEST_REASON: usize = 64 << 10;

/// An answer that arrives in pieces.
pub struct AnswerStream {
    pub(super) body: Incoming,
    /// The version that the daemon says; one of before 0.2.0 says none.
    pub(super) version: Option<String>,
    pub(super) _connection: Sender,
}

impl AnswerStream {
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

/// Reads a whole answer, of so many bytes at most.
pub(super) async fn collect(response: Response<Incoming>, most: usize) -> Result<Bytes, ClientError> {
    let collected = Limited::new(response.into_body(), most).collect().await;
    Ok(collected
        .map_err(|e| ClientError::unknown(format!("usherd went away in the middle of its answer: {e}")))?
        .to_bytes())
}

/// Reads the error of a daemon that refused the request.
pub(super) async fn read_refusal(response: Response<Incoming>) -> ClientError {
    let status = response.status();
    let bytes = match collect(response, LARGEST_REASON).await {
        Ok(bytes) => bytes,
        Err(error) => return error,
    };
    match serde_json::from_slice::<ErrorBody>(&bytes) {
        Ok(body) => ClientError { error: body.error, exit: Exit::Failed },
        Err(_) => ClientError::unknown(format!("usherd answered {status} without a reason")),
    }
}
