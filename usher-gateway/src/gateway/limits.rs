//! Limits for one address, one identity and all callers together, so that nobody takes the places of others.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;
use usher_core::request::IdentityName;

use super::config::GatewaySettings;

/// Connections at once that have not shown yet who they are: those who say nothing take no place of the others'.
const HANDSHAKES: usize = 1024;
/// Requests at once to usherd, which gives this gateway 256 connections.
const REQUESTS: usize = 240;
/// Tokens at once that usherd is asked about: who has not joined yet takes no place of those who have.
const JOINS: usize = 8;

/// Every limit.
#[derive(Debug)]
pub struct Limits {
    /// Connections.
    pub connections: Arc<Semaphore>,
    /// Connections that are still in their handshake.
    pub handshakes: Arc<Semaphore>,
    /// Requests of identities to usherd.
    pub requests: Arc<Semaphore>,
    /// Requests to usherd of those who bring a token.
    pub joins: Arc<Semaphore>,
    /// Connections by address.
    pub addresses: Counts<IpAddr>,
    /// Requests by identity.
    pub identities: Counts<IdentityName>,
}

impl Limits {
    /// The limits that the settings give.
    pub fn new(settings: &GatewaySettings) -> Self {
        let connections = usize::try_from(settings.connections).unwrap_or(Semaphore::MAX_PERMITS);
        Limits {
            connections: Arc::new(Semaphore::new(connections)),
            handshakes: Arc::new(Semaphore::new(HANDSHAKES)),
            requests: Arc::new(Semaphore::new(REQUESTS)),
            joins: Arc::new(Semaphore::new(JOINS)),
            addresses: Counts::new(settings.connections_per_address),
            identities: Counts::new(settings.requests_per_identity),
        }
    }
}

/// How many of something each has.
#[derive(Debug)]
pub struct Counts<K> {
    most: u32,
    taken: Arc<Mutex<HashMap<K, u32>>>,
}

/// One of something. Dropped, it makes room for another.
#[derive(Debug)]
pub struct Slot<K: Eq + Hash> {
    key: K,
    taken: Arc<Mutex<HashMap<K, u32>>>,
}

impl<K: Eq + Hash + Clone> Counts<K> {
    fn new(most: u32) -> Self {
        Counts { most, taken: Arc::default() }
    }

    /// One more, if there may be one more.
    pub fn take_slot(&self, key: &K) -> Option<Slot<K>> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.get(key).copied().unwrap_or_default();
        (count < self.most).then(|| {
            taken.insert(key.clone(), count + 1);
            Slot { key: key.clone(), taken: Arc::clone(&self.taken) }
        })
    }
}

impl<K: Eq + Hash> Drop for Slot<K> {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.key);
            }
        }
    }
}

/// The address that a caller counts for: an IPv4 address however it is written, or an IPv6 network of 64 bits.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_own_places_and_gives_them_back() {
        let counts: Counts<u8> = Counts::new(2);
        let first = counts.take_slot(&1);
        let second = counts.take_slot(&1);
        assert!(
            first.is_some() && second.is_some() && counts.take_slot(&1).is_none() && counts.take_slot(&2).is_some()
        );
        drop(first);
        assert!(counts.take_slot(&1).is_some());
        drop(second);
        assert!(counts.taken.lock().unwrap().is_empty());
    }

    #[test]
    fn a_network_counts_as_one() {
        let same = |a: &str, b: &str| network(a.parse().unwrap()) == network(b.parse().unwrap());
        assert!(same("fd00::1", "fd00::ffff:2") && !same("fd00::1", "fd00:0:0:1::1"));
        assert!(same("10.0.0.1", "::ffff:10.0.0.1") && !same("10.0.0.1", "10.0.0.2"));
    }
}
