//! What is known of every host and session, and since when. Pages are told what changed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::{Semaphore, watch};
use tokio::task::AbortHandle;
use usher::client::Client;
use usher::client::target::TargetHost;
use usher_core::session::{Rule, Session};

mod bounds;
mod follow;
mod news;

pub use news::News;

/// How many pictures a host makes for us at a time.
const PICTURES_AT_ONCE: usize = 2;

/// Every host, followed for as long as the page is served.
pub struct Wall {
    hosts: Vec<WallHost>,
    /// Counts changes.
    changes: watch::Sender<u64>,
    viewers: AtomicUsize,
    /// What follows the hosts.
    following: Mutex<Vec<AbortHandle>>,
    ended: watch::Sender<bool>,
    /// It is somebody's who signed in, and ends when the host serves them no more.
    of_sign_in: bool,
}

/// One host.
pub struct WallHost {
    target: TargetHost,
    known: Mutex<HeardHost>,
    /// Turns at asking it for pictures.
    pub pictures: Semaphore,
}

/// Whether a host can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HostReach {
    /// It was not heard yet.
    Waiting,
    /// It tells what happens.
    Here,
    /// It does not answer, or not any more.
    Lost,
}

/// What is known of a host.
#[derive(Debug, Clone, Serialize)]
pub struct HeardHost {
    name: String,
    reach: HostReach,
    /// When it was heard last.
    last_word: Option<Timestamp>,
    /// Why it is lost.
    why: Option<String>,
    /// The version of its usherd.
    version: Option<String>,
    /// Its users read on their screens who looks at them.
    tells_looks: bool,
    /// The standing rules; none for who may not see them.
    rules: Option<Vec<Rule>>,
    #[serde(skip)]
    sessions: BTreeMap<u32, Session>,
    /// How often the screen of a session changed after a picture of it.
    #[serde(skip)]
    changes: BTreeMap<u32, u64>,
}

impl Wall {
    /// Follows these hosts from now on.
    pub fn of(targets: Vec<TargetHost>) -> Arc<Self> {
        Wall::new(targets, false)
    }

    /// Follows these hosts, of which the first is this one, for somebody who signed in, for as long as they are.
    pub fn of_sign_in(targets: Vec<TargetHost>) -> Arc<Self> {
        Wall::new(targets, true)
    }

    fn new(targets: Vec<TargetHost>, of_sign_in: bool) -> Arc<Self> {
        let hosts = targets.into_iter().map(WallHost::new).collect();
        let wall = Arc::new(Wall {
            hosts,
            changes: watch::Sender::new(0),
            viewers: AtomicUsize::new(0),
            following: Mutex::default(),
            ended: watch::Sender::new(false),
            of_sign_in,
        });
        for index in 0..wall.hosts.len() {
            let task = tokio::spawn(follow::follow(Arc::clone(&wall), index));
            wall.following.lock().unwrap_or_else(PoisonError::into_inner).push(task.abort_handle());
        }
        wall
    }

    /// Follows no host any more, and tells no page: whoever it was for is signed out.
    pub fn end(&self) {
        self.ended.send_replace(true);
        for task in self.following.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            task.abort();
        }
    }

    /// Whether it was.
    pub fn has_ended(&self) -> bool {
        *self.ended.borrow()
    }

    /// Resolves when it is.
    pub fn ending(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut ended = self.ended.subscribe();
        async move { drop(ended.wait_for(|ended| *ended).await) }
    }

    /// A host by its place.
    pub fn host(&self, index: usize) -> Option<&WallHost> {
        self.hosts.get(index)
    }

    /// What changes from now on, all that is known first, for as long as somebody looks.
    pub fn news(self: &Arc<Self>) -> News {
        News::new(Arc::clone(self))
    }

    fn change(&self, index: usize, change: impl FnOnce(&mut HeardHost)) {
        if let Some(host) = self.hosts.get(index) {
            change(&mut host.known());
            self.changes.send_modify(|count| *count = count.wrapping_add(1));
        }
    }

    /// Nobody looks: nothing needs to be asked for.
    pub fn is_unseen(&self) -> bool {
        self.viewers.load(Ordering::Relaxed) == 0
    }
}

impl WallHost {
    fn new(target: TargetHost) -> Self {
        let name = target.label().map_or_else(own_name, str::to_owned);
        let known = HeardHost {
            name,
            reach: HostReach::Waiting,
            last_word: None,
            why: None,
            version: None,
            tells_looks: false,
            rules: None,
            sessions: BTreeMap::new(),
            changes: BTreeMap::new(),
        };
        WallHost { target, known: Mutex::new(known), pictures: Semaphore::new(PICTURES_AT_ONCE) }
    }

    /// Asks its daemon.
    pub fn client(&self) -> &Client {
        &self.target.client
    }

    /// How the caller called it, else its own name.
    pub fn name(&self) -> String {
        self.known().name.clone()
    }

    fn known(&self) -> MutexGuard<'_, HeardHost> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn own_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
