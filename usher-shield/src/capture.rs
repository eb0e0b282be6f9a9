//! The process that takes pictures of the display, as the shield sees it. It has a connection of its own to what shows the
//! session, and writes into what usherd handed over: the shield waits for nothing, and has no pixels. A look that goes on
//! has one for itself for a while: to start one and to be let in takes longer than to take a picture.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{MemfdFlags, memfd_create};
use serde::{Deserialize, Serialize};
use usher_core::request::ThumbnailSize;
use usher_core::wire::Conn;
use usher_core::wire::shield::Arming;

/// How long a picture may take; the process that takes it gives up by itself then.
pub const PATIENCE: Duration = Duration::from_secs(12);
/// How much longer it is waited for.
const GRACE: Duration = Duration::from_secs(1);
/// Pictures at once; usherd asks for one after the other.
const AT_ONCE: usize = 2;
/// How long a process is used: whoever took it over by what it reads has it no longer.
const LIFE: Duration = Duration::from_secs(15);
/// How long one is kept that has no picture to take. A tile is looked at every two seconds, if not more often.
const IDLE: Duration = Duration::from_secs(3);
/// The most characters that are kept of why one failed.
const MOST: usize = 400;

/// What a process that takes pictures is told.
#[derive(Debug, Serialize, Deserialize)]
pub enum ToCapture {
    /// Take one of this size, into the descriptor that comes along.
    Take(ThumbnailSize),
}

/// What it says of each picture.
#[derive(Debug, Serialize, Deserialize)]
pub struct Taken {
    /// Why there is none.
    pub error: Option<String>,
}

/// What shows the session.
pub enum Shown<'a> {
    /// An X server.
    Display(&'a Arming),
    /// A Wayland compositor, by a connection on which nothing was said yet.
    Compositor(OwnedFd),
}

/// Who asked for a picture.
#[derive(Debug, Clone, Copy)]
pub struct CaptureAsker {
    /// The connection.
    pub control: u64,
    /// The number of the order.
    pub seq: u64,
    /// The screen's next change is told: the look goes on.
    pub watched: bool,
}

/// The processes that take pictures, and those that wait for the next one.
#[derive(Default)]
pub struct Captures(Vec<Capture>);

impl Captures {
    /// Has one more taken, unless there are enough.
    ///
    /// # Errors
    /// Why there is none, in a sentence.
    pub fn take(
        &mut self,
        shown: Shown<'_>,
        size: ThumbnailSize,
        to: OwnedFd,
        asker: CaptureAsker,
    ) -> Result<(), String> {
        let now = Instant::now();
        let taking = self.0.iter().filter(|capture| matches!(capture.doing, Doing::Taking(..))).count();
        if taking >= AT_ONCE {
            return Err("others are being taken".to_owned());
        }
        let kept = self.0.iter().position(|capture| capture.waits() && now < capture.began + LIFE);
        let kept = kept.map(|place| self.0.swap_remove(place));
        // One that has just ended is no reason to see nothing.
        let begun = match kept.and_then(|capture| capture.take(size, &to, asker).ok()) {
            Some(capture) => Ok(capture),
            None => Capture::start(shown).and_then(|capture| capture.take(size, &to, asker)),
        };
        self.0.push(begun.map_err(|error| error.to_string())?);
        Ok(())
    }

    /// The pictures that are over: who asked, and why there is none, where there is none.
    pub fn over(&mut self) -> Vec<(CaptureAsker, Option<String>)> {
        let (now, mut over) = (Instant::now(), Vec::new());
        self.0.retain_mut(|capture| match capture.doing {
            Doing::Waiting(until) => now < until && !capture.is_gone(),
            Doing::Taking(asker, _) => match capture.look(now) {
                None => true,
                Some(error) => {
                    let keep = asker.watched && error.is_none() && now < capture.began + LIFE;
                    capture.doing = Doing::Waiting(now + IDLE);
                    over.push((asker, error));
                    keep
                }
            },
        });
        over
    }

    /// What to wait for.
    pub fn fds(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.0.iter().map(|capture| capture.conn.fd())
    }

    /// When the next is given up, or needed no longer.
    pub fn until(&self) -> Option<Instant> {
        let until = |capture: &Capture| match capture.doing {
            Doing::Taking(_, until) | Doing::Waiting(until) => until,
        };
        self.0.iter().map(until).min()
    }
}

/// A process that takes pictures. It ends when its connection does.
struct Capture {
    child: Option<Child>,
    conn: Conn,
    began: Instant,
    doing: Doing,
}

#[derive(Clone, Copy)]
enum Doing {
    /// It takes a picture, which is given up then.
    Taking(CaptureAsker, Instant),
    /// It waits for an order until then.
    Waiting(Instant),
}

impl Capture {
    /// Its standard input is what it looks at, its standard output its connection to us.
    fn start(shown: Shown<'_>) -> io::Result<Self> {
        let (work, looked_at) = match shown {
            Shown::Display(arming) => ("picture", OwnedFd::from(written(arming)?)),
            Shown::Compositor(connection) => ("outputs", connection),
        };
        let (ours, its) = UnixStream::pair()?;
        // Not the path: after an upgrade there is another program, or none.
        let mut command = Command::new("/proc/self/exe");
        command.arg0("usher-shield").arg(work).env_clear().current_dir("/");
        let child = command.stdin(Stdio::from(looked_at)).stdout(Stdio::from(OwnedFd::from(its))).spawn()?;
        let now = Instant::now();
        let conn = Conn::without_descriptors(ours)?;
        Ok(Capture { child: Some(child), conn, began: now, doing: Doing::Waiting(now + IDLE) })
    }

    fn take(mut self, size: ThumbnailSize, to: &OwnedFd, asker: CaptureAsker) -> io::Result<Self> {
        self.conn.send_message_with(&ToCapture::Take(size), to.as_fd())?;
        self.doing = Doing::Taking(asker, Instant::now() + PATIENCE + GRACE);
        Ok(self)
    }

    fn waits(&self) -> bool {
        matches!(self.doing, Doing::Waiting(_)) && !self.conn.is_closed()
    }

    /// Whether one that waits ended. It has nothing to say.
    fn is_gone(&mut self) -> bool {
        !self.conn.receive_messages::<Taken>().is_empty() || self.conn.is_closed()
    }

    /// What came of the picture, once that is known: why there is none, or nothing where there is one.
    fn look(&mut self, now: Instant) -> Option<Option<String>> {
        let Doing::Taking(_, until) = self.doing else { return None };
        let said: Vec<Taken> = self.conn.receive_messages();
        match said.into_iter().next() {
            Some(Taken { error }) => Some(error.map(|why| complaint(&why))),
            None if self.conn.is_closed() => Some(Some(complaint(""))),
            None => (now >= until).then(|| Some(format!("it took longer than {} s", PATIENCE.as_secs()))),
        }
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.child.take().into_iter().for_each(crate::children::let_go);
    }
}

/// The arming as a file in memory: cookie files may be larger than what fits into a pipe.
fn written(arming: &Arming) -> io::Result<File> {
    let mut file = File::from(memfd_create("usher-picture", MemfdFlags::CLOEXEC)?);
    file.write_all(&serde_json::to_vec(arming)?)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

/// What one said of its failure, if anything, as one line that does nothing to a terminal.
fn complaint(said: &str) -> String {
    let shown: String = said.chars().filter(|c| !c.is_control()).take(MOST).collect();
    if shown.is_empty() { "the process that took it ended".to_owned() } else { shown }
}
