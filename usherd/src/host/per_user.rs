//! How many of something each user has, and no more than a number of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How many each user has.
#[derive(Debug, Clone, Default)]
pub struct PerUser(Arc<Mutex<HashMap<u32, u32>>>);

/// One of those that a user has. Dropped, it makes room for another.
#[derive(Debug)]
pub struct OneOfUser(PerUser, u32);

impl PerUser {
    /// One more for this uid, if it has fewer than the most.
    pub fn take_one(&self, uid: u32, most: u32) -> Option<OneOfUser> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.get(&uid).copied().unwrap_or(0) >= most {
            return None;
        }
        *counts.entry(uid).or_default() += 1;
        Some(OneOfUser(self.clone(), uid))
    }
}

impl Drop for OneOfUser {
    fn drop(&mut self) {
        let mut counts = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.1) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_user_takes_nobody_elses_place() {
        let counts = PerUser::default();
        let mut taken: Vec<_> = (0..64).map(|_| counts.take_one(1000, 64).unwrap()).collect();
        assert!(counts.take_one(1000, 64).is_none());
        assert!(counts.take_one(1001, 64).is_some() && counts.take_one(1000, 256).is_some());
        taken.pop();
        assert!(counts.take_one(1000, 64).is_some());
    }
}
