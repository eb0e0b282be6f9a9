//! Places of which some are kept for those who look after the host: however many ordinary users there are, and whatever
//! they do, root, administrators and operators get one.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Places for everybody, and places that are kept.
#[derive(Debug, Clone)]
pub struct Places {
    ordinary: Arc<Semaphore>,
    kept: Arc<Semaphore>,
}

impl Places {
    /// So many places for everybody, and so many that are kept.
    pub fn new(ordinary: usize, kept: usize) -> Self {
        Places { ordinary: Arc::new(Semaphore::new(ordinary)), kept: Arc::new(Semaphore::new(kept)) }
    }

    /// A place for anybody, if one is free.
    pub fn ordinary(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.ordinary).try_acquire_owned().ok()
    }

    /// A place for somebody for whom some are kept, if one is free.
    pub fn kept(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.kept).try_acquire_owned().ok().or_else(|| self.ordinary())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_users_take_no_kept_place_and_others_take_both() {
        let places = Places::new(2, 1);
        let ordinary: Vec<_> = std::iter::from_fn(|| places.ordinary()).collect();
        assert_eq!(ordinary.len(), 2);
        let kept = places.kept();
        assert!(kept.is_some() && places.kept().is_none());
        drop(ordinary);
        let all: Vec<_> = std::iter::from_fn(|| places.kept()).collect();
        assert_eq!(all.len(), 2);
    }
}
