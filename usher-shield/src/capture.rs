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
pub const AT_ONCE: usize = 2;
/// The most that is kept of why one failed.
const MOST: usize = 400;

/// A picture that is being taken.
pub struct Capture {
    child: Option<Child>,
    complaints: ChildStderr,
    said: Vec<u8>,
    until: Instant,
    /// Who asked, and the number of the order.
    pub asker: (u64, u64),
}

impl Capture {
    /// Starts taking one.
    pub fn start(arming: &Arming, size: ThumbnailSize, to: OwnedFd, asker: (u64, u64)) -> io::Result<Self> {
        // Cookie files may be larger than a pipe.
        let mut order = File::from(memfd_create("usher-picture", MemfdFlags::CLOEXEC)?);
        order.write_all(&serde_json::to_vec(arming)?)?;
        order.seek(SeekFrom::Start(0))?;
        let mut command = Command::new("/proc/self/exe");
        command.arg0("usher-shield");
        command.args(["picture", size.as_str()]).env_clear().current_dir("/");
        let mut child = command.stdin(Stdio::from(order)).stdout(Stdio::from(to)).stderr(Stdio::piped()).spawn()?;
        let complaints = child.stderr.take().ok_or(io::ErrorKind::BrokenPipe)?;
        fcntl_setfl(&complaints, OFlags::NONBLOCK)?;
        let until = Instant::now() + PATIENCE + GRACE;
        Ok(Capture { child: Some(child), complaints, said: Vec::new(), until, asker })
    }

    pub fn fd(&self) -> BorrowedFd<'_> {
        self.complaints.as_fd()
    }

    /// When it is given up.
    pub fn until(&self) -> Instant {
        self.until
    }

    /// What came of it, once that is known: why there is no picture, or nothing where there is one.
    pub fn look(&mut self) -> Option<Option<String>> {
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
