//! Connections from this host's own user: bounded in number, size and patience.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;

use crate::door::{self, Door};
use crate::reception::Reception;
use crate::wall::Wall;
use crate::words::key;

mod answer;
mod events;
mod log;
mod pictures;
mod routes;
mod secure;
mod sign_in;
mod verbs;

pub use secure::serve_by_tls;

/// How many connections there are at the same time. A browser makes six for a page, and one more for its events.
const MOST: usize = 64;
/// How long a browser may take to send a request's head, and keep a connection without one.
const HEAD_DEADLINE: Duration = Duration::from_secs(60);
/// How long a browser may read nothing of what waits for it.
const WRITE_DEADLINE: Duration = Duration::from_secs(30);
/// The largest head of a request.
const MAX_HEAD: usize = 16 << 10;

/// What is served, and to whom.
pub struct DashboardState {
    /// The way in.
    pub entry: WayIn,
}

/// How people come in, and what they see.
pub enum WayIn {
    /// The user who started the page, with its link, sees what they may see.
    Own(Door, Arc<Wall>),
    /// Whoever signs in sees what they may see.
    Service(Reception),
}

/// Serves the page until `ended` resolves.
pub async fn serve(dashboard: &Arc<DashboardState>, listener: TcpListener, ended: impl Future<Output = ()>) {
    tokio::select! {
        () = accept(dashboard, &listener) => {}
        () = ended => {}
    }
}

async fn accept(dashboard: &Arc<DashboardState>, listener: &TcpListener) {
    let places = Arc::new(Semaphore::new(MOST));
    let strangers = Arc::new(Mutex::new(BTreeSet::new()));
    loop {
        let Ok((stream, far)) = listener.accept().await else {
            // Out of descriptors or memory: a pause lets some go.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        let (dashboard, strangers) = (Arc::clone(dashboard), Arc::clone(&strangers));
        tokio::spawn(async move {
            if is_own(&stream, far, &strangers).await {
                let _ = stream.set_nodelay(true);
                connection(&dashboard, far.ip(), stream).await;
            }
            drop(place);
        });
    }
}

/// Whether this user or root is at the other end. A link or a cookie in a stranger's hands opens nothing.
async fn is_own(stream: &TcpStream, far: SocketAddr, strangers: &Mutex<BTreeSet<u32>>) -> bool {
    let Ok(near) = stream.local_addr() else { return false };
    let owner = tokio::task::spawn_blocking(move || door::owner(near, far)).await;
    let Ok(Ok(uid)) = owner else { return false };
    let own = rustix::process::geteuid().as_raw();
    if uid == own || uid == 0 {
        return true;
    }
    // Each is told of once.
    if strangers.lock().unwrap_or_else(PoisonError::into_inner).insert(uid) {
        let told = key!("dashboard-stranger").text(&[("uid", &uid.to_string())]);
        eprintln!("usher dashboard: {told}");
    }
    false
}

async fn connection(dashboard: &Arc<DashboardState>, from: IpAddr, stream: impl AsyncRead + AsyncWrite) {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_DEADLINE));
    let service = service_fn(|request| {
        let dashboard = Arc::clone(dashboard);
        async move { Ok::<_, Infallible>(routes::answer(&dashboard, from, request).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_DEADLINE)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(Box::pin(stream)), service);
    // What goes wrong on a connection is the browser's affair: it hung up, or spoke no HTTP.
    let _ = connection.await;
}
