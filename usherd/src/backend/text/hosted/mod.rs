//! Text sessions of a host's users, in system mode.
//!
//! The holder is a service with a uid of its own. The session's programs are another service on the holder's terminal, to
//! which PAM applies: so they have a login session of logind's, whose scope holds them. What a holder says of processes is
//! not believed: the kernel and the service manager say it.

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::ThumbnailSize;
use usher_core::session::{ProgramEnd, SessionKey};
use usher_core::sys::cgroup::{self, Membership};
use usher_core::sys::process::Process;
use usher_core::sys::program::beside_this_program;
use usher_core::wire::holder::{FromHolder, OpenSpec, ToHolder};

use super::held::{IntroducedHolder, introduce};
use crate::backend::link::Connection;
use crate::logind::bus::Bus;

mod scope;
mod unit;

/// How long a holder may take to make its terminal.
const TERMINAL: Duration = Duration::from_secs(5);
/// How long PAM may take to log somebody in: its modules may mount a home from far away.
const LOGIN: Duration = Duration::from_secs(20);
/// How often it is looked whether it failed.
const LOOK: Duration = Duration::from_millis(50);
/// How a service ends that PAM refuses (`systemd.exec(5)`, EXIT_PAM).
const EXIT_PAM: i64 = 224;

/// The services of text sessions.
#[derive(Debug, Clone)]
pub struct Units(Bus);

impl Units {
    /// The services that are reached by this bus.
    pub fn new(bus: Bus) -> Option<Self> {
        Some(Units(bus))
    }

    /// Starts a holder that listens on this socket, has the user logged in on its terminal, and lets it make the session
    /// ready.
    ///
    /// # Errors
    /// The holder does not get ready, or the user is not let in.
    pub(super) async fn open(&self, uid: u32, spec: OpenSpec) -> Result<IntroducedHolder, Error> {
        let (id, socket) = (spec.session_id, spec.socket.clone());
        let opened = self.try_open(uid, spec).await;
        if opened.is_err() {
            self.kill_holder(id);
            self.forget(id, &socket).await;
        }
        opened
    }

    async fn try_open(&self, uid: u32, spec: OpenSpec) -> Result<IntroducedHolder, Error> {
        let (id, boot_id, socket) = (spec.session_id, spec.boot_id.clone(), spec.socket.clone());
        let mut connection = self.start_holder(id, &socket).await?;
        let gone = |_| failed("the session's holder is gone");
        connection.send(&ToHolder::Open(Box::new(spec))).await.map_err(gone)?;
        let number = match in_time(TERMINAL, connection.receive(), "the session's holder made no terminal").await? {
            Some(FromHolder::Terminal { number }) => number,
            Some(FromHolder::Failed { message }) => return Err(failed(&message)),
            _ => return Err(failed("the session's holder does not say which terminal is its own")),
        };
        let channel = self.log_in(id, uid, number, &socket).await?;
        let key = self.key(id, boot_id).await?;
        let (native_id, leader_pid, leader_start) = (key.native_id.clone(), key.leader_pid, key.leader_start);
        connection.send_with(&ToHolder::Lead { native_id, leader_pid, leader_start }, &channel).await.map_err(gone)?;
        let introduced = in_time(TERMINAL, introduce(connection), "the session's holder did not get ready").await??;
        if introduced.hello.key != key || !self.is_holder(id, introduced.holder) {
            return Err(failed("the session's holder introduces itself as another's"));
        }
        Ok(introduced)
    }

    async fn start_holder(&self, id: u32, socket: &Path) -> Result<Connection, Error> {
        let bad = |e: std::io::Error| failed(&format!("the holder's socket: {e}"));
        // What is left of an earlier one would keep the names.
        self.kill_holder(id);
        let _ = std::fs::remove_file(socket);
        let listener = UnixListener::bind(socket).map_err(bad)?;
        let program = beside_this_program("usher-tty");
        self.0.start_unit(&holder_unit(id), listener.as_fd(), unit::holder(&program, id)).await?;
        drop(listener);
        UnixStream::connect(socket).await.map(Connection::new).map_err(bad)
    }

