//! The way to a gateway: every address is tried, and the first that proves to be the host is taken.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use rustix::net::sockopt;
use rustls::pki_types::ServerName as TlsName;
use rustls::{AlertDescription, CertificateError, ClientConfig, Error as TlsError, version};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::Address;
use usher_core::servers::ServerName;

use super::files::Credentials;
use crate::certificates::{Pinned, SERVER_NAME, WrongAuthority, provider};

/// How long one address may take. `usher` waits two seconds longer, so that it hears why the host was not reached.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long each address is tried alone before the next one is, too.
const HEAD_START: Duration = Duration::from_millis(250);

/// A stream to a gateway that proved to be the host's.
pub type GatewayStream = TlsStream<TcpStream>;

/// A gateway that was reached.
pub struct Reached {
    /// The stream.
    pub stream: GatewayStream,
    /// Where it answered.
    pub address: Address,
}

/// Why an address led nowhere; the later in this list the more it says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    /// No answer, or a refusal.
    Nobody(String),
    /// A connection on which nobody answers: whoever listens there hangs.
    Silent,
    /// Somebody, who spoke no TLS that we understand.
    Stranger(String),
    /// A gateway whose certificate is not good now.
    BadTime(String),
    /// A gateway for which another authority vouches.
    Other,
}

/// Connects to a host.
///
/// # Errors
/// Nobody is there, or somebody else is: the sentence says which. Nothing was sent but a greeting of TLS.
pub async fn reach(name: &ServerName, credentials: &Credentials) -> Result<Reached, Error> {
    let config = Arc::new(config(credentials)?);
    let mut tries: FuturesUnordered<_> = credentials
        .addresses
        .iter()
        .zip(0u32..)
        .map(|(address, turn)| {
            let config = Arc::clone(&config);
            async move {
                sleep(HEAD_START * turn).await;
                try_address(address, config, Instant::now() + PATIENCE).await.map_err(|why| (address, why))
            }
        })
        .collect();
    let mut worst: Option<(&Address, Why)> = None;
    while let Some(tried) = tries.next().await {
        match tried {
            Ok(reached) => return Ok(reached),
            Err((address, why)) => {
                if worst.as_ref().is_none_or(|(_, before)| *before <= why) {
                    worst = Some((address, why));
                }
            }
        }
    }
    Err(sentence(name, worst))
}

async fn try_address(address: &Address, config: Arc<ClientConfig>, deadline: Instant) -> Result<Reached, Why> {
    let connected = timeout_at(deadline, TcpStream::connect((address.host(), address.port()))).await;
    let no_answer = || Why::Nobody(format!("no answer in {} s", PATIENCE.as_secs()));
    let stream = connected.map_err(|_| no_answer())?.map_err(|e| Why::Nobody(e.to_string()))?;
    let _ = stream.set_nodelay(true);
    notice_death(&stream).map_err(|e| Why::Nobody(e.to_string()))?;
    let server = TlsName::try_from(SERVER_NAME).map_err(|e| Why::Stranger(e.to_string()))?;
    match timeout_at(deadline, TlsConnector::from(config).connect(server, stream)).await {
        Ok(Ok(stream)) => Ok(Reached { stream, address: address.clone() }),
        Ok(Err(error)) => Err(judged(&error)),
        Err(_) => Err(Why::Silent),
    }
}

/// A host that is gone without a word is noticed, also by who only listens, as `usher watch` does: 15 s of silence, then
/// three questions 5 s apart; and 20 s for what is sent (`tcp(7)`).
fn notice_death(stream: &TcpStream) -> std::io::Result<()> {
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, Duration::from_secs(15))?;
    sockopt::set_tcp_keepintvl(stream, Duration::from_secs(5))?;
    sockopt::set_tcp_keepcnt(stream, 3)?;
    sockopt::set_tcp_user_timeout(stream, 20_000)?;
    Ok(())
}

