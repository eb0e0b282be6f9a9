//! One host as its daemon knows it: everything that a request is judged by and carried out with.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::Notify;
use usher_core::clock;
use usher_core::outcome::Error;
use usher_core::session::{Kind, Session};

use crate::backend::{Backend, HostSessions, TextSessions};
use crate::paths::Mode;
use crate::session::{Change, Registry, Target, Tracked};
use crate::store::{Attempt, OpenRecord, Store, Urgency};

mod complaints;
mod condition;
pub mod events;
mod fresh;
pub mod gateway;
#[cfg(test)]
pub(crate) mod lab;
pub mod login_rules;
pub mod looks;
pub mod metrics;
pub mod patience;
pub mod places;
mod releases;
pub mod screens;
pub mod settings;
pub mod thumbnails;
mod unannounced;
mod waiting;
pub mod watchers;
pub mod web;

use complaints::Complaints;
use condition::LastLook;
use events::Events;
use gateway::GatewayService;
use looks::OngoingLooks;
use metrics::Metrics;
use releases::Releases;
use screens::AwaitedScreens;
use settings::Settings;
use thumbnails::ThumbnailRoom;
use unannounced::Unannounced;
use waiting::EndWaiters;
use watchers::Watchers;
use web::WebService;

/// How the daemon runs on its host.
pub struct DaemonProcess {
    /// The kernel's boot ID.
    pub boot_id: String,
    /// The uid the daemon runs as: in `--user` mode the only one it serves, besides root.
    pub uid: u32,
    /// That uid's name.
    pub user: String,
    /// The soft limit of open descriptors that sessions begin with.
    pub open_files: Option<u64>,
    /// Whose sessions the daemon controls.
    pub mode: Mode,
    /// Where the daemon answers.
    pub socket: PathBuf,
    /// Since when it runs.
    pub since: Timestamp,
}

/// A host and its daemon's parts.
pub struct Host {
    /// The name that the host gives itself.
    pub name: String,
    /// How the daemon runs on it.
    pub daemon: DaemonProcess,
    /// What the configuration says.
    pub settings: Settings,
    /// What lasts.
    pub store: Store,
    /// What was last seen of the daemon's own parts.
    condition: LastLook,
    /// Text sessions.
    pub text: Arc<dyn TextSessions>,
    /// logind's sessions, in system mode.
    pub host_sessions: Option<Arc<dyn HostSessions>>,
    /// Counters for `/metrics`.
    pub metrics: Metrics,
    /// Held while something is decided, written and ordered, so that two requests have one order.
    /// Seeing the effect needs no order and happens after.
    pub order: tokio::sync::Mutex<()>,
    /// Wakes the reconcile loop.
    pub wake: Notify,
    /// Those who wait for a session's end.
    waiting: EndWaiters,
    /// Sessions whose beginning is still to be told.
    pub(crate) unannounced: Unannounced,
    /// The releases that were taken note of.
    pub(crate) releases: Releases,
    /// What was last wrong with each session, so that it is said once.
    pub(crate) complaints: Arc<Complaints>,
    last_groups: fresh::LastGroups,
    group_trouble: Complaints,
    /// The service that speaks for remote identities.
    pub gateway: GatewayService,
    /// Who is signed in on the host's web page.
    pub web: WebService,
    /// Places for those who watch.
    pub watchers: Watchers,
    /// Room for thumbnails.
    pub thumbnails: ThumbnailRoom,
    /// Looks that go on.
    pub looks: OngoingLooks,
    /// Screens whose next change somebody waits for.
    pub screens: AwaitedScreens,
    /// When somebody last looked at the stations.
    stations_seen: Mutex<Option<Instant>>,
    registry: Mutex<Registry>,
    events: Events,
    last_session_id: AtomicU32,
    last_station_id: AtomicU32,
}

