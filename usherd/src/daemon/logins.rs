//! The books of logind's sessions: which there are, under which number, and since when.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use usher_core::event::EventKind;
use usher_core::session::{Kind, SessionKey};

use super::reconcile::{self, Closing};
use crate::accounts::Groups;
use crate::backend::{Ended, HostSessions, Noticed};
use crate::host::Host;
use crate::logind::{Login, LoginChange};
use crate::session::{Change, SessionRecord, Tracked};
use crate::store::Urgency;

/// The first number of sessions for which logind has none: its own are audit session IDs.
pub const FIRST_OWN_ID: u32 = 1_000_001;

/// How long the first look at logind, and the shields of the displays found then, may take.
const FIRST_LOOK: Duration = Duration::from_secs(10);

/// Before anybody is served: what logind knows is on the books, and every display has its shield.
pub async fn begin(host: &Arc<Host>, noticed: &mut mpsc::UnboundedReceiver<Noticed>) {
    let Some(sessions) = host.host_sessions.as_deref() else { return };
    sessions.start();
    let first_look = async {
        while let Some(news) = noticed.recv().await {
            let complete = matches!(news, Noticed::Logins(LoginChange::All(_)));
            reconcile::notice(host, &Closing::default(), news).await;
            if complete {
                break;
            }
        }
        host.look_at_groups().await;
        sessions.retire_strangers().await;
        sessions.armed().await;
    };
    if tokio::time::timeout(FIRST_LOOK, first_look).await.is_err() {
        tracing::warn!("logind or a display's shield was not there within 10 s; usherd goes on trying");
    }
}

/// Takes in what logind says.
pub(super) async fn take(host: &Arc<Host>, closing: &Closing, change: LoginChange) {
    let Some(sessions) = host.host_sessions.as_deref() else { return };
    match change {
        LoginChange::All(logins) => {
            for id in over(host, sessions, &logins) {
                gone(host, closing, sessions, id).await;
            }
            for one in logins {
                seen(host, closing, sessions, one).await;
            }
        }
        LoginChange::One(one) => seen(host, closing, sessions, *one).await,
        LoginChange::Removed(native_id) => {
            if let Some(id) = booked(host, &native_id).map(|(id, _)| id) {
                gone(host, closing, sessions, id).await;
            }
        }
    }
}

/// The sessions on the books that logind does not list any more.
fn over(host: &Host, sessions: &dyn HostSessions, listed: &[Login]) -> Vec<u32> {
    let keys: Vec<SessionKey> = listed.iter().map(|one| sessions.key(one)).collect();
    let registry = host.registry();
    let booked = registry.sessions().filter(|s| s.kind != Kind::Text);
    booked.filter(|s| !keys.iter().any(|key| same(key, &s.key))).map(|s| s.id).collect()
}

/// A session stays the same when its leader has ended: logind keeps it until its last process has.
fn same(now: &SessionKey, booked: &SessionKey) -> bool {
    let leaderless = now.leader_start == 0 && now.boot_id == booked.boot_id && now.native_id == booked.native_id;
    now == booked || leaderless
}

fn booked(host: &Host, native_id: &str) -> Option<(u32, SessionKey)> {
    let registry = host.registry();
    let of_logind = |s: &&Tracked| s.kind != Kind::Text && s.key.native_id == native_id;
    registry.sessions().find(of_logind).map(|s| (s.id, s.key.clone()))
}

/// Puts a session on the books if it is new, and remembers what is known of it.
async fn seen(host: &Arc<Host>, closing: &Closing, sessions: &dyn HostSessions, one: Login) {
    let key = sessions.key(&one);
    match booked(host, &one.native_id) {
        Some((id, booked)) if same(&key, &booked) => {
            // Its leader's end changes nothing about which session it is.
            let leader = (booked.leader_pid, booked.leader_start);
            return sessions.know(id, Login { leader: leader.0, leader_start: leader.1, ..one });
        }
        // The number was given to another session.
        Some((id, _)) => gone(host, closing, sessions, id).await,
        None => {}
    }
    let id = one.native_id.parse().ok().filter(|id| *id < FIRST_OWN_ID).unwrap_or_else(|| host.next_session_id());
    let record = SessionRecord {
        id,
        key,
        user: one.user.clone(),
        uid: one.uid,
        since: one.since,
        name: None,
        program: one.program.clone(),
        kind: one.kind,
        groups: Groups::Unknown,
    };
    let order = host.order.lock().await;
    // A rule may have to cover it: so it is put on the books also where the disk is full.
    if let Err(error) = host.commit(vec![Change::SessionOpened(record.clone())], None, Urgency::Freeing).await {
        tracing::error!("session {id} could not be recorded: {error}");
        // It is there all the same; the next start finds it again.
        host.registry().apply(&Change::SessionOpened(record));
    }
    drop(order);
    let user = BTreeSet::from([one.uid]);
    host.apply_last_groups(&user);
    sessions.know(id, one);
    host.announce(EventKind::Opened, host.present(id), None);
    reconcile::cover_if_needed(host, id);
    // Until its user's groups are known, rules cover it. Nobody else's news wait for the group database.
    let host = Arc::clone(host);
    tokio::spawn(async move {
        host.look_at_groups_of(user).await;
        reconcile::cover_if_needed(&host, id);
    });
}

async fn gone(host: &Arc<Host>, closing: &Closing, sessions: &dyn HostSessions, id: u32) {
    sessions.forget(id);
    let being_closed = closing.lock().is_ok_and(|closing| closing.contains(&id));
    // Whoever closes it sees for itself that nothing is left of it.
    if !being_closed {
        host.session_gone(id, Ended::LoggedOut).await;
    }
}

#[cfg(test)]
mod tests;
