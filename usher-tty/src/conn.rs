//! A non-blocking connection that carries frames, and file descriptors beside them.

use std::collections::VecDeque;
use std::io::{self, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::io::Errno;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags};
use usher_core::wire::Decoder;

/// Descriptors that may wait for the frames they belong to; more are closed unread.
const MAX_DESCRIPTORS: usize = 16;

pub(super) struct Conn {
    stream: UnixStream,
    pub(super) decoder: Decoder,
    out: VecDeque<u8>,
    pub(super) descriptors: VecDeque<OwnedFd>,
    /// The peer is gone or speaks garbage.
    pub(super) closed: bool,
}

impl Conn {
    pub(super) fn new(stream: UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Conn {
            stream,
            decoder: Decoder::default(),
            out: VecDeque::new(),
            descriptors: VecDeque::new(),
            closed: false,
        })
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }

    /// Bytes that the peer has not taken yet.
    pub(super) fn unsent(&self) -> usize {
        self.out.len()
    }

    /// Queues bytes and sends what the peer takes now.
    pub(super) fn send(&mut self, bytes: &[u8]) {
        self.out.extend(bytes);
        self.flush();
    }

    /// Sends what the peer takes now.
    pub(super) fn flush(&mut self) {
        while !self.out.is_empty() && !self.closed {
            match self.stream.write(self.out.as_slices().0) {
                Ok(count) => drop(self.out.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => self.closed = true,
            }
        }
        if self.out.is_empty() {
            self.out.shrink_to(1 << 14);
        }
    }

    /// Reads once what has arrived. False when nothing had.
    pub(super) fn fill(&mut self) -> bool {
        let mut buffer = [0; 8192];
        match self.stream.read(&mut buffer) {
            Ok(0) => self.closed = true,
            Ok(count) => {
                self.decoder.push(&buffer[..count]);
                return true;
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            Err(_) => self.closed = true,
        }
        false
    }

    /// Like [`fill`](Self::fill), and takes descriptors that come along.
    pub(super) fn fill_with_descriptors(&mut self) -> bool {
        let mut buffer = [0; 8192];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let received = rustix::net::recvmsg(
            &self.stream,
            &mut [IoSliceMut::new(&mut buffer)],
            &mut ancillary,
            RecvFlags::CMSG_CLOEXEC,
        );
        match received {
            Ok(message) => {
                for part in ancillary.drain() {
                    if let RecvAncillaryMessage::ScmRights(descriptors) = part {
                        self.descriptors.extend(descriptors);
                    }
                }
                self.descriptors.truncate(MAX_DESCRIPTORS);
                if message.bytes == 0 {
                    self.closed = true;
                    return false;
                }
                self.decoder.push(&buffer[..message.bytes]);
                true
            }
            Err(Errno::AGAIN | Errno::INTR) => false,
            Err(_) => {
                self.closed = true;
                false
            }
        }
    }
}
