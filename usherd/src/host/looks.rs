//! Looks that go on: a page that shows a screen again and again looks at it once, from the first picture until none was
//! asked for in a while. The beginning is on record before its first picture is taken, and the end has a record of its own.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::store::Attempt;

/// After how long without another picture a look is over.
const QUIET: Duration = Duration::from_secs(60);
/// A look that lasts longer than this is another one, so that the log tells of it.
const LONGEST: Duration = Duration::from_secs(3600);
/// The most looks that go on at once. Beyond that each picture has a record of its own.
const MOST: usize = 4096;

/// Whose look it is, by their share of the audit log, and at which session.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WhoseLook {
    /// Whose.
    pub owner: String,
    /// From where: two browsers of one person look each for itself.
    pub from: String,
    /// At which session.
    pub session: u32,
}

/// A look that is over.
#[derive(Debug, Clone, PartialEq)]
pub struct EndedLook {
    /// What was recorded when it began.
    pub attempt: Attempt,
    /// How many pictures were asked for.
    pub pictures: u64,
}

#[derive(Debug)]
struct GoingOn {
    attempt: Attempt,
    began: Instant,
    last: Instant,
    pictures: u64,
}

impl GoingOn {
    fn is_over(&self, now: Instant) -> bool {
        now.duration_since(self.last) >= QUIET || now.duration_since(self.began) >= LONGEST
    }

    fn ended(self) -> EndedLook {
        EndedLook { attempt: self.attempt, pictures: self.pictures }
    }
}

/// Every look that goes on.
#[derive(Debug, Default)]
pub struct OngoingLooks(Mutex<BTreeMap<WhoseLook, GoingOn>>);

impl OngoingLooks {
    /// Counts one more picture of a look that goes on; false if none does, and this one begins it.
    pub fn goes_on(&self, key: &WhoseLook, now: Instant) -> bool {
        let mut looks = self.known();
        let going = looks.get_mut(key).filter(|look| !look.is_over(now));
        going.map(|look| (look.last, look.pictures) = (now, look.pictures + 1)).is_some()
    }

    /// A look whose beginning is on record goes on from now; gives the one before it, if that was over and not told yet.
    pub fn begin(&self, key: WhoseLook, attempt: Attempt, now: Instant) -> Option<EndedLook> {
        let mut looks = self.known();
        if looks.len() >= MOST && !looks.contains_key(&key) {
            return None;
        }
        let before = looks.insert(key, GoingOn { attempt, began: now, last: now, pictures: 1 });
        before.map(GoingOn::ended)
    }

    /// Who looks at a session.
    pub fn at(&self, session: u32, now: Instant) -> Option<String> {
        let looks = self.known();
        let going = looks.iter().filter(|(key, look)| key.session == session && !look.is_over(now));
        going.max_by_key(|(_, look)| look.began).map(|(_, look)| look.attempt.actor.clone())
    }

    /// Takes the looks that are over; all of them if nobody will be served any more.
    pub fn take_over(&self, now: Instant, all: bool) -> Vec<EndedLook> {
        let mut looks = self.known();
        let (over, going) = std::mem::take(&mut *looks).into_iter().partition(|(_, look)| all || look.is_over(now));
        *looks = going;
        let over: BTreeMap<WhoseLook, GoingOn> = over;
        over.into_values().map(GoingOn::ended).collect()
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<WhoseLook, GoingOn>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EndedLook {
    /// What the record of the end says.
    pub fn note(&self) -> String {
        let EndedLook { attempt: Attempt { time, .. }, pictures } = self;
        format!("the look that began at {} is over: pictures {pictures}", whole_seconds(*time))
    }
}

fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use usher_core::request::Verb;

    use super::*;
    use crate::store::Share;

    fn key(session: u32) -> WhoseLook {
        WhoseLook { owner: "uid 1000".to_owned(), from: "process 1".to_owned(), session }
    }

    fn attempt() -> Attempt {
        Attempt {
            time: "2026-03-02T09:41:30.5Z".parse().unwrap(),
            actor: "olga".to_owned(),
            share: Share { privileged: true, owner: "uid 1000".to_owned() },
            from: "process 1".to_owned(),
            action: Verb::Thumbnail,
            targets: Vec::new(),
            left_out: 0,
            message: None,
        }
    }

    #[test]
    fn many_pictures_are_one_look_until_none_comes_for_a_while() {
        let (looks, start) = (OngoingLooks::default(), Instant::now());
        assert!(!looks.goes_on(&key(3), start), "nothing is on record yet");
        assert_eq!(looks.begin(key(3), attempt(), start), None);
        assert_eq!((looks.at(3, start).as_deref(), looks.at(4, start)), (Some("olga"), None));
        let later = |seconds| start + Duration::from_secs(seconds);
        for second in [5, 10, 60] {
            assert!(looks.goes_on(&key(3), later(second)));
        }
        assert!(!looks.goes_on(&key(4), later(60)), "another session is another look");
        assert_eq!(looks.take_over(later(119), false), []);
        assert!(!looks.goes_on(&key(3), later(120)), "that is over, and the next picture begins another");
        let over = looks.take_over(later(120), false);
        assert_eq!(over.len(), 1);
        assert_eq!(over[0].note(), "the look that began at 2026-03-02T09:41:30Z is over: pictures 4");
        assert_eq!(looks.take_over(later(120), true), []);
    }

    #[test]
    fn a_look_that_never_ends_is_told_of_every_hour_and_at_the_daemons_end() {
        let (looks, start) = (OngoingLooks::default(), Instant::now());
        looks.begin(key(3), attempt(), start);
        for minute in 1..60 {
            assert!(looks.goes_on(&key(3), start + Duration::from_secs(59 * minute)));
        }
        assert!(!looks.goes_on(&key(3), start + LONGEST));
        let before = looks.begin(key(3), attempt(), start + LONGEST).unwrap();
        assert_eq!(before.pictures, 60, "the one before is told of though nobody swept meanwhile");
        assert_eq!(looks.take_over(start + LONGEST, true).len(), 1);
    }

    #[test]
    fn looks_are_bounded_and_beyond_that_each_picture_is_recorded() {
        let (looks, now) = (OngoingLooks::default(), Instant::now());
        for session in 0..u32::try_from(MOST).unwrap() + 5 {
            looks.begin(key(session), attempt(), now);
        }
        assert!(looks.goes_on(&key(0), now) && !looks.goes_on(&key(u32::try_from(MOST).unwrap()), now));
    }
}
