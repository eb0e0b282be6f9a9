//! Arming: a shield for every display, before anybody asks for a lock. Each is a transient unit of the
//! service manager with a uid of its own, so that it outlives the daemon and no user reaches it.

use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::UnixStream;
use usher_core::language::Language;
use usher_core::outcome::{Error, ErrorId};
use usher_core::session::SessionKey;
use usher_core::wire::shield::{Arming, FromShield, Hello, ToShield};
use zbus::Variant;

use super::LoginBackend;
use super::screen::Shield;
use crate::backend::link::{Connection, Incoming, Link, News};
use crate::logind::unit::Property;
use crate::xdisplay::{Display, authority, language};

/// The uid that shields run as, by its name.
const USER: &str = "usher-shield";
/// How long a shield may take until it is armed.
const INTRODUCTION: Duration = Duration::from_secs(5);
/// How long to wait before a shield that failed is tried again: at first, and at most.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

impl Incoming for FromShield {
    fn answers(&self) -> Option<u64> {
        match self {
            FromShield::Covered { seq, .. } | FromShield::Pictured { seq, .. } => Some(*seq),
            FromShield::Hello(_) | FromShield::Failed { .. } | FromShield::Status(_) | FromShield::Incident { .. } => {
                None
            }
        }
    }
}

/// A shield that has introduced itself.
struct Introduced {
    connection: Connection,
    hello: Hello,
}

impl LoginBackend {
    /// Sees to it that a display gets a shield, and goes on trying for as long as its server lives.
    pub(super) fn arm(&self, place: (u32, u32)) {
        let backend = self.clone();
        match self.state().screens.get_mut(&place) {
            Some(screen) if matches!(screen.shield, Shield::Absent(_)) => screen.shield = Shield::Arming,
            _ => return,
        }
        let checks = self.clone();
        tokio::spawn(async move { checks.check(place).await });
        tokio::spawn(async move {
            let (mut said, mut pause) = (false, PAUSE.0);
            while let Some((display, id, key)) = backend.wanted(place) {
                match backend.shield_for(&display, id, &key).await {
                    Ok(introduced) => return backend.tend(place, id, introduced),
                    Err(error) => {
                        if !said {
                            let number = display.number;
                            tracing::warn!("session {id}: no shield for display :{number}: {error}");
                        }
                        said = true;
                        if let Some(screen) = backend.state().screens.get_mut(&place) {
                            screen.shield = Shield::Absent(error.message);
                        }
                        backend.report(id);
                    }
                }
                tokio::time::sleep(pause).await;
                pause = (2 * pause).min(PAUSE.1);
            }
            if let Some(screen) = backend.state().screens.get_mut(&place) {
                screen.shield = Shield::Absent("its session is gone".to_owned());
            }
        });
    }

    /// The display, if it still lives and is somebody's.
    fn wanted(&self, place: (u32, u32)) -> Option<(Display, u32, SessionKey)> {
        let state = self.state();
        let screen = state.screens.get(&place).filter(|screen| screen.display.server.lives())?;
        let id = screen.session?;
        Some((screen.display.clone(), id, state.logins.get(&id)?.key.clone()))
    }

    /// The shield that covers the display already, or a new one.
    async fn shield_for(&self, display: &Display, id: u32, key: &SessionKey) -> Result<Introduced, Error> {
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
    ) -> Result<Introduced, Error> {
        let failed = |what: &str, e: std::io::Error| Error::new(ErrorId::BackendFailed, format!("{what}: {e}"));
        let _ = std::fs::remove_file(path);
        let listener = UnixListener::bind(path).map_err(|e| failed("the shield's socket", e))?;
        let name = format!("usher-shield-{}-{}-{}", key.native_id, display.number, display.server.pid);
        let program = usher_core::sys::program::beside_this_program("usher-shield");
        self.0.bus.start_unit(&format!("{name}.service"), listener.as_fd(), unit(&program, display.number)).await?;
        drop(listener);
        let home = crate::accounts::account(display.server_uid).await.home;
        let (language, authorities) = tokio::join!(self.language(display, id), authority::authorities(display, &home));
        let arming = Arming {
            session_id: id,
            key: key.clone(),
            host: self.0.host.clone(),
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
            connection.send(&ToShield::Arm(Box::new(arming))).await.map_err(|e| failed("the shield is gone", e))?;
            introduced(connection).await
        };
        let late = || Error::new(ErrorId::Timeout, "the display's shield did not get ready in 5 s");
        tokio::time::timeout(INTRODUCTION, armed).await.unwrap_or_else(|_| Err(late()))
    }

