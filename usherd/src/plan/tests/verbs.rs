//! What verbs on sessions come to, case by case.

use proptest::prelude::*;
use usher_core::outcome::{ErrorId, OutcomeResult};
use usher_core::request::{DisconnectRequest, LockRequest, SessionRef, Targets, UnlockRequest};
use usher_core::session::{Cover, CoverSource, SeenStation, Terms};

use super::cases::{root_steps, session};
use super::generators::{actor, now, registry, session_verb};
use crate::accounts::Groups;
use crate::actor::{Actor, Role, Who};
use crate::authorize::authorize;
use crate::plan::{Action, Kind, LocalName, Registry, Snapshot, Todo, Tracked, Verb, Work, plan};
use crate::session::Seen;

fn first() -> Targets {
    Targets::Ids(vec![SessionRef::Id(1)])
}

/// What becomes of root's action on session 1, as it is seen.
fn comes_to(seen: Seen, action: Action) -> OutcomeResult {
    let mut registry = Registry::default();
    registry.put(Tracked { seen, ..session(Kind::Text) });
    match &root_steps(&registry, action)[..] {
        [step] => match &step.todo {
            Todo::Act { result, .. } | Todo::Answer(result, _) => *result,
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_unlock_is_done_where_something_covers_also_what_nobody_knows_of() {
    let unlock = || Action::Unlock(UnlockRequest { targets: first(), exempt: false });
    let terms = Terms {
        message: "Stop".parse().expect("a message"),
        by: "olga".to_owned(),
        by_uid: 1002,
        since: now(),
        until: None,
        freeze: false,
    };
    let cover = Cover { source: CoverSource::Session, terms };
    assert_eq!(comes_to(Seen { covers: vec![cover], ..Seen::default() }, unlock()), OutcomeResult::Done);
    assert_eq!(comes_to(Seen::default(), unlock()), OutcomeResult::Unchanged);
}

#[test]
fn a_dry_disconnect_is_planned_where_somebody_sits() {
    let disconnect = |dry_run| Action::Disconnect(DisconnectRequest { targets: first(), dry_run });
    let sat_at = || Seen { stations: vec![SeenStation { id: 1, client: None }], ..Seen::default() };
    assert_eq!(comes_to(sat_at(), disconnect(true)), OutcomeResult::Planned);
    assert_eq!(comes_to(sat_at(), disconnect(false)), OutcomeResult::Done);
    assert_eq!(comes_to(Seen::default(), disconnect(true)), OutcomeResult::Unchanged);
}

/// What an operator is told who wants to lock this one.
fn refusal(session: Tracked) -> String {
    let mut registry = Registry::default();
    registry.put(session);
    let (who, role, from) = (Who::User(1002), Role::Operator, "process 1".to_owned());
    let olga = Actor { who, name: "olga".to_owned(), role, from, own_sessions: Vec::new() };
    let message = "Stop".parse().expect("a message");
    let request = LockRequest { targets: first(), message, duration: None, freeze: false };
    let authorized = authorize(olga, Action::Lock(request)).expect("an operator may lock");
    let snapshot = Snapshot { registry: &registry, asked_name: LocalName::Free, absent: &[], now: now() };
    match plan(authorized, snapshot).work() {
        Work::Sessions(steps) => match &steps[0].todo {
            Todo::Answer(_, Some(error)) => error.message.clone(),
            Todo::Act { .. } | Todo::Answer(_, None) => String::new(),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_operator_is_told_whether_somebody_is_privileged_or_nobody_knows() {
    let usual = || session(Kind::Text);
    assert_eq!(refusal(usual()), "");
    for privileged in [Tracked { admin: true, ..usual() }, Tracked { operator: true, ..usual() }] {
        assert!(refusal(privileged).contains("administrator or operator"));
    }
    assert!(refusal(Tracked { groups: Groups::Unknown, ..usual() }).contains("groups are not known"));
}

#[test]
fn whoever_wants_a_text_sessions_programs_stopped_is_told_that_they_are_not() {
    let notes = |kind, freeze| {
        let mut registry = Registry::default();
        registry.put(session(kind));
        let message = "Stop".parse().expect("a message");
        let request = LockRequest { targets: first(), message, duration: None, freeze };
        match &root_steps(&registry, Action::Lock(request))[0].todo {
            Todo::Act { notes, .. } => notes.clone(),
            other @ Todo::Answer(..) => panic!("{other:?}"),
        }
    };
    assert_eq!(notes(Kind::Text, true), ["the processes of a text session are not stopped: --freeze is for displays"]);
    for (kind, freeze) in [(Kind::Text, false), (Kind::X11, true), (Kind::X11, false)] {
        assert_eq!(notes(kind, freeze), [""; 0], "{kind:?} {freeze}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_a_session_cannot_do_is_refused_and_never_written(actor in actor(), action in session_verb(), mut registry in registry()) {
        let why = "not this one".to_owned();
        let ids: Vec<u32> = registry.sessions().map(|session| session.id).collect();
        for id in ids {
            registry.see(id, |seen| {
                seen.unlockable = Some(why.clone());
                seen.undetachable = Some(why.clone());
            });
        }
        let Some(plan) = super::planned(&actor, &action, &registry) else { return Ok(()) };
        if !matches!(plan.verb(), Verb::Lock | Verb::Disconnect) {
            return Ok(());
        }
        for step in super::steps(&plan) {
            prop_assert!(!super::acts(step) && step.changes().is_empty());
            let Todo::Answer(_, Some(error)) = &step.todo else { panic!("no error: {step:?}") };
            let before = matches!(error.id, ErrorId::SessionNotFound | ErrorId::UserNotFound | ErrorId::OwnSession | ErrorId::NotOrchestratable | ErrorId::AccessDenied);
            prop_assert!(before || error.id == ErrorId::NotSupported);
        }
    }
}
