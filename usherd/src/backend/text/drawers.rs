//! The processes of the program `usher-shield`, which knows fonts, that draw text sessions' terminals. Each draws one session
//! alone, because what it reads is a user's. A look that goes on has one for itself for a while: to start one and to read
//! fonts takes longer than to draw.

use std::collections::HashMap;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::ThumbnailSize;
use usher_core::session::SessionKey;
use usher_core::sys::program::beside_this_program;
use usher_core::wire::document::{Pieces, end_document};

use super::Units;
use crate::backend::thumbnail::{collect_document, failed};

/// Processes that draw at once; the others wait for their turn.
const AT_ONCE: usize = 4;
/// The most processes that are kept for looks that go on.
const MOST_KEPT: usize = 64;
/// How long one is used: whoever took it over by what it reads has it no longer.
const LIFE: Duration = Duration::from_secs(15);
/// How long one is kept that has nothing to draw.
const IDLE: Duration = Duration::from_secs(3);

/// Whose screen is drawn, and how large.
type DrawnScreen = (SessionKey, ThumbnailSize);

/// The processes that there are.
#[derive(Debug)]
pub(super) struct Drawers {
    places: Semaphore,
    kept: Mutex<HashMap<DrawnScreen, DrawingProcess>>,
    /// How many there were.
    started: AtomicU64,
}

impl Drawers {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Drawers { places: Semaphore::new(AT_ONCE), kept: Mutex::default(), started: AtomicU64::new(0) })
    }

    /// The picture of these cells, as PNG. The process is kept where the look `goes_on`.
    ///
    /// # Errors
    /// There is no such process, or it failed.
    pub(super) async fn draw(
        self: &Arc<Self>,
        units: Option<&Units>,
        screen: DrawnScreen,
        cells: &[u8],
        goes_on: bool,
    ) -> Result<Vec<u8>, Error> {
        let _place = self.places.acquire().await;
        let kept = self.kept().remove(&screen).filter(|drawer| drawer.began.elapsed() < LIFE);
        let again = match kept {
            // One that is gone meanwhile is no reason to see nothing.
            Some(mut drawer) => drawer.draw(cells).await.ok().map(|png| (drawer, png)),
            None => None,
        };
        let (drawer, png) = match again {
            Some(drawn) => drawn,
            None => {
                let mut drawer =
                    DrawingProcess::start(units, self.started.fetch_add(1, Ordering::Relaxed), screen.1).await?;
                let png = drawer.draw(cells).await?;
                (drawer, png)
            }
        };
        if goes_on {
            self.keep(screen, drawer);
        }
        Ok(png)
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<DrawnScreen, DrawingProcess>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(self: &Arc<Self>, screen: DrawnScreen, mut drawer: DrawingProcess) {
        let drawn = Instant::now();
        drawer.drawn = drawn;
        let mut kept = self.kept();
        if kept.len() >= MOST_KEPT {
            return;
        }
        kept.insert(screen.clone(), drawer);
        let drawers = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep(IDLE).await;
            let Some(drawers) = drawers.upgrade() else { return };
            let mut kept = drawers.kept();
            if kept.get(&screen).is_some_and(|drawer| drawer.drawn == drawn) {
                kept.remove(&screen);
            }
        });
    }
}

/// A process that draws. It ends when this is gone: its standard input ends then.
#[derive(Debug)]
struct DrawingProcess {
    stream: UnixStream,
    by: DrawnBy,
    began: Instant,
    drawn: Instant,
    /// It was given something to draw, and has not drawn it.
    busy: bool,
}

#[derive(Debug)]
enum DrawnBy {
    /// A child of usherd's, which is killed with this value.
    Child { _killed_on_drop: Child },
    /// In system mode, a service with a uid of its own.
    Service(Units, u64),
}

impl DrawingProcess {
    async fn start(units: Option<&Units>, turn: u64, size: ThumbnailSize) -> Result<Self, Error> {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().map_err(|e| failed(&e.to_string()))?;
        ours.set_nonblocking(true).map_err(|e| failed(&e.to_string()))?;
        let stream = UnixStream::from_std(ours).map_err(|e| failed(&e.to_string()))?;
        let by = match units {
            Some(units) => {
                units.start_drawing(turn, size, theirs.into()).await?;
                DrawnBy::Service(units.clone(), turn)
            }
            None => DrawnBy::Child { _killed_on_drop: child(size, theirs.into())? },
        };
        let now = Instant::now();
        Ok(DrawingProcess { stream, by, began: now, drawn: now, busy: false })
    }

    async fn draw(&mut self, cells: &[u8]) -> Result<Vec<u8>, Error> {
        self.busy = true;
        let mut order = Vec::with_capacity(cells.len() + 8);
        let written = Pieces(&mut order).write_all(cells).and_then(|()| end_document(&mut order));
        written.map_err(|e| failed(&e.to_string()))?;
        self.stream.write_all(&order).await.map_err(|_| failed("the process that draws ended without a thumbnail"))?;
        let png = collect_document(&mut self.stream).await?;
        self.busy = false;
        Ok(png)
    }
}

impl Drop for DrawingProcess {
    fn drop(&mut self) {
        if let (true, DrawnBy::Service(units, turn)) = (self.busy, &self.by) {
            units.kill_drawing(*turn);
        }
    }
}

fn child(size: ThumbnailSize, theirs: OwnedFd) -> Result<Child, Error> {
    let program = beside_this_program("usher-shield");
    let output = theirs.try_clone().map_err(|e| failed(&e.to_string()))?;
    let mut command = Command::new(&program);
    command.args(["stills", size.as_str()]).env_clear().current_dir("/").kill_on_drop(true);
    command.stdin(Stdio::from(theirs)).stdout(Stdio::from(output)).stderr(Stdio::null());
    command.spawn().map_err(|error| {
        let message =
            format!("thumbnails of text sessions are made by {}, which cannot be started: {error}", program.display());
        Error::new(ErrorId::NotSupported, message).hint("install usher-shield beside usherd")
    })
}
