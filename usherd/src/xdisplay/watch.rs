//! Tells when an X server begins to listen or ends: by `inotify(7)`, without polling.

use std::ffi::OsStr;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
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
    let beside = inotify::add_watch(&inotify, parent, WatchFlags::CREATE | WatchFlags::MOVED_TO)?;
    loop {
        let listed = WatchFlags::CREATE | WatchFlags::DELETE | WatchFlags::MOVED_TO | WatchFlags::MOVED_FROM;
        // Not there yet: the parent's watch tells when it is.
        let _ = inotify::add_watch(&inotify, SOCKETS, listed | WatchFlags::ONLYDIR);
        changed.notify_one();
        await_event(&inotify, beside)?;
    }
}

/// Waits until something happens in the directory, or to it. What is made beside it is nobody's display, however much of
/// it there is.
fn await_event(inotify: &OwnedFd, beside: i32) -> std::io::Result<()> {
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut events = inotify::Reader::new(inotify.as_fd(), &mut buffer);
    let own = Path::new(SOCKETS).file_name().map(OsStr::as_bytes).unwrap_or_default();
    loop {
        let event = events.next()?;
        let is_own = event.file_name().is_none_or(|name| name.to_bytes() == own);
        if event.wd() != beside || is_own || event.events().contains(ReadFlags::QUEUE_OVERFLOW) {
            return Ok(());
        }
    }
}
