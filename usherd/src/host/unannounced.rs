//! Sessions that are on the books and whose beginning nobody was told yet: it is told before their end, however soon
//! that comes.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The sessions.
#[derive(Debug, Default)]
pub(crate) struct Unannounced(Mutex<BTreeSet<u32>>);

impl Unannounced {
    /// This session begins.
    pub(crate) fn add(&self, id: u32) {
        self.ids().insert(id);
    }

    /// Whether its beginning is still to be told. It is the caller's to tell then, and nobody else's.
    pub(crate) fn take(&self, id: u32) -> bool {
        self.ids().remove(&id)
    }

    fn ids(&self) -> MutexGuard<'_, BTreeSet<u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
