//! Connections: accepted within bounds, encrypted within a deadline, served while their certificate is good.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::patience::Impatient;
use super::{Gateway, limits, routes, tls};
use crate::certificates::Facts;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// The largest head of a request.
const MAX_HEAD: usize = 16 << 10;
/// Nobody's certificate lasts longer than this; nor does a connection.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// Who is at the other end of a connection.
#[derive(Debug, Clone)]
pub struct Peer {
    /// From where.
    pub address: SocketAddr,
    /// Who, if they showed a certificate.
    pub identity: Option<Facts>,
}

/// Accepts connections for ever.
pub async fn accept(gateway: &Arc<Gateway>, listener: &TcpListener) {
    let acceptor = match tls::config(&gateway.authority) {
        Ok(config) => TlsAcceptor::from(Arc::new(config)),
        Err(error) => {
            tracing::error!("TLS cannot be spoken: {error}");
            return;
        }
    };
    loop {
        let (stream, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors or memory: a pause lets some go.
                tracing::warn!("a caller could not be accepted: {error}");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let limits = &gateway.limits;
        // Beyond the bounds a caller hears at once that there is no room.
        let Ok(place) = Arc::clone(&limits.connections).try_acquire_owned() else { continue };
        let Ok(handshake) = Arc::clone(&limits.handshakes).try_acquire_owned() else { continue };
        let Some(of_address) = limits.addresses.take(&limits::network(address.ip())) else { continue };
        let (gateway, acceptor) = (Arc::clone(gateway), acceptor.clone());
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            let shaken = timeout(HANDSHAKE, acceptor.accept(Impatient::new(stream, gateway.settings.idle.0))).await;
            drop(handshake);
            match shaken {
                Ok(Ok(stream)) => connection(&gateway, stream, address).await,
                // What goes wrong in a handshake is the caller's affair; who looks for it finds it.
                Ok(Err(error)) => tracing::debug!("{address} did not complete a handshake: {error}"),
                Err(_) => tracing::debug!("{address} took too long over the handshake"),
            }
            drop((place, of_address));
        });
    }
}

type Stream = tokio_rustls::server::TlsStream<Impatient<TcpStream>>;

/// Serves one connection until it ends, falls silent, or its certificate's time is over.
async fn connection(gateway: &Arc<Gateway>, stream: Stream, address: SocketAddr) {
    let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
    let identity = match certificate.map(Facts::of) {
        None => None,
        Some(Some(facts)) => Some(facts),
        Some(None) => {
            tracing::warn!("{address} shows a certificate of this authority that names no identity");
            return;
        }
    };
    let good_for = identity.as_ref().map_or(LONGEST, |facts| {
        Duration::try_from(facts.until.duration_since(Timestamp::now())).unwrap_or(Duration::ZERO)
    });
    let peer = Peer { address, identity };
    let service = service_fn(|request| {
        let (gateway, peer) = (Arc::clone(gateway), peer.clone());
        async move { Ok::<_, std::convert::Infallible>(routes::answer(&gateway, &peer, request).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(gateway.settings.idle.0)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    // What goes wrong on a connection is the caller's affair: it hung up, or spoke no HTTP.
    let _ = timeout(good_for.min(LONGEST), connection).await;
}
