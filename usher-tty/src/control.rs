//! A holder's connections to usherd, or to `usherd --release-all`.

use std::os::unix::net::UnixStream;

use usher_core::wire::holder::{FromHolder, ToHolder};
use usher_core::wire::{Tag, control};

use super::conn::Conn;

/// Connections at once: the daemon's, one that replaces it, a release, and some to spare.
pub(super) const MAX: usize = 8;

pub(super) struct Control {
    pub(super) id: u64,
    pub(super) conn: Conn,
    /// It said something that a daemon says: a connection that never did gives way to a new one.
    pub(super) spoke: bool,
}

impl Control {
    pub(super) fn new(stream: UnixStream, id: u64) -> std::io::Result<Self> {
        Ok(Control { id, conn: Conn::new(stream)?, spoke: false })
    }

    pub(super) fn say(&mut self, message: &FromHolder) {
        self.conn.send(&control(message));
        // A daemon that stopped reading must not make the holder grow: it will connect anew.
        if self.conn.unsent() > 1 << 20 {
            self.conn.closed = true;
        }
    }

    /// The messages that arrived whole. Anything else than a control frame ends the connection.
    pub(super) fn receive(&mut self) -> Vec<ToHolder> {
        let mut messages = Vec::new();
        while self.conn.fill_with_descriptors() {}
        loop {
            match self.conn.decoder.next_frame() {
                // A message of a later version is nothing to this one.
                Ok(Some((Tag::Control, json))) => messages.extend(serde_json::from_slice::<ToHolder>(json).ok()),
                Ok(None) => break,
                Ok(Some(_)) | Err(_) => {
                    self.conn.closed = true;
                    break;
                }
            }
        }
        self.conn.decoder.shrink();
        self.spoke |= !messages.is_empty();
        messages
    }
}
