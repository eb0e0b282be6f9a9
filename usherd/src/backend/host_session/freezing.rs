//! Stopping a locked user's other processes, so that none of them fights the cover: the kernel's
//! freezer for control groups (`admin-guide/cgroup-v2`, "cgroup.freeze").
//!
//! Only after cover and input are held: a stopped program may hold a grab that nobody could end.
//! Never the X server, which draws the cover, nor processes of other users, which log the session out.

use std::time::Duration;

use usher_core::sys::cgroup::Group;
use usher_core::sys::proc;

/// The group below a session's into which its processes go.
const FROZEN: &str = "usher-frozen";
/// Rounds of moving: a process may start another while it is looked at.
const ROUNDS: usize = 20;

/// Stops the processes of a session's scope and of the user's service manager. Gives sentences for the
/// outcome where something could not be stopped.
pub(super) async fn freeze(uid: u32, scope: &str, leader: u32, servers: &[u32]) -> Vec<String> {
    let session = Group::of_scope(uid, scope);
    let frozen = session.child(FROZEN);
    let mut notes = Vec::new();
    if let Err(error) = frozen.make().and_then(|()| frozen.freeze(true)) {
        return vec![format!("the user's processes could not be stopped: {error}")];
    }
    gather(uid, &session, &frozen, leader, servers);
    for inner in session.children().into_iter().filter(|group| *group != frozen) {
        let _ = inner.freeze(true);
    }
    let manager = Group::of_user_manager(uid);
    let serves = servers.iter().any(|pid| in_manager(*pid, uid));
    if serves {
        notes.push("the X server runs in the user's service manager, whose processes were not stopped".to_owned());
    } else if manager.exists() {
        let _ = manager.freeze(true);
    }
    for _ in 0..50 {
        if !frozen.populated() || frozen.frozen() {
            return notes;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    notes.push("not all of the user's processes have stopped yet".to_owned());
    notes
}

/// Moves the user's processes until none is left outside.
fn gather(uid: u32, session: &Group, frozen: &Group, leader: u32, servers: &[u32]) {
    for _ in 0..ROUNDS {
        let stays = |pid: &u32| *pid == leader || servers.contains(pid) || proc::uid(*pid) != Some(uid);
        let movable: Vec<u32> = session.processes().into_iter().filter(|pid| !stays(pid)).collect();
        let moved = movable.iter().filter(|pid| frozen.take(**pid).is_ok()).count();
        if moved == 0 {
            return;
        }
    }
}

fn in_manager(pid: u32, uid: u32) -> bool {
    let group = usher_core::sys::cgroup::of(pid).ok().flatten().unwrap_or_default();
    usher_core::sys::cgroup::membership(&group) == usher_core::sys::cgroup::Membership::UserManager(uid)
}

/// Lets everything go on, if anything was stopped.
pub(super) fn thaw(uid: u32, scope: &str) {
    let session = Group::of_scope(uid, scope);
    let frozen = session.child(FROZEN);
    if !frozen.exists() {
        return;
    }
    // In this order: what is moved while it is stopped would arrive running in a group that is not.
    let _ = frozen.freeze(false);
    for _ in 0..ROUNDS {
        let inside = frozen.processes();
        if inside.iter().filter(|pid| session.take(**pid).is_ok()).count() == 0 {
            break;
        }
    }
    let _ = frozen.remove();
    for inner in session.children() {
        let _ = inner.freeze(false);
    }
    let _ = Group::of_user_manager(uid).freeze(false);
}
