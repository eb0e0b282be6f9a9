//! Sessions that ended a while ago at most: in memory, bounded in time, number and bytes. No verb reaches them; the audit
//! log knows of every end for longer.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use usher_core::session::SessionEnd;

use super::Tracked;

/// For how long an end is remembered.
const KEPT: SignedDuration = SignedDuration::from_hours(1);
/// How many are.
const MOST: usize = 256;
/// How many of one user's are: nobody makes others' ends go.
const MOST_OF_USER: usize = 64;

/// A session that has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct EndedSession {
    /// The session as it was at last.
    pub session: Tracked,
    /// How it ended.
    pub end: SessionEnd,
    /// The last text on its screen; its holder bounds it.
    pub screen: Option<String>,
}

/// The sessions that ended at last, the oldest end first.
#[derive(Debug, Clone, Default)]
pub struct EndedSessions(VecDeque<Arc<EndedSession>>);

impl EndedSessions {
    /// Remembers one.
    pub fn put(&mut self, ended: EndedSession, now: Timestamp) {
        let of_user = |known: &Arc<EndedSession>| known.session.uid == ended.session.uid;
        self.0.retain(|known| is_kept(known, now));
        if self.0.iter().filter(|known| of_user(known)).count() >= MOST_OF_USER {
            let oldest = self.0.iter().position(of_user).unwrap_or_default();
            self.0.remove(oldest);
        }
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back(Arc::new(ended));
    }

    /// Those that are remembered at `now`, the oldest end first.
    pub fn at(&self, now: Timestamp) -> impl DoubleEndedIterator<Item = &EndedSession> {
        self.0.iter().map(Arc::as_ref).filter(move |known| is_kept(known, now))
    }

    /// The last that had this ID, however long ago.
    #[cfg(test)]
    pub fn of_id(&self, id: u32) -> Option<&EndedSession> {
        self.0.iter().map(Arc::as_ref).rfind(|known| known.session.id == id)
    }
}

fn is_kept(ended: &EndedSession, now: Timestamp) -> bool {
    now.duration_since(ended.end.at) < KEPT
}

#[cfg(test)]
mod tests {
    use usher_core::session::{EndCause, Kind, SessionKey};

    use super::*;
    use crate::session::SessionRecord;

    fn ended(id: u32, uid: u32, at: Timestamp) -> EndedSession {
        let record = SessionRecord {
            id,
            key: SessionKey { boot_id: "b".to_owned(), native_id: format!("u{id}"), leader_pid: id, leader_start: 1 },
            user: format!("u{uid}"),
            uid,
            since: at,
            name: None,
            program: "sh".to_owned(),
            kind: Kind::Text,
            groups: Default::default(),
        };
        EndedSession { session: Tracked::from(&record), end: SessionEnd::because(EndCause::Closed, at), screen: None }
    }

    fn ids(ended: &EndedSessions, now: Timestamp) -> Vec<u32> {
        ended.at(now).map(|known| known.session.id).collect()
    }

    #[test]
    fn an_end_is_remembered_for_an_hour() {
        let (mut known, begin) = (EndedSessions::default(), Timestamp::UNIX_EPOCH);
        known.put(ended(1, 1000, begin), begin);
        let later = begin + SignedDuration::from_mins(59);
        known.put(ended(2, 1000, later), later);
        assert_eq!(ids(&known, later), [1, 2]);
        let after = begin + SignedDuration::from_mins(60);
        assert_eq!(ids(&known, after), [2]);
        known.put(ended(3, 1000, after), after);
        assert_eq!(known.0.len(), 2, "what is too old is not kept");
    }

    #[test]
    fn a_user_whose_sessions_end_again_and_again_makes_no_others_go() {
        let (mut known, now) = (EndedSessions::default(), Timestamp::UNIX_EPOCH);
        known.put(ended(1, 1001, now), now);
        (2..2000).for_each(|id| known.put(ended(id, 1000, now), now));
        assert_eq!(known.0.len(), 1 + MOST_OF_USER);
        assert_eq!(ids(&known, now).first(), Some(&1));
        (2000..4000).for_each(|id| known.put(ended(id, 2000 + id % 100, now), now));
        assert_eq!(known.0.len(), MOST);
    }
}
