//! A new certificate before the old one's time is over.

use std::time::Duration;

use usher_core::outcome::{Error, ErrorId};
use usher_core::servers::Server;

use super::connect::reach;
use super::files::{Credentials, Files};
use super::http;
use super::join::{checked, fresh_key};
use crate::join::RenewRequest;

/// How long whoever wants to use the host waits for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Renews the certificate, unless somebody else does so at this moment.
///
/// # Errors
/// It stays as it is, and works as before.
pub async fn renew(files: &Files, credentials: &Credentials) -> Result<Credentials, Error> {
    let busy = || Error::new(ErrorId::Timeout, "the certificate is being renewed by another program");
    let _lock = files.lock().ok_or_else(busy)?;
    // Another program may have done it between our reading and our turn.
    let now = files.read()?;
    if !now.renews() || files.fresh() {
        return Ok(now);
    }
    let renewed = tokio::time::timeout(PATIENCE, request_certificate(files, credentials)).await;
    renewed.map_err(|_| Error::new(ErrorId::Timeout, "the host did not renew the certificate in 5 s"))??;
    files.read()
}

async fn request_certificate(files: &Files, credentials: &Credentials) -> Result<(), Error> {
    let before = files.server()?;
    let (key, request) = fresh_key()?;
    let body = serde_json::to_vec(&RenewRequest { request }).unwrap_or_default();
    let name = files.directory().file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
    let name = name.ok_or_else(|| Error::new(ErrorId::InvalidRequest, "the host's name cannot be read"))?;
    let reached = reach(&name, credentials).await?;
    let answer = http::send_request(reached.stream, "POST", "/v1/renew", body).await?.body;
    let issued = checked(&answer, &key, &credentials.authority)?;
    let server = Server { expires: issued.facts.until, ..before };
    files.write(&server, &issued.answer.authority, &issued.answer.certificate, &key.serialize_pem())
}
