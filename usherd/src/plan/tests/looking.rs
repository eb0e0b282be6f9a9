//! Text on a screen, of sessions that live and of those that have ended, case by case.

use usher_core::outcome::ErrorId;
use usher_core::session::{EndCause, SessionEnd};

use super::cases::session;
use super::generators::{key_of, now};
use crate::actor::{Actor, Role, Who};
use crate::authorize::authorize;
use crate::plan::{Action, Kind, LocalName, Look, Registry, Snapshot, Tracked, Work, plan};
use crate::session::EndedSession;

/// What this user is shown of the session that is named like this.
fn shown(registry: &Registry, uid: u32, named: &str) -> Result<Look, ErrorId> {
    let role = if uid == 0 { Role::Administrator } else { Role::User };
    let (who, from) = (Who::User(uid), "process 1".to_owned());
    let actor = Actor { who, name: "somebody".to_owned(), role, from, own_sessions: Vec::new() };
    let action = Action::Screen(named.parse().expect("a reference"));
    let authorized = authorize(actor, action).map_err(|error| error.id)?;
    match plan(authorized, Snapshot { registry, asked_name: LocalName::Free, absent: &[], now: now() }).work() {
        Work::Look { admitted, .. } => admitted.clone().map_err(|error| error.id),
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_text_sessions_are_shown_as_text() {
    for kind in [Kind::Text, Kind::X11, Kind::Wayland, Kind::Ssh, Kind::Console] {
        let mut registry = Registry::default();
        registry.put(session(kind));
        let expected = if kind == Kind::Text { Ok(Look::Text) } else { Err(ErrorId::NotSupported) };
        assert_eq!(shown(&registry, 1000, "1"), expected, "{kind:?}");
    }
}

#[test]
fn the_last_text_of_a_session_that_has_ended_is_found_by_its_number_and_by_its_users_name_for_it() {
    let mut registry = Registry::default();
    let ends: [(u32, &str, u32, &str); 4] = [
        (1, "alice", 1000, "mail"),
        (2, "alice", 1000, "work"),
        (3, "bob", 1001, "mail"),
        // The name's last session counts.
        (4, "alice", 1000, "work"),
    ];
    for (id, user, uid, name) in ends {
        let (user, name, key) = (user.to_owned(), Some(name.to_owned()), key_of(id));
        let ended = Tracked { id, key, user, uid, name, ..session(Kind::Text) };
        let (end, screen) = (SessionEnd::because(EndCause::Exited, now()), Some(format!("of {id}")));
        registry.ended.put(EndedSession { session: ended, end, screen }, now());
    }
    let text = |uid, named| match shown(&registry, uid, named) {
        Ok(Look::Last(text)) => text,
        Ok(other) => format!("{other:?}"),
        Err(id) => format!("{id:?}"),
    };
    for (uid, named, expected) in [
        (1000, "1", "of 1"),
        (1000, "2", "of 2"),
        (1000, "mail", "of 1"),
        (1000, "work", "of 4"),
        (1001, "mail", "of 3"),
        (0, "bob/mail", "of 3"),
        (0, "alice/mail", "of 1"),
        (0, "3", "of 3"),
    ] {
        assert_eq!(text(uid, named), expected, "{named} of {uid}");
    }
    for (uid, named) in [(1000, "3"), (1000, "bob/mail"), (1001, "work"), (0, "mail"), (0, "bob/work"), (1000, "5")] {
        assert_eq!(text(uid, named), "SessionNotFound", "{named} of {uid}");
    }
}
