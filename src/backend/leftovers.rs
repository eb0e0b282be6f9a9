//! What a dead holder leaves of its session, and seeing that nothing is left.

use std::time::Duration;

use rustix::process::{Pid, Signal};

use crate::outcome::{Error, ErrorId};
use crate::plan::Target;
use crate::session::SessionKey;
use crate::sys::proc;

/// Ends what a dead holder left: the leader, if it is still that one, every process in its terminal's
/// session, and those that went away from it (`setsid(2)`) with the session's `marks` in their environment.
pub(super) async fn mop_up(key: &SessionKey, marks: &[String]) {
    for _ in 0..20 {
        let leader_lives = lives(key);
        let mut left = if leader_lives || proc::parent_and_start(key.leader_pid).is_none() {
            proc::members_of_session(key.leader_pid, key.leader_start)
        } else {
            // The number belongs to a stranger by now.
            Vec::new()
        };
        left.extend(proc::with_environment(marks));
        left.retain(|pid| *pid != std::process::id());
        if !leader_lives && left.is_empty() {
            return;
        }
        left.into_iter().for_each(kill);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub(super) fn lives(key: &SessionKey) -> bool {
    proc::parent_and_start(key.leader_pid).is_some_and(|(_, start)| start == key.leader_start)
}

pub(super) fn verify_gone(target: &Target) -> Result<(), Error> {
    if lives(&target.key) {
        return Err(Error::new(
            ErrorId::Timeout,
            format!("session {}: process {} survived SIGKILL until now", target.id, target.key.leader_pid),
        )
        .hint("a process in uninterruptible sleep ends when its device answers; usherd goes on trying"));
    }
    Ok(())
}

pub(super) fn kill(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = rustix::process::kill_process(pid, Signal::KILL);
    }
}
