//! Who is at the other end of a Unix socket (`unix(7)`, SO_PEERCRED and SO_PEERPIDFD).

use std::io;
use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::sys::socket::{getsockopt, sockopt};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::process::Process;

/// The other end's process, as the kernel recorded it when the connection was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// The effective user.
    pub uid: u32,
    /// The number that the process had. It may have ended, and the number be another's.
    pub pid: u32,
    /// Its start time, if that very process was seen to be there still.
    pub start: Option<u64>,
}

impl Peer {
    /// The very process; none if it had ended before it was looked at.
    pub fn process(self) -> Option<Process> {
        self.start.map(|start| Process { pid: self.pid, start })
    }
}

/// The effective user of the other end's process, for who needs no more: the rest is read out of `/proc`.
///
/// # Errors
/// The descriptor is no Unix socket.
pub fn uid_of(socket: impl AsFd) -> io::Result<u32> {
    Ok(rustix::net::sockopt::socket_peercred(socket)?.uid.as_raw())
}

/// Asks the kernel who is at the other end.
///
/// # Errors
/// The descriptor is no Unix socket.
pub fn of(socket: impl AsFd) -> io::Result<Peer> {
    let credentials = rustix::net::sockopt::socket_peercred(&socket)?;
    let pid = u32::try_from(credentials.pid.as_raw_nonzero().get()).unwrap_or(0);
    let start = there(&socket, pid).map(|process| process.start);
    Ok(Peer { uid: credentials.uid.as_raw(), pid, start })
}

/// The process of that number, if it is the one that the kernel recorded. Kernels before 6.5 cannot tell a number that was
/// used again.
fn there(socket: &impl AsFd, pid: u32) -> Option<Process> {
    let recorded = match getsockopt(socket, sockopt::PeerPidfd) {
        Ok(recorded) => Some(recorded),
        Err(Errno::ENOPROTOOPT) => None,
        // It ended and was collected.
        Err(_) => return None,
    };
    let process = Process::of(pid).ok()??;
    let ended = |recorded| {
        let mut waiting = [PollFd::new(recorded, PollFlags::IN)];
        poll(&mut waiting, Some(&Timespec::default())).map_or(true, |ready| ready > 0)
    };
    // Asked last: a process that has not ended had its number all the time.
    recorded.as_ref().is_none_or(|recorded| !ended(recorded)).then_some(process)
}

#[cfg(test)]
mod tests {
    use std::os::fd::OwnedFd;
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::process::{Command, Stdio};

    use super::*;

    const CONNECT_TO: &str = "USHER_TEST_CONNECT_TO";

    /// In a process that another test has started, connects, leaves the connection to a child, and ends.
    #[test]
    fn a_process_that_leaves_its_connection_to_another() {
        let Some(path) = std::env::var_os(CONNECT_TO) else { return };
        let connection = OwnedFd::from(UnixStream::connect(path).unwrap());
        #[expect(clippy::zombie_processes, reason = "this process ends at once, and init waits")]
        Command::new("cat").stdin(connection).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    }

    #[test]
    fn a_process_that_ended_is_nobody_whoever_has_its_number() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let _here = UnixStream::connect(&path).unwrap();
        let (accepted, _) = listener.accept().unwrap();
        assert_eq!(of(&accepted).unwrap().process(), Process::of(std::process::id()).unwrap());

        let leaves = ["--exact", "sys::peer::tests::a_process_that_leaves_its_connection_to_another"];
        let mut maker = Command::new(std::env::current_exe().unwrap());
        let maker = maker.args(leaves).env(CONNECT_TO, &path).stdout(Stdio::null()).status();
        assert!(maker.unwrap().success());
        let (accepted, _) = listener.accept().unwrap();
        assert_eq!(of(&accepted).unwrap().process(), None);
    }
}
