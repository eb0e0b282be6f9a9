//! A connection that carries frames, and file descriptors beside them, and never waits.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, IoSliceMut, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::io::Errno;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::frames::{Decoder, Tag, control};

/// A peer that stopped reading may leave this many bytes of messages with us. Then it has to connect anew.
const MAX_UNSENT: usize = 1 << 20;
/// Descriptors that may wait for the messages they belong to; more are closed unread.
const MAX_DESCRIPTORS: usize = 16;
/// Bytes of one reading.
const PIECE: usize = 8 << 10;
/// Readings of one peer before others get their turn.
const TURN: usize = 16;

thread_local! {
    // What is read stands here until it was taken. A buffer of each reading's own would have to be cleared, which takes longer
    // than to read a key.
    static READ: RefCell<[u8; PIECE]> = const { RefCell::new([0; PIECE]) };
}

/// One end of a connection between two of usher's programs.
#[derive(Debug)]
pub struct Conn {
    stream: UnixStream,
    decoder: Decoder,
    unsent: VecDeque<u8>,
    descriptors: Option<VecDeque<OwnedFd>>,
    closed: bool,
}

impl Conn {
    /// A connection to a daemon. Descriptors may come along with messages.
    ///
    /// # Errors
    /// The stream cannot be made not to block.
    pub fn with_descriptors(stream: UnixStream) -> io::Result<Self> {
        Ok(Conn { descriptors: Some(VecDeque::new()), ..Conn::without_descriptors(stream)? })
    }

    /// A connection to a peer that has no descriptors to hand over: the kernel closes those that it sends.
    ///
    /// # Errors
    /// The stream cannot be made not to block.
    pub fn without_descriptors(stream: UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        let decoder = Decoder::default();
        Ok(Conn { stream, decoder, unsent: VecDeque::new(), descriptors: None, closed: false })
    }

    /// Goes on where `decoder` stopped: it may hold bytes that have been read already.
    #[must_use]
    pub fn resuming(self, decoder: Decoder) -> Self {
        Conn { decoder, ..self }
    }

    /// The descriptor to poll.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }

    /// Whether the peer is gone, speaks garbage, or was given up.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Gives the peer up: nothing is read or sent any more.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// How many bytes the peer has not taken yet.
    pub fn unsent(&self) -> usize {
        self.unsent.len()
    }

