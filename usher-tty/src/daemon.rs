//! A holder's connections to usherd, or to `usherd --release-all`.

use std::os::unix::net::{UnixListener, UnixStream};

use usher_core::sys::peer;
use usher_core::wire::Conn;
use usher_core::wire::holder::{FromHolder, ToHolder};

/// Connections at once: the daemon's, one that replaces it, a release, and some to spare.
const MAX: usize = 8;

pub(super) struct DaemonConn {
    pub(super) id: u64,
    pub(super) conn: Conn,
    /// It sent what a daemon sends. A connection that never did gives way to a new one.
    pub(super) has_spoken: bool,
}

impl DaemonConn {
    pub(super) fn new(stream: UnixStream, id: u64) -> std::io::Result<Self> {
        Ok(DaemonConn { id, conn: Conn::with_descriptors(stream)?, has_spoken: false })
    }

    /// The next connection that waits, of somebody who may control the session of `owner`.
    pub(super) fn accept(listener: &UnixListener, owner: u32, id: u64) -> Option<Self> {
        let me = rustix::process::geteuid().as_raw();
        loop {
            let (stream, _) = listener.accept().ok()?;
            if peer::of(&stream).is_ok_and(|peer| [0, me, owner].contains(&peer.uid))
                && let Ok(daemon) = DaemonConn::new(stream, id)
            {
                return Some(daemon);
            }
        }
    }

    pub(super) fn send(&mut self, message: &FromHolder) {
        self.conn.send_message(message);
    }

    pub(super) fn receive(&mut self) -> Vec<ToHolder> {
        let messages = self.conn.receive_messages();
        self.has_spoken |= !messages.is_empty();
        messages
    }
}

/// Adds a connection, in the place of the oldest that never spoke if need be.
pub(super) fn add(daemons: &mut Vec<DaemonConn>, daemon: DaemonConn) {
    if daemons.len() >= MAX {
        let Some(silent) = daemons.iter().position(|daemon| !daemon.has_spoken) else { return };
        daemons.remove(silent);
    }
    daemons.push(daemon);
}
