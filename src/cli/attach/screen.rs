//! Writes to the station's terminal, and lets no terminal hold the station up.
//!
//! A terminal that takes no output (a stalled network, Ctrl-S) blocks its writer, and the kernel then blocks every
//! later writer too. So the station opens its terminal a second time, without blocking. It leaves standard output as
//! it is, because the shell shares it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::termios::{QueueSelector, tcflush, tcgetsid};

/// Saves the title, switches to the alternate screen, turns wrapping off, and lets every row scroll.
const ENTER: &[u8] = b"\x1b[22;0t\x1b[?1049h\x1b[?7l\x1b[r";

/// Does the same on a screen that is ours already, whose title is saved.
const TAKE: &[u8] = b"\x1b[?1049h\x1b[?7l\x1b[r";

/// Empties the screen.
const CLEAR: &[u8] = b"\x1b[m\x1b[H\x1b[2J";

/// Ends a frame that was broken off, switches off everything that a frame may have switched on, and gives back what
/// `ENTER` took.
const LEAVE: &[u8] =
    b"\x1b\\\x1b]8;;\x1b\\\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[?1l\x1b>\
\x1b[8h\x1b[0 q\x1b[0m\x1b[r\x1b[?7h\x1b[?25h\x1b[?1049l\x1b[23;0t";

/// The terminal has this long to take `LEAVE`, and as long again after pending output was dropped.
const PATIENCE: Duration = Duration::from_millis(500);

pub(super) struct StationScreen {
    out: Out,
    /// What the terminal is asked when it is taken for the first time.
    questions: Vec<u8>,
    /// Frames may be drawn.
    ours: bool,
    /// These bytes go before the next frame.
    first: Vec<u8>,
    /// What the terminal has not taken yet of a frame.
    frame: Vec<u8>,
}

impl StationScreen {
    /// Opens the terminal on standard output, without taking its screen yet.
    pub(super) fn open(questions: Vec<u8>) -> io::Result<Self> {
        Ok(StationScreen { out: Out::open()?, questions, ours: false, first: Vec::new(), frame: Vec::new() })
    }

    /// Takes the screen, or takes it again: what was not drawn of a frame is dropped, and the station asks for a whole one. The
    /// title is saved only once, because terminals keep titles on a stack.
    pub(super) fn enter(&mut self) {
        self.frame.clear();
        if !self.ours {
            self.ours = true;
            // Answered once; what answering may have drawn is cleared.
            self.first = [ENTER, &std::mem::take(&mut self.questions), CLEAR].concat();
        } else if self.first.is_empty() {
            self.first = [TAKE, CLEAR].concat();
        }
    }

    /// Draws as much as the terminal takes now, and keeps the rest. Whether nothing is left.
    pub(super) fn draw(&mut self, bytes: &[u8]) -> io::Result<bool> {
        if self.ours {
            self.frame.extend_from_slice(bytes);
        }
        while self.has_pending() {
            let part = if self.first.is_empty() { &mut self.frame } else { &mut self.first };
            match self.out.write(part) {
                Ok(count) => drop(part.drain(..count)),
                Err(Errno::AGAIN) => return Ok(false),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(true)
    }

    /// Whether something waits until the terminal takes it.
    pub(super) fn has_pending(&self) -> bool {
        !self.first.is_empty() || !self.frame.is_empty()
    }

    /// The descriptor to poll.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.out.fd.as_fd()
    }

    /// Gives the screen back within about a second, whatever the terminal does. Returns whether it was ours.
    pub(super) fn give_back(&mut self) -> bool {
        self.first.clear();
        self.frame.clear();
        let was_ours = std::mem::take(&mut self.ours);
        if was_ours {
            self.out.leave();
        }
        was_ours
    }
}

pub(super) fn takes_output(fd: impl AsFd) -> bool {
    let time = Timespec::try_from(PATIENCE).ok();
    poll(&mut [PollFd::new(&fd, PollFlags::OUT)], time.as_ref()).is_ok_and(|ready| ready > 0)
}

pub(super) struct Out {
    fd: OwnedFd,
    /// We opened it ourselves, so it does not block.
    own: bool,
}

impl Out {
    /// Opens the terminal on standard output a second time. Where that is forbidden, for example after `su`, it opens
    /// `/dev/tty` if that is the same terminal, and uses standard output itself otherwise.
    pub(super) fn open() -> io::Result<Self> {
        let flags = OFlags::WRONLY | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let open = |path: &str| rustix::fs::open(path, flags, Mode::empty());
        let ours = tcgetsid(io::stdout()).is_ok_and(|session| rustix::process::getsid(None) == Ok(session));
        let opened = open("/proc/self/fd/1").or_else(|error| if ours { open("/dev/tty") } else { Err(error) });
        match opened {
            Ok(fd) => Ok(Out { fd, own: true }),
            Err(_) => Ok(Out { fd: rustix::io::fcntl_dupfd_cloexec(io::stdout(), 3)?, own: false }),
        }
    }

    fn write(&self, bytes: &[u8]) -> Result<usize, Errno> {
        if self.own {
            return rustix::io::write(&self.fd, bytes);
        }
        // This descriptor may block after all. A short piece keeps the wait short.
        if !self.wait(Some(Duration::ZERO)) {
            return Err(Errno::AGAIN);
        }
        rustix::io::write(&self.fd, &bytes[..bytes.len().min(64)])
    }

    /// Waits until the terminal takes output or is gone. Returns `false` if the time ran out.
    fn wait(&self, time: Option<Duration>) -> bool {
        let time = time.and_then(|time| Timespec::try_from(time).ok());
        let mut asked = [PollFd::new(&self.fd, PollFlags::OUT)];
        poll(&mut asked, time.as_ref()).is_ok_and(|ready| ready > 0)
    }

    /// Gives the screen back. Output that the terminal did not take in time is dropped to make room for this.
    pub(super) fn leave(&self) {
        if !self.write_within(LEAVE, PATIENCE) && tcflush(&self.fd, QueueSelector::OFlush).is_ok() {
            self.write_within(LEAVE, PATIENCE);
        }
    }

    fn write_within(&self, bytes: &[u8], time: Duration) -> bool {
        let end = Instant::now() + time;
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.write(rest) {
                Ok(count) => rest = &rest[count..],
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    let left = end.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    self.wait(Some(left));
                }
                Err(_) => return true,
            }
        }
        true
    }
}
