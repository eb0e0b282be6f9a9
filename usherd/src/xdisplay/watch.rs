//! Tells when an X server begins to listen or ends: by `inotify(7)`, without polling.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;

use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use tokio::sync::Notify;

use super::SOCKETS;

/// Wakes `changed` now and whenever the directory of X sockets changes, for as long as the process lives. Where the
/// kernel lets nobody watch, the reconcile loop's rounds still find displays.
pub fn watch(changed: Arc<Notify>) {
    changed.notify_one();
    let watching = std::thread::Builder::new().name("displays".to_owned());
    let started = watching.spawn(move || {
        let Err(error) = try_watch(&changed);
        tracing::warn!("{SOCKETS} cannot be watched: {error}; new displays are noticed later");
    });
    if let Err(error) = started {
        tracing::warn!("{SOCKETS} is not watched: {error}");
    }
}

fn try_watch(changed: &Notify) -> std::io::Result<std::convert::Infallible> {
    let inotify = inotify::init(CreateFlags::CLOEXEC)?;
    // The directory may be made by the first server, or be made anew: so its parent is watched too.
    let parent = Path::new(SOCKETS).parent().unwrap_or(Path::new("/"));
    inotify::add_watch(&inotify, parent, WatchFlags::CREATE | WatchFlags::MOVED_TO)?;
    loop {
        let listed = WatchFlags::CREATE | WatchFlags::DELETE | WatchFlags::MOVED_TO | WatchFlags::MOVED_FROM;
        // Not there yet: the parent's watch tells when it is.
        let _ = inotify::add_watch(&inotify, SOCKETS, listed | WatchFlags::ONLYDIR);
        changed.notify_one();
        await_event(&inotify)?;
    }
}

/// What the events say does not matter: everything is looked at anew.
fn await_event(inotify: &OwnedFd) -> std::io::Result<()> {
    let mut buffer = [0; 4096];
    rustix::io::read(inotify.as_fd(), &mut buffer)?;
    Ok(())
}
