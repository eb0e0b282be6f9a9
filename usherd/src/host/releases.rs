//! The releases by `usherd --release-all` that the daemon has heard of.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

/// The last release of each session that the daemon has taken note of.
#[derive(Debug, Default)]
pub struct Releases(Mutex<BTreeMap<u32, Timestamp>>);

impl Releases {
    /// Whether this one, or a later one, was taken note of.
    pub fn taken(&self, id: u32, at: Timestamp) -> bool {
        self.known().get(&id).is_some_and(|last| *last >= at)
    }

    /// This one is taken note of.
    pub fn take(&self, id: u32, at: Timestamp) {
        self.known().insert(id, at);
    }

    /// The session is gone.
    pub fn forget(&self, id: u32) {
        self.known().remove(&id);
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<u32, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
