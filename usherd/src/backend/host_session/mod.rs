//! Sessions that logind knows: ssh logins, consoles, X11 displays, Wayland compositors. X11 displays
//! are covered by shields, one `usher-shield` each; every kind is closed through logind.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::{Notify, mpsc};
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::ThumbnailQuery;
use usher_core::session::{Cover, Kind, SessionKey};
use usher_core::sys::cgroup::Membership;
use usher_core::wire::holder::Notice;

use super::{
    Covered, Covering, Displays, Ending, HostSessions, Logins, Noticed, Observation, Seating, Showing, changed,
};
use crate::logind::Login;
pub use crate::logind::bus::Bus;
use crate::session::{Seen, Target};
use crate::xdisplay::managed::SeatPlace;
use crate::xdisplay::{self, Display};

mod admission;
mod closing;
mod compositors;
mod covering;
mod crowding;
mod detaching;
mod doubts;
mod freezing;
mod guarding;
mod interface;
mod introduction;
mod mechanism;
mod only_usher;
mod screen;
mod seats;
mod seen;
mod shield;
mod shield_unit;
#[cfg(test)]
mod tests;
mod thumbnail;
mod word;
pub(crate) use freezing::thaw_everybody;
pub(crate) use guarding::give_everything_back;
use screen::DisplayState;
pub(crate) use seats::give_seats_back;
pub(crate) use word::release_record;

/// The backend of a daemon whose shields and guards listen in these two directories; `noticed` takes its news.
///
/// # Errors
/// This usherd was built without it.
pub fn open(
    who: (String, String),
    directories: (PathBuf, PathBuf),
    always_freeze: bool,
    noticed: mpsc::UnboundedSender<Noticed>,
    bus: Bus,
) -> Result<Arc<dyn HostSessions>, Error> {
    Ok(Arc::new(HostSessionBackend::new(who, directories, always_freeze, noticed, bus)))
}

/// The backend of logind's sessions.
#[derive(Debug, Clone)]
pub struct HostSessionBackend(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bus: Bus,
    boot_id: String,
    host: String,
    /// Where the shields listen.
    directory: PathBuf,
    /// Where the guards listen.
    guards: PathBuf,
    /// Every lock stops the user's other processes.
    always_freeze: bool,
    noticed: mpsc::UnboundedSender<Noticed>,
    state: Mutex<State>,
    freezes: Mutex<freezing::Freezes>,
    seq: AtomicU64,
    /// Woken when displays may have come or gone.
    displays_changed: Arc<Notify>,
}

/// The known logins and their displays.
#[derive(Debug, Default)]
struct State {
    /// By session ID.
    logins: BTreeMap<u32, Known>,
    /// By the display's number and its server's process.
    screens: BTreeMap<(u32, u32), DisplayState>,
    /// By session ID: those that were ever ordered something.
    guards: BTreeMap<u32, guarding::GuardState>,
    /// By logind's name: those at which somebody was ever logged in.
    seats: BTreeMap<String, seats::SeatState>,
    /// Wardens get ready from now on.
    readies_seats: bool,
    /// Where the clients of xrdp's connections are, by the inode of the X server's end.
    xrdp_clients: BTreeMap<u64, Option<IpAddr>>,
    /// The users who have more sockets that may be displays' than are looked at.
    beyond: BTreeSet<u32>,
    /// The same of sockets that may be compositors'.
    compositors_beyond: BTreeSet<u32>,
    /// The users whose compositors are being looked for.
    looking: BTreeSet<u32>,
    /// The last report to the registry about each session: only changes are reported.
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

    /// The session at the place where a display manager's X server stands. Where a seat has no terminals to tell its sessions apart, there
    /// has to be no more than one.
    fn session_at(&self, place: &SeatPlace) -> Option<u32> {
        let is_there = |login: &Login| {
            let at_place = login.seat.as_deref() == Some(&place.seat) && login.terminal == place.terminal;
            at_place && login.kind == Kind::X11 && !login.closing && place.let_in(login.leader)
        };
        let mut there = self.logins.iter().filter(|(_, known)| is_there(&known.login));
        there.next().filter(|_| there.next().is_none()).map(|(id, _)| *id)
    }

    /// The session that a display shows.
    fn session_on(&self, display: &Display) -> Option<u32> {
        self.session_of(&display.membership).or_else(|| self.session_at(display.place.as_ref()?))
    }

