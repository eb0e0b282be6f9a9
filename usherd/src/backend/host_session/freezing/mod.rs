//! Stopping a locked user's other processes, so that none of them fights the cover.
//!
//! A user's processes are stopped while any of their sessions needs that. Only after cover and input are held, or have
//! been tried: a stopped program may hold a grab that nobody could end. X servers draw the cover, and leaders log their
//! sessions out: they go on, and so do connections of sshd's and the session that the lock was set from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex;
use usher_core::outcome::{Error, ErrorId};
use usher_core::session::{Cover, Kind};

use super::HostSessionBackend;
use super::mechanism::Mechanism;
use crate::backend::Covered;
use crate::logind::Login;
use crate::session::Target;

mod groups;
mod needs;
mod process;
mod subordinate;

use groups::{FreezeOrder, Unstopped};
use needs::{Needs, Now};
use process::Whose;
pub(super) use process::connection_of;

/// How often a user's processes are looked at while they are to stand still: a job of cron's or a new login starts more.
const REST: Duration = Duration::from_secs(1);
/// For how long they go on where a stopped one may keep the shield from its display.
const BREATH: Duration = Duration::from_millis(150);
/// How often they are let go on for that.
const BREATHS: usize = 3;
/// How many processes a sentence names.
const NAMED: usize = 4;

/// How much a lock stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// The session alone: its own user has locked it from another one.
    Session,
    /// Everything of its user's.
    User,
}

/// How much these covers of a session stop; none where no cover asks for it.
pub(super) fn reach(covers: &[Cover], always: bool, uid: u32) -> Option<Reach> {
    let mut freezing = covers.iter().filter(|cover| always || cover.freeze).peekable();
    freezing.peek()?;
    Some(if freezing.all(|cover| cover.by_uid == uid) { Reach::Session } else { Reach::User })
}

/// The users whose processes are stopped or to be stopped, by uid.
#[derive(Debug, Default)]
pub(super) struct Freezes {
    users: BTreeMap<u32, Freeze>,
    /// Every session was covered once since the daemon's start: processes that no session needs stopped may go on.
    reconciled: bool,
    /// Sessions in which nothing is stopped, because a lock was set from them.
    spared: BTreeSet<u32>,
    /// Sessions that are being closed: a stopped process cannot end.
    closing: BTreeSet<u32>,
}

#[derive(Debug, Default)]
struct Freeze {
    needs: Needs,
    /// Held while processes are stopped or thawed, so that the last order wins.
    work: Arc<Mutex<()>>,
    /// The processes that could not be stopped, as they were last logged.
    complaint: Unstopped,
}

impl HostSessionBackend {
    fn freezes(&self) -> MutexGuard<'_, Freezes> {
        self.0.freezes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Finds the processes that an earlier daemon stopped, and keeps everything still that has to be.
    pub(super) fn begin_freezing(&self) {
        let backend = self.clone();
        tokio::spawn(async move {
            let stopped = tokio::task::spawn_blocking(groups::stopped_uids).await.unwrap_or_default();
            for uid in stopped {
                backend.freezes().users.entry(uid).or_default();
            }
            loop {
                for uid in backend.unsettled().await {
                    backend.settle(uid).await;
                }
                backend.look_at_guarded().await;
                tokio::time::sleep(REST).await;
            }
        });
    }

    /// The users whose processes are not as their sessions need them.
    async fn unsettled(&self) -> BTreeSet<u32> {
        let (mut unsettled, mut needed) = (BTreeSet::new(), Vec::new());
        for (uid, freeze) in &self.freezes().users {
            match freeze.needs.now() {
                Now::Stop(sessions) => needed.push((*uid, sessions)),
                Now::GoOn => {
                    unsettled.insert(*uid);
                }
                Now::Stay => {}
            }
        }
        let orders: Vec<FreezeOrder> = needed.into_iter().map(|(uid, sessions)| self.order(uid, sessions)).collect();
        if !orders.is_empty() {
            unsettled.extend(tokio::task::spawn_blocking(move || groups::moving(&orders)).await.unwrap_or_default());
        }
        unsettled
    }

    /// Every session was covered as it should be: from now on, processes that no session needs stopped go on.
    pub(super) fn reconciled(&self) {
        self.freezes().reconciled = true;
    }

    /// Nothing is ever stopped in these sessions while they last: a lock that stops processes was set from them.
    pub(super) fn spare(&self, sessions: &[u32]) {
        for id in sessions {
            let Some(login) = self.state().logins.get(id).map(|known| known.login.clone()) else { continue };
            self.freezes().spared.insert(*id);
            groups::spare(login.uid, &login.scope);
        }
    }

