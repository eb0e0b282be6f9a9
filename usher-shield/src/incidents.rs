//! What is told of fights: the first of a kind at once, the rest summed up.
//!
//! A user who fights does so thousands of times a second; usherd's log is no weapon of his.

use std::time::{Duration, Instant};

use usher_core::wire::shield::FromShield;

/// How often one kind is told.
const EVERY: Duration = Duration::from_secs(5);

/// Fights of one kind that were not told yet.
#[derive(Debug)]
struct Kind {
    what: &'static str,
    told: Instant,
    untold: u32,
    longest: Option<u64>,
}

/// What happened and was not told yet.
#[derive(Debug, Default)]
pub struct Incidents(Vec<Kind>);

impl Incidents {
    /// Notes one; what is to be told now, if anything.
    pub fn note(&mut self, what: &'static str, uncovered: Option<u64>, now: Instant) -> Option<FromShield> {
        if let Some(kind) = self.0.iter_mut().find(|kind| kind.what == what) {
            kind.untold += 1;
            kind.longest = kind.longest.max(uncovered);
            return None;
        }
        self.0.push(Kind { what, told: now, untold: 0, longest: None });
        Some(FromShield::Incident { what: what.to_owned(), uncovered_micros: uncovered })
    }

    /// The sums that are due.
    pub fn due(&mut self, now: Instant) -> Vec<FromShield> {
        let mut due = Vec::new();
        self.0.retain_mut(|kind| {
            if now.duration_since(kind.told) < EVERY {
                return true;
            }
            if kind.untold == 0 {
                return false;
            }
            let what = format!("{}; {} more times within {} s", kind.what, kind.untold, EVERY.as_secs());
            due.push(FromShield::Incident { what, uncovered_micros: kind.longest });
            (kind.told, kind.untold, kind.longest) = (now, 0, None);
            true
        });
        due
    }

    /// When something is due next.
    pub fn next(&self) -> Option<Instant> {
        self.0.iter().map(|kind| kind.told + EVERY).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_fights_are_told_twice() {
        let (mut incidents, start) = (Incidents::default(), Instant::now());
        let told = (0..1000).filter(|n| incidents.note("raised", Some(*n), start).is_some()).count();
        assert_eq!((told, incidents.due(start).len()), (1, 0));
        let due = incidents.due(start + EVERY);
        let [FromShield::Incident { what, uncovered_micros: Some(999) }] = due.as_slice() else { panic!("{due:?}") };
        assert!(what.starts_with("raised; 999 more times"), "{what}");
        assert!(incidents.due(start + EVERY * 2).is_empty() && incidents.next().is_none());
    }
}
