//! A host for unit tests, with a store of its own and fakes in the place of its backends.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::mpsc;
use usher_core::audit::AuditRecord;
use usher_core::clock;
use usher_core::request::AuditQuery;
use usher_core::session::{Kind, SessionKey};

use super::gateway::GatewayService;
use super::settings::Settings;
use super::{DaemonProcess, Host};
use crate::accounts::Groups;
use crate::backend::fake::Fake;
use crate::backend::{HostSessions, Noticed, TextSessions};
use crate::logind::Login;
use crate::paths::Mode;
use crate::session::{Change, Registry, SessionRecord};
use crate::store::{AuditLimits, Store, Urgency};

/// The host, and what a test does to it.
pub(crate) struct Lab {
    /// A host in user mode, whose owner runs the test.
    pub(crate) host: Arc<Host>,
    /// Both of its backends.
    pub(crate) fake: Fake,
    /// What the backends tell.
    pub(crate) news: mpsc::UnboundedReceiver<Noticed>,
    _directory: tempfile::TempDir,
}

impl Lab {
    pub(crate) fn new() -> Lab {
        Lab::with(Settings::default())
    }

    /// The same with these settings.
    pub(crate) fn with(settings: Settings) -> Lab {
        let directory = tempfile::tempdir().expect("a directory");
        let (noticed, news) = mpsc::unbounded_channel();
        let fake = Fake::telling(noticed);
        let (store, _) = Store::open(directory.path(), "boot", AuditLimits::default(), "lab1").expect("a store");
        let daemon = DaemonProcess {
            boot_id: "boot".to_owned(),
            uid: rustix::process::geteuid().as_raw(),
            user: "olga".to_owned(),
            open_files: None,
            mode: Mode::User,
            socket: directory.path().join("s"),
            since: clock::now(),
        };
        let text = Arc::new(fake.clone()) as Arc<dyn TextSessions>;
        let host_sessions = Some(Arc::new(fake.clone()) as Arc<dyn HostSessions>);
        let gateway = GatewayService::new(String::new(), directory.path().to_owned());
        let host = Host::new(daemon, settings, store, text, host_sessions, gateway, Registry::default());
        host.session_ids_beyond(100);
        Lab { host: Arc::new(host), fake, news, _directory: directory }
    }

    /// Puts a text session of alice's on the books.
    pub(crate) async fn session(&self, id: u32) {
        let record = SessionRecord {
            id,
            key: SessionKey {
                boot_id: "boot".to_owned(),
                native_id: format!("u{id}"),
                leader_pid: id,
                leader_start: 7,
            },
            user: "alice".to_owned(),
            uid: 4711,
            since: clock::now(),
            name: None,
            program: "sh".to_owned(),
            kind: Kind::Text,
            groups: Groups::Known(BTreeSet::new()),
        };
        self.commit(Change::SessionOpened(record)).await;
    }

    /// Writes a change.
    pub(crate) async fn commit(&self, change: Change) {
        self.host.commit(vec![change], None, Urgency::Freeing).await.expect("it is written");
    }

    /// The audit log.
    pub(crate) async fn audit(&self) -> Vec<AuditRecord> {
        let page = self.host.store.audit_page(&AuditQuery::default(), 0).await.expect("it is read");
        page.into_iter().map(|(_, record)| record).collect()
    }
}

/// A login of this user's as logind tells it.
pub(crate) fn login(native_id: &str, user: &str) -> Login {
    Login {
        native_id: native_id.to_owned(),
        uid: 4711,
        user: user.to_owned(),
        leader: 1,
        leader_start: 1,
        since: clock::now(),
        kind: Kind::X11,
        by_terminal: false,
        seat: None,
        terminal: 0,
        active: true,
        remote: None,
        tty: None,
        scope: format!("session-{native_id}.scope"),
        closing: false,
        idle_since: None,
        program: "test".to_owned(),
    }
}
