//! The session that a caller's words name, in the snapshot that the plan is made from.

use usher_core::outcome::{Error, ErrorId};
use usher_core::request::{SessionName, SessionRef};

use super::View;
use crate::actor::Actor;
use crate::session::{EndedSession, Registry, Tracked};

/// The session that is named, if the actor may know that it exists. Whose session another number is, and whether it is
/// anybody's, is not for ordinary users.
pub(super) fn resolve<'a>(actor: &Actor, registry: &'a Registry, reference: &SessionRef) -> Result<&'a Tracked, Error> {
    let visible = |session: &&Tracked| actor.sight().sees(session.uid);
    let unknown = || not_found(reference);
    match reference {
        SessionRef::Id(_) | SessionRef::Native(_) => registry.find(reference).filter(visible).ok_or_else(unknown),
        SessionRef::Own(name) => {
            let own: Vec<_> = actor.uid().into_iter().flat_map(|uid| registry.called(uid, name)).collect();
            let others = || registry.sessions().filter(visible).filter(|session| session.is_called(name));
            only(&own, reference)?.ok_or_else(|| hinting(unknown(), others()))
        }
        SessionRef::Of(user, name) => {
            let theirs = registry.sessions().filter(visible).filter(|s| s.user == user.as_str() && s.is_called(name));
            only(&theirs.collect::<Vec<_>>(), reference)?.ok_or_else(unknown)
        }
    }
}

/// The session that is named, among those that ended a while ago at most: the last that had the ID or the name.
pub(super) fn resolve_ended<'a>(view: &View<'a>, reference: &SessionRef) -> Option<&'a EndedSession> {
    let actor = view.actor;
    let mut known = view.registry.ended.at(view.now).rev().filter(|known| actor.sight().sees(known.session.uid));
    known.find(|EndedSession { session, .. }| match reference {
        SessionRef::Id(_) | SessionRef::Native(_) => reference.names(session.id, &session.key.native_id),
        SessionRef::Own(name) => Some(session.uid) == actor.uid() && session.is_called(name),
        SessionRef::Of(user, name) => session.user == user.as_str() && session.is_called(name),
    })
}

/// The one that was found, if any.
fn only<'a>(found: &[&'a Tracked], reference: &SessionRef) -> Result<Option<&'a Tracked>, Error> {
    match found {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        several => {
            let ids = several.iter().map(|session| session.id.to_string()).collect::<Vec<_>>().join(", ");
            let message = format!("{reference} names {} sessions: {ids}", several.len());
            Err(Error::new(ErrorId::InvalidRequest, message).hint("name one of them by its ID"))
        }
    }
}

/// No session has this ID or this name.
pub(super) fn not_found(reference: &SessionRef) -> Error {
    let message = match reference {
        SessionRef::Own(name) => format!("you have no session {name} on this host"),
        SessionRef::Id(_) | SessionRef::Native(_) | SessionRef::Of(..) => {
            format!("there is no session {reference} on this host")
        }
    };
    Error::new(ErrorId::SessionNotFound, message).hint("`usher list` shows the sessions that there are")
}

/// The same error, with the way to name those that the caller may have meant.
fn hinting<'a>(error: Error, meant: impl Iterator<Item = &'a Tracked>) -> Error {
    let meant: Vec<_> = meant.take(8).map(|s| format!("{}/{}", s.user, s.title())).collect();
    if meant.is_empty() {
        error
    } else {
        error.hint(format!("another user's is named by USER/NAME: {}", meant.join(", ")))
    }
}

/// Another session of the user's has this name already.
///
/// # Errors
/// It has, and lives.
pub(crate) fn require_free(registry: &Registry, uid: u32, name: &SessionName) -> Result<(), Error> {
    let Some(other) = registry.called(uid, name).next() else { return Ok(()) };
    let message = format!("session {} of {} has the name {name} already", other.id, other.user);
    Err(Error::new(ErrorId::InvalidRequest, message)
        .hint("choose another name; `usher rename` gives that session another one"))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use usher_core::session::{Kind, SessionKey};

    use super::*;
    use crate::actor::{Role, Who};
    use crate::session::{Change, SessionRecord};

    /// Alice has 1, 2 and 3, of which two were named alike once; Bob has 4.
    fn registry() -> Registry {
        let mut registry = Registry::default();
        for (id, user, name) in [(1, "alice", "essay"), (2, "alice", "old"), (3, "alice", "old"), (4, "bob", "essay")] {
            let native_id = format!("u{id}");
            registry.apply(&Change::SessionOpened(SessionRecord {
                id,
                key: SessionKey { boot_id: "b".to_owned(), native_id, leader_pid: id, leader_start: 1 },
                user: user.to_owned(),
                uid: uid(user),
                since: Timestamp::UNIX_EPOCH,
                name: Some(name.to_owned()),
                program: "sh".to_owned(),
                kind: Kind::Text,
                groups: Default::default(),
            }));
        }
        registry
    }

    fn uid(user: &str) -> u32 {
        if user == "alice" { 1000 } else { 1001 }
    }

    /// The ID that is found, or why none is.
    fn named(user: &str, role: Role, reference: &str) -> Result<u32, (ErrorId, String)> {
        let (who, own_sessions) = (Who::User(uid(user)), Vec::new());
        let actor = Actor { who, name: user.to_owned(), role, from: String::new(), own_sessions };
        let registry = registry();
        let found = resolve(&actor, &registry, &reference.parse().unwrap());
        found.map(|session| session.id).map_err(|error| (error.id, error.message + &error.hint.unwrap_or_default()))
    }

    #[test]
    fn a_bare_name_is_the_callers_own_session() {
        assert_eq!(named("alice", Role::User, "essay"), Ok(1));
        assert_eq!(named("bob", Role::Administrator, "essay"), Ok(4));
        assert_eq!(named("alice", Role::User, "u1"), Ok(1));
        let (id, why) = named("bob", Role::Operator, "old").unwrap_err();
        assert_eq!(id, ErrorId::SessionNotFound);
        assert!(why.contains("USER/NAME: alice/old"), "{why}");
    }

    #[test]
    fn another_users_session_is_named_with_its_user_by_those_who_see_it() {
        assert_eq!(named("bob", Role::Operator, "alice/essay"), Ok(1));
        assert_eq!(named("bob", Role::User, "bob/essay"), Ok(4));
        for hidden in ["alice/essay", "alice/old", "alice/nothing", "old", "nothing"] {
            let (id, why) = named("bob", Role::User, hidden).unwrap_err();
            assert_eq!(id, ErrorId::SessionNotFound, "{hidden}");
            assert!(!why.contains("USER/NAME"), "{why}");
        }
    }

    #[test]
    fn an_ambiguous_name_lists_the_ids() {
        let (id, why) = named("alice", Role::User, "old").unwrap_err();
        assert_eq!(id, ErrorId::InvalidRequest);
        assert!(why.contains("2, 3"), "{why}");
        assert_eq!(named("bob", Role::Operator, "alice/old").unwrap_err().0, ErrorId::InvalidRequest);
    }

    #[test]
    fn a_name_is_free_for_everybody_but_its_user() {
        let essay = "essay".parse().unwrap();
        assert_eq!(require_free(&registry(), 1000, &essay).unwrap_err().id, ErrorId::InvalidRequest);
        assert!(require_free(&registry(), 1002, &essay).is_ok());
        let mut registry = registry();
        registry.apply(&Change::SessionEnded(1));
        assert!(require_free(&registry, 1000, &essay).is_ok());
    }
}
