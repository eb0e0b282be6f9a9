//! The daemon's end of the socket: connections, bounded in number, size and patience.

use std::convert::Infallible;
use std::future::Future;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio_io_timeout::TimeoutStream;
use tower_service::Service;
use usher_core::outcome::{Error, ErrorId};
use usher_core::sys::peer;
use usher_core::sys::peer::Peer;

use super::entrance::Entrance;
use super::refusals::Refusals;
use super::routes;
use crate::execute::flow::Origin;
use crate::host::Host;
use crate::paths::Mode;

/// How long a caller may take to send its request's head.
const HEAD_DEADLINE: Duration = Duration::from_secs(10);
/// How long a caller may read nothing of what waits for it.
const WRITE_DEADLINE: Duration = Duration::from_secs(30);
/// The largest head of a request.
const MAX_HEAD: usize = 64 << 10;
/// How long requests may take to end once the daemon was told to stop.
const STOP_DEADLINE: Duration = Duration::from_secs(10);

/// A caller's connection. It ends when the caller leaves what waits for it unread.
pub(super) type CallerStream = Pin<Box<TimeoutStream<UnixStream>>>;

/// The socket on which the service manager listens for this daemon already (`sd_listen_fds(3)`), and its path.
///
/// # Errors
/// What was handed over is no Unix socket with a path.
pub fn handed_over() -> Result<Option<(std::os::unix::net::UnixListener, PathBuf)>, Error> {
    let failed = |what: &str| Error::new(ErrorId::BackendFailed, format!("the service manager's socket: {what}"));
    let taken = listenfd::ListenFd::from_env().take_unix_listener(0).map_err(|e| failed(&e.to_string()))?;
    let Some(listener) = taken else { return Ok(None) };
    // No holder is to have it.
    rustix::io::fcntl_setfd(&listener, rustix::io::FdFlags::CLOEXEC).map_err(|e| failed(&e.to_string()))?;
    listener.set_nonblocking(true).map_err(|e| failed(&e.to_string()))?;
    let address = listener.local_addr().map_err(|e| failed(&e.to_string()))?;
    let path = address.as_pathname().ok_or_else(|| failed("it has no path"))?.to_owned();
    Ok(Some((listener, path)))
}

/// Listens on the socket. A socket that was left by a dead daemon is taken over; the caller holds
/// the lock beside it, so no living daemon listens there.
///
/// # Errors
/// The path is no socket, or cannot be bound.
pub fn listen(path: &Path, mode: Mode) -> Result<UnixListener, Error> {
    let failed =
        |what: &str| Error::new(ErrorId::BackendFailed, format!("cannot listen on {}: {what}", path.display()));
    match std::fs::symlink_metadata(path) {
        Ok(meta) if meta.file_type().is_socket() => {
            std::fs::remove_file(path).map_err(|e| failed(&e.to_string()))?;
        }
        Ok(_) => return Err(failed("there is a file that is no socket").hint("remove it, or give another --socket")),
        Err(_) => {}
    }
    let listener = UnixListener::bind(path).map_err(|e| failed(&e.to_string()))?;
    let open_to = match mode {
        Mode::User => 0o600,
        // Who may do what is decided by who asks, at every request.
        Mode::System => 0o666,
    };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(open_to)).map_err(|e| failed(&e.to_string()))?;
    Ok(listener)
}

/// Serves callers until `stop` resolves; then ends the requests that are under way, bounded in time.
pub async fn serve(host: &Arc<Host>, listener: UnixListener, stop: impl Future<Output = ()>) {
    let router = routes::router(Arc::clone(host));
    let (entrance, refusals) = (Entrance::default(), Arc::new(Refusals::default()));
    let stopping = watch::Sender::new(false);
    tokio::pin!(stop);
    loop {
        let stream = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of descriptors or memory: a pause lets some go.
                    tracing::warn!("a caller could not be accepted: {error}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let Ok(peer) = peer::of(&stream) else { continue };
        // The socket's mode lets nobody else in; should the directory be opened up, this does not.
        if host.daemon.mode == Mode::User && peer.uid != host.daemon.uid && peer.uid != 0 {
            refusals.note(peer.uid);
            continue;
        }
        let Some(claim) = entrance.claim(host, peer.uid) else {
            refusals.note(peer.uid);
            continue;
        };
        let caller = (peer, Origin::of(host, peer));
        let (host, router, refusals) = (Arc::clone(host), router.clone(), Arc::clone(&refusals));
        let mut stopped = stopping.subscribe();
        tokio::spawn(async move {
            match claim.settle(&host).await {
                Some(_place) => connection(stream, caller, router, &mut stopped).await,
                None => refusals.note(peer.uid),
            }
        });
    }
    drop(listener);
    let _ = stopping.send(true);
    // Each connection has a receiver for as long as it is served.
    let _ = tokio::time::timeout(STOP_DEADLINE, stopping.closed()).await;
}

/// The connection, which ends when its caller reads nothing for so long of what waits for it.
fn patient(stream: UnixStream, patience: Duration) -> CallerStream {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(patience));
    Box::pin(stream)
}

/// Serves one connection; once the daemon stops, only the request that is under way.
async fn connection(stream: UnixStream, caller: (Peer, Origin), router: Router, stopped: &mut watch::Receiver<bool>) {
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let mut router = router.clone();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(caller.0);
        request.extensions_mut().insert(caller.1.clone());
        async move {
            let response = router.call(request).await;
            Ok::<_, Infallible>(response.unwrap_or_else(|never| match never {}))
        }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_DEADLINE)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(patient(stream, WRITE_DEADLINE)), service)
        .with_upgrades();
    tokio::pin!(connection);
    // What goes wrong on a connection is the caller's affair: it hung up, or spoke no HTTP.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = async { drop(stopped.wait_for(|stop| *stop).await) } => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[test]
    fn a_caller_that_reads_nothing_is_not_waited_for_for_ever() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (ours, mut theirs) = UnixStream::pair().unwrap();
            let mut stream = patient(ours, Duration::from_millis(50));
            let unread = stream.write_all(&vec![0; 8 << 20]).await;
            assert_eq!(unread.unwrap_err().kind(), std::io::ErrorKind::TimedOut);

            let (ours, mut reader) = UnixStream::pair().unwrap();
            let reading = tokio::spawn(async move { reader.read_to_end(&mut Vec::new()).await });
            let mut stream = patient(ours, Duration::from_secs(60));
            stream.write_all(&vec![0; 8 << 20]).await.unwrap();
            drop(stream);
            assert_eq!(reading.await.unwrap().unwrap(), 8 << 20);
            theirs.shutdown().await.unwrap();
        });
    }
}
