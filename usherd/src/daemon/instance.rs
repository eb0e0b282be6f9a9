//! One daemon per socket and per state directory.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;
use usher_core::outcome::{Error, ErrorId};

use crate::paths::Paths;

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
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => {
            let message = format!("another usherd runs on {}", what.display());
            Err(Error::new(ErrorId::BackendFailed, message)
                .hint("use that one, or give this one another --socket and --state-dir"))
        }
        Err(error) => Err(failed(error.into())),
    }
}
