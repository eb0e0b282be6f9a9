//! What a dead holder leaves of its session, and seeing that nothing is left.

use std::collections::BTreeSet;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use usher_core::outcome::{Error, ErrorId};
use usher_core::session::SessionKey;
use usher_core::sys::proc;

use crate::session::Target;

/// Ends what a dead holder left: the leader, if it is still that one, every process in its terminal's
/// session, and those that went away from it (`setsid(2)`) with the session's `marks` in their environment.
pub(super) async fn mop_up(key: &SessionKey, marks: &[String; 2]) {
    for _ in 0..20 {
        let left = look(key, marks).await;
        if left.is_empty() {
            return;
        }
        left.into_iter().for_each(kill);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Looks at every process of the host, beside the daemon's other work.
async fn look(key: &SessionKey, marks: &[String; 2]) -> BTreeSet<u32> {
    let (looked_for, marks) = (key.clone(), marks.clone());
    let looked = tokio::task::spawn_blocking(move || left(&looked_for, &marks)).await;
    // A look that failed has not seen the session gone.
    looked.unwrap_or_else(|_| BTreeSet::from([key.leader_pid]))
}

/// What is left of a session: its leader, who shares the leader's terminal session, and who has its marks.
fn left(key: &SessionKey, marks: &[String]) -> BTreeSet<u32> {
    let leader_lives = lives(key);
    let mut left = BTreeSet::new();
    if leader_lives {
        left.insert(key.leader_pid);
    }
    // Otherwise the number belongs to a stranger by now.
    if leader_lives || proc::parent_and_start(key.leader_pid).is_none() {
        left.extend(proc::members_of_session(key.leader_pid, key.leader_start));
    }
    left.extend(proc::with_environment(marks));
    left.remove(&std::process::id());
    left
}

/// Whether the session's leader is still there.
pub(super) fn lives(key: &SessionKey) -> bool {
    proc::parent_and_start(key.leader_pid).is_some_and(|(_, start)| start == key.leader_start)
}

/// Sees that nothing is left where no holder can tell. What is on its way out may still be seen for a moment.
pub(super) async fn verify_gone(target: &Target, marks: &[String; 2]) -> Result<(), Error> {
    let mut survivors = BTreeSet::new();
    for _ in 0..20 {
        survivors = look(&target.key, marks).await;
        if survivors.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let pids = survivors.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    Err(Error::new(ErrorId::Timeout, format!("session {}: process {pids} survived until now", target.id))
        .hint("a process in uninterruptible sleep ends when its device answers; usherd goes on trying"))
}

pub(super) fn kill(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = rustix::process::kill_process(pid, Signal::KILL);
    }
}
