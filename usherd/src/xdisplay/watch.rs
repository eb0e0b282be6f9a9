//! Tells when an X server begins to listen or ends: by `inotify(7)`, without polling.

use std::ffi::OsStr;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use tokio::sync::Notify;

use super::SOCKETS;

/// The shortest and, doubled so often, the longest rest after a search.
const REST: (Duration, u32) = (Duration::from_millis(20), 4);

/// How long to rest after so many searches in a row that found nothing new: everybody may make files where X servers listen,
/// and have displays searched for.
pub fn rest_after(fruitless: u32) -> Duration {
    REST.0 * (1 << fruitless.saturating_sub(1).min(REST.1))
}

/// Wakes `changed` now and whenever the directory of X sockets changes, for as long as the process lives. Where the
/// kernel lets nobody watch, the reconcile loop's rounds still find displays.
pub fn watch(changed: Arc<Notify>) {
    changed.notify_one();
    let watching = std::thread::Builder::new().name("displays".to_owned());
    let started = watching.spawn(move || {
        let Err(error) = try_watch(Path::new(SOCKETS), || changed.notify_one());
        tracing::warn!("{SOCKETS} cannot be watched: {error}; new displays are noticed later");
    });
    if let Err(error) = started {
        tracing::warn!("{SOCKETS} is not watched: {error}");
    }
}

/// Calls `changed` now and whenever something happens in a directory, or to it.
fn try_watch(directory: &Path, changed: impl Fn()) -> std::io::Result<std::convert::Infallible> {
    let inotify = inotify::init(CreateFlags::CLOEXEC)?;
    // The directory may be made by the first server, or be made anew: so its parent is watched too.
    let parent = directory.parent().unwrap_or(Path::new("/"));
    let beside = inotify::add_watch(&inotify, parent, WatchFlags::CREATE | WatchFlags::MOVED_TO)?;
    loop {
        let listed = WatchFlags::CREATE | WatchFlags::DELETE | WatchFlags::MOVED_TO | WatchFlags::MOVED_FROM;
        // Not there yet: the parent's watch tells when it is.
        let _ = inotify::add_watch(&inotify, directory, listed | WatchFlags::ONLYDIR);
        changed();
        await_event(&inotify, beside, directory)?;
    }
}

/// Waits until something happens in the directory, or to it. What is made beside it is nobody's display, however much of
/// it there is.
fn await_event(inotify: &OwnedFd, beside: i32, directory: &Path) -> std::io::Result<()> {
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut events = inotify::Reader::new(inotify.as_fd(), &mut buffer);
    let own = directory.file_name().map(OsStr::as_bytes).unwrap_or_default();
    loop {
        let event = events.next()?;
        let is_own = event.file_name().is_none_or(|name| name.to_bytes() == own);
        if event.wd() != beside || is_own || event.events().contains(ReadFlags::QUEUE_OVERFLOW) {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn what_is_made_beside_the_directory_of_sockets_wakes_nobody() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("sockets");
        let (woken, wakes) = mpsc::channel();
        let (place, first) = (directory.clone(), directory.join("X1"));
        // It goes on until this program ends.
        std::thread::spawn(move || {
            try_watch(&place, || {
                let _ = woken.send(first.exists());
            })
        });
        let awaits = || wakes.recv_timeout(Duration::from_secs(30)).unwrap();
        awaits();
        std::fs::create_dir(&directory).unwrap();
        awaits();
        for number in 0..1000 {
            std::fs::write(parent.path().join(number.to_string()), "").unwrap();
        }
        std::fs::write(directory.join("X1"), "").unwrap();
        assert!(awaits(), "nothing that was made before the socket woke anybody");
        std::fs::remove_file(directory.join("X1")).unwrap();
        assert!(!awaits());
    }

    #[test]
    fn searches_in_vain_come_more_rarely_and_not_ever_more_rarely() {
        let rests: Vec<_> = (0..20).map(|fruitless| rest_after(fruitless).as_millis()).collect();
        assert_eq!(rests[..7], [20, 20, 40, 80, 160, 320, 320]);
        assert_eq!(rests[19], 320);
    }
}
