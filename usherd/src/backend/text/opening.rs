//! Opening: a holder with its session ready, then on the books, then its program.

use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::sync::oneshot;
use usher_core::outcome::{Error, ErrorId};
use usher_core::session::{Cover, SessionKey};
use usher_core::sys::program::beside_this_program;
use usher_core::wire::control;
use usher_core::wire::holder::{FromHolder, OpenSpec, ToHolder};

use super::TextBackend;
use super::held::{Held, IntroducedHolder, introduce};
use crate::backend::link::{Connection, Reply};

/// How long a holder may take to introduce itself.
const INTRODUCTION: Duration = Duration::from_secs(5);

/// A holder that has its session ready, whose program does not run yet.
pub struct Opened {
    key: SessionKey,
    /// None where a fake opened it.
    connected: Option<IntroducedHolder>,
}

impl Opened {
    /// What makes the session the same session.
    pub fn key(&self) -> &SessionKey {
        &self.key
    }

    /// A session that has no holder.
    #[cfg(test)]
    pub(crate) fn faked(key: SessionKey) -> Self {
        Opened { key, connected: None }
    }
}

/// A session on the books whose program is about to run.
pub struct Starting {
    id: u32,
    /// None where a fake starts it.
    connected: Option<Connected>,
}

struct Connected {
    held: Held,
    covered: Option<Result<Reply<FromHolder>, Error>>,
    started: oneshot::Receiver<Result<(), Error>>,
}

impl Starting {
    /// A session that has no holder.
    #[cfg(test)]
    pub(crate) fn faked(id: u32) -> Self {
        Starting { id, connected: None }
    }

    /// The session's ID.
    #[cfg(test)]
    pub(crate) fn id(&self) -> u32 {
        self.id
    }
}

impl TextBackend {
    /// Starts a holder and has it make the session ready. If the daemon dies before
    /// [`start`](Self::start), the holder sees that and ends: no orphan stays.
    ///
    /// # Errors
    /// The holder cannot be started, or cannot make the session.
    pub(super) async fn open(&self, uid: u32, spec: OpenSpec) -> Result<Opened, Error> {
        let introduced = match &self.units {
            Some(units) => units.open(uid, spec).await?,
            None => self.open_own(spec).await?,
        };
        Ok(Opened { key: introduced.hello.key.clone(), connected: Some(introduced) })
    }

    /// Starts a holder of the daemon's own user.
    async fn open_own(&self, spec: OpenSpec) -> Result<IntroducedHolder, Error> {
        let failed = |what: &str, e: std::io::Error| Error::new(ErrorId::BackendFailed, format!("{what}: {e}"));
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().map_err(|e| failed("no socket pair", e))?;
        ours.set_nonblocking(true).map_err(|e| failed("no socket pair", e))?;
        let program = beside_this_program("usher-tty");
        tokio::process::Command::new(&program)
            .arg("hold")
            .current_dir("/")
            .env_clear()
            .envs(std::env::var_os("TZ").map(|zone| ("TZ", zone)))
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            // A holder must not keep somebody's pipe open for as long as the session lives: what it says,
            // and it speaks only when it fails, goes to a file.
            .stdout(Stdio::null())
            .stderr(self.log().map_or_else(|_| Stdio::null(), Stdio::from))
            .spawn()
            .map_err(|e| failed(&format!("cannot start {}", program.display()), e))?;
        let mut stream = UnixStream::from_std(ours).map_err(|e| failed("no socket pair", e))?;
        let born = async {
            tokio::io::AsyncWriteExt::write_all(&mut stream, &control(&ToHolder::Open(Box::new(spec))))
                .await
                .map_err(|e| failed("the session's holder is gone", e))?;
            introduce(Connection::new(stream)).await
        };
        let late = || Error::new(ErrorId::Timeout, "the session's holder did not get ready in 5 s");
        tokio::time::timeout(INTRODUCTION, born).await.unwrap_or_else(|_| Err(late()))
    }

    /// The file for what failing holders say. It begins anew when it is large.
    fn log(&self) -> std::io::Result<std::fs::File> {
        let large = std::fs::metadata(&self.log).is_ok_and(|meta| meta.len() > 1 << 20);
        if large {
            std::fs::remove_file(&self.log)?;
        }
        std::fs::File::options().create(true).append(true).open(&self.log)
    }

    /// Connects a session that is on the books, whose program does not run yet, and orders its covers.
    /// From here on it takes orders like any other: what is ordered before the program runs holds from
    /// its first moment.
    pub(super) fn connect(&self, id: u32, opened: Opened, covers: Vec<Cover>) -> Starting {
        let Some(introduced) = opened.connected else { return Starting { id, connected: None } };
        let (begun, started) = oneshot::channel();
        let held = self.tend(id, introduced, Some(begun));
        let seq = self.next_seq();
        let covered = (!covers.is_empty()).then(|| held.link.request(seq, &ToHolder::Cover { seq, covers }));
        Starting { id, connected: Some(Connected { held, covered, started }) }
    }

    /// Runs the session's program once its covers were seen.
    ///
    /// # Errors
    /// The program cannot be run, and its holder is being ended: the session is to be taken off the books, and reaped.
    pub(super) async fn start(&self, starting: Starting) -> Result<(), Error> {
        let gone = || Error::new(ErrorId::BackendFailed, "the session's holder is gone");
        let Starting { id, connected } = starting;
        let Connected { held, covered, started } = connected.ok_or_else(gone)?;
        let begun = async {
            if let Some(covered) = covered {
                covered?.await.map_err(|_| gone())?;
            }
            held.link.send(&ToHolder::Start)?;
            started.await.map_err(|_| gone())?
        };
        let late = || Error::new(ErrorId::Timeout, "the session's program did not start in 5 s");
        let result = tokio::time::timeout(INTRODUCTION, begun).await.unwrap_or_else(|_| Err(late()));
        if result.is_err() {
            // Off the books means gone: a holder that starts after all would be nobody's.
            self.kill_holder(id, &held);
            self.links().remove(&id);
        }
        result
    }
}
