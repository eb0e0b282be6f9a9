//! What the sessions of one user need stopped, and what that comes to: pure decisions.

use std::collections::{BTreeMap, BTreeSet};

use super::Reach;

/// The sessions that need their user's processes stopped, by ID.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Needs(pub(super) BTreeMap<u32, Need>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Need {
    reach: Reach,
    /// The session is covered, or that has been tried: now they may be stopped.
    ready: bool,
}

impl Needs {
    /// Sets a session's need, which counts once it is covered. Processes that are stopped for it already stay stopped.
    pub(super) fn set(&mut self, id: u32, reach: Option<Reach>) {
        let ready = self.0.get(&id).is_some_and(|need| need.ready);
        self.0.remove(&id);
        self.0.extend(reach.map(|reach| (id, Need { reach, ready })));
    }

    pub(super) fn ready(&mut self, id: u32) {
        if let Some(need) = self.0.get_mut(&id) {
            need.ready = true;
        }
    }

    /// The sessions whose needs count now.
    pub(super) fn ready_ones(&self) -> BTreeSet<u32> {
        self.0.iter().filter(|(_, need)| need.ready).map(|(id, _)| *id).collect()
    }

    /// What the needs of all sessions come to.
    pub(super) fn now(&self) -> Now {
        let ready = || self.0.iter().filter(|(_, need)| need.ready);
        match ready().count() {
            0 if self.0.is_empty() => Now::GoOn,
            0 => Now::Stay,
            _ if ready().any(|(_, need)| need.reach == Reach::User) => Now::Stop(None),
            _ => Now::Stop(Some(ready().map(|(id, _)| *id).collect())),
        }
    }
}

/// The needs of all sessions of a user, taken together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Now {
    GoOn,
    Stay,
    /// Everything stops, or only the processes of these sessions.
    Stop(Option<BTreeSet<u32>>),
}