    /// Notes a session's need. Nothing stops before the session is [`ready`](Self::ready_to_freeze).
    pub(super) fn need_frozen(&self, id: u32, login: &Login, reach: Option<Reach>) {
        let mut freezes = self.freezes();
        freezes.closing.remove(&id);
        if reach.is_some() && freezes.spared.remove(&id) {
            groups::spare_no_more(login.uid, &login.scope);
        }
        if reach.is_some() || freezes.users.contains_key(&login.uid) {
            freezes.users.entry(login.uid).or_default().needs.set(id, reach);
        }
    }

    /// A login is known: it may be one from which a lock was set, or one of somebody whose processes are stopped.
    pub(super) fn freeze_knows(&self, id: u32, login: &Login) {
        if groups::is_spared(login.uid, &login.scope) {
            self.freezes().spared.insert(id);
        }
        self.settle_soon(login.uid);
    }

    /// A login is gone, and needs nothing any more.
    pub(super) fn freeze_forgets(&self, id: u32, uid: u32) {
        let mut freezes = self.freezes();
        freezes.spared.remove(&id);
        freezes.closing.remove(&id);
        if let Some(freeze) = freezes.users.get_mut(&uid) {
            freeze.needs.set(id, None);
        }
        drop(freezes);
        self.settle_soon(uid);
    }

    /// The same without waiting for it, for a user of whom it was ever asked.
    pub(super) fn settle_soon(&self, uid: u32) {
        if self.freezes().users.contains_key(&uid) {
            let backend = self.clone();
            tokio::spawn(async move { backend.settle(uid).await });
        }
    }

    /// Stops the user's processes, or lets them go on, as the sessions need it now. Gives those that could not be stopped.
    pub(super) async fn settle(&self, uid: u32) -> Unstopped {
        let Some(_turn) = self.turn(uid).await else { return Unstopped::new() };
        let (now, reconciled) = {
            let freezes = self.freezes();
            (freezes.users.get(&uid).map_or(Now::GoOn, |freeze| freeze.needs.now()), freezes.reconciled)
        };
        match now {
            Now::GoOn if reconciled => {
                let _ = tokio::task::spawn_blocking(move || groups::thaw(uid)).await;
                let mut freezes = self.freezes();
                if let Some(freeze) = freezes.users.get(&uid)
                    && freeze.needs.now() == Now::GoOn
                {
                    freezes.users.remove(&uid);
                }
                Unstopped::new()
            }
            Now::GoOn | Now::Stay => Unstopped::new(),
            Now::Stop(sessions) => self.stop(uid, sessions).await,
        }
    }

    /// The right to stop and thaw a user's processes; none where none was ever stopped.
    async fn turn(&self, uid: u32) -> Option<tokio::sync::OwnedMutexGuard<()>> {
        let work = Arc::clone(&self.freezes().users.get(&uid)?.work);
        Some(work.lock_owned().await)
    }

    async fn stop(&self, uid: u32, sessions: Option<BTreeSet<u32>>) -> Unstopped {
        let order = self.order(uid, sessions);
        let left = tokio::task::spawn_blocking(move || groups::stop(&order)).await;
        let left = left.unwrap_or_else(|_| vec!["nobody knows what: the search broke off".to_owned()]);
        if let Some(freeze) = self.freezes().users.get_mut(&uid)
            && freeze.complaint != left
        {
            if !left.is_empty() {
                tracing::warn!("uid {uid} is to stand still, and goes on: {}", listed(&left));
            }
            freeze.complaint.clone_from(&left);
        }
        left
    }

    fn order(&self, uid: u32, sessions: Option<BTreeSet<u32>>) -> FreezeOrder {
        let (spared, closing, needing) = {
            let freezes = self.freezes();
            let needing = freezes.users.get(&uid).map(|freeze| freeze.needs.ready_ones()).unwrap_or_default();
            (freezes.spared.clone(), freezes.closing.clone(), needing)
        };
        let whole: BTreeSet<u32> =
            needing.into_iter().filter(|id| self.mechanism(*id) == Some(Mechanism::Guard)).collect();
        let state = self.state();
        let own = || state.logins.iter().filter(|(_, known)| known.login.uid == uid);
        let scopes = |ids: &BTreeSet<u32>| -> BTreeSet<String> {
            own().filter(|(id, _)| ids.contains(id)).map(|(_, known)| known.login.scope.clone()).collect()
        };
        let user = own().next().map(|(_, known)| known.login.user.clone()).unwrap_or_default();
        let leads = |login: &&Login| login.leading().lives();
        let leaders = own().map(|(_, known)| &known.login).filter(leads).map(|login| login.leader).collect();
        let shown = |session: Option<u32>| session.is_some_and(|id| own().any(|(own, _)| *own == id));
        let servers = state.screens.values().filter(|screen| shown(screen.session) && !screen.display.server.is_gone());
        let servers = servers.map(|screen| screen.display.server.pid).collect();
        let subordinate = subordinate::uids_of(&user, uid);
        FreezeOrder {
            whose: Whose { uid, subordinate, leaders, servers },
            spared: scopes(&(&spared | &closing)),
            only: sessions.as_ref().map(scopes),
            whole: scopes(&whole),
        }
    }

