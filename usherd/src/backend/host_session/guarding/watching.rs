//! What becomes of guarded sessions that nobody orders anything for: guards of an earlier daemon, and logins that get terminals
//! and channels after they were locked.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use usher_core::session::Kind;
use usher_core::sys::proc;

use super::terminal::OpenTerminal;
use super::{HostSessionBackend, connection, newcomers, process};
use crate::logind::Login;

/// For how many seconds a login may get its terminal and its shell after it is known, and how often that is looked at.
const YOUNG: i64 = 5;
const LOOK: Duration = Duration::from_millis(100);
/// How long a lock waits for a shell that is on its way.
const SHELL: Duration = Duration::from_secs(2);

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
        let ids: Vec<u32> = self.state().guards.keys().copied().collect();
        for id in ids {
            let work = self.state().guards.get(&id).map(|guard| Arc::clone(&guard.work));
            // Whoever carries out an order looks by itself; and nothing is taken again that is being given back.
            let Some(Ok(_turn)) = work.map(tokio::sync::Mutex::try_lock_owned) else { continue };
            let Some((login, handed)) = self.locked(id) else { continue };
            let leader = login.leading();
            let look = move || {
                for name in &handed {
                    // One that is gone is seen below.
                    let _ = OpenTerminal::open(name, login.uid).and_then(|terminal| terminal.keep());
                }
                // A console has its line as well, for as long as it is there.
                let same = |now: BTreeSet<String>| match login.kind {
                    Kind::Console => now.is_subset(&handed),
                    _ => now == handed,
                };
                // What cannot be told is no news.
                let terminals = connection::terminals(leader).map_or(true, |now| same(now.into_iter().collect()));
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

    /// Waits for the shell of a login that was only just begun and has its terminal already: a shell takes the settings that it
    /// finds for those which its person wants, and must find none of ours.
    pub(super) async fn await_shell(&self, login: &Login) {
        let began = Instant::now();
        let age = || usher_core::clock::now().duration_since(login.since).as_secs();
        while age() < YOUNG && began.elapsed() < SHELL {
            let (leader, uid, at_console) = (login.leading(), login.uid, login.kind == Kind::Console);
            let is_ready = move || {
                let has_terminal = at_console || connection::terminals(leader).is_ok_and(|all| !all.is_empty());
                !has_terminal || has_shell(leader.pid, uid)
            };
            if tokio::task::spawn_blocking(is_ready).await.unwrap_or(true) {
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// A session that is locked, and the terminals that its guard was handed.
    fn locked(&self, id: u32) -> Option<(Login, BTreeSet<String>)> {
        let state = self.state();
        let guard = state.guards.get(&id).filter(|guard| !guard.still.is_empty() && !guard.over)?;
        Some((state.logins.get(&id)?.login.clone(), guard.handed.clone()))
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

/// Whether a leader's child, or a child of its connection, is the user's and leads those who share a terminal.
fn has_shell(leader: u32, uid: u32) -> bool {
    let leads = |pid: u32| proc::stat(pid).ok().flatten().is_some_and(|stat| stat.session == pid && stat.has_terminal);
    let is_shell = |pid: &u32| leads(*pid) && proc::uid(*pid) == Some(uid);
    let children = proc::children(leader);
    children.iter().any(is_shell) || children.iter().any(|child| proc::children(*child).iter().any(is_shell))
}
