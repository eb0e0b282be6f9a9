//! Places for those who watch: each holds a connection for as long as it likes, so not all connections are for that.

use tokio::sync::OwnedSemaphorePermit;

use super::places::Places;
use crate::actor::Sight;
use usher_core::per_key::{OneOfKey, PerKey};

/// Watchers at once of whom some see only their own sessions.
const ORDINARY: usize = 96;
/// Watchers at once for whom places are kept: operators and administrators.
const KEPT: usize = 32;
/// Watchers at once of one ordinary user.
const PER_USER: u32 = 8;

/// The places of watchers.
#[derive(Debug)]
pub struct Watchers {
    places: Places,
    of_user: PerKey<u32>,
}

/// A watcher's place. Dropped, it is free.
#[derive(Debug)]
pub struct WatcherPlace {
    _place: OwnedSemaphorePermit,
    _own: Option<OneOfKey<u32>>,
}

impl Default for Watchers {
    fn default() -> Self {
        Watchers { places: Places::new(ORDINARY, KEPT), of_user: PerKey::default() }
    }
}

impl Watchers {
    /// A place for somebody who sees this much, if one is free.
    pub fn place(&self, sight: Sight) -> Option<WatcherPlace> {
        let (own, place) = match sight {
            Sight::All => (None, self.places.kept()),
            Sight::Of(uid) => (Some(self.of_user.take_one(uid, PER_USER)?), self.places.ordinary()),
            Sight::Nothing => (None, self.places.ordinary()),
        };
        Some(WatcherPlace { _place: place?, _own: own })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_many_users_watch_an_operator_can() {
        let watchers = Watchers::default();
        let taken: Vec<_> = (1000..2000).flat_map(|uid| [uid; 9]).map(|uid| watchers.place(Sight::Of(uid))).collect();
        assert_eq!(taken.iter().take(9).flatten().count(), 8, "one user has no more than a user's share");
        assert_eq!(taken.iter().flatten().count(), ORDINARY);
        assert!(watchers.place(Sight::All).is_some());
    }
}