    /// Stops the processes for a covered session, and completes its result. Where stopping them was `asked` for, its notes
    /// tell of the user's other sessions.
    pub(super) async fn freeze_covered(
        &self,
        target: &Target,
        covered: Covered,
        asked: bool,
    ) -> Result<Covered, Error> {
        self.ready_to_freeze(target);
        let left = self.settle(target.uid).await;
        if !left.is_empty() {
            let message = format!("session {} is covered, but not all of its user's processes stand still", target.id);
            let goes_on = "usherd goes on trying; `usher close` ends the session";
            return Err(Error::new(ErrorId::BackendFailed, format!("{message}: {}", listed(&left))).hint(goes_on));
        }
        let mut covered = covered;
        if asked {
            covered.notes.extend(self.notes(target));
        }
        Ok(covered)
    }

    /// Stops them also where the cover was not seen to hold. The failure stays one, whatever comes of it.
    pub(super) async fn freeze_uncovered(&self, target: &Target, covers: &[Cover], failure: Error) -> Error {
        self.ready_to_freeze(target);
        let mut left = self.settle(target.uid).await;
        for _ in 0..BREATHS {
            if self.comes_to_show(target.id, covers).await {
                break;
            }
            // One of them may hold the whole server.
            self.breathe(target.uid).await;
            left = self.settle(target.uid).await;
        }
        let stopped = if left.is_empty() {
            "its user's processes were stopped all the same".to_owned()
        } else {
            format!("its user's processes were to stop all the same, and these go on: {}", listed(&left))
        };
        let stopped = std::iter::once(stopped).chain(self.notes(target)).collect::<Vec<_>>().join("; ");
        Error { message: format!("{}; {stopped}", failure.message), ..failure }
    }

    pub(super) fn ready_to_freeze(&self, target: &Target) {
        if let Some(freeze) = self.freezes().users.get_mut(&target.uid) {
            freeze.needs.ready(target.id);
        }
    }

    /// Whether every display of a session shows these covers within half a second.
    async fn comes_to_show(&self, id: u32, covers: &[Cover]) -> bool {
        for _ in 0..50 {
            let shows = {
                let state = self.state();
                let mut screens = state.screens_of(id).peekable();
                screens.peek().is_some() && screens.all(|screen| screen.shows(covers))
            };
            if shows {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }

    /// Lets a user's processes go on for a moment.
    async fn breathe(&self, uid: u32) {
        let Some(_turn) = self.turn(uid).await else { return };
        let _ = tokio::task::spawn_blocking(move || groups::thaw(uid)).await;
        tokio::time::sleep(BREATH).await;
    }

    /// Lets a session end: nothing in it is stopped any more, and it needs nothing stopped.
    pub(super) async fn let_end(&self, id: u32, login: &Login) {
        {
            let mut freezes = self.freezes();
            let Some(freeze) = freezes.users.get_mut(&login.uid) else { return };
            freeze.needs.set(id, None);
            freezes.closing.insert(id);
        }
        self.settle(login.uid).await;
        let Some(_turn) = self.turn(login.uid).await else { return };
        let (uid, scope) = (login.uid, login.scope.clone());
        let _ = tokio::task::spawn_blocking(move || groups::thaw_scope(uid, &scope)).await;
    }

    /// The user's other sessions: whether they stand still or go on.
    fn notes(&self, target: &Target) -> Vec<String> {
        let spared = self.freezes().spared.clone();
        let whole = matches!(self.freezes().users.get(&target.uid).map(|f| f.needs.now()), Some(Now::Stop(None)));
        let state = self.state();
        let others = state.logins.iter().filter(|(id, known)| known.login.uid == target.uid && **id != target.id);
        let note = |(id, known): (&u32, &super::Known)| {
            let what = format!("session {id} ({}) of the same user", kind(known.login.kind));
            match (spared.contains(id), whole) {
                (true, _) => format!("{what} goes on: the lock was set from it"),
                (false, true) => format!("{what} stands still as well"),
                (false, false) => format!("{what} goes on: its user locked session {} from another one", target.id),
            }
        };
        others.map(note).collect()
    }
}

/// Lets everybody's processes go on, without a daemon.
pub(crate) fn thaw_everybody() {
    groups::stopped_uids().into_iter().for_each(groups::thaw);
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Ssh => "ssh",
        Kind::Console => "console",
        Kind::X11 => "x11",
        Kind::Wayland => "wayland",
    }
}

fn listed(left: &[String]) -> String {
    let named = left.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let more = left.len().saturating_sub(NAMED);
    if more > 0 { format!("{named} and {more} more") } else { named }
}

#[cfg(test)]
mod tests;
