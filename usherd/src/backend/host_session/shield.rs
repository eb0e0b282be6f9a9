//! Arming: a shield for every display, before anybody asks for a lock. Each is a transient unit of the
//! service manager with a uid of its own, so that it outlives the daemon and no user reaches it.

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::net::UnixStream;
use usher_core::language::Language;
use usher_core::outcome::{Error, ErrorId};
use usher_core::session::SessionKey;
use usher_core::sys::cgroup::Group;
use usher_core::wire::shield::{Arming, DisplayProtocol, FromShield, ToShield};

use super::HostSessionBackend;
use super::introduction::{INTRODUCTION, IntroducedShield, Introduction, hear_of, late, look};
use super::screen::{DisplayState, ShieldState};
use super::shield_unit::{SPARED_BY_OOM, executed, protect, unit};
use super::word::checked;
use crate::backend::Noticed;
use crate::backend::link::{Connection, Incoming, LinkEvent, PeerLink};
use crate::xdisplay::{Display, authority, language, wayland};

/// How long a shield for which the X server has no room may wait for it. Then another one is tried.
const ROOM: Duration = Duration::from_secs(60);
/// How long to wait before a shield that failed is tried again: at first, and at most.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// How many connections to a compositor its shield begins with.
const CONNECTIONS: usize = 4;
/// How often a shield is tried for a display that nobody orders anything of.
const TRIES: u32 = 10;

impl Incoming for FromShield {
    const SENDER: &'static str = "shield";
    const REMEDY: &'static str = "usherd goes on trying; `usher close` ends the session";

    fn answers(&self) -> Option<u64> {
        match self {
            FromShield::Covered { seq, .. } | FromShield::Pictured { seq, .. } => Some(*seq),
            FromShield::Hello(_)
            | FromShield::Failed { .. }
            | FromShield::WantsConnection
            | FromShield::ScreenChanged
            | FromShield::Status(_)
            | FromShield::Incident { .. } => None,
        }
    }
}

impl DisplayState {
    /// Its shield ended. Under a lock another one comes at once, however often; else one that does not last counts as a
    /// try in vain.
    fn lose_shield(&mut self) {
        self.shield = ShieldState::Absent("its shield ended".to_owned());
        self.admitted = None;
        let (tries, since) = self.tries;
        let locked = self.desired.as_ref().is_some_and(|covers| !covers.is_empty());
        let lasted = since.is_none_or(|since| since.elapsed() >= PAUSE.1);
        self.tries.0 = if locked || lasted { 0 } else { tries.saturating_add(1) };
    }

    /// Whether a shield may be tried now.
    pub(super) fn may_be_tried(&self) -> bool {
        let (tries, last) = self.tries;
        let rested = tries < TRIES || last.is_none_or(|last| last.elapsed() >= PAUSE.1);
        matches!(self.shield, ShieldState::Absent(_)) && rested
    }
}

/// The connections to a compositor that its shield begins with: one for each of its two processes, and one each to spare.
async fn connections(display: &Display) -> std::io::Result<Vec<OwnedFd>> {
    let mut connections = Vec::new();
    while display.is_wayland() && connections.len() < CONNECTIONS {
        connections.push(wayland::connect(display).await?);
    }
    Ok(connections)
}

/// The name of the unit of a display's shield.
fn unit_name(display: &Display, key: &SessionKey) -> String {
    format!("usher-shield-{}-{}-{}", key.native_id, display.number, display.server.pid)
}

/// The control group of a display's shield.
pub(super) fn group(display: &Display, key: &SessionKey) -> Group {
    Group::at(&format!("/system.slice/{}.service", unit_name(display, key)))
}

impl HostSessionBackend {
    /// Sees to it that a display gets a shield. A display for which that failed often is tried now and then, and only
    /// while somebody needs it.
    pub(super) fn arm(&self, place: (u32, u32)) {
        let backend = self.clone();
        match self.state().screens.get_mut(&place) {
            Some(screen) if screen.may_be_tried() => screen.shield = ShieldState::Arming,
            _ => return,
        }
        let checks = self.clone();
        tokio::spawn(async move { checks.check(place).await });
        tokio::spawn(async move {
            let mut pause = PAUSE.0;
            while let Some((display, id, key)) = backend.wanted(place) {
                let shield = match backend.admit(place) {
                    Ok(()) => backend.shield_for(&display, id, &key).await,
                    Err(error) => Err(error),
                };
                match shield {
                    Ok(introduced) => return backend.tend(place, id, introduced),
                    Err(error) if error.id == ErrorId::NotSupported => {
                        return backend.covers_nothing(place, id, error.message);
                    }
                    Err(error) => {
                        if !backend.goes_on_after(place, id, error.message) {
                            return;
                        }
                    }
                }
                tokio::time::sleep(pause).await;
                pause = (2 * pause).min(PAUSE.1);
            }
            if let Some(screen) = backend.state().screens.get_mut(&place) {
                screen.shield = ShieldState::Absent("its session is gone".to_owned());
                screen.admitted = None;
            }
        });
    }

