//! Who gets in: so many connections in all and of each user, some of them kept for root, the gateway, administrators
//! and operators.

use tokio::sync::OwnedSemaphorePermit;

use crate::actor::Role;
use crate::host::Host;
use crate::host::places::Places;
use crate::paths::Mode;
use usher_core::per_key::{OneOfKey, PerKey};

/// Connections at once of ordinary users. Those who watch may only take some of them.
const ORDINARY: usize = 896;
/// Connections at once that are kept.
const KEPT: usize = 128;
/// Connections at once of one user who is not root: nobody keeps the others out.
const MOST_PER_USER: u32 = 64;
/// Connections at once of the gateway, and of the web page's service, beside all others. They bound each identity's and
/// each browser's themselves.
const MOST_OF_GATEWAY: u32 = 256;
/// Connections at once of one user for which its role is looked up, because only kept places are free: users who try
/// again and again keep nobody else's from being looked up.
const MOST_LOOKUPS: u32 = 4;

/// The places of connections.
#[derive(Debug)]
pub(super) struct Entrance {
    places: Places,
    of_user: PerKey<u32>,
    lookups: PerKey<u32>,
}

/// A connection's place, or its claim to one that is kept.
pub(super) struct Claim {
    uid: u32,
    own: OneOfKey<u32>,
    found: Claimed,
}

enum Claimant {
    Gateway,
    Privileged,
    /// Whether a user is privileged is looked up only where it matters.
    Anybody,
}

enum Claimed {
    /// Nothing but the user's own share, in which nobody else has a part.
    Own,
    Place(OwnedSemaphorePermit),
    /// Only kept places may be free: whether they are for this caller is to be looked up.
    Lookup(Places, OneOfKey<u32>),
}

/// A connection's place. Dropped, it is free.
pub(super) struct ConnectionPlace {
    _place: Option<OwnedSemaphorePermit>,
    _own: OneOfKey<u32>,
}

impl Default for Entrance {
    fn default() -> Self {
        Entrance { places: Places::new(ORDINARY, KEPT), of_user: PerKey::default(), lookups: PerKey::default() }
    }
}

impl Entrance {
    /// What a new connection of this user's may claim, if anything.
    pub(super) fn claim(&self, host: &Host, uid: u32) -> Option<Claim> {
        // In `--user` mode there is one user, who keeps nobody out.
        let (most, claimant) = match host.daemon.mode {
            Mode::User => (u32::MAX, Claimant::Privileged),
            Mode::System if uid == 0 => (u32::MAX, Claimant::Privileged),
            Mode::System if host.gateway.uid() == Some(uid) || host.web.uid() == Some(uid) => {
                (MOST_OF_GATEWAY, Claimant::Gateway)
            }
            Mode::System => (MOST_PER_USER, Claimant::Anybody),
        };
        let own = self.of_user.take_one(uid, most)?;
        let place = match claimant {
            Claimant::Gateway => return Some(Claim { uid, own, found: Claimed::Own }),
            Claimant::Privileged => self.places.kept(),
            Claimant::Anybody => self.places.ordinary(),
        };
        let found = match (place, claimant) {
            (Some(place), _) => Claimed::Place(place),
            (None, Claimant::Gateway | Claimant::Privileged) => return None,
            (None, Claimant::Anybody) => {
                Claimed::Lookup(self.places.clone(), self.lookups.take_one(uid, MOST_LOOKUPS)?)
            }
        };
        Some(Claim { uid, own, found })
    }
}

impl Claim {
    /// The place, if it is the caller's.
    pub(super) async fn settle(self, host: &Host) -> Option<ConnectionPlace> {
        let place = match self.found {
            Claimed::Own => None,
            Claimed::Place(place) => Some(place),
            Claimed::Lookup(places, _lookup) => {
                let (_, role) = host.look_up_caller(self.uid).await;
                let place = if role >= Role::Operator { places.kept() } else { places.ordinary() };
                Some(place?)
            }
        };
        Some(ConnectionPlace { _place: place, _own: self.own })
    }
}
