//! How a holder comes to its first connection, and to the first process of a session that is another's child.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use usher_core::session::SessionKey;
use usher_core::sys::peer;
use usher_core::wire::holder::{FromHolder, OpenSpec, ToHolder};

use super::daemon::DaemonConn;
use super::pty::Leader;

/// How long usherd may take to connect, and to have a user logged in.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a holder begins with.
pub(super) struct Birth {
    /// The connection to the daemon that started it.
    pub(super) connection: UnixStream,
    /// The socket that it listens on, where the daemon made it.
    pub(super) listener: Option<UnixListener>,
}

/// A connection on standard input is the daemon's; a socket that listens there is this holder's own, on which the daemon
/// comes.
pub(super) fn of(input: OwnedFd) -> io::Result<Birth> {
    if !rustix::net::sockopt::socket_acceptconn(&input)? {
        return Ok(Birth { connection: UnixStream::from(input), listener: None });
    }
    let listener = UnixListener::from(input);
    let until = Instant::now() + PATIENCE;
    loop {
        wait(&listener, until)?;
        let (connection, _) = listener.accept()?;
        if peer::of(&connection)?.uid == 0 {
            return Ok(Birth { connection, listener: Some(listener) });
        }
    }
}

/// Tells the daemon which terminal this is, and awaits the session's first process.
pub(super) fn login(spec: &OpenSpec, number: u32, daemon: &mut DaemonConn) -> io::Result<(Leader, SessionKey)> {
    daemon.send(&FromHolder::Terminal { number });
    let until = Instant::now() + PATIENCE;
    loop {
        for message in daemon.receive() {
            let ToHolder::Lead { native_id, leader_pid, leader_start } = message else { continue };
            let none = || io::Error::other("no channel to the session's first process came along");
            let leader = Leader::of_login(leader_pid, daemon.conn.next_descriptor().ok_or_else(none)?);
            let boot_id = spec.boot_id.clone();
            return Ok((leader, SessionKey { boot_id, native_id, leader_pid, leader_start }));
        }
        if daemon.conn.is_closed() {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        wait(daemon.conn.fd(), until)?;
    }
}

fn wait(fd: impl AsFd, until: Instant) -> io::Result<()> {
    let left = until.saturating_duration_since(Instant::now());
    match poll(&mut [PollFd::new(&fd, PollFlags::IN)], Timespec::try_from(left).ok().as_ref()) {
        Ok(0) => Err(io::ErrorKind::TimedOut.into()),
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
