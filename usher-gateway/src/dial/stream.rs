//! Standard input and output as a stream to a host's usherd.

use tokio::io::{AsyncWriteExt, copy as copy_all};
use usher_core::outcome::Error;
use usher_core::request::PagePerson;

use super::connect::{GatewayStream, Reached};
use super::http;

/// A stream at whose end usherd was seen to serve us. In TLS 1.3 a client is done with its handshake before the server
/// has looked at its certificate: so one harmless question is asked first.
///
/// # Errors
/// We are not served: the certificate was not accepted, the identity was revoked, usherd does not run.
pub async fn checked(reached: Reached, person: Option<&PagePerson>) -> Result<GatewayStream, Error> {
    Ok(http::send_for(reached.stream, ("GET", "/healthz"), Vec::new(), person).await?.stream)
}

/// Copies both ways until either side ends.
pub async fn copy(stream: GatewayStream) {
    let (mut from_host, mut to_host) = tokio::io::split(stream);
    let (mut stdin, mut stdout) = (tokio::io::stdin(), tokio::io::stdout());
    let up = async {
        let _ = copy_all(&mut stdin, &mut to_host).await;
        let _ = to_host.shutdown().await;
    };
    let down = async {
        let _ = copy_all(&mut from_host, &mut stdout).await;
        let _ = stdout.flush().await;
    };
    tokio::select! {
        () = up => {}
        () = down => {}
    }
}
