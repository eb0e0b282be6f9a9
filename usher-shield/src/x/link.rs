//! The stream below an X connection: never waits past a deadline.
//!
//! Any client may stop the server from serving others (`XGrabServer`, X Window System Protocol, chapter
//! 9), and whoever owns the server's process may stop it altogether. A shield that waits for such a
//! server is deaf to usherd for as long; so every wait ends.

use std::cell::Cell;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use x11rb::rust_connection::{PollMode, Stream};
use x11rb::utils::RawFdContainer;

/// How long the server may take to accept what we write. Past it, half a request may be on its way:
/// the connection is of no further use.
const WRITE_PATIENCE: Duration = Duration::from_secs(3);

/// Until when a wait may last; shared with whoever asks.
pub type Deadline = Rc<Cell<Instant>>;

/// Whether the server said anything since that was asked last.
pub type Heard = Rc<Cell<bool>>;

/// A connection to an X server.
pub struct Link {
    stream: UnixStream,
    deadline: Deadline,
    heard: Heard,
}

impl Link {
    pub fn new(stream: UnixStream, deadline: Deadline, heard: Heard) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Link { stream, deadline, heard })
    }
}

impl AsFd for Link {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

impl Stream for Link {
    fn poll(&self, mode: PollMode) -> io::Result<()> {
        let (flags, deadline) = match mode {
            PollMode::Readable => (PollFlags::IN, self.deadline.get()),
            PollMode::Writable => (PollFlags::OUT, Instant::now() + WRITE_PATIENCE),
            PollMode::ReadAndWritable => (PollFlags::IN | PollFlags::OUT, Instant::now() + WRITE_PATIENCE),
        };
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let timeout = Timespec::try_from(left).map_err(io::Error::other)?;
            match poll(&mut [PollFd::new(&self.stream, flags)], Some(&timeout)) {
                Ok(0) if mode.writable() => return Err(io::ErrorKind::BrokenPipe.into()),
                Ok(0) => return Err(io::ErrorKind::TimedOut.into()),
                Ok(_) => return Ok(()),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn read(&self, buffer: &mut [u8], _: &mut Vec<RawFdContainer>) -> io::Result<usize> {
        let count = rustix::io::retry_on_intr(|| rustix::io::read(&self.stream, &mut *buffer))?;
        self.heard.set(true);
        Ok(count)
    }

    fn write(&self, buffer: &[u8], _: &mut Vec<RawFdContainer>) -> io::Result<usize> {
        let flags = rustix::net::SendFlags::NOSIGNAL;
        rustix::io::retry_on_intr(|| rustix::net::send(&self.stream, buffer, flags)).map_err(Into::into)
    }
}
