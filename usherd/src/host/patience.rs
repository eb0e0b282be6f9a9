//! How long somebody must wait before the next try at a password: longer with each, by user and by address.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Tries of one user that nobody waits for.
const FREE_OF_USER: u32 = 3;
/// Tries from one address that nobody waits for: a room may be behind it.
const FREE_OF_ADDRESS: u32 = 20;
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(60);
/// After how long without a try all is forgotten.
const FORGOTTEN: Duration = Duration::from_secs(900);
/// The most users and addresses that are remembered. Each try takes PAM's time, so that nobody fills this soon.
const MOST: usize = 8192;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Trier {
    User(String),
    Address(IpAddr),
}

#[derive(Debug, Clone, Copy)]
struct Tries {
    count: u32,
    last: Instant,
}

/// The tries of the last quarter of an hour.
#[derive(Debug)]
pub struct SignInPatience {
    tries: Mutex<BTreeMap<Trier, Tries>>,
    most: usize,
}

impl Default for SignInPatience {
    fn default() -> Self {
        SignInPatience { tries: Mutex::default(), most: MOST }
    }
}

impl SignInPatience {
    /// Counts a try of this user's from there, if it is time for one; else for how long it is not. A try that nobody
    /// finishes was one.
    pub fn begin(&self, user: &str, from: IpAddr, now: Instant) -> Duration {
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        tries.retain(|_, one| now.duration_since(one.last) < FORGOTTEN);
        let triers = triers(user, from);
        let wait =
            triers.iter().map(|(trier, free)| tries.get(trier).map_or(Duration::ZERO, |one| one.wait(*free, now)));
        let wait = wait.max().unwrap_or_default();
        if wait > Duration::ZERO {
            return wait;
        }
        for (trier, _) in triers {
            if tries.len() >= self.most && !tries.contains_key(&trier) {
                let oldest = tries.iter().min_by_key(|(_, one)| one.last).map(|(trier, _)| trier.clone());
                oldest.and_then(|oldest| tries.remove(&oldest));
            }
            let one = tries.entry(trier).or_insert(Tries { count: 0, last: now });
            (one.count, one.last) = (one.count.saturating_add(1), now);
        }
        Duration::ZERO
    }

    /// The user was who they said. What others tried from the same address still counts.
    pub fn proved(&self, user: &str, from: IpAddr) {
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        let [(user, _), (address, _)] = triers(user, from);
        tries.remove(&user);
        if let Some(one) = tries.get_mut(&address) {
            one.count = one.count.saturating_sub(1);
        }
    }
}

impl Tries {
    fn wait(self, free: u32, now: Instant) -> Duration {
        let Some(beyond) = self.count.checked_sub(free) else { return Duration::ZERO };
        // Longer than PAM waits by itself.
        let due = Duration::from_secs(4 << beyond.min(6)).min(LONGEST);
        due.saturating_sub(now.duration_since(self.last))
    }
}

fn triers(user: &str, from: IpAddr) -> [(Trier, u32); 2] {
    [(Trier::User(user.to_lowercase()), FREE_OF_USER), (Trier::Address(network(from)), FREE_OF_ADDRESS)]
}

/// One machine has as many addresses of IPv6 as it likes, in one network.
fn network(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).into(),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_try_takes_longer_and_others_do_not_wait() {
        let (patience, start) = (SignInPatience::default(), Instant::now());
        let from = |text: &str| text.parse::<IpAddr>().unwrap();
        for _ in 0..3 {
            assert_eq!(patience.begin("alice", from("10.0.0.1"), start), Duration::ZERO);
        }
        assert_eq!(patience.begin("ALICE", from("10.0.0.2"), start), Duration::from_secs(4), "from anywhere");
        assert_eq!(patience.begin("bob", from("10.0.0.1"), start), Duration::ZERO);
        let mut now = start;
        for seconds in [4, 8, 16, 32, 60, 60] {
            now += Duration::from_secs(seconds);
            assert_eq!(patience.begin("alice", from("10.0.0.2"), now), Duration::ZERO, "{seconds}");
        }
        assert_eq!(patience.begin("alice", from("10.0.0.3"), now), LONGEST);
        assert_eq!(patience.begin("alice", from("10.0.0.3"), now + FORGOTTEN), Duration::ZERO);
    }

    #[test]
    fn who_proves_to_be_it_waits_no_more_and_an_address_still_does() {
        let (patience, now) = (SignInPatience::default(), Instant::now());
        let address = |last: u32| IpAddr::from(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, u16::try_from(last).unwrap()));
        for guess in 0..FREE_OF_ADDRESS {
            assert_eq!(patience.begin(&format!("user{guess}"), address(guess), now), Duration::ZERO);
        }
        assert!(patience.begin("alice", address(99), now) > Duration::ZERO, "a network is one address");
        patience.proved("user0", address(0));
        assert_eq!(patience.begin("alice", address(99), now), Duration::ZERO, "one of them was right");
        assert!(patience.begin("alice", address(99), now) > Duration::ZERO);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (patience, now) = (SignInPatience { most: 100, ..SignInPatience::default() }, Instant::now());
        for guess in 0..200_u32 {
            patience.begin(&format!("user{guess}"), IpAddr::from(guess.to_be_bytes()), now);
        }
        assert_eq!(patience.tries.lock().unwrap().len(), 100);
    }
}
