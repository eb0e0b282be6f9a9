//! What changes without news and is looked at when it matters: groups, and who sits where.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Host;
use crate::accounts::{self, Groups};
use crate::actor::Role;
use crate::paths::Mode;

/// The groups of everybody who has or had a session, as they were when the group database last answered. They serve
/// to judge targets; a caller's groups are looked up for each request.
#[derive(Debug, Default)]
pub(super) struct LastGroups(Mutex<BTreeMap<u32, BTreeSet<String>>>);

impl LastGroups {
    fn known(&self) -> MutexGuard<'_, BTreeMap<u32, BTreeSet<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Host {
    /// Looks at who sits where, unless somebody has lately enough, and lets the registry know before going on.
    pub async fn look_at_stations(&self, lately: Duration) {
        let Some(sessions) = &self.host_sessions else { return };
        {
            let mut last = self.stations_seen.lock().unwrap_or_else(PoisonError::into_inner);
            if last.is_none_or(|last| last.elapsed() >= lately) {
                sessions.look_at_stations();
                *last = Some(Instant::now());
            }
        }
        self.text.caught_up().await;
    }

    /// A caller's name and role, looked up now.
    pub async fn look_up_caller(&self, uid: u32) -> (String, Role) {
        if self.daemon.mode == Mode::User && uid == self.daemon.uid {
            return (self.daemon.user.clone(), Role::Administrator);
        }
        let account = accounts::account(uid).await;
        let role = match self.daemon.mode {
            // The socket lets in only the daemon's own user and root.
            Mode::User if uid == 0 => Role::Administrator,
            Mode::User => Role::User,
            Mode::System => self.settings.role(uid, &account.groups),
        };
        (account.name, role)
    }

    /// Looks the groups of every user up who has a session, side by side.
    pub async fn look_at_groups(&self) {
        let uids: BTreeSet<u32> = self.registry().sessions().map(|s| s.uid).collect();
        self.tell_groups_of(uids).await;
    }

    /// The same for these users alone; the log tells whose cannot be looked up.
    pub async fn tell_groups_of(&self, uids: BTreeSet<u32>) {
        let silent = self.look_at_groups_of(uids).await;
        let trouble = (!silent.is_empty()).then(|| format!("the groups of {silent:?} cannot be looked up"));
        if self.group_trouble.is_new(0, trouble.as_deref()) {
            tracing::warn!("{}: they stay as they were known", trouble.unwrap_or_default());
        }
    }

    /// Looks the groups of these users up. Those that are not told stay as they were; whose they are is the answer.
    pub async fn look_at_groups_of(&self, uids: BTreeSet<u32>) -> Vec<u32> {
        let (mut silent, asked) = (Vec::new(), uids.clone());
        for (uid, groups) in accounts::groups(asked).await {
            match groups {
                Groups::Known(groups) => drop(self.last_groups.known().insert(uid, groups)),
                Groups::Unknown => silent.push(uid),
            }
        }
        self.apply_last_groups(&uids);
        silent
    }

    /// Lets the registry know what is known already of these users' groups.
    pub fn apply_last_groups(&self, uids: &BTreeSet<u32>) {
        let last = self.last_groups.known();
        self.registry().set_groups(|uid| {
            let known = uids.contains(&uid).then(|| last.get(&uid).cloned())?;
            // Root is an administrator without any group.
            let groups = known.or_else(|| (uid == 0).then(BTreeSet::new))?;
            let role = match self.daemon.mode {
                // Whoever has a session there is a standard user, whatever they are elsewhere.
                Mode::User => Role::User,
                Mode::System => self.settings.role(uid, &Groups::Known(groups.clone())),
            };
            Some((groups, role))
        });
    }
}
