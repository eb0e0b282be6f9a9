//! The daemon's end of the socket: connections, bounded in number, size and patience.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tower_service::Service;
use usher_core::outcome::{Error, ErrorId};
use usher_core::sys::peer;
use usher_core::sys::peer::Peer;

use super::routes;
use crate::execute::flow::Origin;
use crate::host::Host;
use crate::paths::Mode;

/// Connections at once; more wait in the kernel's queue. Those who watch
/// may only take some of them ([`MAX_WATCHERS`](crate::host::MAX_WATCHERS)).
const MAX_CONNECTIONS: usize = 1024;
/// Connections at once of one user who is not root: nobody keeps the others out.
const MOST_PER_USER: u32 = 64;
/// Connections at once of the gateway, which bounds each identity's itself.
const MOST_OF_GATEWAY: u32 = 256;
/// How long a caller may take to send its request's head.
const HEAD_DEADLINE: Duration = Duration::from_secs(10);
/// The largest head of a request.
const MAX_HEAD: usize = 64 << 10;
/// How long requests may take to end once the daemon was told to stop.
const STOP_DEADLINE: Duration = Duration::from_secs(10);

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
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let of_user = PlacesOfUsers::default();
    let (stopping, _) = tokio::sync::watch::channel(false);
    tokio::pin!(stop);
    loop {
        let place = tokio::select! {
            () = &mut stop => break,
            place = Arc::clone(&places).acquire_owned() => place,
        };
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
        if host.mode == Mode::User && peer.uid != host.uid && peer.uid != 0 {
            tracing::warn!("uid {} is not served", peer.uid);
            continue;
        }
        // In `--user` mode there is one user, who keeps nobody out.
        let most = match (host.mode, peer.uid) {
            (Mode::User, _) | (Mode::System, 0) => u32::MAX,
            (Mode::System, uid) if host.gateway.uid() == Some(uid) => MOST_OF_GATEWAY,
            (Mode::System, _) => MOST_PER_USER,
        };
        let Some(own_place) = of_user.take(peer.uid, most) else {
            tracing::warn!("uid {} has {most} connections: no more are served", peer.uid);
            continue;
        };
        let origin = Origin::of(host, peer);
        let (router, mut stopped) = (router.clone(), stopping.subscribe());
        tokio::spawn(async move {
            connection(stream, (peer, origin), router, async move { drop(stopped.wait_for(|stop| *stop).await) }).await;
            drop((place, own_place));
        });
    }
    drop(listener);
    let _ = stopping.send(true);
    let everyone = u32::try_from(MAX_CONNECTIONS).unwrap_or(u32::MAX);
    let _ = tokio::time::timeout(STOP_DEADLINE, places.acquire_many(everyone)).await;
}

/// How many connections each user has.
#[derive(Debug, Clone, Default)]
struct PlacesOfUsers(Arc<Mutex<HashMap<u32, u32>>>);

/// A connection of a user's. Dropped, it makes room for another.
struct PlaceOfUser(PlacesOfUsers, u32);

impl PlacesOfUsers {
    /// A place for one more connection, if the user may have one more.
    fn take(&self, uid: u32, most: u32) -> Option<PlaceOfUser> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(uid).or_default();
        (*count < most).then(|| {
            *count += 1;
            PlaceOfUser(self.clone(), uid)
        })
    }
}

impl Drop for PlaceOfUser {
    fn drop(&mut self) {
        let mut taken = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.1) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.1);
            }
        }
    }
}

/// Serves one connection; after `stop`, only the request that is under way.
async fn connection(stream: UnixStream, caller: (Peer, Origin), router: Router, stop: impl Future<Output = ()>) {
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
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection, stop);
    // What goes wrong on a connection is the caller's affair: it hung up, or spoke no HTTP.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = stop => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_user_takes_nobody_elses_place() {
        let places = PlacesOfUsers::default();
        let mut taken: Vec<_> = (0..MOST_PER_USER).map(|_| places.take(1000, MOST_PER_USER).unwrap()).collect();
        assert!(places.take(1000, MOST_PER_USER).is_none());
        assert!(places.take(1001, MOST_PER_USER).is_some() && places.take(1000, MOST_OF_GATEWAY).is_some());
        taken.pop();
        assert!(places.take(1000, MOST_PER_USER).is_some());
    }
}
