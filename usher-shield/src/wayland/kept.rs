//! The connection of the other process, which has the lock. A connection ends when the last process that has it open lets go: so
//! the compositor does not learn that the lock's client was killed, and gives the lock to nobody else.
//!
//! What that client had said and heard is unknown here. Two things can be done with it all the same: hold it, reading past what
//! the compositor says, and unlock, which takes the number of the lock and nothing else.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// `ext_session_lock_v1.unlock_and_destroy`: the third of its requests.
const UNLOCK_AND_DESTROY: u32 = 2;
/// The bytes of a request that has no arguments.
const HEADER: u32 = 8;
/// How long a compositor may take to end a connection that says no more.
const PATIENCE: Duration = Duration::from_secs(2);

/// A connection that holds the lock, or may.
pub struct KeptLock {
    stream: UnixStream,
    /// The lock's number among the connection's objects, once the compositor has given it.
    pub object: Option<u32>,
    /// The session is to open: until when the compositor is to have seen it.
    unlocking: Option<Instant>,
}

impl KeptLock {
    /// The other process's connection.
    pub fn new(stream: OwnedFd) -> Self {
        KeptLock { stream: UnixStream::from(stream), object: None, unlocking: None }
    }

    /// Whether the compositor has ended the connection. The other process's words are not read.
    pub fn is_cut(&self) -> bool {
        let mut waiting = [PollFd::new(&self.stream, PollFlags::empty())];
        poll(&mut waiting, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
    }

    /// Reads past what the compositor says, where nobody else reads it. False once the connection is over.
    pub fn hold(&mut self) -> bool {
        let mut past = [0; 4096];
        loop {
            match self.stream.read(&mut past) {
                Ok(0) => return false,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => return false,
            }
        }
        // A compositor that does not end it has done what was asked before, or never will.
        self.unlocking.is_none_or(|until| Instant::now() < until)
    }

    /// Opens the session; the connection's end is the compositor's answer. A half of the connection is closed, because a
    /// compositor drops what it has not read yet of one that is closed whole.
    pub fn unlock(&mut self) {
        if self.unlocking.is_some() {
            return;
        }
        if let Some(object) = self.object {
            let request = [object.to_ne_bytes(), (HEADER << 16 | UNLOCK_AND_DESTROY).to_ne_bytes()].concat();
            let _ = self.stream.write_all(&request);
        }
        let _ = self.stream.shutdown(Shutdown::Write);
        self.unlocking = Some(Instant::now() + PATIENCE);
    }

    /// When it is given up.
    pub fn until(&self) -> Option<Instant> {
        self.unlocking
    }

    /// Ends the connection, in whichever process it is open: the lock is anybody's then, first of all ours.
    pub fn end(self) {
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

impl AsFd for KeptLock {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_process_lets_go_the_other_keeps_open() {
        let (ours, mut compositor) = UnixStream::pair().unwrap();
        let mut kept = KeptLock::new(OwnedFd::from(ours.try_clone().unwrap()));
        kept.stream.set_nonblocking(true).unwrap();
        kept.object = Some(7);
        drop(ours);
        compositor.write_all(&[1; 5000]).unwrap();
        assert!(!kept.is_cut() && kept.hold(), "what was said is read past");
        kept.unlock();
        let mut said = Vec::new();
        compositor.read_to_end(&mut said).unwrap();
        assert_eq!(said, [7u32.to_ne_bytes(), 0x0008_0002u32.to_ne_bytes()].concat());
        assert!(kept.hold(), "the compositor has not answered");
        drop(compositor);
        assert!(kept.is_cut() && !kept.hold());
    }
}
