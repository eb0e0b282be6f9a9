//! The processes of a login session, by the scope that logind has for it: no process of a user's can leave it.

use std::collections::BTreeSet;
use std::fs;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::time::Instant;
use usher_core::session::SessionKey;
use usher_core::sys::cgroup::{Group, mount};
use usher_core::sys::process::Process;

use crate::backend::DEADLINE;

/// How often a session that is ending is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// Resolves when this process has ended.
pub(super) async fn ends(process: Process) {
    if let Some(pid) = i32::try_from(process.pid).ok().and_then(Pid::from_raw)
        && let Ok(descriptor) = rustix::process::pidfd_open(pid, PidfdFlags::NONBLOCK)
        && process.lives()
        && let Some(descriptor) = watched(descriptor)
    {
        let _ = descriptor.readable().await;
    }
    while !process.is_gone() {
        tokio::time::sleep(10 * LOOK).await;
    }
}

#[expect(deprecated, reason = "its successor is unsafe for types that do not own their descriptor; this one does")]
fn watched(descriptor: OwnedFd) -> Option<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(descriptor, Interest::READABLE).ok()
}

/// The scope of a login session, if there is one.
fn scope(native_id: &str) -> Option<Group> {
    let name = format!("session-{native_id}.scope");
    let slices = fs::read_dir(mount().join("user.slice")).ok()?.flatten();
    let found = slices.map(|slice| slice.path().join(&name)).find(|path| path.is_dir())?;
    Some(Group::at(found.strip_prefix(mount()).ok()?.to_str()?))
}

/// Asks everything in the session's scope to end, kills it after the grace, and sees it gone: true if killing was needed.
/// Whoever survives is the error.
pub(super) async fn end(key: &SessionKey, grace: Duration) -> Result<bool, BTreeSet<u32>> {
    for process in left(key) {
        let process = Process::of(process).ok().flatten();
        // One that is stopped cannot end.
        process.map(|process| (process.signal(Signal::HUP), process.signal(Signal::CONT)));
    }
    if is_gone(key, grace).await {
        return Ok(false);
    }
    let _ = scope(&key.native_id).map(|scope| scope.kill());
    let _ = key.leader().signal(Signal::KILL);
    if is_gone(key, DEADLINE).await { Ok(true) } else { Err(left(key)) }
}

async fn is_gone(key: &SessionKey, within: Duration) -> bool {
    let until = Instant::now() + within;
    loop {
        if key.leader().is_gone() && !scope(&key.native_id).is_some_and(|scope| scope.populated()) {
            return true;
        }
        if Instant::now() >= until {
            return false;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The session's processes.
fn left(key: &SessionKey) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    let mut groups: Vec<Group> = scope(&key.native_id).into_iter().collect();
    while let Some(group) = groups.pop() {
        found.extend(group.processes());
        groups.extend(group.children());
    }
    let leader = key.leader();
    found.extend(leader.lives().then_some(leader.pid));
    found
}
