//! The audit record of an action, made before anything is done.

use std::collections::HashSet;

use usher_core::audit::AuditTarget;
use usher_core::request::{Action, SignInRequest, SignInStep, Targets};

use crate::actor::Actor;
use crate::plan::Step;
use crate::store::{Attempt, Share};

/// The audit record that an action gets before anything is done; none for those that change nothing.
pub fn attempt_of(actor: &Actor, action: &Action) -> Option<Attempt> {
    let message = match action {
        Action::List | Action::Show(_) | Action::OfUser(_) | Action::Ended | Action::End(..) => return None,
        Action::Blocks | Action::Audit(_) => return None,
        Action::Watch(_) | Action::Status | Action::Identities | Action::SignIns => return None,
        Action::SignIn(SignInRequest { step: SignInStep::Certified { .. }, .. }) => None,
        // Their records name who signs in.
        Action::SignIn(_) => return None,
        Action::Disconnect(r) if r.dry_run => return None,
        Action::Close(r) if r.dry_run => return None,
        Action::Lock(r) => Some(r.message.to_string()),
        Action::Block(_, r) => Some(r.message.to_string()),
        Action::Close(r) => r.message.as_ref().map(ToString::to_string),
        Action::Unlock(_) | Action::Disconnect(_) | Action::CancelClose(_) => None,
        Action::Unblock(_) | Action::Open(_) => None,
        Action::Attach(..) | Action::Thumbnail(..) | Action::Screen(_) => None,
        Action::Rename(_, r) => Some(r.name.to_string()),
        Action::Invite(_) | Action::Redeem(_) | Action::Rekey(_) | Action::Revoke(_) => None,
        Action::SignOut(_) => None,
    };
    Some(Attempt {
        time: usher_core::clock::now(),
        actor: actor.name.clone(),
        share: Share::of(actor),
        from: actor.from.clone(),
        action: action.verb(),
        targets: asked_targets(actor, action),
        left_out: 0,
        message,
    })
}

/// The targets as the caller named them.
fn asked_targets(actor: &Actor, action: &Action) -> Vec<AuditTarget> {
    let name = |text: String| AuditTarget::Name(text);
    match action {
        Action::Block(rule, _) | Action::Unblock(rule) => vec![name(rule.to_string())],
        Action::Attach(to, _) => vec![name(to.to_string())],
        Action::Thumbnail(reference, _) | Action::Rename(reference, _) => vec![name(reference.to_string())],
        Action::Screen(reference) => vec![name(reference.to_string())],
        Action::Invite(r) => r.name.iter().map(|who| name(who.to_string())).collect(),
        Action::Redeem(r) => vec![name(r.name.to_string())],
        Action::Rekey(_) => actor.identity().map(|who| name(who.to_string())).into_iter().collect(),
        Action::Revoke(who) => vec![name(who.to_string())],
        Action::SignOut(which) => vec![name(which.to_string())],
        _ => match action.targets() {
            Some(Targets::All) => vec![name("all".to_owned())],
            Some(Targets::Users(users)) => users.iter().map(|u| name(format!("user:{u}"))).collect(),
            Some(Targets::Ids(ids)) => ids.iter().map(|id| name(id.to_string())).collect(),
            None => Vec::new(),
        },
    }
}

/// The attempt with the sessions that the steps found, and what was named and not found. All that exist and were not
/// refused are named; of the others a few.
pub(super) fn with_targets_of(attempt: Attempt, steps: &[Step]) -> Attempt {
    let unfound = steps.iter().filter(|step| step.target.is_none()).filter_map(|step| step.named.as_ref());
    let unfound: HashSet<String> = unfound.filter(|named| named.number().is_none()).map(ToString::to_string).collect();
    let strangers: HashSet<&str> =
        steps.iter().filter(|step| step.target.is_none()).filter_map(|step| step.user.as_deref()).collect();
    let is_hit = |asked: &AuditTarget| match asked {
        AuditTarget::Name(name) => match name.strip_prefix("user:") {
            Some(user) => !strangers.contains(user),
            None => name == "all",
        },
        AuditTarget::Session(_) => true,
    };
    // The steps have every number that was named, and the number of every session that was found by a name. A name has no
    // colon; rules and users have.
    let is_found = |asked: &AuditTarget| match asked {
        AuditTarget::Name(name) => name != "all" && !name.contains(':') && !unfound.contains(name),
        AuditTarget::Session(_) => true,
    };
    let sessions = |refused| {
        let steps = steps.iter().filter(move |step| step.is_refused() == refused);
        steps.filter_map(Step::id).map(AuditTarget::Session)
    };
    let (asked_hit, asked_refused): (Vec<_>, Vec<_>) =
        attempt.targets.iter().filter(|asked| !is_found(asked)).cloned().partition(is_hit);
    let hit = sessions(false).chain(asked_hit).collect();
    let refused = sessions(true).chain(asked_refused).collect();
    attempt.with_targets(hit, refused)
}

