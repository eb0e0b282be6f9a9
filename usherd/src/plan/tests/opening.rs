//! Which text sessions can be started, case by case.

use usher_core::outcome::ErrorId;
use usher_core::request::{OpenRequest, Size};

use super::cases::session;
use super::generators::{key_of, now};
use crate::actor::{Actor, Role, Who};
use crate::authorize::authorize;
use crate::plan::{Action, Kind, LocalName, Registry, Snapshot, Tracked, Work, plan};

fn asked(command: &[&str], environment: &[&str]) -> OpenRequest {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let (command, environment) = (owned(command), owned(environment));
    OpenRequest { name: None, command, directory: None, environment, size: Size::default() }
}

/// Whether alice is given this session.
fn opened(registry: &Registry, request: OpenRequest) -> Result<(), ErrorId> {
    let (who, from) = (Who::User(1000), "process 1".to_owned());
    let actor = Actor { who, name: "alice".to_owned(), role: Role::User, from, own_sessions: Vec::new() };
    let authorized = authorize(actor, Action::Open(Box::new(request))).map_err(|error| error.id)?;
    match plan(authorized, Snapshot { registry, asked_name: LocalName::Free, absent: &[], now: now() }).work() {
        Work::Open(opened) => opened.as_ref().map(|_| ()).map_err(|error| error.id),
        other => panic!("{other:?}"),
    }
}

#[test]
fn words_that_cannot_start_a_program_are_refused() {
    let registry = Registry::default();
    for (command, environment, expected) in [
        (&[][..], &[][..], Ok(())),
        (&["sh", ""], &["LANG=C", "EMPTY="], Ok(())),
        (&["a\0b"], &[], Err(ErrorId::InvalidRequest)),
        (&["sh", "a\0b"], &[], Err(ErrorId::InvalidRequest)),
        (&["sh"], &["A=\0"], Err(ErrorId::InvalidRequest)),
        (&["", "sh"], &[], Err(ErrorId::InvalidRequest)),
        (&["sh"], &["LANG=C", "LANG"], Err(ErrorId::InvalidRequest)),
    ] {
        assert_eq!(opened(&registry, asked(command, environment)), expected, "{command:?} {environment:?}");
    }
}

#[test]
fn users_of_the_systems_daemon_have_so_many_text_sessions_and_no_more() {
    let mut registry = Registry::default();
    (registry.of_system, registry.most_text_sessions) = (true, 2);
    // Neither another user's nor a desktop counts.
    for (id, uid, kind) in [(1, 1000, Kind::Text), (2, 1001, Kind::Text), (3, 1000, Kind::X11)] {
        registry.put(Tracked { id, key: key_of(id), uid, ..session(kind) });
    }
    assert_eq!(opened(&registry, asked(&[], &[])), Ok(()));
    registry.put(Tracked { id: 4, key: key_of(4), ..session(Kind::Text) });
    assert_eq!(opened(&registry, asked(&[], &[])), Err(ErrorId::AccessDenied));
    registry.of_system = false;
    assert_eq!(opened(&registry, asked(&[], &[])), Ok(()), "a user's own daemon has no such bound");
}