impl Host {
    /// A host whose sessions, locks and rules known so far are in the registry.
    pub fn new(
        daemon: DaemonProcess,
        settings: Settings,
        store: Store,
        text: Arc<dyn TextSessions>,
        host_sessions: Option<Arc<dyn HostSessions>>,
        gateway: GatewayService,
        registry: Registry,
    ) -> Self {
        Host {
            name: host_name(),
            daemon,
            settings,
            store,
            text,
            host_sessions,
            condition: LastLook::default(),
            metrics: Metrics::default(),
            order: tokio::sync::Mutex::new(()),
            wake: Notify::new(),
            waiting: EndWaiters::default(),
            unannounced: Unannounced::default(),
            releases: Releases::default(),
            complaints: Arc::default(),
            last_groups: Default::default(),
            group_trouble: Complaints::default(),
            gateway,
            web: WebService::default(),
            watchers: Watchers::default(),
            thumbnails: ThumbnailRoom::default(),
            looks: OngoingLooks::default(),
            screens: AwaitedScreens::default(),
            stations_seen: Mutex::default(),
            registry: Mutex::new(registry),
            events: Events::default(),
            last_session_id: AtomicU32::new(0),
            last_station_id: AtomicU32::new(0),
        }
    }

    /// The sessions and rules. Never held across an await.
    pub fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The backend of a kind of session.
    pub fn backend(&self, kind: Kind) -> Option<&dyn Backend> {
        match kind {
            Kind::Text => Some(&*self.text),
            Kind::Ssh | Kind::Console | Kind::X11 | Kind::Wayland => {
                self.host_sessions.as_deref().map(|sessions| sessions as &dyn Backend)
            }
        }
    }

    /// An ID that no session had.
    pub fn next_session_id(&self) -> u32 {
        self.last_session_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Sees to it that numbers up to this one are not given again.
    pub fn session_ids_beyond(&self, id: u32) {
        self.last_session_id.fetch_max(id, Ordering::Relaxed);
    }

    /// A number for a new station.
    pub fn next_station_id(&self) -> u32 {
        self.last_station_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Sees to it that numbers up to this one are not given again.
    pub fn station_ids_beyond(&self, id: u32) {
        self.last_station_id.fetch_max(id, Ordering::Relaxed);
    }

    /// Writes changes to the disk, then to the registry. Called with [`order`](Self::order) held.
    ///
    /// # Errors
    /// Nothing was changed.
    pub async fn commit(
        &self,
        changes: Vec<Change>,
        attempt: Option<Attempt>,
        urgency: Urgency,
    ) -> Result<Option<OpenRecord>, Error> {
        let record = self.store.commit(changes.clone(), attempt, urgency).await?;
        {
            let mut registry = self.registry();
            changes.iter().for_each(|change| registry.apply(change));
        }
        if changes.iter().any(Change::concerns_logins) {
            self.publish_login_rules().await;
        }
        Ok(record)
    }

    /// Orders the session's backend to show what locks and rules now say.
    pub fn cover_as_desired(&self, target: &Target) -> crate::backend::Observation<crate::backend::Covered> {
        let (covers, kind) = {
            let registry = self.registry();
            (registry.covers(target.id, clock::now()), registry.get(target.id).map(|s| s.kind))
        };
        match kind.and_then(|kind| self.backend(kind)) {
            Some(backend) => backend.cover(target, covers),
            None => Box::pin(std::future::ready(Err(gone_meanwhile(target.id)))),
        }
    }

    /// A session as callers see it now.
    pub fn present(&self, id: u32) -> Option<Session> {
        let registry = self.registry();
        registry.get(id).map(|session| self.present_in(&registry, session))
    }

    /// The same, where the registry is held already.
    pub fn present_in(&self, registry: &Registry, session: &Tracked) -> Session {
        registry.present(session, &self.name, clock::now())
    }
}

/// The session ended between the plan and the act.
pub fn gone_meanwhile(id: u32) -> Error {
    Error::new(usher_core::outcome::ErrorId::SessionChanged, format!("session {id} ended meanwhile"))
}

/// The name that the host gives itself (`uname(2)`).
pub fn host_name() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if name.is_empty() { "localhost".to_owned() } else { name }
}
