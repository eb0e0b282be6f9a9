//! The guard's process: a transient unit of the service manager with a uid of its own, started when a session is locked
//! and found again by the next daemon.

use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::time::Instant;
use usher_core::outcome::{Error, ErrorId};
use usher_core::session::SessionKey;
use usher_core::sys::cgroup::Group;
use usher_core::wire::guard::{FromGuard, GuardDuty, GuardHello, GuardStatus, MOST_TERMINALS, ToGuard};

use super::super::HostSessionBackend;
use super::super::shield_unit::confined;
use super::super::word::{line, was_released};
use crate::backend::link::{Connection, Incoming, LinkEvent, PeerLink};

/// How long a guard may take until it is there.
const INTRODUCTION: Duration = Duration::from_secs(3);
/// The most memory of a guard.
const MEMORY: u64 = 32 << 20;
/// Guards of one session are started no quicker than this.
const PAUSE: Duration = Duration::from_secs(1);

impl Incoming for FromGuard {
    const SENDER: &'static str = "guard";
    const REMEDY: &'static str = "usherd goes on trying; `usher close` ends the session";

    fn answers(&self) -> Option<u64> {
        match self {
            FromGuard::Covered { seq, .. } => Some(*seq),
            FromGuard::Hello(_) | FromGuard::Status(_) => None,
        }
    }
}

impl HostSessionBackend {
    /// The guard of a session, if one lives: the one that is connected, or one that an earlier daemon started.
    pub(super) async fn guard_found(&self, id: u32, key: &SessionKey) -> Option<PeerLink<FromGuard>> {
        if let Some(link) = self.state().guards.get(&id).and_then(|guard| guard.link.clone()) {
            return Some(link);
        }
        let path = self.guard_socket(&key.native_id);
        if !path.exists() {
            return None;
        }
        let stream = tokio::time::timeout(INTRODUCTION, UnixStream::connect(&path)).await.ok()?.ok()?;
        let (connection, hello) = introduced(Connection::new(stream)).await.ok()?;
        (hello.key == *key).then(|| self.tend_guard(id, connection, hello))
    }

    /// The guard of a session, found or started.
    pub(super) async fn guard(&self, id: u32, duty: GuardDuty) -> Result<PeerLink<FromGuard>, Error> {
        if let Some(link) = self.guard_found(id, &duty.key).await {
            return Ok(link);
        }
        let last = self.state().guards.get(&id).and_then(|guard| guard.started);
        if let Some(last) = last {
            tokio::time::sleep_until(last + PAUSE).await;
        }
        if let Some(guard) = self.state().guards.get_mut(&id) {
            guard.started = Some(Instant::now());
        }
        let (connection, hello) = self.start_guard(duty).await?;
        Ok(self.tend_guard(id, connection, hello))
    }

    async fn start_guard(&self, duty: GuardDuty) -> Result<(Connection, GuardHello), Error> {
        let failed = |e: std::io::Error| Error::new(ErrorId::BackendFailed, format!("the guard's socket: {e}"));
        let path = self.guard_socket(&duty.key.native_id);
        let name = format!("usher-guard-{}.service", duty.key.native_id);
        // What is left of an earlier one answers nobody, and would keep the unit's name.
        drop(Group::at(&format!("/system.slice/{name}")).kill());
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).map_err(failed)?;
        let program = usher_core::sys::program::beside_this_program("usher-tty");
        let description = format!("usher's guard of the terminals of session {}", duty.session_id);
        let unit = confined(&program, Some("guard"), description, (MEMORY, 4));
        self.0.bus.start_unit(&name, listener.as_fd(), unit).await?;
        drop(listener);
        let mut connection = Connection::new(UnixStream::connect(&path).await.map_err(failed)?);
        connection.send(&ToGuard::Arm(Box::new(duty))).await.map_err(failed)?;
        introduced(connection).await
    }

    pub(super) fn guard_socket(&self, native_id: &str) -> PathBuf {
        self.0.guards.join(native_id)
    }

    /// Keeps a guard's connection, and takes in what it reports.
    fn tend_guard(&self, id: u32, connection: Connection, hello: GuardHello) -> PeerLink<FromGuard> {
        let backend = self.clone();
        let link = PeerLink::start(connection, move |news| backend.hear_guard(id, news));
        let status = checked(hello.status, &self.0.directory);
        let guard = &mut *self.state();
        let guard = guard.guards.entry(id).or_default();
        guard.link = Some(link.clone());
        guard.status = status;
        link
    }

    fn hear_guard(&self, id: u32, news: LinkEvent<FromGuard>) {
        match news {
            LinkEvent::Message(FromGuard::Status(status)) => {
                let status = checked(status, &self.0.directory);
                self.remember_screens(id, &status);
                if let Some(guard) = self.state().guards.get_mut(&id) {
                    guard.status = status;
                }
            }
            LinkEvent::Message(FromGuard::Hello(_) | FromGuard::Covered { .. }) => {}
            LinkEvent::Lost => {
                if let Some(guard) = self.state().guards.get_mut(&id) {
                    guard.link = None;
                    guard.status = GuardStatus::default();
                }
            }
        }
        self.report(id);
    }
}

async fn introduced(mut connection: Connection) -> Result<(Connection, GuardHello), Error> {
    let failed = || Error::new(ErrorId::BackendFailed, "the guard of its terminals does not introduce itself");
    match tokio::time::timeout(INTRODUCTION, connection.receive::<FromGuard>()).await {
        Ok(Some(FromGuard::Hello(hello))) => Ok((connection, *hello)),
        _ => Err(failed()),
    }
}

/// Ends the guard that listens here, whose session is nobody's any more.
pub(super) async fn retire(path: &Path) {
    let Ok(Ok(stream)) = tokio::time::timeout(INTRODUCTION, UnixStream::connect(path)).await else { return };
    let _ = Connection::new(stream).send(&ToGuard::Retire).await;
}

/// A guard reads what terminals send: what it says is bounded, and a release is believed only where root left word of it.
fn checked(mut status: GuardStatus, shields: &Path) -> GuardStatus {
    status.terminals.truncate(MOST_TERMINALS);
    status.terminals.iter_mut().for_each(|terminal| terminal.name = line(&terminal.name));
    status.released = status.released.filter(|(by, at)| was_released(shields, by, *at));
    status
}
