//! One daemon per socket and per state directory.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::FlockOperation;
use usher_core::outcome::{Error, ErrorId};

use crate::paths::Paths;

/// How long a lock is waited for. A child that a killed daemon had forked, but that had not yet executed its program, shares
/// the lock until it does.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often it is tried.
const PAUSE: Duration = Duration::from_millis(10);

/// Held for the daemon's life; the kernel lets go of it however the daemon ends.
pub(super) struct Instance {
    _locks: [File; 2],
}

/// Claims the socket and the state directory for this process.
///
/// # Errors
/// Another daemon has one of them.
pub(super) fn claim(paths: &Paths) -> Result<Instance, Error> {
    let mut beside_socket = paths.socket.as_os_str().to_owned();
    beside_socket.push(".lock");
    let socket = hold(&PathBuf::from(beside_socket), &paths.socket)?;
    let state = hold(&paths.state.join("lock"), &paths.state)?;
    Ok(Instance { _locks: [socket, state] })
}

fn hold(path: &Path, what: &Path) -> Result<File, Error> {
    let failed = |e: std::io::Error| {
        let message = format!("the lock file {} cannot be made: {e}", path.display());
        Error::new(ErrorId::BackendFailed, message).hint("the directory must be writable for usherd")
    };
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(failed)?;
    match locked(&file, PATIENCE) {
        Ok(true) => Ok(file),
        Ok(false) => {
            let message = format!("another usherd runs on {}", what.display());
            Err(Error::new(ErrorId::BackendFailed, message)
                .hint("use that one, or give this one another --socket and --state-dir"))
        }
        Err(error) => Err(failed(error)),
    }
}

/// Whether the file could be locked within this time.
fn locked(file: &File, patience: Duration) -> std::io::Result<bool> {
    let end = Instant::now() + patience;
    loop {
        match rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(true),
            Err(rustix::io::Errno::WOULDBLOCK) if Instant::now() < end => std::thread::sleep(PAUSE),
            Err(rustix::io::Errno::WOULDBLOCK) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::process::{Command, Stdio};

    use super::*;

    /// As a fork shares it: a process that has the killed daemon's file description, and then ends.
    #[test]
    fn a_lock_that_a_child_of_the_dead_still_shares_is_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        let shared = hold(&path, &path).unwrap();
        let mut child =
            Command::new("sh").args(["-c", "echo; sleep 0.2"]).stdin(shared).stdout(Stdio::piped()).spawn().unwrap();
        child.stdout.take().unwrap().read_exact(&mut [0]).unwrap();
        let other = OpenOptions::new().read(true).open(&path).unwrap();
        assert!(!locked(&other, Duration::ZERO).unwrap(), "the child shares it");
        assert!(hold(&path, &path).is_ok());
        child.wait().unwrap();
    }

    #[test]
    fn of_two_daemons_the_second_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        let _first = hold(&path, &path).unwrap();
        let error = hold(&path, &path).unwrap_err();
        assert!(error.message.contains("another usherd runs on"), "{error:?}");
    }
}
