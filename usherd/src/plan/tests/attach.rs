//! Sitting down, case by case: at the caller's own text sessions, from outside of them.

use usher_core::outcome::ErrorId;
use usher_core::request::{AttachRequest, AttachTo, SessionRef, Size};

use super::cases::session;
use super::generators::now;
use crate::actor::{Actor, Role, Who};
use crate::authorize::authorize;
use crate::plan::{Action, Kind, LocalName, Registry, Snapshot, Work, plan};

/// What becomes of it when this uid, which sits in these sessions, asks to sit down at session 1.
fn attached(kind: Kind, uid: u32, own_sessions: Vec<u32>) -> Result<(), ErrorId> {
    asked(AttachTo::Session(SessionRef::Id(1)), kind, uid, own_sessions)
}

fn asked(to: AttachTo, kind: Kind, uid: u32, own_sessions: Vec<u32>) -> Result<(), ErrorId> {
    let mut registry = Registry::default();
    registry.put(session(kind));
    let (who, role) = (Who::User(uid), if uid == 0 { Role::Administrator } else { Role::User });
    let actor = Actor { who, name: "somebody".to_owned(), role, from: "process 1".to_owned(), own_sessions };
    let (size, colours) = (Size::default(), Default::default());
    let request = AttachRequest { size, colours, client: None, read_only: false };
    let authorized = authorize(actor, Action::Attach(to, request)).map_err(|error| error.id)?;
    match plan(authorized, Snapshot { registry: &registry, asked_name: LocalName::Free, absent: &[], now: now() })
        .work()
    {
        Work::Attach { admitted, .. } => admitted.clone().map(|_| ()).map_err(|error| error.id),
        other => panic!("{other:?}"),
    }
}

#[test]
fn users_sit_down_at_their_own_text_sessions_and_nobody_else_does() {
    assert_eq!(attached(Kind::Text, 1000, vec![2]), Ok(()));
    assert_eq!(attached(Kind::Text, 0, Vec::new()), Err(ErrorId::AccessDenied), "root");
    assert_eq!(attached(Kind::Text, 1001, Vec::new()), Err(ErrorId::SessionNotFound), "a stranger");
    assert_eq!(attached(Kind::X11, 1000, Vec::new()), Err(ErrorId::NotSupported));
    assert_eq!(attached(Kind::Ssh, 1000, Vec::new()), Err(ErrorId::NotSupported));
}

#[test]
fn nobody_sits_down_at_the_session_that_they_sit_in() {
    assert_eq!(attached(Kind::Text, 1000, vec![1]), Err(ErrorId::OwnSession));
}

#[test]
fn the_last_one_is_a_text_session_of_the_callers_that_the_caller_does_not_sit_in() {
    assert_eq!(asked(AttachTo::Last, Kind::Text, 1000, vec![2]), Ok(()));
    assert_eq!(asked(AttachTo::Last, Kind::Text, 1000, vec![1]), Err(ErrorId::SessionNotFound));
    assert_eq!(asked(AttachTo::Last, Kind::X11, 1000, Vec::new()), Err(ErrorId::SessionNotFound));
    assert_eq!(asked(AttachTo::Last, Kind::Text, 0, Vec::new()), Err(ErrorId::SessionNotFound), "root has none");
}