/// The reason behind an error of a handshake.
fn judged(error: &std::io::Error) -> Why {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>()) {
        Some(TlsError::InvalidCertificate(CertificateError::Other(other))) if other.0.is::<WrongAuthority>() => {
            Why::Other
        }
        // The pinned authority's certificate stands in the chain, which everybody can put there, and vouches for nothing.
        Some(TlsError::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature)) => {
            Why::Other
        }
        Some(TlsError::InvalidCertificate(
            why @ (CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. }),
        )) => Why::BadTime(why.to_string()),
        _ => Why::Stranger(error.to_string()),
    }
}

fn sentence(name: &ServerName, worst: Option<(&Address, Why)>) -> Error {
    let unreachable = |why: String| Error::new(ErrorId::HostUnreachable, why);
    match worst {
        None => unreachable(format!("no address of {name} is known")).hint("join it again"),
        Some((address, Why::Nobody(why))) => unreachable(format!("nobody answers at {address}: {why}"))
            .hint("check that the host is on, that usher-gateway runs there (`systemctl status usher-gateway`), and that its port is open"),
        Some((address, Why::Silent)) => {
            unreachable(format!("{address} took the connection and did not answer in {} s", PATIENCE.as_secs()))
                .hint("usher-gateway hangs there: `systemctl restart usher-gateway` on the host")
        }
        Some((address, Why::Stranger(why))) => {
            unreachable(format!("the program that answers at {address} is not usher-gateway: {why}"))
                .hint("give the host's own address and port: `usher invite --address` on the host")
        }
        Some((address, Why::BadTime(why))) => {
            unreachable(format!("the certificate of the gateway at {address} is not valid now: {why}"))
                .hint("compare the clocks of both machines")
        }
        Some((address, Why::Other)) => {
            let why =
                format!("the host at {address} is not {name}: another authority vouches for it. Nothing was sent");
            Error::new(ErrorId::AccessDenied, why).hint(
                "if the host was reinstalled, forget it (`usher servers remove`) and join it again; otherwise somebody is in between",
            )
        }
    }
}

fn config(credentials: &Credentials) -> Result<ClientConfig, Error> {
    let failed = |e: TlsError| Error::new(ErrorId::BackendFailed, format!("TLS cannot be spoken: {e}"));
    let verifier = Arc::new(Pinned::new(credentials.authority.clone()));
    let builder = ClientConfig::builder_with_provider(provider()).with_protocol_versions(&[&version::TLS13]);
    let builder = builder.map_err(failed)?.dangerous().with_custom_certificate_verifier(verifier);
    let mut config = match &credentials.own {
        None => builder.with_no_client_auth(),
        Some(own) => builder.with_client_auth_cert(vec![own.certificate.clone()], own.private()?).map_err(failed)?,
    };
    config.resumption = rustls::client::Resumption::disabled();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// The gateway's objection to our certificate, if the stream ended with an alert (RFC 8446 section 6.2).
pub fn alert(error: &(dyn std::error::Error + 'static)) -> Option<&'static str> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let tls = error.downcast_ref::<TlsError>().or_else(|| inner.and_then(|inner| inner.downcast_ref::<TlsError>()));
        if let Some(TlsError::AlertReceived(alert)) = tls {
            return Some(match alert {
                AlertDescription::CertificateExpired => "it has expired",
                AlertDescription::UnknownCA | AlertDescription::DecryptError => "another authority issued it",
                AlertDescription::CertificateRequired => "none was sent",
                _ => "the host refuses it",
            });
        }
        cause = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_is_gone_is_noticed() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            notice_death(&stream).unwrap();
            assert!(sockopt::socket_keepalive(&stream).unwrap());
            assert_eq!(sockopt::tcp_keepidle(&stream).unwrap(), Duration::from_secs(15));
            assert_eq!(sockopt::tcp_keepintvl(&stream).unwrap(), Duration::from_secs(5));
            assert_eq!(sockopt::tcp_keepcnt(&stream).unwrap(), 3);
            assert_eq!(sockopt::tcp_user_timeout(&stream).unwrap(), 20_000);
        });
    }
}
