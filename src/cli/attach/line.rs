//! The station's connection to the holder, which never waits.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use usher_core::wire::{Decoder, Tag, put};

/// Bytes of one reading.
const PIECE: usize = 32 << 10;
/// Keys that a holder has not taken may take so many bytes; more stay in the terminal.
const MAX_UNSENT: usize = 1 << 20;

pub(super) struct HolderLine {
    stream: UnixStream,
    decoder: Decoder,
    buffer: Vec<u8>,
    unsent: Vec<u8>,
    /// What is not worth sending by itself.
    with_next: Vec<u8>,
    /// The holder takes nothing any more. What it said before that may still be unread.
    deaf: bool,
    /// The holder will say nothing any more.
    ended: bool,
}

impl HolderLine {
    /// A connection of which `begun` was read already.
    pub(super) fn new(stream: UnixStream, begun: &[u8]) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        let mut decoder = Decoder::default();
        decoder.push(begun);
        Ok(HolderLine {
            stream,
            decoder,
            buffer: vec![0; PIECE],
            unsent: Vec::new(),
            with_next: Vec::new(),
            deaf: false,
            ended: false,
        })
    }

    /// The descriptor to poll.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }

    /// Whether there are bytes that the holder has not taken yet.
    pub(super) fn has_unsent(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// Whether more may be said.
    pub(super) fn has_room(&self) -> bool {
        self.unsent.len() < MAX_UNSENT
    }

    /// Whether nothing more will be heard than what was read.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Sends a frame, or as much of it as the holder takes now.
    pub(super) fn send(&mut self, tag: Tag, payload: &[u8]) {
        self.unsent.append(&mut self.with_next);
        put(&mut self.unsent, tag, payload);
        self.flush();
    }

    /// Sends a frame before the next one. It takes the place of one that waits for that already.
    pub(super) fn send_with_next(&mut self, tag: Tag, payload: &[u8]) {
        self.with_next.clear();
        put(&mut self.with_next, tag, payload);
    }

    /// Sends as much as the holder takes now.
    pub(super) fn flush(&mut self) {
        while !self.unsent.is_empty() && !self.deaf {
            match self.stream.write(&self.unsent) {
                Ok(count) => drop(self.unsent.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => self.deaf = true,
            }
        }
        self.unsent.clear();
    }

    /// Reads what has come.
    pub(super) fn fill(&mut self) -> io::Result<()> {
        match self.stream.read(&mut self.buffer) {
            Ok(0) => self.ended = true,
            Ok(count) => self.decoder.push(&self.buffer[..count]),
            Err(error) if matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// The next frame that arrived whole.
    pub(super) fn next_frame(&mut self) -> io::Result<Option<(Tag, &[u8])>> {
        self.decoder.next_frame().map_err(io::Error::other)
    }
}
