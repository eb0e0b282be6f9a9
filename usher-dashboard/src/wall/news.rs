//! What one page is told: the difference between what it knows and what is known. A page that reads slowly is told less
//! often, and there is never a queue.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::watch;
use usher_core::session::Session;

use super::Wall;

/// How often a page is told something at most.
const PAUSE: Duration = Duration::from_millis(100);

/// The place of a session on the wall: its host's, and its ID.
type TileKey = (usize, u32);

/// What one page knows.
pub struct News {
    wall: Arc<Wall>,
    changes: watch::Receiver<u64>,
    begun: bool,
    /// Hosts and sessions as they were told.
    hosts: HashMap<usize, String>,
    tiles: HashMap<TileKey, Session>,
    /// How often their screens had changed.
    screens: HashMap<TileKey, u64>,
}

/// What changed.
#[derive(Debug, Default, Serialize)]
struct Difference {
    /// What was told on another stream counts no more.
    first: bool,
    hosts: Vec<serde_json::Value>,
    tiles: Vec<ToldTile>,
    gone: Vec<TileKey>,
    /// The sessions whose screens show something else than before.
    screens: Vec<TileKey>,
}

#[derive(Debug, Serialize)]
struct ToldTile {
    host: usize,
    session: Session,
}

impl News {
    pub(super) fn new(wall: Arc<Wall>) -> Self {
        wall.viewers.fetch_add(1, Ordering::Relaxed);
        let changes = wall.changes.subscribe();
        News { wall, changes, begun: false, hosts: HashMap::new(), tiles: HashMap::new(), screens: HashMap::new() }
    }

    /// The next news as JSON, once there are any.
    pub async fn next(&mut self) -> String {
        loop {
            if self.begun {
                // Whoever sends changes is kept by `wall`.
                let _ = self.changes.changed().await;
                tokio::time::sleep(PAUSE).await;
            }
            self.changes.mark_unchanged();
            let first = !std::mem::replace(&mut self.begun, true);
            let difference = Difference { first, ..self.difference() };
            if first || !difference.is_empty() {
                return serde_json::to_string(&difference).unwrap_or_default();
            }
        }
    }

    fn difference(&mut self) -> Difference {
        let mut difference = Difference::default();
        let mut there = BTreeSet::new();
        for (index, host) in self.wall.hosts.iter().enumerate() {
            let known = host.known();
            for (id, session) in &known.sessions {
                there.insert((index, *id));
                if self.tiles.get(&(index, *id)) != Some(session) {
                    self.tiles.insert((index, *id), session.clone());
                    difference.tiles.push(ToldTile { host: index, session: session.clone() });
                }
            }
            for (id, count) in &known.changes {
                if self.screens.insert((index, *id), *count) != Some(*count) {
                    difference.screens.push((index, *id));
                }
            }
            let mut told = serde_json::to_value(&*known).unwrap_or_default();
            // A host that is heard says so all the time; only of one that is lost does it matter when.
            if known.reach == super::HostReach::Here {
                told["last_word"] = serde_json::Value::Null;
            }
            told["index"] = index.into();
            let text = told.to_string();
            if self.hosts.get(&index) != Some(&text) {
                self.hosts.insert(index, text);
                difference.hosts.push(told);
            }
        }
        difference.gone = self.tiles.keys().filter(|key| !there.contains(key)).copied().collect();
        for key in &difference.gone {
            self.tiles.remove(key);
            self.screens.remove(key);
        }
        difference
    }
}

impl Difference {
    fn is_empty(&self) -> bool {
        self.hosts.is_empty() && self.tiles.is_empty() && self.gone.is_empty() && self.screens.is_empty()
    }
}

impl Drop for News {
    fn drop(&mut self) {
        self.wall.viewers.fetch_sub(1, Ordering::Relaxed);
    }
}
