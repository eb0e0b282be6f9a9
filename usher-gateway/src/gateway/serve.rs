//! Connections: accepted within bounds, encrypted within a deadline, served while their certificate is good.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use jiff::Timestamp;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use usher_core::request::{InvalidValue, PagePerson};

use super::{GatewayState, limits, routes, tls};
use crate::certificates::Facts;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// The largest head of a request.
const MAX_HEAD: usize = 16 << 10;
/// No certificate and no connection lasts longer than this.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// Who is at the other end of a connection.
#[derive(Debug, Clone)]
pub struct RemoteCaller {
    /// From where.
    pub address: SocketAddr,
    /// Who, if they showed a certificate.
    pub identity: Option<Facts>,
    /// For whom a host's web page asks, if it is one: the first request of the connection says it for all. What it says
    /// wrongly is no reason to ask for nobody.
    pub person: Arc<OnceLock<Result<Option<PagePerson>, InvalidValue>>>,
}

/// How long requests may take to end once the gateway was told to stop. Event streams end with it.
const STOP_DEADLINE: Duration = Duration::from_secs(3);

/// Serves callers until `stop` resolves; then ends the requests that are under way, bounded in time.
pub async fn serve(gateway: &Arc<GatewayState>, listener: TcpListener, stop: impl Future<Output = ()>) {
    let connections = GracefulShutdown::new();
    tokio::select! {
        () = accept(gateway, &listener, &connections) => {}
        () = stop => {}
    }
    drop(listener);
    let _ = timeout(STOP_DEADLINE, connections.shutdown()).await;
}

/// Accepts connections for ever.
async fn accept(gateway: &Arc<GatewayState>, listener: &TcpListener, connections: &GracefulShutdown) {
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
        let Some(of_address) = limits.addresses.take_slot(&limits::network(address.ip())) else { continue };
        let (gateway, acceptor, watcher) = (Arc::clone(gateway), acceptor.clone(), connections.watcher());
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            let shaken = timeout(HANDSHAKE, acceptor.accept(impatient(stream, gateway.settings.idle.0))).await;
            drop(handshake);
            match shaken {
                Ok(Ok(stream)) => connection(&gateway, stream, address, watcher).await,
                // A failed handshake is the caller's affair; the debug log has it.
                Ok(Err(error)) => tracing::debug!("{address} did not complete a handshake: {error}"),
                Err(_) => tracing::debug!("{address} took too long over the handshake"),
            }
            drop((place, of_address));
        });
    }
}

type CallerStream = tokio_rustls::server::TlsStream<Pin<Box<TimeoutStream<TcpStream>>>>;

/// The stream of a caller who may not leave an answer unread for longer than this: buffers are the kernel's, and whoever
/// stops reading keeps a connection, and a place, for no longer.
fn impatient<S: AsyncRead + AsyncWrite>(stream: S, idle: Duration) -> Pin<Box<TimeoutStream<S>>> {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(idle));
    Box::pin(stream)
}

/// Serves one connection until it ends, falls silent, or its certificate's time is over.
async fn connection(gateway: &Arc<GatewayState>, stream: CallerStream, address: SocketAddr, watcher: Watcher) {
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
    let peer = RemoteCaller { address, identity, person: Arc::default() };
    let service = service_fn(|request| {
        let (gateway, peer) = (Arc::clone(gateway), peer.clone());
        async move { Ok::<_, std::convert::Infallible>(routes::answer(&gateway, &peer, request).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(gateway.settings.idle.0)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    // A connection that fails is the caller's affair: it hung up, or did not speak HTTP.
    let _ = timeout(good_for.min(LONGEST), watcher.watch(connection)).await;
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[test]
    fn whoever_stops_reading_is_given_up_and_whoever_reads_slowly_is_not() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (near, far) = tokio::io::duplex(4);
            let mut stream = impatient(near, Duration::from_millis(20));
            assert_eq!(stream.write_all(b"12345").await.unwrap_err().kind(), ErrorKind::TimedOut);
            drop(far);

            let (near, mut far) = tokio::io::duplex(4);
            let mut stream = impatient(near, Duration::from_secs(60));
            let reader = tokio::spawn(async move {
                let mut all = [0; 12];
                far.read_exact(&mut all).await.map(|_| all)
            });
            stream.write_all(b"abcdefghijkl").await.unwrap();
            assert_eq!(&reader.await.unwrap().unwrap(), b"abcdefghijkl");
        });
    }
}
