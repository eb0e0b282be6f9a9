//! A connection that carries control frames and never waits.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use serde::Serialize;
use serde::de::DeserializeOwned;
use usher::tty::wire::{Decoder, Tag, control};

/// What a peer that stopped reading may leave with us.
const MAX_UNSENT: usize = 1 << 20;

/// A connection to usherd, or to the other process.
pub struct Conn {
    stream: UnixStream,
    decoder: Decoder,
    out: VecDeque<u8>,
    /// The peer is gone, or of no further use.
    pub closed: bool,
}

impl Conn {
    pub fn new(stream: UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Conn { stream, decoder: Decoder::default(), out: VecDeque::new(), closed: false })
    }

    pub fn fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }

    /// Whether the peer has yet to take something.
    pub fn has_unsent(&self) -> bool {
        !self.out.is_empty()
    }

    /// Sends a message, as far as the peer takes it now.
    pub fn say<T: Serialize>(&mut self, message: &T) {
        self.out.extend(control(message));
        self.flush();
        self.closed |= self.out.len() > MAX_UNSENT;
    }

    /// Sends what the peer takes now.
    pub fn flush(&mut self) {
        while !self.out.is_empty() && !self.closed {
            match self.stream.write(self.out.as_slices().0) {
                Ok(count) => drop(self.out.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => self.closed = true,
            }
        }
        if self.out.is_empty() {
            self.out.shrink_to(4 << 10);
        }
    }

    /// The messages that arrived whole. Anything else than a control frame ends the connection.
    pub fn receive<T: DeserializeOwned>(&mut self) -> Vec<T> {
        self.fill();
        let mut messages = Vec::new();
        loop {
            match self.decoder.next_frame() {
                // A message of a later version is nothing to this one.
                Ok(Some((Tag::Control, json))) => messages.extend(serde_json::from_slice(json).ok()),
                Ok(None) => break,
                Ok(Some(_)) | Err(_) => {
                    self.closed = true;
                    break;
                }
            }
        }
        self.decoder.shrink();
        messages
    }

    fn fill(&mut self) {
        let mut buffer = [0; 4096];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => self.closed = true,
                Ok(count) => {
                    self.decoder.push(&buffer[..count]);
                    continue;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => self.closed = true,
            }
            return;
        }
    }
}
