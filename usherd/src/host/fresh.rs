//! What changes without news and is looked at when it matters: groups, and who sits where.

use std::collections::BTreeSet;

use super::Host;
use crate::accounts;
use crate::actor::Role;
use crate::paths::Mode;

impl Host {
    /// Looks at who sits where, and lets the registry know before going on.
    pub async fn look_at_stations(&self) {
        if let Some(login) = &self.login {
            login.look_at_stations();
            self.text.caught_up().await;
        }
    }

    /// Asks the group database for every user who has a session, all at once.
    pub async fn look_at_groups(&self) {
        let uids: BTreeSet<u32> = self.registry().sessions().map(|s| s.uid).collect();
        let groups = accounts::groups(uids).await;
        self.registry().set_groups(|uid| {
            let groups = groups.get(&uid)?;
            let role = match self.mode {
                // Whoever has a session there is a standard user, whatever they are elsewhere.
                Mode::User => Role::User,
                Mode::System => self.settings.role(uid, groups),
            };
            Some((groups.clone(), role))
        });
    }
}