#[cfg(test)]
mod tests {
    use usher_core::outcome::{Error, ErrorId, OutcomeResult};
    use usher_core::request::SessionRef;
    use usher_core::session::SessionKey;

    use super::*;
    use crate::actor::{Role, Who};
    use crate::plan::Todo;
    use crate::session::Target;

    fn attempt(targets: Vec<AuditTarget>) -> Attempt {
        let who = Who::User(0);
        let root = Actor {
            who,
            name: "root".to_owned(),
            role: Role::Administrator,
            from: String::new(),
            own_sessions: vec![],
        };
        Attempt { targets, ..attempt_of(&root, &Action::Unblock("all".parse().unwrap())).unwrap() }
    }

    fn step(id: u32, found: bool, error: Option<ErrorId>) -> Step {
        let key = SessionKey { boot_id: "b".to_owned(), native_id: "c1".to_owned(), leader_pid: 1, leader_start: 1 };
        let target = found.then(|| Target { id, key, user: "alice".to_owned(), uid: 1000 });
        let result = if error.is_some() { OutcomeResult::Failed } else { OutcomeResult::Done };
        let todo = Todo::Answer(result, error.map(|id| Error::new(id, "why")));
        Step { target, named: (!found).then_some(SessionRef::Id(id)), user: None, todo }
    }

    fn name(text: &str) -> AuditTarget {
        AuditTarget::Name(text.to_owned())
    }

    #[test]
    fn every_session_that_was_hit_is_named_and_of_the_others_a_few() {
        let hit = (1..=50).map(|id| step(id, true, None));
        let refused = (51..=60).map(|id| step(id, true, Some(ErrorId::AccessDenied)));
        let missing = (100..9000).map(|id| step(id, false, Some(ErrorId::SessionNotFound)));
        let steps: Vec<_> = hit.chain(refused).chain(missing).collect();
        let asked = (1..=60).chain(100..9000).map(|id: u32| name(&id.to_string())).collect();
        let recorded = with_targets_of(attempt(asked), &steps);
        assert_eq!(recorded.targets.len() + recorded.left_out, 60 + 8900);
        assert!((1..=60).all(|id| recorded.targets.contains(&AuditTarget::Session(id))));
        assert!(recorded.targets.len() < 70);
    }

    #[test]
    fn a_selection_stays_beside_the_sessions_that_it_found() {
        let recorded = with_targets_of(attempt(vec![name("all")]), &[step(3, true, None)]);
        assert_eq!((recorded.targets, recorded.left_out), (vec![AuditTarget::Session(3), name("all")], 0));
    }

    #[test]
    fn a_session_that_was_named_is_recorded_by_its_id_and_a_name_that_nothing_has_as_it_is() {
        let found = step(3, true, None);
        let missing = Step { named: Some("essay".parse().unwrap()), ..step(0, false, Some(ErrorId::SessionNotFound)) };
        let recorded = with_targets_of(attempt(vec![name("alice/exam"), name("c2"), name("essay")]), &[found, missing]);
        assert_eq!((recorded.targets, recorded.left_out), (vec![AuditTarget::Session(3), name("essay")], 0));
    }

    #[test]
    fn users_who_have_no_session_are_counted_after_the_first() {
        let stranger = |n: u32| Step {
            user: Some(format!("u{n}")),
            named: None,
            ..step(0, false, Some(ErrorId::SessionNotFound))
        };
        let steps: Vec<_> = (0..500).map(stranger).chain([step(3, true, None)]).collect();
        let asked = (0..500).map(|n| name(&format!("user:u{n}"))).chain([name("user:alice")]).collect();
        let recorded = with_targets_of(attempt(asked), &steps);
        assert_eq!(recorded.targets[..2], [AuditTarget::Session(3), name("user:alice")]);
        assert_eq!(recorded.targets.len() + recorded.left_out, 502);
        assert!(recorded.targets.len() < 20);
    }
}