    /// Notes that no shield covers a display of this kind.
    fn covers_nothing(&self, place: (u32, u32), id: u32, why: String) {
        if let Some(screen) = self.state().screens.get_mut(&place) {
            screen.admitted = None;
            screen.shield = ShieldState::Unsupported(why);
        }
        self.report(id);
    }

    /// Notes that a display got no shield, and why. Whether it is to be tried again at once.
    pub(super) fn goes_on_after(&self, place: (u32, u32), id: u32, why: String) -> bool {
        let tries = {
            let mut state = self.state();
            let Some(screen) = state.screens.get_mut(&place) else { return false };
            let tries = screen.tries.0.saturating_add(1);
            screen.tries = (tries, Some(Instant::now()));
            screen.admitted = None;
            if tries == 1 {
                tracing::warn!("session {id}: no shield for display :{}: {why}", place.0);
            } else if tries == TRIES {
                tracing::warn!("session {id}: display :{} is tried again when it is to be locked: {why}", place.0);
            }
            screen.shield = if tries < TRIES { ShieldState::Failing(why) } else { ShieldState::Absent(why) };
            tries
        };
        self.report(id);
        tries < TRIES
    }

    /// The display, if it still lives and is somebody's.
    fn wanted(&self, place: (u32, u32)) -> Option<(Display, u32, SessionKey)> {
        let state = self.state();
        let screen = state.screens.get(&place).filter(|screen| screen.display.server.lives())?;
        let id = screen.session?;
        Some((screen.display.clone(), id, state.logins.get(&id)?.key.clone()))
    }

    /// The shield that covers the display already, or a new one.
    async fn shield_for(&self, display: &Display, id: u32, key: &SessionKey) -> Result<IntroducedShield, Error> {
        let path = self.shield_socket(display, key);
        if let Some(found) = look(&path).await
            && found.hello.key == *key
            && found.hello.server_pid == display.server.pid
        {
            return Ok(found);
        }
        self.start_shield(&path, display, id, key).await
    }

    /// The language of the session's user, for the lock screen.
    async fn language(&self, display: &Display, id: u32) -> Language {
        let login = self.state().logins.get(&id).map(|known| known.login.clone());
        let (uid, scope) = login.map_or((display.server_uid, String::new()), |login| (login.uid, login.scope));
        language::of(display, uid, &scope).await
    }

    fn shield_socket(&self, display: &Display, key: &SessionKey) -> PathBuf {
        self.0.directory.join(format!("{}-{}-{}", key.native_id, display.number, display.server.pid))
    }

    async fn start_shield(
        &self,
        path: &Path,
        display: &Display,
        id: u32,
        key: &SessionKey,
    ) -> Result<IntroducedShield, Error> {
        let failed = |what: &str, e: std::io::Error| Error::new(ErrorId::BackendFailed, format!("{what}: {e}"));
        let (name, group) = (unit_name(display, key), group(display, key));
        // What is left of an earlier one answers nobody, and would keep the unit's name. What it mapped stays.
        drop(group.kill());
        let _ = std::fs::remove_file(path);
        let listener = UnixListener::bind(path).map_err(|e| failed("the shield's socket", e))?;
        let program = usher_core::sys::program::beside_this_program("usher-shield");
        let connections = connections(display).await.map_err(|e| failed("its compositor", e))?;
        self.0.bus.start_unit(&format!("{name}.service"), listener.as_fd(), unit(&program, &display.name())).await?;
        drop(listener);
        let home = crate::accounts::account(display.server_uid).await.home;
        let (language, authorities) = tokio::join!(self.language(display, id), authority::authorities(display, &home));
        let arming = Arming {
            session_id: id,
            key: key.clone(),
            host: self.0.host.clone(),
            protocol: display.protocol,
            display: display.number,
            socket: display.socket.clone(),
            server_pid: display.server.pid,
            server_start: display.server.start,
            authorities,
            language: language.tag().to_owned(),
        };
        let armed = async {
            let stream = UnixStream::connect(path).await.map_err(|e| failed("the shield's socket", e))?;
            let mut connection = Connection::new(stream);
            executed(&group, &program).await;
            protect(&group, 0);
            for one in &connections {
                let sent = connection.send_with(&ToShield::Connection, one).await;
                sent.map_err(|e| failed("the shield is gone", e))?;
            }
            connection.send(&ToShield::Arm(Box::new(arming))).await.map_err(|e| failed("the shield is gone", e))?;
            Ok(connection)
        };
        let armed = match tokio::time::timeout(INTRODUCTION, armed).await.unwrap_or_else(|_| Err(late())) {
            Ok(connection) => self.introduction(connection, (display.number, display.server.pid), id).await,
            Err(error) => Err(error),
        };
        match &armed {
            Ok(_) => protect(&group, SPARED_BY_OOM),
            // It would hold its place and its memory for ever.
            Err(_) => drop(group.kill()),
        }
        armed
    }