    /// Logs the user in on a terminal, and gives the channel to the process that leads the login.
    async fn log_in(&self, id: u32, uid: u32, number: u32, socket: &Path) -> Result<OwnedFd, Error> {
        let bad = |e: std::io::Error| failed(&format!("the socket for a login: {e}"));
        let door = Door::open(socket).map_err(bad)?;
        let (program, unit) = (beside_this_program("usher-tty"), session_unit(id));
        self.0.start_transient(&unit, unit::session(&program, id, uid, number, &door.path)).await?;
        let comes = async {
            loop {
                match tokio::time::timeout(LOOK, door.listener.accept()).await {
                    Ok(Ok((stream, _))) => {
                        let peer = usher_core::sys::peer::of(&stream).map_err(bad)?;
                        // Anybody can connect; the service manager names the one that is awaited.
                        if peer.uid == uid && self.0.service_number(&unit, "MainPID").await? == i64::from(peer.pid) {
                            return stream
                                .into_std()
                                .and_then(|stream| stream.set_nonblocking(false).map(|()| stream.into()))
                                .map_err(bad);
                        }
                    }
                    Ok(Err(error)) => return Err(bad(error)),
                    Err(_) if self.0.service_number(&unit, "ExecMainCode").await? != 0 => {
                        return Err(self.refused(id).await);
                    }
                    Err(_) => {}
                }
            }
        };
        in_time(LOGIN, comes, &format!("uid {uid} was not logged in")).await?
    }

    async fn refused(&self, id: u32) -> Error {
        let unit = session_unit(id);
        let hint = format!("`journalctl -u {unit}` may say more");
        match self.ended(id).await {
            Some((_, EXIT_PAM)) => Error::new(ErrorId::AccessDenied, "PAM does not let this user log in").hint(hint),
            Some((_, status)) => failed(&format!("the session's first process ended with status {status}")).hint(hint),
            None => failed("the session's first process ended").hint(hint),
        }
    }

    /// What makes the session the same session: the service manager names its leader, and the kernel its login.
    async fn key(&self, id: u32, boot_id: String) -> Result<SessionKey, Error> {
        let pid = self.0.service_number(&session_unit(id), "MainPID").await?;
        let gone = || failed("the session's first process is gone");
        let leader = u32::try_from(pid).ok().filter(|pid| *pid > 0).ok_or_else(gone)?;
        let leader = Process::of(leader).ok().flatten().ok_or_else(gone)?;
        match cgroup::of(leader.pid).ok().flatten().as_deref().map(cgroup::membership) {
            Some(Membership::Session(native_id)) => {
                Ok(SessionKey { boot_id, native_id, leader_pid: leader.pid, leader_start: leader.start })
            }
            _ => Err(Error::new(ErrorId::NotSupported, "logind knows nothing of the session that PAM opened")
                .hint("install `libpam-systemd`: without it nobody could tell a session's processes from others")),
        }
    }

    /// Whether this process is the holder of a session: its control group is that of the holder's service.
    pub(super) fn is_holder(&self, id: u32, holder: Process) -> bool {
        cgroup::of(holder.pid).ok().flatten().is_some_and(|group| group == unit::group_of(&holder_unit(id)))
            && holder.lives()
    }

    /// Resolves when the leader of a session has ended.
    pub(super) async fn leader_ends(&self, leader: Process) {
        scope::ends(leader).await;
    }

    /// How the program of a session ended whose leader is gone.
    pub(super) async fn program_end(&self, id: u32) -> ProgramEnd {
        match self.ended(id).await {
            // `CLD_EXITED` of `sigaction(2)`; the others are signals.
            Some((1, code)) => i32::try_from(code).map_or(ProgramEnd::Gone, ProgramEnd::Code),
            Some((_, signal)) => i32::try_from(signal).map_or(ProgramEnd::Gone, ProgramEnd::Signal),
            None => ProgramEnd::Gone,
        }
    }

