//! What a caller may know of the daemon.

use usher_core::status::{Degradation, HostStatus, HostTrouble};
use usher_core::wire::headers::API_VERSION;

use crate::actor::{Actor, Role};
use crate::host::Host;
use crate::paths::Mode;
use crate::session::Registry;

/// The daemon as this caller may see it: anybody gets the basics, and what does not work.
pub(super) fn status(host: &Host, registry: &Registry, actor: &Actor) -> HostStatus {
    let sight = actor.sight();
    let seen = registry.sessions().filter(|session| sight.sees(session.uid));
    let sessions: Vec<_> = seen.map(|session| host.present_in(registry, session)).collect();
    let is_at_least = |role| actor.role >= role;
    let condition = host.condition();
    let joined = registry.identities.shown().iter().filter(|identity| identity.revoked.is_none()).count();
    let listens = host.gateway.listens();
    let mut troubles = condition.troubles;
    if host.host_sessions.as_ref().is_some_and(|login| !login.is_following()) {
        troubles.push(HostTrouble::LogindNotFollowed);
    }
    if joined > 0 && listens.is_none() {
        troubles.push(HostTrouble::NoGateway);
    }
    troubles.sort_unstable();
    let administrator = is_at_least(Role::Administrator);
    HostStatus {
        host: host.name.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        api_version: API_VERSION.to_owned(),
        mode: if host.daemon.mode == Mode::System { "system" } else { "user" }.to_owned(),
        since: host.daemon.since,
        socket: host.daemon.socket.display().to_string(),
        caller: Some(actor.name.clone()),
        role: actor.role.as_str().to_owned(),
        tells_looks: host.settings.tell_looks,
        sessions: sessions.len(),
        locked: sessions.iter().filter(|session| session.locked).count(),
        rules: is_at_least(Role::Operator).then(|| registry.rules().count()),
        identities: administrator.then_some(joined),
        gateway: listens.filter(|_| administrator).map(|listen| listen.to_string()),
        store: condition.store.filter(|_| administrator),
        degraded: troubles.into_iter().map(Degradation::from).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::Who;
    use crate::host::lab::Lab;

    fn actor(role: Role, uid: u32) -> Actor {
        Actor { who: Who::User(uid), name: "x".to_owned(), role, from: String::new(), own_sessions: Vec::new() }
    }

    #[tokio::test]
    async fn everybody_gets_the_basics_and_administrators_all() {
        let lab = Lab::new();
        lab.session(1).await;
        lab.host.look_at_condition().await;
        let status = |role, uid| status(&lab.host, &lab.host.registry(), &actor(role, uid));
        let stranger = status(Role::User, 1);
        assert_eq!((stranger.sessions, stranger.rules, stranger.store), (0, None, None));
        assert_eq!((stranger.mode.as_str(), stranger.role.as_str()), ("user", "user"));
        let alice = status(Role::User, 4711);
        assert_eq!((alice.sessions, alice.identities), (1, None));
        let operator = status(Role::Operator, 1);
        assert_eq!((operator.sessions, operator.rules, operator.identities), (1, Some(0), None));
        let administrator = status(Role::Administrator, 1);
        assert!(administrator.store.is_some_and(|store| store.schema > 0 && store.bytes > 0));
        assert_eq!(administrator.identities, Some(0));
    }
}
