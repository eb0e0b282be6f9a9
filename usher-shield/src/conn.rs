//! A connection that carries control frames and never waits.

use std::collections::VecDeque;
use std::io::{self, IoSliceMut, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::io::Errno;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags};
use serde::Serialize;
use serde::de::DeserializeOwned;
use usher_core::wire::{Decoder, Tag, control};

/// What a peer that stopped reading may leave with us.
const MAX_UNSENT: usize = 1 << 20;
/// Descriptors that may wait for the messages that they belong to; more are closed unread.
const MAX_DESCRIPTORS: usize = 4;

/// A connection to usherd, or to the other process.
pub struct Conn {
    stream: UnixStream,
    decoder: Decoder,
    out: VecDeque<u8>,
    /// What came along with messages, in their order.
    pub descriptors: VecDeque<OwnedFd>,
    /// The peer is gone, or of no further use.
    pub closed: bool,
}

impl Conn {
    pub fn new(stream: UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Conn {
            stream,
            decoder: Decoder::default(),
            out: VecDeque::new(),
            descriptors: VecDeque::new(),
            closed: false,
        })
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
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
            let mut beside = RecvAncillaryBuffer::new(&mut space);
            let parts = &mut [IoSliceMut::new(&mut buffer)];
            match rustix::net::recvmsg(&self.stream, parts, &mut beside, RecvFlags::CMSG_CLOEXEC) {
                Ok(message) if message.bytes > 0 => {
                    for part in beside.drain() {
                        if let RecvAncillaryMessage::ScmRights(descriptors) = part {
                            self.descriptors.extend(descriptors);
                        }
                    }
                    self.descriptors.truncate(MAX_DESCRIPTORS);
                    self.decoder.push(&buffer[..message.bytes]);
                    continue;
                }
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => {}
                Ok(_) | Err(_) => self.closed = true,
            }
            return;
        }
    }
}
