//! The process that takes a picture of the display, as the shield sees it. It has a connection of its own, and writes
//! into what usherd handed over: the shield waits for nothing, and has no pixels.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{MemfdFlags, OFlags, fcntl_setfl, memfd_create};
use usher_core::request::ThumbnailSize;
use usher_core::wire::shield::Arming;

/// How long a picture may take; the process that takes it ends by itself then.
pub const PATIENCE: Duration = Duration::from_secs(12);
/// How much longer it is waited for.
const GRACE: Duration = Duration::from_secs(1);
/// Pictures at once; usherd asks for one after the other.
const AT_ONCE: usize = 2;
/// The most that is kept of why one failed.
const MOST: usize = 400;

/// The pictures that are being taken.
#[derive(Default)]
pub struct Captures(Vec<Capture>);

impl Captures {
    /// Begins another, unless there are enough.
    ///
    /// # Errors
    /// Why there is none, in a sentence.
    pub fn begin(&mut self, start: impl FnOnce() -> io::Result<Capture>) -> Result<(), String> {
        if self.0.len() >= AT_ONCE {
            return Err("others are being taken".to_owned());
        }
        self.0.push(start().map_err(|error| error.to_string())?);
        Ok(())
    }

    /// Those that are over: who asked, and why there is no picture, where there is none.
    pub fn over(&mut self) -> Vec<(CaptureAsker, Option<String>)> {
        let mut over = Vec::new();
        self.0.retain_mut(|capture| match capture.look() {
            None => true,
            Some(error) => {
                over.push((capture.asker, error));
                false
            }
        });
        over
    }

    /// What to wait for.
    pub fn fds(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.0.iter().map(|capture| capture.complaints.as_fd())
    }

    /// When the next is given up.
    pub fn until(&self) -> Option<Instant> {
        self.0.iter().map(|capture| capture.until).min()
    }
}

/// Who asked for a picture.
#[derive(Debug, Clone, Copy)]
pub struct CaptureAsker {
    /// The connection.
    pub control: u64,
    /// The number of the order.
    pub seq: u64,
    /// The screen's next change is told.
    pub watched: bool,
}

/// A picture that is being taken.
pub struct Capture {
    child: Option<Child>,
    complaints: ChildStderr,
    said: Vec<u8>,
    until: Instant,
    asker: CaptureAsker,
}

impl Capture {
    /// Starts taking one.
    pub fn start(arming: &Arming, size: ThumbnailSize, to: OwnedFd, asker: CaptureAsker) -> io::Result<Self> {
        // Cookie files may be larger than a pipe.
        let mut order = File::from(memfd_create("usher-picture", MemfdFlags::CLOEXEC)?);
        order.write_all(&serde_json::to_vec(arming)?)?;
        order.seek(SeekFrom::Start(0))?;
        Self::run(Self::command("picture", size), OwnedFd::from(order), to, asker)
    }

    /// Starts taking one of what a Wayland compositor shows, by a connection that nothing was said on yet.
    pub fn start_wayland(
        connection: OwnedFd,
        size: ThumbnailSize,
        to: OwnedFd,
        asker: CaptureAsker,
    ) -> io::Result<Self> {
        Self::run(Self::command("outputs", size), connection, to, asker)
    }

    fn command(work: &str, size: ThumbnailSize) -> Command {
        let mut command = Command::new("/proc/self/exe");
        command.arg0("usher-shield").args([work, size.as_str()]).env_clear().current_dir("/");
        command
    }

    fn run(mut command: Command, from: OwnedFd, to: OwnedFd, asker: CaptureAsker) -> io::Result<Self> {
        let mut child = command.stdin(Stdio::from(from)).stdout(Stdio::from(to)).stderr(Stdio::piped()).spawn()?;
        let complaints = child.stderr.take().ok_or(io::ErrorKind::BrokenPipe)?;
        fcntl_setfl(&complaints, OFlags::NONBLOCK)?;
        let until = Instant::now() + PATIENCE + GRACE;
        Ok(Capture { child: Some(child), complaints, said: Vec::new(), until, asker })
    }

    /// What came of it, once that is known: why there is no picture, or nothing where there is one.
    fn look(&mut self) -> Option<Option<String>> {
        let mut buffer = [0; 1024];
        loop {
            match self.complaints.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => {
                    let room = MOST.saturating_sub(self.said.len()).min(count);
                    self.said.extend_from_slice(&buffer[..room]);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let late = Instant::now() >= self.until;
                    return late.then(|| Some(format!("it took longer than {} s", PATIENCE.as_secs())));
                }
                Err(_) => break,
            }
        }
        // It is about to end: its descriptors are closed.
        let ended = || {
            let status = self.child.as_mut()?.try_wait().ok()?;
            status.or_else(|| {
                std::thread::sleep(Duration::from_millis(1));
                None
            })
        };
        match std::iter::repeat_with(ended).take(200).flatten().next() {
            Some(status) if status.success() => Some(None),
            _ => Some(Some(self.complaint())),
        }
    }

    /// What it said of its failure, as one line that does nothing to a terminal.
    fn complaint(&self) -> String {
        let said = String::from_utf8_lossy(&self.said);
        let line = said.lines().next().unwrap_or_default();
        let line = line.strip_prefix("usher-shield: ").unwrap_or(line);
        let shown: String = line.chars().filter(|c| !c.is_control()).collect();
        if shown.is_empty() { "the process that took it ended".to_owned() } else { shown }
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.child.take().into_iter().for_each(crate::children::let_go);
    }
}