    /// Awaits a new shield's introduction. One for which the X server has no room waits for it there, and is waited for.
    async fn introduction(
        &self,
        mut connection: Connection,
        place: (u32, u32),
        id: u32,
    ) -> Result<IntroducedShield, Error> {
        let why = match tokio::time::timeout(INTRODUCTION, hear_of(&mut connection)).await.map_err(|_| late())? {
            Introduction::Waits(why) => self.who_crowds(place, why).await,
            other => return other.done(connection),
        };
        tracing::warn!("session {id}: the shield of display :{} waits: {why}", place.0);
        if let Some(screen) = self.state().screens.get_mut(&place) {
            screen.shield = ShieldState::Failing(why.clone());
        }
        self.report(id);
        let in_vain = || Error::new(ErrorId::BackendFailed, why);
        let introduced = tokio::time::timeout(ROOM, hear_of(&mut connection)).await.map_err(|_| in_vain())?;
        introduced.done(connection)
    }

    /// Resolves when every display of a session has its shield, or is known to get none.
    pub(super) async fn armed(&self) {
        let arming =
            || self.state().screens.values().any(|s| s.session.is_some() && matches!(s.shield, ShieldState::Arming));
        while arming() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Keeps a shield's connection, and reports its messages.
    fn tend(&self, place: (u32, u32), id: u32, introduced: IntroducedShield) {
        let backend = self.clone();
        let IntroducedShield { connection, hello } = introduced;
        let link = PeerLink::start(connection, move |news| {
            let news = match news {
                LinkEvent::Message(message) => LinkEvent::Message(checked(message, &backend.0.directory)),
                LinkEvent::Lost => LinkEvent::Lost,
            };
            backend.hear(place, id, news);
        });
        let FromShield::Hello(hello) = checked(FromShield::Hello(Box::new(hello)), &self.0.directory) else { return };
        let desired = {
            let mut state = self.state();
            let Some(screen) = state.screens.get_mut(&place) else { return };
            screen.tries.1 = Some(Instant::now());
            screen.shield = ShieldState::Held { link: link.clone(), status: hello.status, protocol: hello.protocol };
            // Also that there are none: another shield may have left something.
            screen.desired.clone()
        };
        if let Some(covers) = desired {
            let frozen = covers.iter().any(|cover| self.0.always_freeze || cover.freeze);
            let _ = link.send(&ToShield::Cover { seq: self.next_seq(), covers, frozen });
        }
        self.report(id);
    }

    pub(super) fn hear(&self, place: (u32, u32), id: u32, news: LinkEvent<FromShield>) {
        match news {
            LinkEvent::Message(FromShield::Status(status)) => {
                if let Some(screen) = self.state().screens.get_mut(&place)
                    && let ShieldState::Held { status: known, .. } = &mut screen.shield
                {
                    *known = status;
                }
                self.report(id);
            }
            LinkEvent::Message(FromShield::Incident { what, uncovered_micros }) => {
                let open = uncovered_micros.map(|micros| format!(", uncovered for {micros} us")).unwrap_or_default();
                tracing::warn!("session {id}, display :{}: {what}{open}", place.0);
            }
            LinkEvent::Message(FromShield::Failed { message, .. }) => {
                tracing::warn!("session {id}: the shield of display :{} failed: {message}", place.0);
            }
            LinkEvent::Message(FromShield::WantsConnection) => self.connect_shield(place),
            LinkEvent::Message(FromShield::ScreenChanged) => self.screen_changed(place, id),
            LinkEvent::Message(FromShield::Hello(_) | FromShield::Covered { .. } | FromShield::Pictured { .. }) => {}
            LinkEvent::Lost => {
                self.screen_changed(place, id);
                if let Some(screen) = self.state().screens.get_mut(&place) {
                    screen.lose_shield();
                }
                self.look_for_displays();
                self.report(id);
                self.arm(place);
            }
        }
    }

    fn screen_changed(&self, place: (u32, u32), id: u32) {
        self.state().screens.get_mut(&place).into_iter().for_each(DisplayState::changed);
        self.tell(Noticed::ScreenChanged { id });
    }

    /// Whether the session lives. A compositor that did not answer in time is none that is gone: its shield is not to open it.
    fn has_session(&self, key: &SessionKey) -> bool {
        self.state().logins.values().any(|known| known.key == *key)
    }

    /// Ends shields whose display is gone or nobody's. They are free of any display that still lives.
    pub(super) async fn retire_strangers(&self) {
        // Whose displays are not known yet, nobody can tell for a stranger's.
        if !self.find_displays().await {
            return;
        }
        self.find_compositors().await;
        self.take_over_guards().await;
        self.take_over_wardens().await;
        let Ok(entries) = std::fs::read_dir(&self.0.directory) else { return };
        for path in entries.flatten().map(|entry| entry.path()) {
            let Some(mut found) = look(&path).await else {
                let _ = std::fs::remove_file(&path);
                continue;
            };
            let place = (found.hello.display, found.hello.server_pid);
            let known = self.state().screens.get(&place).is_some_and(|screen| screen.session.is_some())
                || found.hello.of == DisplayProtocol::Wayland && self.has_session(&found.hello.key);
            if !known {
                tracing::warn!("a shield of session {} is nobody's any more: it ends", found.hello.key.native_id);
                let _ = found.connection.send(&ToShield::Retire).await;
                let _ = std::fs::remove_file(&path);
            }
        }
    }
}
