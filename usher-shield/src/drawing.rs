//! The drawing process, as the shield sees it: an order in, pictures out, and then it is gone.
//!
//! Fonts are large and their parsers larger. What reads them is a process of its own, so that the shield stays small, and
//! lives on when a font is broken. One that has read them already waits while nothing is locked: a message is then drawn
//! in a few milliseconds. It draws once, so that nothing of one message is left where another is drawn.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::draw::Typesetter;
use crate::picture::{self, Order, Picture};

/// How long a picture may take; the lock is answered without it then, and it is painted when it comes.
pub const PATIENCE: Duration = Duration::from_secs(1);
/// How much longer it is awaited.
pub const GIVE_UP: Duration = Duration::from_secs(20);
/// Bytes that wait between the two (`pipe(7)`: what everybody may have).
const ROOM: usize = 1 << 20;
/// The most that a drawing process may say.
const MAX: usize = 256 << 20;

/// A drawing process, which ends by itself where nobody gives it an order or reads what it draws.
struct DrawingProcess(Option<Child>);

impl Drop for DrawingProcess {
    fn drop(&mut self) {
        self.0.take().into_iter().for_each(crate::children::let_go);
    }
}

/// A drawing process that has no order yet.
pub struct Drawer {
    process: DrawingProcess,
    order: ChildStdin,
    answer: ChildStdout,
}

impl Drawer {
    /// Starts one for messages in this language.
    pub fn start(language: &str) -> io::Result<Self> {
        Self::of(Path::new("/proc/self/exe"), language)
    }

    /// The same where another program runs than the shield's, which is here.
    pub fn of(shield: &Path, language: &str) -> io::Result<Self> {
        let mut command = Command::new(shield);
        command.arg0("usher-shield");
        command.args(["draw", language]).env_clear().current_dir("/");
        // Where the tests and an administrator say which time zone it is, the drawing process is to know.
        command.envs(std::env::var_os("TZ").map(|zone| ("TZ", zone)));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let process = DrawingProcess(Some(child));
        let (Some(order), Some(answer)) = (stdin, stdout) else { return Err(io::ErrorKind::BrokenPipe.into()) };
        rustix::fs::fcntl_setfl(&answer, rustix::fs::OFlags::NONBLOCK)?;
        // So that a picture fits in, and neither of the two waits for the other in the middle of it.
        let _ = rustix::pipe::fcntl_setpipe_size(&answer, ROOM);
        Ok(Drawer { process, order, answer })
    }

    /// Has it draw. `waited` is whether it was started before the order came.
    pub fn draw(mut self, order: Order, waited: bool) -> io::Result<Drawing> {
        // An order is far smaller than a pipe (`pipe(7)`): this does not wait.
        self.order.write_all(&serde_json::to_vec(&order)?)?;
        let (until, bytes) = (Instant::now() + PATIENCE, Vec::new());
        Ok(Drawing { _process: self.process, answer: self.answer, bytes, order, until, waited })
    }
}

/// A picture that is being drawn.
pub struct Drawing {
    _process: DrawingProcess,
    answer: ChildStdout,
    bytes: Vec<u8>,
    pub order: Order,
    pub until: Instant,
    /// It was started before the order came: it may have ended meanwhile, and knows no font that was installed since.
    pub waited: bool,
}

/// What came of it so far.
pub enum Progress {
    NotYet,
    Drawn(Vec<Picture>, Vec<String>),
    Failed,
}

impl Drawing {
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.answer.as_fd()
    }

    /// Past its time, what is awaited next is that it is given up.
    pub fn overdue(&self) -> Duration {
        if Instant::now() < self.until { Duration::ZERO } else { GIVE_UP }
    }

    /// Takes what has been drawn.
    pub fn look(&mut self) -> Progress {
        let mut buffer = [0; 16 << 10];
        loop {
            match self.answer.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) if self.bytes.len() + count <= MAX => self.bytes.extend_from_slice(&buffer[..count]),
                Ok(_) => return Progress::Failed,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Progress::NotYet,
                Err(_) => return Progress::Failed,
            }
        }
        match picture::read(&self.bytes) {
            Some((pictures, notes)) if pictures.len() == self.order.sizes.len() => Progress::Drawn(pictures, notes),
            _ => Progress::Failed,
        }
    }
}

/// The drawing process itself.
pub fn main(language: &str) -> io::Result<()> {
    // Ten displays may be locked at once: their covers come first.
    let _ = rustix::process::nice(5);
    let mut typesetter = Typesetter::new(language);
    let mut order = Vec::new();
    io::stdin().take(1 << 20).read_to_end(&mut order)?;
    if order.is_empty() {
        // Nobody needs it any more.
        return Ok(());
    }
    let order: Order = serde_json::from_slice(&order)?;
    let (pictures, notes) = typesetter.draw(&order);
    let answer = picture::write(&pictures, notes);
    // Nobody may want it any more.
    let _ = File::from(io::stdout().as_fd().try_clone_to_owned()?).write_all(&answer);
    Ok(())
}
