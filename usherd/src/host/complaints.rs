//! What is wrong with sessions, so that each trouble is logged once.

use std::collections::BTreeMap;

/// What was last wrong with each session.
#[derive(Debug, Default)]
pub struct Complaints(std::sync::Mutex<BTreeMap<u32, String>>);

impl Complaints {
    /// Whether this is wrong now and was not before; nothing wrong makes the next complaint a new one.
    pub fn is_new(&self, id: u32, failed: Option<&str>) -> bool {
        let Ok(mut last) = self.0.lock() else { return false };
        match failed {
            Some(why) => last.insert(id, why.to_owned()).is_none_or(|before| before != why),
            None => {
                last.remove(&id);
                false
            }
        }
    }
}
