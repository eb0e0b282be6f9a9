//! Connections by TLS, from anywhere: bounded in number, in all and of each address.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use usher_core::per_key::PerKey;

use super::{DashboardState, connection};

/// How many connections there are at the same time, in all and from one address.
const MOST: usize = 1024;
const MOST_OF_ADDRESS: u32 = 128;
/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Serves the page until `ended` resolves.
pub async fn serve_by_tls(
    dashboard: &Arc<DashboardState>,
    listener: TcpListener,
    tls: TlsAcceptor,
    ended: impl Future<Output = ()>,
) {
    tokio::select! {
        () = accept(dashboard, &listener, &tls) => {}
        () = ended => {}
    }
}

async fn accept(dashboard: &Arc<DashboardState>, listener: &TcpListener, tls: &TlsAcceptor) {
    let places = Arc::new(Semaphore::new(MOST));
    let addresses = PerKey::default();
    loop {
        let Ok((stream, far)) = listener.accept().await else {
            // Out of descriptors or memory: a pause lets some go.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        let Some(own) = addresses.take_one(far.ip().to_canonical(), MOST_OF_ADDRESS) else { continue };
        let (dashboard, tls, from) = (Arc::clone(dashboard), tls.clone(), from(&stream, far.ip()));
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            // A failed handshake is the browser's affair.
            if let Ok(Ok(stream)) = timeout(HANDSHAKE, tls.accept(stream)).await {
                connection(&dashboard, from, stream).await;
            }
            drop((place, own));
        });
    }
}

/// From where somebody calls. One of the host's own addresses is the host itself.
fn from(stream: &TcpStream, far: IpAddr) -> IpAddr {
    let far = far.to_canonical();
    let own = stream.local_addr().is_ok_and(|near| near.ip().to_canonical() == far);
    if own { IpAddr::from([127, 0, 0, 1]) } else { far }
}