    /// Resolves when every display of a session has its shield, or is known to get none.
    pub async fn armed(&self) {
        let arming =
            || self.state().screens.values().any(|s| s.session.is_some() && matches!(s.shield, Shield::Arming));
        while arming() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Keeps a shield's connection, and turns what it says into news.
    fn tend(&self, place: (u32, u32), id: u32, introduced: Introduced) {
        let backend = self.clone();
        let Introduced { connection, hello } = introduced;
        let link = Link::start(connection, move |news| backend.hear(place, id, news));
        let desired = {
            let mut state = self.state();
            let Some(screen) = state.screens.get_mut(&place) else { return };
            screen.shield = Shield::Held { link: link.clone(), status: hello.status, protocol: hello.protocol };
            screen.desired.clone().filter(|covers| !covers.is_empty())
        };
        if let Some(covers) = desired {
            let _ = link.say(&ToShield::Cover { seq: self.next_seq(), covers });
        }
        self.report(id);
    }

    fn hear(&self, place: (u32, u32), id: u32, news: News<FromShield>) {
        match news {
            News::Said(FromShield::Status(status)) => {
                if let Some(screen) = self.state().screens.get_mut(&place)
                    && let Shield::Held { status: known, .. } = &mut screen.shield
                {
                    *known = status;
                }
                self.report(id);
            }
            News::Said(FromShield::Incident { what, uncovered_micros }) => {
                let open = uncovered_micros.map(|micros| format!(", uncovered for {micros} us")).unwrap_or_default();
                tracing::warn!("session {id}, display :{}: {what}{open}", place.0);
            }
            News::Said(FromShield::Failed { message, .. }) => {
                tracing::warn!("session {id}: the shield of display :{} failed: {message}", place.0);
            }
            News::Said(FromShield::Hello(_) | FromShield::Covered { .. } | FromShield::Pictured { .. }) => {}
            News::Lost => {
                if let Some(screen) = self.state().screens.get_mut(&place) {
                    screen.shield = Shield::Absent("its shield ended".to_owned());
                }
                self.look_for_displays();
                self.report(id);
                self.arm(place);
            }
        }
    }

    /// Ends shields whose display is gone or nobody's. They are free of any display that still lives.
    pub async fn retire_strangers(&self) {
        // Whose displays are not known yet, nobody can tell for a stranger's.
        if !self.find_displays().await {
            return;
        }
        let Ok(entries) = std::fs::read_dir(&self.0.directory) else { return };
        for path in entries.flatten().map(|entry| entry.path()) {
            let Some(mut found) = look(&path).await else {
                let _ = std::fs::remove_file(&path);
                continue;
            };
            let place = (found.hello.display, found.hello.server_pid);
            let known = self.state().screens.get(&place).is_some_and(|screen| screen.session.is_some());
            if !known {
                tracing::warn!("a shield of session {} is nobody's any more: it ends", found.hello.key.native_id);
                let _ = found.connection.send(&ToShield::Retire).await;
                let _ = std::fs::remove_file(&path);
            }
        }
    }
}

/// Connects to a shield's socket and lets it introduce itself.
async fn look(path: &Path) -> Option<Introduced> {
    let stream = tokio::time::timeout(INTRODUCTION, UnixStream::connect(path)).await.ok()?.ok()?;
    tokio::time::timeout(Duration::from_secs(2), introduced(Connection::new(stream))).await.ok()?.ok()
}

async fn introduced(mut connection: Connection) -> Result<Introduced, Error> {
    match connection.receive().await {
        Some(FromShield::Hello(hello)) => Ok(Introduced { connection, hello: *hello }),
        Some(FromShield::Failed { message, .. }) => Err(Error::new(ErrorId::BackendFailed, message)),
        _ => Err(Error::new(ErrorId::BackendFailed, "the display's shield does not introduce itself")),
    }
}

/// The unit's properties (`systemd.exec(5)`, `systemd.service(5)`). A shield reads what an X server of a
/// user's says: it has no right that it could lose to it.
fn unit(program: &Path, display: u32) -> Vec<Property<'static>> {
    let program = program.to_string_lossy().into_owned();
    let command = vec![(program.clone(), vec![program], false)];
    let text = |value: &str| Variant::from(value.to_owned());
    let list = |values: &[&str]| Variant::from(values.iter().map(|v| (*v).to_owned()).collect::<Vec<String>>());
    let only = |values: &[&str]| Variant::from((true, values.iter().map(|v| (*v).to_owned()).collect::<Vec<String>>()));
    vec![
        ("Description", Variant::from(format!("usher's shield of display :{display}"))),
        ("ExecStart", Variant::from(command)),
        ("Type", text("exec")),
        // Two processes hold the display; the one that is left starts another.
        ("ExitType", text("cgroup")),
        ("CollectMode", text("inactive-or-failed")),
        ("User", text(USER)),
        ("OOMScoreAdjust", Variant::from(-900i32)),
        ("TasksMax", Variant::from(16u64)),
        ("UMask", Variant::from(0o077u32)),
        ("NoNewPrivileges", Variant::from(true)),
        ("CapabilityBoundingSet", Variant::from(0u64)),
        ("ProtectSystem", text("strict")),
        ("ProtectHome", text("yes")),
        ("PrivateDevices", Variant::from(true)),
        ("ProtectKernelTunables", Variant::from(true)),
        ("ProtectKernelModules", Variant::from(true)),
        ("ProtectControlGroups", Variant::from(true)),
        ("ProtectClock", Variant::from(true)),
        ("RestrictNamespaces", Variant::from(0u64)),
        ("RestrictRealtime", Variant::from(true)),
        ("RestrictSUIDSGID", Variant::from(true)),
        ("LockPersonality", Variant::from(true)),
        ("MemoryDenyWriteExecute", Variant::from(true)),
        ("RestrictAddressFamilies", only(&["AF_UNIX"])),
        ("SystemCallFilter", only(&["@system-service"])),
        ("SystemCallArchitectures", list(&["native"])),
    ]
}
