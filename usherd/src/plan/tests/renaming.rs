//! Names of text sessions, case by case.

use usher_core::outcome::{ErrorId, OutcomeResult};
use usher_core::request::{RenameRequest, SessionRef};

use super::attach::session;
use super::generators::{key_of, now};
use crate::actor::{Actor, Role, Who};
use crate::authorize::authorize;
use crate::plan::{Action, Kind, LocalName, Registry, Snapshot, Step, Todo, Tracked, Work, plan};
use crate::session::Change;

/// The steps that root's action leads to.
pub fn steps(registry: &Registry, action: Action) -> Vec<Step> {
    let (who, role, from) = (Who::User(0), Role::Administrator, "process 1".to_owned());
    let root = Actor { who, name: "root".to_owned(), role, from, own_sessions: Vec::new() };
    let authorized = authorize(root, action).expect("root may");
    match plan(authorized, Snapshot { registry, asked_name: LocalName::Free, absent: &[], now: now() }).work() {
        Work::Sessions(steps) | Work::Rule { steps, .. } => steps.clone(),
        other => panic!("{other:?}"),
    }
}

/// What becomes of it when session 1 is to be called so.
fn renamed(registry: &Registry, name: &str) -> Result<(OutcomeResult, usize), ErrorId> {
    let request = RenameRequest { name: name.parse().expect("a name") };
    match &steps(registry, Action::Rename(SessionRef::Id(1), request))[..] {
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
