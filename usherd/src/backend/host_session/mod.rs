//! Sessions that logind knows: ssh logins, consoles, X11 displays, Wayland compositors. X11 displays
//! are covered by shields, one `usher-shield` each; every kind is closed through logind.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, mpsc};
use usher_core::outcome::Error;
use usher_core::request::ThumbnailSize;
use usher_core::session::{Cover, SessionKey};
use usher_core::sys::cgroup::Membership;
use usher_core::wire::holder::Notice;

use super::{Backend, Covered, Noticed, Observation, changed};
use crate::logind::Login;
use crate::logind::bus::Bus;
use crate::session::{Seen, Target};
use crate::xdisplay;

mod closing;
mod covering;
mod detaching;
mod doubts;
mod freezing;
mod picturing;
mod screen;
mod seen;
mod shield;
use screen::{Screen, Shield};

/// The backend of logind's sessions.
#[derive(Debug, Clone)]
pub struct LoginBackend(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bus: Bus,
    boot_id: String,
    host: String,
    /// Where the shields listen.
    directory: PathBuf,
    /// Every lock stops the user's other processes.
    always_freeze: bool,
    noticed: mpsc::UnboundedSender<Noticed>,
    state: Mutex<State>,
    seq: AtomicU64,
    /// Woken when displays may have come or gone.
    displays_changed: Arc<Notify>,
}

/// What is known of logins and their displays.
#[derive(Debug, Default)]
struct State {
    /// By session ID.
    logins: BTreeMap<u32, Known>,
    /// By the display's number and its server's process.
    screens: BTreeMap<(u32, u32), Screen>,
    /// Where the clients of xrdp's connections are, by the inode of the X server's end.
    xrdp_clients: BTreeMap<u64, Option<IpAddr>>,
    /// The users who have more sockets that may be displays' than are looked at.
    beyond: BTreeSet<u32>,
    /// What the registry was last told of each session: only what is new is told.
    told: BTreeMap<u32, (Seen, Option<(String, Timestamp)>)>,
}

#[derive(Debug, Clone)]
struct Known {
    login: Login,
    key: SessionKey,
}

impl State {
    /// The session that a display belongs to.
    fn session_of(&self, membership: &Membership) -> Option<u32> {
        match membership {
            Membership::Session(native) => {
                self.logins.iter().find(|(_, k)| k.login.native_id == *native).map(|(id, _)| *id)
            }
            // Servers that a user's service manager runs belong to the session that shows them: the one
            // without a terminal, if there is one.
            Membership::UserManager(uid) => {
                let mut own: Vec<_> = self.logins.iter().filter(|(_, k)| k.login.uid == *uid).collect();
                own.sort_by_key(|(_, k)| k.login.has_terminal());
                own.first().map(|(id, _)| **id)
            }
            Membership::Other => None,
        }
    }

    /// Puts displays into the sessions that they belong to, those that began earlier first, and says which of them want a
    /// shield now. A user's displays beyond a number get none.
    fn place(&mut self) -> Vec<(u32, u32)> {
        let mut order: Vec<_> =
            self.screens.iter().map(|(place, screen)| (screen.display.server.start, *place)).collect();
        order.sort_unstable();
        let mut counts: BTreeMap<(u32, bool), usize> = BTreeMap::new();
        let mut arm = Vec::new();
        for (_, place) in order {
            let session = self.screens.get(&place).and_then(|screen| self.session_of(&screen.display.membership));
            let Some(screen) = self.screens.get_mut(&place) else { continue };
            let new = screen.session.is_none() && session.is_some();
            if new {
                screen.session = session;
            }
            if screen.session.is_none() {
                continue;
            }
            // Whatever else listens costs no X server its place.
            let count = counts.entry((screen.display.server_uid, screen.display.is_known())).or_default();
            *count += 1;
            match screen.shield {
                Shield::Absent(_) | Shield::Beyond if *count > screen::MOST => screen.shield = Shield::Beyond,
                Shield::Beyond => {
                    screen.shield = Shield::Absent("it was not started yet".to_owned());
                    arm.push(place);
                }
                Shield::Absent(_) if new => arm.push(place),
                Shield::Absent(_) | Shield::Arming | Shield::Held { .. } => {}
            }
        }
        arm
    }

    /// The screens of a session that a shield covers.
    fn screens_of(&self, id: u32) -> impl Iterator<Item = &Screen> {
        self.screens.values().filter(move |screen| screen.session == Some(id))
    }
}

impl LoginBackend {
    /// Has a unit of the service manager started now and at every boot.
    ///
    /// # Errors
    /// The service manager refuses, or does not answer.
    pub async fn enable_and_start(&self, unit: &str) -> Result<(), Error> {
        self.0.bus.enable_and_start(unit).await
    }

    /// The backend of a daemon whose shields listen in `directory`; `noticed` takes its news.
    ///
    /// # Errors
    /// This usherd was built without it.
    pub fn open(
        (boot_id, host): (String, String),
        directory: PathBuf,
        always_freeze: bool,
        noticed: mpsc::UnboundedSender<Noticed>,
    ) -> Result<Self, Error> {
        Ok(LoginBackend(Arc::new(Inner {
            bus: Bus::default(),
            boot_id,
            host,
            directory,
            always_freeze,
            noticed,
            state: Mutex::default(),
            seq: AtomicU64::new(1),
            displays_changed: Arc::new(Notify::new()),
        })))
    }