    /// Puts displays into the sessions that they belong to, and says which of them want a shield now.
    fn place(&mut self) -> Vec<(u32, u32)> {
        let homeless = self.screens.iter().filter(|(_, screen)| screen.session.is_none());
        let found: Vec<_> =
            homeless.filter_map(|(place, screen)| Some((*place, self.session_on(&screen.display)?))).collect();
        for (place, session) in &found {
            if let Some(screen) = self.screens.get_mut(place) {
                screen.session = Some(*session);
            }
        }
        found.into_iter().map(|(place, _)| place).collect()
    }

    /// The screens of a session that a shield covers.
    fn screens_of(&self, id: u32) -> impl Iterator<Item = &DisplayState> {
        self.screens.values().filter(move |screen| screen.session == Some(id))
    }
}

impl HostSessionBackend {
    fn new(
        (boot_id, host): (String, String),
        (directory, guards): (PathBuf, PathBuf),
        always_freeze: bool,
        noticed: mpsc::UnboundedSender<Noticed>,
        bus: Bus,
    ) -> Self {
        HostSessionBackend(Arc::new(Inner {
            bus,
            boot_id,
            host,
            directory,
            guards,
            always_freeze,
            noticed,
            state: Mutex::default(),
            freezes: Mutex::default(),
            seq: AtomicU64::new(1),
            displays_changed: Arc::new(Notify::new()),
        }))
    }

    /// Begins to follow logind and the displays, and reports their changes.
    fn start(&self) {
        self.begin_freezing();
        self.hear_of_freed_seats();
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
            let places = || backend.state().screens.keys().copied().collect::<BTreeSet<_>>();
            let mut fruitless = 0u32;
            loop {
                let awaits = backend.awaits_compositor();
                let soon = if awaits { compositors::SOON } else { Duration::MAX };
                let _ = tokio::time::timeout(soon, backend.0.displays_changed.notified()).await;
                let before = places();
                backend.find_displays().await;
                drop(backend.look_for_compositors().await);
                fruitless = if awaits || places() != before { 0 } else { fruitless.saturating_add(1) };
                // A server that has only just begun to listen may not have its place yet.
                tokio::time::sleep(xdisplay::watch::rest_after(fruitless)).await;
            }
        });
    }

    /// Adds a login that is on the books, or updates it.
    fn know(&self, id: u32, login: Login) {
        let key = self.key(&login);
        let known = Known { login: login.clone(), key };
        let new = self.state().logins.insert(id, known).is_none();
        if new {
            self.freeze_knows(id, &login);
            let arm = self.state().place();
            arm.into_iter().for_each(|place| self.arm(place));
            self.look_for_displays();
            self.ready_seat(id, login);
        }
        self.report(id);
    }

    /// Has displays looked for soon.
    fn look_for_displays(&self) {
        self.0.displays_changed.notify_one();
    }

    /// Removes a login that is gone.
    fn forget(&self, id: u32) {
        let mut state = self.state();
        let known = state.logins.remove(&id);
        state.told.remove(&id);
        // Their servers may live on for a moment: their shields hold until they end.
        state.screens.values_mut().filter(|screen| screen.session == Some(id)).for_each(|screen| screen.session = None);
        drop(state);
        // Where it stood, the one that is left may be the only one now.
        self.look_for_displays();
        if let Some(known) = known {
            self.guard_forgets(id, &known.login.native_id);
            self.seat_forgets(id, &known.login);
            self.freeze_forgets(id, known.login.uid);
        }
    }

    /// The session that a process of this control group sits in: more than one where several sessions
    /// share a user's service manager, because nobody can tell which of them it is.
    fn sessions_of_group(&self, group: &str) -> Vec<u32> {
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
    fn ssh_origin(&self, group: &str) -> Option<String> {
        let Membership::Session(native) = usher_core::sys::cgroup::membership(group) else { return None };
        let state = self.state();
        let login = &state.logins.values().find(|known| known.login.native_id == native)?.login;
        login.remote.clone().filter(|_| login.kind == usher_core::session::Kind::Ssh)
    }

    /// Looks for displays that came or went, beside the daemon's other work; whether that could be done.
    async fn find_displays(&self) -> bool {
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
            // What a compositor listens on for X11 programs is Xwayland's before that was started.
            let own = |display: &Display| !display.is_xwayland() && !xdisplay::wayland::is_compositor(&display.program);
            for display in found.displays.into_iter().filter(own) {
                // A server that listens under a second number since is no second display.
                let known = state.screens.values().any(|screen| screen.display.server == display.server);
                if !known {
                    state.screens.insert((display.number, display.server.pid), DisplayState::new(display));
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
