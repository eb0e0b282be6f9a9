//! Callers who find no place, told to the log once a minute and user: whoever is refused again and again fills no
//! journal.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a user's further refusals are counted before they are told.
const QUIET: Duration = Duration::from_secs(60);
/// The most users that are remembered.
const MOST: usize = 1024;

/// Refusals by uid: when the last was told, and how many came since.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<HashMap<u32, (Instant, u64)>>);

impl Refusals {
    /// Notes that a connection of this user's was refused.
    pub(super) fn note(&self, uid: u32) {
        if let Some(count) = self.due(uid, Instant::now()) {
            tracing::warn!("uid {uid} found no place for {count} connections: too many are open");
        }
    }

    /// How many refusals are to be told now, if any.
    fn due(&self, uid: u32, now: Instant) -> Option<u64> {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() >= MOST {
            told.retain(|_, (at, _)| now.duration_since(*at) < QUIET);
        }
        if let Some((at, count)) = told.get_mut(&uid) {
            if now.duration_since(*at) < QUIET {
                *count += 1;
                return None;
            }
            *at = now;
            return Some(std::mem::take(count) + 1);
        }
        (told.len() < MOST).then(|| {
            told.insert(uid, (now, 0));
            1
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_once_a_minute_with_their_number() {
        let (refusals, begin) = (Refusals::default(), Instant::now());
        assert_eq!(refusals.due(1000, begin), Some(1));
        assert!((0..500).all(|_| refusals.due(1000, begin + QUIET / 2).is_none()));
        assert_eq!(refusals.due(1001, begin), Some(1));
        assert_eq!(refusals.due(1000, begin + QUIET), Some(501));
        assert_eq!(refusals.due(1000, begin + QUIET), None);
    }

    #[test]
    fn many_users_are_not_remembered_for_ever() {
        let (refusals, begin) = (Refusals::default(), Instant::now());
        assert_eq!((0..5000).filter_map(|uid| refusals.due(uid, begin)).count(), MOST);
        assert!(refusals.0.lock().unwrap().len() <= MOST);
        assert_eq!(refusals.due(9000, begin + QUIET), Some(1));
    }
}
