//! At a start: what the store remembers and what lives are brought together.

use std::sync::Arc;

use usher_core::clock;
use usher_core::session::{Kind, SessionKey};
use usher_core::sys::cgroup::{self, Membership};
use usher_core::sys::proc;

use crate::accounts::account;
use crate::backend::Ended;
use crate::backend::text::Found;
use crate::host::Host;
use crate::host::settings::Settings;
use crate::identities::Identities;
use crate::paths::Mode;
use crate::session::{Change, Registry, SessionRecord};
use crate::store::{Loaded, Urgency};

/// The registry that the store remembers.
pub fn remembered(loaded: Loaded, settings: &Settings, mode: Mode) -> Registry {
    let mut registry = Registry::default();
    registry.of_system = mode == Mode::System;
    registry.most_text_sessions = settings.text_sessions_per_user;
    registry.orchestrate_admins = settings.orchestrate_admins;
    let lifetime = settings.invitation_lifetime();
    registry.identities = Identities::new(loaded.identities, loaded.invitations, settings.identities.clone(), lifetime);
    let sessions = loaded.sessions.into_iter().map(Change::SessionOpened);
    let locks = loaded.locks.into_iter().map(|(id, lock)| Change::LockSet(id, lock));
    let closings = loaded.closings.into_iter().map(|(id, order)| Change::CloseOrdered(id, order));
    let rules = loaded.rules.into_iter().map(Change::RuleSet);
    let exemptions = loaded.exemptions.into_iter().map(|(rule, key)| Change::Exempted(rule, key));
    for change in sessions.chain(locks).chain(closings).chain(rules).chain(exemptions) {
        registry.apply(&change);
    }
    registry
}

/// Takes over the living holders and forgets the dead ones. A holder whose program runs was on the
/// books once, and one whose program never ran has ended by itself: so a living one that the store
/// does not know is put on the books again.
pub async fn adopt(host: &Arc<Host>) {
    for found in host.text.find().await {
        let id = found.id();
        let known = host.registry().get(id).map(|session| session.key == *found.key());
        match known {
            Some(true) => host.text.adopt(found),
            // On the books is another session of that number, which is over: this one takes its place.
            Some(false) => {
                host.session_gone(id, Ended::HolderDied).await;
                unknown(host, found).await;
            }
            // The books are new: the old ones were corrupt, or are in another directory.
            None => unknown(host, found).await,
        }
    }
    let missing: Vec<_> = {
        let registry = host.registry();
        registry.sessions().filter(|s| s.kind == Kind::Text && !host.text.holds(s.id)).map(|s| s.id).collect()
    };
    for id in missing {
        look_again(Arc::clone(host), id).await;
    }
    host.look_at_groups().await;
}

/// A holder whose session is not on the books. One that has ended was on record when the last daemon died.
async fn unknown(host: &Arc<Host>, found: Found) {
    match found.has_ended() {
        true => host.text.adopt(found),
        false => take_over(host, found).await,
    }
}

/// A session of which the database knows nothing any more is put on the books again, with the cover it shows.
async fn take_over(host: &Arc<Host>, found: Found) {
    let (id, now) = (found.id(), clock::now());
    let Some((uid, user)) = owner(host, found.key()).await else {
        return tracing::error!("session {id} has a holder, and nobody knows whose session it is: it is left alone");
    };
    let record = SessionRecord {
        id,
        key: found.key().clone(),
        user,
        uid,
        since: now,
        name: None,
        program: proc::name(found.key().leader_pid).unwrap_or_else(|| "?".to_owned()),
        kind: Kind::Text,
        groups: Default::default(),
    };
    // Whatever its source, it is the session's own lock from now on: rules did not survive.
    let shown = found.status().covers.iter().find(|cover| cover.holds(now)).map(|cover| cover.terms.clone());
    let changes = std::iter::once(Change::SessionOpened(record)).chain(shown.map(|lock| Change::LockSet(id, lock)));
    match host.commit(changes.collect(), None, Urgency::Freeing).await {
        Ok(_) => {
            host.session_ids_beyond(id);
            host.text.adopt(found);
            tracing::warn!("session {id} was taken over from its holder");
        }
        Err(error) => tracing::error!("session {id} could not be taken over: {error}"),
    }
}

/// Whose session this is: in system mode the user's in whose slice the kernel has the session's leader.
async fn owner(host: &Host, key: &SessionKey) -> Option<(u32, String)> {
    if host.daemon.mode == Mode::User {
        return Some((host.daemon.uid, host.daemon.user.clone()));
    }
    let group = cgroup::of(key.leader_pid).ok()??;
    let is_its_login = cgroup::membership(&group) == Membership::Session(key.native_id.clone());
    let uid = cgroup::user_of(&group).filter(|_| is_its_login && key.leader().lives())?;
    Some((uid, account(uid).await.name))
}

/// Looks for the holder of a session that is on the books but not connected: adopts it, or forgets
/// the session if its holder and its leader are dead.
pub async fn look_again(host: Arc<Host>, id: u32) {
    let Some(key) = host.registry().get(id).map(|session| session.key.clone()) else { return };
    if let Some(found) = host.text.find_one(id).await {
        if *found.key() == key && !host.text.holds(id) {
            host.text.adopt(found);
            crate::execute::show_as_ordered(&host, id);
        }
        return;
    }
    if !host.text.socket(id).exists() && !host.text.holds(id) {
        // Nobody listens there any more, so nobody holds it: what is left of it ends.
        host.text.reap(id, &key).await;
        host.session_gone(id, Ended::Unseen).await;
    }
}
