//! Names of text sessions, case by case.

use usher_core::outcome::{ErrorId, OutcomeResult};
use usher_core::request::{RenameRequest, SessionRef};

use super::cases::{root_steps, session};
use super::generators::key_of;
use crate::plan::{Action, Kind, Registry, Step, Todo, Tracked};
use crate::session::Change;

/// What becomes of it when session 1 is to be called so.
fn renamed(registry: &Registry, name: &str) -> Result<(OutcomeResult, usize), ErrorId> {
    let request = RenameRequest { name: name.parse().expect("a name") };
    match &root_steps(registry, Action::Rename(SessionRef::Id(1), request))[..] {
        [Step { todo: Todo::Act { changes, result, .. }, .. }] => {
            assert!(changes.iter().all(|change| matches!(change, Change::Renamed(1, new) if new.to_string() == name)));
            Ok((*result, changes.len()))
        }
        [Step { todo: Todo::Answer(_, Some(error)), .. }] => Err(error.id),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_text_session_gets_a_name_that_none_of_its_user_has() {
    let mut registry = Registry::default();
    registry.put(Tracked { name: Some("mail".to_owned()), ..session(Kind::Text) });
    registry.put(Tracked { id: 2, key: key_of(2), name: Some("work".to_owned()), ..session(Kind::Text) });
    let (user, uid, name) = ("bob".to_owned(), 1001, Some("essay".to_owned()));
    registry.put(Tracked { id: 3, key: key_of(3), user, uid, name, ..session(Kind::Text) });
    assert_eq!(renamed(&registry, "new"), Ok((OutcomeResult::Done, 1)));
    assert_eq!(renamed(&registry, "mail"), Ok((OutcomeResult::Unchanged, 0)), "it is called so");
    assert_eq!(renamed(&registry, "work"), Err(ErrorId::InvalidRequest));
    assert_eq!(renamed(&registry, "essay"), Ok((OutcomeResult::Done, 1)), "another user's name is free");
}

#[test]
fn other_kinds_have_no_names() {
    for kind in [Kind::X11, Kind::Wayland, Kind::Ssh, Kind::Console] {
        let mut registry = Registry::default();
        registry.put(session(kind));
        assert_eq!(renamed(&registry, "new"), Err(ErrorId::NotSupported), "{kind:?}");
    }
}
