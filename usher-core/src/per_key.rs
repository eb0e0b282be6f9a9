//! How many of something each user, or each address, has, and no more than a number of them.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// How many each has.
#[derive(Debug)]
pub struct PerKey<K: Eq + Hash>(Arc<Mutex<HashMap<K, u32>>>);

/// One of those that somebody has. Dropped, it makes room for another.
#[derive(Debug)]
pub struct OneOfKey<K: Eq + Hash> {
    counts: PerKey<K>,
    key: K,
}

impl<K: Eq + Hash + Clone> PerKey<K> {
    /// One more for this key, if it has fewer than the most.
    pub fn take_one(&self, key: K, most: u32) -> Option<OneOfKey<K>> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.get(&key).copied().unwrap_or(0) >= most {
            return None;
        }
        *counts.entry(key.clone()).or_default() += 1;
        Some(OneOfKey { counts: PerKey(Arc::clone(&self.0)), key })
    }
}

impl<K: Eq + Hash> Default for PerKey<K> {
    fn default() -> Self {
        PerKey(Arc::default())
    }
}

impl<K: Eq + Hash> Drop for OneOfKey<K> {
    fn drop(&mut self) {
        let mut counts = self.counts.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_takes_nobody_elses_place_and_none_that_has_nothing_is_remembered() {
        let counts = PerKey::default();
        let mut taken: Vec<_> = (0..64).map(|_| counts.take_one(1000, 64).unwrap()).collect();
        assert!(counts.take_one(1000, 64).is_none());
        assert!(counts.take_one(1001, 64).is_some() && counts.take_one(1000, 256).is_some());
        taken.pop();
        assert!(counts.take_one(1000, 64).is_some());
        assert!(counts.take_one(1000, 0).is_none());
        drop(taken);
        assert!(counts.take_one(7, 0).is_none());
        assert_eq!(counts.0.lock().unwrap().len(), 0);
    }
}
