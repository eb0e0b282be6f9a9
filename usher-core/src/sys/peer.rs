//! Who is at the other end of a Unix socket (`unix(7)`, SO_PEERCRED).

use std::os::fd::AsFd;

/// The other end's process, as the kernel recorded it when the connection was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// The effective user.
    pub uid: u32,
    /// The process.
    pub pid: u32,
}

/// Asks the kernel who is at the other end.
///
/// # Errors
/// The descriptor is no Unix socket.
pub fn of(socket: impl AsFd) -> std::io::Result<Peer> {
    let credentials = rustix::net::sockopt::socket_peercred(socket)?;
    let pid = u32::try_from(credentials.pid.as_raw_nonzero().get()).unwrap_or(0);
    Ok(Peer { uid: credentials.uid.as_raw(), pid })
}
