//! What a dead holder leaves of its session, and seeing that nothing is left.

use std::collections::BTreeSet;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use rustix::process::Signal;
use usher_core::outcome::{Error, ErrorId};
use usher_core::session::SessionKey;
use usher_core::sys::proc;
use usher_core::sys::process::Process;

use crate::session::Target;

/// How long a look at all processes may take: an environment may lie where nobody answers.
const LOOK: Duration = Duration::from_secs(1);

/// Ends what a dead holder left: the leader, if it is still that one, every process in its terminal's
/// session, and those that went away from it (`setsid(2)`) with the session's `marks` in their environment.
pub(super) async fn mop_up(key: &SessionKey, marks: &[String; 2]) {
    for _ in 0..20 {
        match look(key, marks).await {
            Ok(left) if left.is_empty() => return,
            Ok(left) => left.into_iter().for_each(kill),
            Err(error) => tracing::warn!("what is left of session {} cannot be seen: {error}", key.native_id),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Looks at every process of the host, beside the daemon's other work.
async fn look(key: &SessionKey, marks: &[String; 2]) -> io::Result<BTreeSet<Process>> {
    let (leader, marks) = (key.leader(), marks.clone());
    // A thread that never comes back costs nobody but this daemon's own user, whose processes alone it reads.
    let (say, said) = tokio::sync::oneshot::channel();
    std::thread::Builder::new().name("leftovers".to_owned()).spawn(move || say.send(left(leader, &marks)))?;
    let late = || io::Error::from(io::ErrorKind::TimedOut);
    tokio::time::timeout(LOOK, said).await.map_err(|_| late())?.map_err(|_| late())?
}

/// What is left of a session: its leader, who shares the leader's terminal session, and who has its marks.
fn left(leader: Process, marks: &[String]) -> io::Result<BTreeSet<Process>> {
    let mut left = BTreeSet::new();
    // Otherwise the number belongs to a stranger by now.
    if leader.lives() || Process::of(leader.pid)?.is_none() {
        left.extend(proc::members_of_session(leader)?);
    }
    left.extend(marked(leader, marks)?);
    left.retain(|process| process.pid != std::process::id());
    Ok(left)
}

/// The living processes of our own user that were executed with every one of these `NAME=VALUE` in their environment.
/// None of them is older than the session.
fn marked(leader: Process, marks: &[String]) -> io::Result<Vec<Process>> {
    let own = rustix::process::geteuid().as_raw();
    proc::living(|pid, stat| {
        let place = format!("/proc/{pid}");
        stat.start >= leader.start
            && std::fs::metadata(&place).is_ok_and(|meta| meta.uid() == own)
            && has_marks(&std::fs::read(place + "/environ").unwrap_or_default(), marks)
    })
}

fn has_marks(environment: &[u8], marks: &[String]) -> bool {
    marks.iter().all(|mark| environment.split(|byte| *byte == 0).any(|entry| entry == mark.as_bytes()))
}

/// Sees that nothing is left where no holder can tell. What is on its way out may still be seen for a moment.
pub(super) async fn verify_gone(target: &Target, marks: &[String; 2]) -> Result<(), Error> {
    let mut survivors = Ok(BTreeSet::new());
    for _ in 0..20 {
        survivors = look(&target.key, marks).await;
        if survivors.as_ref().is_ok_and(BTreeSet::is_empty) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let what = match survivors {
        Ok(survivors) => {
            let pids = survivors.iter().map(|process| process.pid.to_string()).collect::<Vec<_>>().join(", ");
            format!("process {pids} survived until now")
        }
        Err(error) => format!("nobody can tell whether something of it is left: {error}"),
    };
    Err(Error::new(ErrorId::Timeout, format!("session {}: {what}", target.id))
        .hint("a process in uninterruptible sleep ends when its device answers; usherd goes on trying"))
}

pub(super) fn kill(process: Process) {
    if let Err(error) = process.signal(Signal::KILL) {
        tracing::warn!("process {} cannot be killed: {error}", process.pid);
    }
}
