//! A holder's connections to usherd, or to `usherd --release-all`.

use std::os::unix::net::UnixStream;

use usher_core::wire::Conn;
use usher_core::wire::holder::{FromHolder, ToHolder};

/// Connections at once: the daemon's, one that replaces it, a release, and some to spare.
pub(super) const MAX: usize = 8;

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

    pub(super) fn send(&mut self, message: &FromHolder) {
        self.conn.send_message(message);
    }

    pub(super) fn receive(&mut self) -> Vec<ToHolder> {
        let messages = self.conn.receive_messages();
        self.has_spoken |= !messages.is_empty();
        messages
    }
}