    /// How the first process of a session's service ended: the kind, and the code or signal.
    async fn ended(&self, id: u32) -> Option<(i64, i64)> {
        let unit = session_unit(id);
        for _ in 0..100 {
            // At a start the bus may not be there yet; the manager may not have collected the process yet.
            match self.0.service_number(&unit, "ExecMainCode").await {
                Ok(0) => {}
                Ok(kind) => return Some((kind, self.0.service_number(&unit, "ExecMainStatus").await.ok()?)),
                Err(_) if self.0.is_connected() => return None,
                Err(_) => {}
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        None
    }

    /// Ends everything in a session's scope: SIGHUP, SIGKILL after the grace. Observed when nothing is left; true if
    /// killing was needed.
    ///
    /// # Errors
    /// Something was still there in the end.
    pub(super) async fn end(&self, id: u32, key: &SessionKey, grace: Duration) -> Result<bool, Error> {
        scope::end(key, grace).await.map_err(|survivors| {
            let pids = survivors.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
            Error::new(ErrorId::Timeout, format!("session {id}: process {pids} survived until now"))
                .hint("a process in uninterruptible sleep ends when its device answers; usherd goes on trying")
        })
    }

    /// Ends the holder of a session.
    pub(super) fn kill_holder(&self, id: u32) {
        let _ = cgroup::Group::at(&unit::group_of(&holder_unit(id))).kill();
    }

    /// Forgets what the service manager remembers of a session that is over.
    pub(super) async fn forget(&self, id: u32, socket: &Path) {
        let _ = self.0.forget_unit(&session_unit(id)).await;
        let _ = std::fs::remove_file(socket);
    }

    /// Starts a process with a uid of its own that draws what comes by this connection. It is called by this number.
    ///
    /// # Errors
    /// The service manager does not start it.
    pub(super) async fn start_drawing(&self, turn: u64, size: ThumbnailSize, connection: OwnedFd) -> Result<(), Error> {
        let program = beside_this_program("usher-shield");
        self.0
            .start_unit(&drawing_unit(turn), connection.as_fd(), unit::stills(&program, size, connection.as_fd()))
            .await
    }

    /// Ends a process that draws and does not end by itself.
    pub(super) fn kill_drawing(&self, turn: u64) {
        let _ = cgroup::Group::at(&unit::group_of(&drawing_unit(turn))).kill();
    }
}

/// A daemon that was started anew does not meet its predecessor's: their numbers begin with its own process's.
fn drawing_unit(turn: u64) -> String {
    format!("usher-stills-{}-{turn}.service", std::process::id())
}

fn holder_unit(id: u32) -> String {
    format!("usher-tty-{id}.service")
}

fn session_unit(id: u32) -> String {
    format!("usher-session-{id}.service")
}

/// A socket for one login, which everybody can connect to. It is gone when this is.
struct Door {
    listener: UnixListener,
    path: PathBuf,
}

impl Door {
    /// Beside the directory of the holders' sockets, into which nobody gets.
    fn open(socket: &Path) -> std::io::Result<Door> {
        let name = |path: &Path| path.file_name().unwrap_or_default().to_os_string();
        let holders = socket.parent().unwrap_or(Path::new("/"));
        let mut own = name(holders);
        own.push("-");
        own.push(name(socket));
        let path = holders.with_file_name(own);
        let _ = std::fs::remove_file(&path);
        let door = Door { listener: UnixListener::bind(&path)?, path };
        std::fs::set_permissions(&door.path, std::fs::Permissions::from_mode(0o666))?;
        Ok(door)
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn in_time<T>(within: Duration, awaited: impl Future<Output = T>, what: &str) -> Result<T, Error> {
    let late = || Error::new(ErrorId::Timeout, format!("{what} in {} s", within.as_secs()));
    tokio::time::timeout(within, awaited).await.map_err(|_| late())
}

fn failed(what: &str) -> Error {
    Error::new(ErrorId::BackendFailed, what)
}
