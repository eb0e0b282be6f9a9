//! What reads ask for once their names are resolved, and which steps are refusals, case by case.

use usher_core::outcome::{Error, ErrorId, OutcomeResult};
use usher_core::request::{AuditQuery, SessionRef};

use super::cases::session;
use super::generators::{key_of, now};
use crate::actor::{Actor, Role, Who};
use crate::authorize::authorize;
use crate::plan::{Action, Kind, LocalName, Reading, Registry, Snapshot, Step, Todo, Tracked, Work, plan};

/// What root reads who asks for the records of the session that is named like this; alice has three, and two of them are called
/// `work`.
fn records_of(named: &str) -> Result<AuditQuery, ErrorId> {
    let mut registry = Registry::default();
    for (id, name) in [(1, "mail"), (2, "work"), (3, "work")] {
        registry.put(Tracked { id, key: key_of(id), name: Some(name.to_owned()), ..session(Kind::Text) });
    }
    let root = Actor {
        who: Who::User(0),
        name: "root".to_owned(),
        role: Role::Administrator,
        from: "process 1".to_owned(),
        own_sessions: Vec::new(),
    };
    let query = AuditQuery {
        session: Some(named.parse().expect("a reference")),
        user: Some("alice".parse().expect("a name")),
        ..AuditQuery::default()
    };
    let authorized = authorize(root, Action::Audit(query)).map_err(|error| error.id)?;
    let snapshot = Snapshot { registry: &registry, asked_name: LocalName::Free, absent: &[], now: now() };
    match plan(authorized, snapshot).work() {
        Work::Read(Ok(Reading::Audit(query))) => Ok(query.clone()),
        Work::Read(Err(error)) => Err(error.id),
        other => panic!("{other:?}"),
    }
}

#[test]
fn records_are_asked_for_by_the_number_of_the_session_that_is_named() {
    let asked = records_of("alice/mail").expect("it names one session");
    assert_eq!(asked.session, Some(SessionRef::Id(1)));
    assert_eq!(asked.user.map(|user| user.to_string()), Some("alice".to_owned()), "the rest is asked for as well");
}

#[test]
fn records_of_a_name_that_two_sessions_have_are_nobodys() {
    assert_eq!(records_of("alice/work"), Err(ErrorId::InvalidRequest));
}

#[test]
fn a_name_that_no_session_has_may_stand_in_old_records() {
    for named in ["7", "alice/gone"] {
        let asked = records_of(named).expect("it is looked for");
        assert_eq!(asked.session, Some(named.parse().expect("a reference")), "{named}");
    }
}

#[test]
fn refused_is_what_failed_before_anything_was_tried() {
    let step = |todo| Step { target: None, named: None, user: None, todo };
    let answer = |result, id| step(Todo::Answer(result, Some(Error::new(id, "why"))));
    assert!(answer(OutcomeResult::Failed, ErrorId::AccessDenied).is_refused());
    assert!(!answer(OutcomeResult::Failed, ErrorId::BackendFailed).is_refused(), "that was tried");
    assert!(!answer(OutcomeResult::Skipped, ErrorId::OwnSession).is_refused(), "nobody asked for that one");
    assert!(!step(Todo::Answer(OutcomeResult::Unchanged, None)).is_refused());
}
