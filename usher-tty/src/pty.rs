//! The session's pseudoterminal and the process that leads the session.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::pty::OpenptFlags;
use rustix::termios::Winsize;
use usher_core::request::Size;
use usher_core::wire::holder::OpenSpec;

use super::leader::Go;

/// Input that the program has not taken yet is kept up to this size.
const MAX_PENDING: usize = 4 << 20;
/// Answers to queries are queued up to this size.
const MAX_PENDING_ANSWERS: usize = 64 << 10;

/// The holder's end of the session's terminal.
pub struct Pty {
    master: OwnedFd,
    pending: VecDeque<u8>,
}

impl Pty {
    /// Makes a terminal of this size, and gives its other end.
    pub fn open(size: Size) -> io::Result<(Pty, OwnedFd)> {
        let master = rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        rustix::pty::grantpt(&master)?;
        rustix::pty::unlockpt(&master)?;
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let name = rustix::pty::ptsname(&master, Vec::new())?;
        let slave = rustix::fs::open(name.as_c_str(), flags, rustix::fs::Mode::empty())?;
        let mut attributes = rustix::termios::tcgetattr(&slave)?;
        // The kernel then erases whole characters, not bytes.
        attributes.input_modes |= rustix::termios::InputModes::IUTF8;
        rustix::termios::tcsetattr(&slave, rustix::termios::OptionalActions::Now, &attributes)?;
        rustix::io::ioctl_fionbio(&master, true)?;
        let pty = Pty { master, pending: VecDeque::new() };
        pty.resize(size)?;
        Ok((pty, slave))
    }

    /// Its number below `/dev/pts`.
    pub(super) fn number(&self) -> io::Result<u32> {
        let name = rustix::pty::ptsname(&self.master, Vec::new())?;
        let number = name.to_str().ok().and_then(|name| name.rsplit('/').next()?.parse().ok());
        number.ok_or_else(|| io::Error::other("the terminal has no number"))
    }

    /// The descriptor alone, blocking, for those who read it in a thread of their own.
    pub fn into_fd(self) -> io::Result<OwnedFd> {
        rustix::io::ioctl_fionbio(&self.master, false)?;
        Ok(self.master)
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.master.as_fd()
    }

    pub(super) fn resize(&self, size: Size) -> io::Result<()> {
        let size = Winsize { ws_row: size.rows, ws_col: size.cols, ws_xpixel: 0, ws_ypixel: 0 };
        Ok(rustix::termios::tcsetwinsize(&self.master, size)?)
    }

    /// Reads the program's output. `Ok(None)`: nothing now. `Ok(Some(0))`: nobody has the terminal open.
    pub(super) fn read(&self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        match rustix::io::read(&self.master, buffer) {
            Ok(count) => Ok(Some(count)),
            Err(Errno::AGAIN | Errno::INTR) => Ok(None),
            Err(Errno::IO) => Ok(Some(0)),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether more input may be queued. Keys beyond that are lost, as on any terminal.
    pub(super) fn has_room(&self) -> bool {
        self.pending.len() < MAX_PENDING
    }

    /// Whether an answer to a query may be queued.
    pub(super) fn has_room_for_answers(&self) -> bool {
        self.pending.len() < MAX_PENDING_ANSWERS
    }

    /// Whether input waits for the program to take some.
    pub(super) fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Queues input and writes as much as the program takes now.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        self.pending.extend(bytes);
        self.flush();
    }

    /// Writes as much as the program takes now.
    pub(super) fn flush(&mut self) {
        while !self.pending.is_empty() {
            let (head, _) = self.pending.as_slices();
            match rustix::io::write(&self.master, head) {
                Ok(count) => {
                    self.pending.drain(..count);
                    if self.pending.is_empty() {
                        self.pending.shrink_to(1 << 16);
                    }
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return,
                // Nobody will read it any more.
                Err(_) => self.forget_pending(),
            }
        }
    }

    /// Forgets input that the program has not taken.
    pub(super) fn forget_pending(&mut self) {
        self.pending.clear();
    }
}

/// The process that leads the session, before it runs the session's program.
pub(super) struct Leader {
    pub(super) pid: u32,
    /// None where it is another's child.
    child: Option<Child>,
    channel: UnixStream,
}

impl Leader {
    /// Starts the leader: this very program in the role of [`super::leader`]. It waits for [`run`](Self::run).
    pub(super) fn start(slave: OwnedFd) -> io::Result<Leader> {
        let (channel, theirs) = UnixStream::pair()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("lead");
        // The session's own environment could make even this program run its user's code (LD_PRELOAD).
        command.current_dir("/").env_clear();
        command
            .stdin(Stdio::from(slave.try_clone()?))
            .stdout(Stdio::from(slave))
            .stderr(Stdio::from(OwnedFd::from(theirs)));
        let child = command.spawn()?;
        Ok(Leader { pid: child.id(), child: Some(child), channel })
    }

    /// A leader that the service manager has started, and the channel to it.
    pub(super) fn of_login(pid: u32, channel: OwnedFd) -> Leader {
        Leader { pid, child: None, channel: UnixStream::from(channel) }
    }

    /// Whether it is this process's child, whose end this process sees.
    pub(super) fn is_child(&self) -> bool {
        self.child.is_some()
    }

    /// Ends it. One that is another's child ends by itself when its channel does.
    pub(super) fn kill(&mut self) {
        let _ = self.child.as_mut().map(Child::kill);
    }

    /// Lets the leader run its program.
    ///
    /// # Errors
    /// The program cannot be run; the sentence says why.
    pub(super) fn run(&mut self, spec: &OpenSpec) -> Result<(), String> {
        use std::io::{Read, Write};
        let go = Go {
            program: spec.program.clone(),
            arguments: spec.arguments.clone(),
            directory: spec.directory.clone(),
            environment: spec.environment.clone(),
            keeps_environment: spec.hosted,
        };
        let go = serde_json::to_vec(&go).map_err(|e| format!("the directory or the environment is no text: {e}"))?;
        let said = self.channel.write_all(&go).and_then(|()| self.channel.shutdown(std::net::Shutdown::Write));
        said.map_err(|e| format!("the session's first process is gone: {e}"))?;
        let mut answer = Vec::new();
        // The channel closes without a word when the program begins.
        let _ = (&self.channel).take(4096).read_to_end(&mut answer);
        if answer.is_empty() { Ok(()) } else { Err(String::from_utf8_lossy(&answer).into_owned()) }
    }
}