    /// Whether there are bytes that the peer has not taken yet.
    pub fn has_unsent(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// Queues frames and sends as much as the peer takes now.
    pub fn send_frames(&mut self, frames: &[u8]) {
        self.unsent.extend(frames);
        self.flush();
    }

    /// Sends a message. A peer that leaves too many with us is given up.
    pub fn send_message<T: Serialize>(&mut self, message: &T) {
        self.send_frames(&control(message));
        self.closed |= self.unsent.len() > MAX_UNSENT;
    }

    /// Sends a message and a descriptor with it.
    ///
    /// # Errors
    /// The peer does not take it now.
    pub fn send_message_with<T: Serialize>(&mut self, message: &T, descriptor: BorrowedFd<'_>) -> io::Result<()> {
        self.flush();
        if self.closed || self.has_unsent() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let bytes = control(message);
        let sent = crate::sys::descriptors::send_with(&self.stream, &bytes, descriptor)?;
        self.send_frames(&bytes[sent..]);
        Ok(())
    }

    /// Sends as much as the peer takes now.
    pub fn flush(&mut self) {
        while !self.unsent.is_empty() && !self.closed {
            match self.stream.write(self.unsent.as_slices().0) {
                Ok(count) => drop(self.unsent.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => self.closed = true,
            }
        }
        if self.unsent.is_empty() {
            self.unsent.shrink_to(4 << 10);
        }
    }

    /// The messages that arrived whole. Anything else than a control frame ends the connection.
    pub fn receive_messages<T: DeserializeOwned>(&mut self) -> Vec<T> {
        let _ = (0..TURN).take_while(|_| self.fill()).count();
        let mut messages = Vec::new();
        while let Some((tag, json)) = self.next_frame() {
            if tag != Tag::Control {
                self.closed = true;
                break;
            }
            // A message of a later version is nothing to this one.
            messages.extend(serde_json::from_slice(json).ok());
        }
        self.decoder.shrink();
        messages
    }

    /// The next frame that arrived whole. Garbage ends the connection.
    pub fn next_frame(&mut self) -> Option<(Tag, &[u8])> {
        match self.decoder.next_frame() {
            Ok(frame) => frame,
            Err(_) => {
                self.closed = true;
                None
            }
        }
    }

    /// The descriptor that has waited longest for its message.
    pub fn next_descriptor(&mut self) -> Option<OwnedFd> {
        self.descriptors.as_mut()?.pop_front()
    }

    /// Reads once; false if nothing has arrived.
    pub fn fill(&mut self) -> bool {
        READ.with_borrow_mut(|buffer| self.read_into(buffer))
    }

    fn read_into(&mut self, buffer: &mut [u8; PIECE]) -> bool {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
        let room = if self.descriptors.is_some() { &mut space[..] } else { &mut [] };
        let mut beside = RecvAncillaryBuffer::new(room);
        let parts = &mut [IoSliceMut::new(buffer)];
        match rustix::net::recvmsg(&self.stream, parts, &mut beside, RecvFlags::CMSG_CLOEXEC) {
            Ok(received) => {
                self.keep_descriptors(&mut beside);
                self.decoder.push(&buffer[..received.bytes]);
                self.closed |= received.bytes == 0;
                received.bytes > 0
            }
            Err(Errno::AGAIN | Errno::INTR) => false,
            Err(_) => {
                self.closed = true;
                false
            }
        }
    }

    fn keep_descriptors(&mut self, beside: &mut RecvAncillaryBuffer<'_>) {
        let Some(kept) = &mut self.descriptors else { return };
        for part in beside.drain() {
            if let RecvAncillaryMessage::ScmRights(descriptors) = part {
                kept.extend(descriptors);
            }
        }
        kept.truncate(MAX_DESCRIPTORS);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::super::frames::put;
    use super::*;
    use crate::sys::descriptors::send_with;

    fn pair() -> (UnixStream, Conn) {
        let (theirs, ours) = UnixStream::pair().unwrap();
        (theirs, Conn::with_descriptors(ours).unwrap())
    }

    #[test]
    fn messages_arrive_in_order_however_they_are_cut() {
        let (mut peer, mut conn) = pair();
        let mut received: Vec<u32> = Vec::new();
        for byte in [control(&7), control(&8)].concat() {
            peer.write_all(&[byte]).unwrap();
            received.extend(conn.receive_messages::<u32>());
        }
        assert_eq!(received, [7, 8]);
        assert!(!conn.is_closed());
    }

    #[test]
    fn a_message_of_a_later_version_is_skipped_and_another_frame_ends_the_connection() {
        let (mut peer, mut conn) = pair();
        peer.write_all(&[control(&"later"), control(&7)].concat()).unwrap();
        assert_eq!(conn.receive_messages::<u32>(), [7]);
        assert!(!conn.is_closed());
        let mut key = Vec::new();
        put(&mut key, Tag::Input, b"x");
        peer.write_all(&[control(&8), key, control(&9)].concat()).unwrap();
        assert_eq!(conn.receive_messages::<u32>(), [8]);
        assert!(conn.is_closed());
    }

    #[test]
    fn garbage_and_the_end_close_the_connection() {
        let (mut peer, mut conn) = pair();
        peer.write_all(b"????????").unwrap();
        assert!(conn.receive_messages::<u32>().is_empty() && conn.is_closed());
        let (mut peer, mut conn) = pair();
        peer.write_all(&control(&7)).unwrap();
        drop(peer);
        assert_eq!(conn.receive_messages::<u32>(), [7], "what came before the end counts");
        assert!(conn.is_closed());
    }

    #[test]
    fn a_descriptor_comes_with_its_message_and_no_more_than_a_few_are_kept() {
        let (peer, mut conn) = pair();
        let file = tempfile::tempfile().unwrap();
        for _ in 0..2 * MAX_DESCRIPTORS {
            send_with(&peer, &control(&7), file.as_fd()).unwrap();
        }
        while conn.receive_messages::<u32>().last() == Some(&7) {}
        let kept = std::iter::from_fn(|| conn.next_descriptor()).count();
        assert_eq!(kept, MAX_DESCRIPTORS);
    }

    #[test]
    fn a_peer_without_descriptors_can_hand_none_over() {
        let (peer, ours) = UnixStream::pair().unwrap();
        let mut conn = Conn::without_descriptors(ours).unwrap();
        let (mut reader, writer) = io::pipe().unwrap();
        send_with(&peer, &control(&7), writer.as_fd()).unwrap();
        drop(writer);
        assert_eq!(conn.receive_messages::<u32>(), [7]);
        assert!(conn.next_descriptor().is_none());
        assert_eq!(reader.read(&mut [0]).unwrap(), 0, "the descriptor was closed");
    }

    #[test]
    fn a_peer_that_stops_reading_is_given_up_and_one_that_reads_gets_all() {
        let (mut peer, mut conn) = pair();
        let text = "x".repeat(100_000);
        while !conn.is_closed() {
            conn.send_message(&text);
            assert!(conn.unsent() < MAX_UNSENT + 2 * text.len());
        }
        let (mut reading, mut conn) = pair();
        let reader = std::thread::spawn(move || {
            let mut all = Vec::new();
            reading.read_to_end(&mut all).map(|_| all)
        });
        (0..8).for_each(|_| conn.send_message(&text));
        while conn.has_unsent() && !conn.is_closed() {
            conn.flush();
        }
        drop(conn);
        assert_eq!(reader.join().unwrap().unwrap().len(), 8 * control(&text).len());
        peer.set_nonblocking(true).unwrap();
        assert!(peer.read(&mut [0]).is_ok(), "what was sent before is still there");
    }

    #[test]
    fn one_peer_that_writes_much_is_read_for_a_turn_and_the_rest_later() {
        let (mut peer, mut conn) = pair();
        peer.set_nonblocking(true).unwrap();
        let frame = control(&7);
        let frames = frame.repeat(PIECE);
        let mut written = 0;
        while let Ok(count) = peer.write(&frames[written % frame.len()..]) {
            written += count;
        }
        assert!(written > TURN * PIECE, "a socket's buffer is larger than a turn");
        let first = conn.receive_messages::<u32>().len();
        assert!(first * frame.len() <= TURN * PIECE, "{first}");
        let rest: usize = (0..written / (TURN * PIECE)).map(|_| conn.receive_messages::<u32>().len()).sum();
        assert_eq!(first + rest, written / frame.len());
    }
}
