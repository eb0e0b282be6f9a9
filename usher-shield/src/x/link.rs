//! The stream below an X connection: never waits past a deadline.
//!
//! Any client may stop the server from serving others (`XGrabServer`, X Window System Protocol, chapter
//! 9), and whoever owns the server's process may stop it altogether. A shield that waits for such a
//! server is deaf to usherd for as long; so every wait ends.

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use x11rb::rust_connection::{PollMode, Stream};
use x11rb::utils::RawFdContainer;

use super::gate::Gate;

/// How long the server may take to accept what we write. Past it, half a request may be on its way:
/// the connection is of no further use.
const WRITE_PATIENCE: Duration = Duration::from_secs(3);

/// The most that is read in one go, so that who sends without end keeps nobody from anything else.
const AT_ONCE: usize = 1 << 20;
/// The most that is read until somebody looks at it.
const UNSEEN: usize = 16 << 20;

/// What who asks and the stream below have in common.
#[derive(Debug)]
pub struct Terms {
    /// Until when a wait may last.
    deadline: Cell<Instant>,
    /// The server said something since that was asked last.
    heard: Cell<bool>,
    /// Bytes that may be read now, and until [`Terms::allow`].
    now: Cell<usize>,
    unseen: Cell<usize>,
}

impl Terms {
    pub fn new(patience: Duration) -> Rc<Self> {
        let deadline = Cell::new(Instant::now() + patience);
        let (now, unseen) = (Cell::new(AT_ONCE), Cell::new(UNSEEN));
        Rc::new(Terms { deadline, heard: Cell::default(), now, unseen })
    }

    /// Waits may last as long as this from now on. What was read is done with.
    pub fn allow(&self, patience: Duration) {
        self.deadline.set(Instant::now() + patience);
        self.seen();
    }

    /// What was read is done with.
    pub fn seen(&self) {
        self.now.set(AT_ONCE);
        self.unseen.set(UNSEEN);
    }

    /// Whether the server said anything since this was asked last.
    pub fn heard(&self) -> bool {
        self.heard.take()
    }
}

/// A connection to an X server.
pub struct Link {
    stream: UnixStream,
    terms: Rc<Terms>,
    gate: RefCell<Gate>,
}

impl Link {
    pub fn new(stream: UnixStream, terms: Rc<Terms>) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Link { stream, terms, gate: RefCell::default() })
    }
}

impl Link {
    /// Waits until the server takes more, as long as the terms allow.
    pub fn await_room(&self) -> io::Result<()> {
        let left = self.terms.deadline.get().saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).map_err(io::Error::other)?;
        let ready =
            rustix::io::retry_on_intr(|| poll(&mut [PollFd::new(&self.stream, PollFlags::OUT)], Some(&timeout)))?;
        if ready == 0 { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
    }
}

impl AsFd for Link {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

impl Stream for Link {
    fn poll(&self, mode: PollMode) -> io::Result<()> {
        if mode.readable() && self.gate.borrow().is_ready() {
            return Ok(());
        }
        let (flags, deadline) = match mode {
            PollMode::Readable => (PollFlags::IN, self.terms.deadline.get()),
            PollMode::Writable => (PollFlags::OUT, Instant::now() + WRITE_PATIENCE),
            PollMode::ReadAndWritable => (PollFlags::IN | PollFlags::OUT, Instant::now() + WRITE_PATIENCE),
        };
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            // Who never stops sending is not waited for either.
            if left.is_zero() && !mode.writable() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            let timeout = Timespec::try_from(left).map_err(io::Error::other)?;
            match poll(&mut [PollFd::new(&self.stream, flags)], Some(&timeout)) {
                Ok(0) if mode.writable() => return Err(io::ErrorKind::BrokenPipe.into()),
                Ok(0) => return Err(io::ErrorKind::TimedOut.into()),
                Ok(_) => {
                    self.terms.now.set(AT_ONCE);
                    return Ok(());
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn read(&self, buffer: &mut [u8], _: &mut Vec<RawFdContainer>) -> io::Result<usize> {
        let terms = &self.terms;
        if terms.unseen.get() == 0 {
            return Err(io::Error::other("the X server sends more than it was asked for"));
        }
        let before = terms.now.get();
        let read = self.gate.borrow_mut().read(buffer, &terms.now, |into| {
            Ok(rustix::io::retry_on_intr(|| rustix::io::read(&self.stream, &mut *into))?)
        });
        if terms.now.get() < before {
            terms.heard.set(true);
        }
        // What was read past is kept by nobody.
        let kept = read.as_ref().copied().unwrap_or(0);
        terms.unseen.set(terms.unseen.get().saturating_sub(kept));
        read
    }

    fn write(&self, buffer: &[u8], _: &mut Vec<RawFdContainer>) -> io::Result<usize> {
        let flags = rustix::net::SendFlags::NOSIGNAL;
        rustix::io::retry_on_intr(|| rustix::net::send(&self.stream, buffer, flags)).map_err(Into::into)
    }
}