    /// Begins to follow logind and the displays. What they say comes as news.
    pub fn start(&self) {
        let (listener, mut changes) = mpsc::channel(1);
        tokio::spawn(crate::logind::follow::follow(self.0.bus.clone(), listener));
        let noticed = self.0.noticed.clone();
        tokio::spawn(async move {
            while let Some(change) = changes.recv().await {
                let (known, taken_in) = tokio::sync::oneshot::channel();
                // The daemon stops listening only when it stops.
                let _ = noticed.send(Noticed::Logins(change));
                let _ = noticed.send(Noticed::Barrier(known));
                // One after the other: what logind tells meanwhile becomes one change.
                let _ = taken_in.await;
            }
        });
        xdisplay::watch::watch(Arc::clone(&self.0.displays_changed));
        let backend = self.clone();
        tokio::spawn(async move {
            loop {
                backend.0.displays_changed.notified().await;
                backend.find_displays().await;
                // A server that has only just begun to listen may not have its place yet.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
    }

    /// What makes a login the same session.
    pub fn key(&self, login: &Login) -> SessionKey {
        login.key(&self.0.boot_id)
    }

    /// A login that is on the books, or what is now known of it.
    pub fn know(&self, id: u32, login: Login) {
        let key = self.key(&login);
        let new = self.state().logins.insert(id, Known { login, key }).is_none();
        if new {
            let arm = self.state().place();
            arm.into_iter().for_each(|place| self.arm(place));
            self.look_for_displays();
        }
        self.report(id);
    }

    /// Has displays looked for soon.
    pub fn look_for_displays(&self) {
        self.0.displays_changed.notify_one();
    }

    /// A login is gone.
    pub fn forget(&self, id: u32) {
        let mut state = self.state();
        state.logins.remove(&id);
        state.told.remove(&id);
        // Their servers may live on for a moment: their shields hold until they end.
        state.screens.values_mut().filter(|screen| screen.session == Some(id)).for_each(|screen| screen.session = None);
    }

    /// The session that a process of this control group sits in: more than one where several sessions
    /// share a user's service manager, because nobody can tell which of them it is.
    pub fn sessions_of_group(&self, group: &str) -> Vec<u32> {
        let state = self.state();
        let own: Vec<u32> = match usher_core::sys::cgroup::membership(group) {
            Membership::Session(native) => {
                state.logins.iter().filter(|(_, k)| k.login.native_id == native).map(|(id, _)| *id).collect()
            }
            Membership::UserManager(uid) => {
                state.logins.iter().filter(|(_, k)| k.login.uid == uid).map(|(id, _)| *id).collect()
            }
            Membership::Other => Vec::new(),
        };
        own
    }

    /// The address from which the login that a control group belongs to came by ssh, if it did.
    pub fn ssh_origin(&self, group: &str) -> Option<String> {
        let Membership::Session(native) = usher_core::sys::cgroup::membership(group) else { return None };
        let state = self.state();
        let login = &state.logins.values().find(|known| known.login.native_id == native)?.login;
        login.remote.clone().filter(|_| login.kind == usher_core::session::Kind::Ssh)
    }

    /// Looks for displays that came or went, beside the daemon's other work; whether that could be done.
    pub async fn find_displays(&self) -> bool {
        let found = match tokio::task::spawn_blocking(xdisplay::find).await {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => {
                tracing::warn!("displays cannot be looked for: {error}");
                return false;
            }
            Err(error) => {
                tracing::error!("displays cannot be looked for: {error}");
                return false;
            }
        };
        let mut changed = Vec::new();
        let arm = {
            let mut state = self.state();
            state.screens.retain(|_, screen| {
                let gone = screen.display.server.is_gone();
                changed.extend(screen.session.filter(|_| gone));
                !gone
            });
            for display in found.displays.into_iter().filter(|display| !display.is_xwayland()) {
                // A server that listens under a second number since is no second display.
                let known = state.screens.values().any(|screen| screen.display.server == display.server);
                if !known {
                    state.screens.insert((display.number, display.server.pid), Screen::new(display));
                }
            }
            state.beyond = found.beyond;
            let arm = state.place();
            changed.extend(arm.iter().filter_map(|place| state.screens.get(place)?.session));
            arm
        };
        arm.into_iter().for_each(|place| self.arm(place));
        changed.into_iter().for_each(|id| self.report(id));
        true
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, noticed: Noticed) {
        // The daemon stops listening only when it stops.
        let _ = self.0.noticed.send(noticed);
    }

    fn next_seq(&self) -> u64 {
        self.0.seq.fetch_add(1, Ordering::Relaxed)
    }

    /// The login, if it still is the one that was planned for.
    fn login(&self, target: &Target) -> Result<Login, Error> {
        match self.state().logins.get(&target.id) {
            Some(known) if known.key == target.key => Ok(known.login.clone()),
            _ => Err(changed(target)),
        }
    }
}

impl Backend for LoginBackend {
    fn cover(&self, target: &Target, covers: Vec<Cover>) -> Observation<Covered> {
        covering::cover(self, target, covers)
    }

    fn disconnect(&self, target: &Target, _by: &str) -> Observation<()> {
        detaching::disconnect(self, target)
    }

    fn announce(&self, target: &Target, notice: Notice) -> Result<(), Error> {
        let login = self.login(target)?;
        closing::announce(self, target.id, &login, notice);
        Ok(())
    }

    fn close(&self, target: &Target, _by: &str, grace: Duration) -> Observation<bool> {
        closing::close(self, target, grace)
    }

    fn picture(&self, target: &Target, size: ThumbnailSize) -> Observation<Vec<u8>> {
        picturing::picture(self, target, size)
    }
}
