//! What becomes of guarded sessions that nobody orders anything for: guards of an earlier daemon, and logins that get terminals
//! and channels after they were locked.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{GuardState, HostSessionBackend, connection, newcomers, process};
use crate::logind::Login;

/// For how many seconds a login may get its terminal and its shell after it is known, and how often that is looked at.
const YOUNG: i64 = 5;
const LOOK: Duration = Duration::from_millis(100);

impl HostSessionBackend {
    /// Takes over the guards that an earlier daemon started, and ends those whose session is gone.
    pub(in super::super) async fn take_over_guards(&self) {
        let Ok(entries) = std::fs::read_dir(&self.0.guards) else { return };
        for path in entries.flatten().map(|entry| entry.path()) {
            let native = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let known = {
                let state = self.state();
                let known = state.logins.iter().find(|(_, known)| known.login.native_id == native);
                known.map(|(id, known)| (*id, known.key.clone()))
            };
            match known {
                Some((id, key)) => drop(self.guard_found(id, &key).await),
                None => {
                    process::retire(&path).await;
                    let _ = std::fs::remove_file(&path);
                }
            }
        }
        let ids: Vec<u32> = self.state().guards.keys().copied().collect();
        ids.into_iter().for_each(|id| self.report(id));
    }

    /// Looks whether locked sessions have terminals that are not covered, or a connection that takes new channels: a login that
    /// was only just begun gets both after it is known. Such a session is covered again, as is one without its connection.
    pub(in super::super) async fn look_at_guarded(&self) {
        let locked: Vec<(u32, Login, BTreeSet<String>)> = {
            let state = self.state();
            let locked = state.guards.iter().filter(|(_, guard)| !guard.still.is_empty() && !guard.over);
            let with_login = |(id, guard): (&u32, &GuardState)| {
                Some((*id, state.logins.get(id)?.login.clone(), guard.handed.clone()))
            };
            locked.filter_map(with_login).collect()
        };
        for (id, login, handed) in locked {
            let leader = login.leading();
            let look = move || {
                // What cannot be told is no news.
                let terminals = connection::terminals(leader).map_or(true, |now| now.into_iter().eq(handed));
                leader.lives() && terminals && newcomers::are_refused(leader)
            };
            if tokio::task::spawn_blocking(look).await.unwrap_or(true) {
                continue;
            }
            if let Some(guard) = self.state().guards.get_mut(&id) {
                guard.still.clear();
            }
            self.report(id);
        }
    }

    /// Looks again and again for as long as a login may still be on its way.
    pub(super) fn look_while_young(&self, login: &Login) {
        let age = || usher_core::clock::now().duration_since(login.since).as_secs();
        if age() < YOUNG {
            let (backend, login) = (self.clone(), login.clone());
            tokio::spawn(async move {
                while usher_core::clock::now().duration_since(login.since).as_secs() < YOUNG {
                    tokio::time::sleep(LOOK).await;
                    backend.look_at_guarded().await;
                }
            });
        }
    }
}
