//! The rules as properties of random actors, sessions, rules and requests.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use proptest::prelude::*;
use usher_core::request::{CloseRequest, DisconnectRequest, LockRequest, Message, Name, Size, UnlockRequest};
use usher_core::session::{CoverSource, SessionKey};

use super::*;
use crate::accounts::Groups;
use crate::actor::{Role, Sight, Who};
use crate::authorize::authorize;
use crate::session::Seen;

const USERS: [&str; 4] = ["alice", "bob", "carol", "dave"];

fn now() -> Timestamp {
    "2026-03-02T09:41:00Z".parse().unwrap()
}

fn message() -> Message {
    "Eyes up".parse().unwrap()
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::User), Just(Role::Operator), Just(Role::Administrator)]
}

prop_compose! {
    fn session()(
        id in 1u32..12,
        user in 0..USERS.len(),
        kind in prop_oneof![Just(Kind::Text), Just(Kind::X11), Just(Kind::Ssh)],
        groups in prop::option::weighted(0.8, proptest::collection::btree_set(prop_oneof![Just("red"), Just("blue")], 0..2)),
        admin in prop::bool::weighted(0.2),
        operator in prop::bool::weighted(0.2),
        locked in prop::option::of(prop::option::of(-60i64..60)),
        stations in 0u32..2,
    ) -> Tracked {
        let own_lock = locked.map(|until| OwnLock {
            message: message(),
            by: "root".to_owned(),
            by_uid: 0,
            since: now() - jiff::SignedDuration::from_secs(120),
            until: until.map(|seconds| now() + jiff::SignedDuration::from_secs(seconds)),
            freeze: false,
        });
        Tracked {
            id,
            key: SessionKey { boot_id: "b".to_owned(), native_id: format!("u{id}"), leader_pid: 100 + id, leader_start: 1 },
            user: USERS[user].to_owned(),
            uid: 1000 + u32::try_from(user).unwrap(),
            kind,
            since: now(),
            name: None,
            program: "sh".to_owned(),
            groups: groups.map_or(Groups::Unknown, |names| Groups::Known(names.into_iter().map(str::to_owned).collect())),
            admin,
            operator,
            own_lock,
            closing: None,
            seen: Seen {
                stations: (0..stations).map(|id| usher_core::session::SeenStation { id, client: None }).collect(),
                ..Seen::default()
            },
        }
    }
}

fn rule_name() -> impl Strategy<Value = RuleName> {
    prop_oneof![
        Just(RuleName::All),
        proptest::sample::select(&USERS[..]).prop_map(|name| RuleName::User(name.parse().unwrap())),
        proptest::sample::select(&["red", "blue"][..]).prop_map(|name| RuleName::Group(name.parse().unwrap())),
    ]
}

prop_compose! {
    fn rule()(name in rule_name(), except in proptest::collection::vec(1u32..12, 0..2)) -> RuleRecord {
        RuleRecord {
            name,
            message: message(),
            by: "root".to_owned(),
            by_uid: 0,
            since: now(),
            until: None,
            except,
            freeze: false,
        }
    }
}

prop_compose! {
    fn registry()(
        sessions in proptest::collection::vec(session(), 0..8),
        rules in proptest::collection::vec(rule(), 0..3),
        exempt in proptest::collection::vec((rule_name(), 1u32..12), 0..4),
        orchestrate_admins: bool,
    ) -> Registry {
        let mut registry = Registry::default();
        registry.orchestrate_admins = orchestrate_admins;
        sessions.into_iter().for_each(|session| registry.put(session));
        rules.into_iter().for_each(|rule| registry.apply(&Change::RuleSet(rule)));
        exempt.into_iter().for_each(|(rule, id)| registry.apply(&Change::Exempted(rule, id)));
        registry
    }
}

prop_compose! {
    fn actor()(role in role(), user in 0..USERS.len(), own_sessions in proptest::collection::vec(1u32..12, 0..2)) -> Actor {
        Actor {
            who: Who::User(1000 + u32::try_from(user).unwrap()),
            name: USERS[user].to_owned(),
            role,
            from: "process 1".to_owned(),
            own_sessions,
        }
    }
}

fn reference() -> impl Strategy<Value = SessionRef> {
    prop_oneof![(1u32..16).prop_map(SessionRef::Id), (1u32..16).prop_map(|id| format!("u{id}").parse().unwrap()),]
}

fn targets() -> impl Strategy<Value = Targets> {
    let name = proptest::sample::select(&["alice", "bob", "nobody"][..]).prop_map(|n| n.parse::<Name>().unwrap());
    prop_oneof![
        Just(Targets::All),
        proptest::collection::vec(reference(), 1..6).prop_map(Targets::Ids),
        proptest::collection::vec(name, 1..3).prop_map(Targets::Users),
    ]
}

fn session_verb() -> impl Strategy<Value = Action> {
    (targets(), 0..4, any::<bool>()).prop_map(|(targets, verb, flag)| match verb {
        0 => Action::Lock(LockRequest { targets, message: message(), duration: None, freeze: false }),
        1 => Action::Unlock(UnlockRequest { targets, exempt: flag }),
        2 => Action::Disconnect(DisconnectRequest { targets, dry_run: flag }),
        _ => Action::Close(CloseRequest { targets, dry_run: flag, notice: None, message: None }),
    })
}

fn any_action() -> impl Strategy<Value = Action> {
    let block = (rule_name(), any::<bool>()).prop_map(|(name, set)| {
        if set {
            Action::Block(name, BlockRequest { message: message(), duration: None, freeze: false })
        } else {
            Action::Unblock(name)
        }
    });
    let attach = reference().prop_map(|id| {
        Action::Attach(id, AttachRequest { size: Size::default(), colours: Default::default(), client: None })
    });
    let look = reference().prop_map(|id| Action::Thumbnail(id, ThumbnailSize::Small));
    let read = prop_oneof![
        Just(Action::List),
        Just(Action::Blocks),
        Just(Action::Watch),
        Just(Action::Audit(AuditQuery::default()))
    ];
    prop_oneof![4 => session_verb(), 2 => block, 1 => attach, 1 => look, 1 => read]
}

fn planned(actor: &Actor, action: &Action, registry: &Registry) -> Option<Plan> {
    authorize(actor.clone(), action.clone()).ok().map(|authorized| plan(authorized, registry, now()))
}

fn steps(plan: &Plan) -> &[Step] {
    match plan.work() {
        Work::Sessions(steps) | Work::Rule { steps, .. } => steps,
        Work::Open(_) | Work::Attach { .. } | Work::Thumbnail { .. } | Work::Identity(_) | Work::Read(_) => &[],
    }
}

fn acts(step: &Step) -> bool {
    matches!(step.todo, Todo::Act { .. } | Todo::Answer(OutcomeResult::Planned, _))
}

/// Rule 1, written down once more and differently: may a role do this to this session?
fn rule_1_allows(role: Role, verb: Verb, session: &Tracked, registry: &Registry) -> bool {
    let known_privileged = session.admin || session.operator;
    let standard = !known_privileged && session.groups != Groups::Unknown;
    match (role, verb) {
        (Role::User, _) => false,
        (Role::Administrator, Verb::Lock) | (_, Verb::Block) => !known_privileged || registry.orchestrate_admins,
        (Role::Administrator, _) => true,
        (Role::Operator, Verb::Lock | Verb::Unlock) => standard || registry.orchestrate_admins,
        (Role::Operator, Verb::Unblock) => true,
        (Role::Operator, _) => standard,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn nobody_ever_acts_beyond_rule_1(actor in actor(), action in any_action(), registry in registry()) {
        let Some(plan) = planned(&actor, &action, &registry) else { return Ok(()) };
        for step in steps(&plan).iter().filter(|step| acts(step)) {
            let session = registry.get(step.id().unwrap()).unwrap();
            prop_assert!(rule_1_allows(actor.role, plan.verb(), session, &registry), "{actor:?} {action:?} {session:?}");
        }
        if let Work::Attach { target: Some(target), admitted: Ok(_) } = plan.work() {
            prop_assert_eq!(Some(target.uid), actor.uid());
        }
    }

    #[test]
    fn whose_groups_are_unknown_is_covered_by_rules_and_touched_by_administrators_alone(
        mut actor in actor(), action in session_verb(), mut registry in registry(), rule in rule(), id in 1u32..12,
    ) {
        let Some(mut session) = registry.get(id).cloned() else { return Ok(()) };
        (session.groups, session.admin, session.operator) = (Groups::Unknown, false, false);
        registry.put(session.clone());
        registry.orchestrate_admins = false;
        if matches!(rule.name, RuleName::Group(_)) && !rule.except.contains(&id) {
            let mut anew = registry.clone();
            anew.apply(&Change::RuleRemoved(rule.name.clone()));
            anew.apply(&Change::RuleSet(rule.clone()));
            prop_assert!(anew.rule_covers(&rule, &session));
        }
        actor.role = Role::Operator;
        let Some(plan) = planned(&actor, &action, &registry) else { return Ok(()) };
        prop_assert!(!steps(&plan).iter().any(|step| step.id() == Some(id) && acts(step)), "{plan:?}");
    }

    #[test]
    fn an_ordinary_user_is_refused_by_role_before_anything_else(action in any_action(), mut actor in actor()) {
        actor.role = Role::User;
        let allowed = matches!(action, Action::List | Action::Watch | Action::Attach(..) | Action::Thumbnail(..) | Action::Open(_));
        match authorize(actor, action) {
            Ok(_) => prop_assert!(allowed),
            Err(error) => prop_assert!(!allowed && error.id == ErrorId::AccessDenied),
        }
    }

    #[test]
    fn a_screen_is_seen_by_its_user_by_administrators_and_if_it_is_a_standard_users_by_operators(
        actor in actor(), id in reference(), registry in registry(),
    ) {
        let plan = planned(&actor, &Action::Thumbnail(id.clone(), ThumbnailSize::Small), &registry).unwrap();
        let Work::Thumbnail { target, admitted } = plan.work() else { panic!("{plan:?}") };
        let Some(session) = registry.find(&id) else {
            prop_assert_eq!(admitted.as_ref().unwrap_err().id, ErrorId::SessionNotFound);
            return Ok(());
        };
        prop_assert_eq!(target.as_ref().map(|target| target.id), Some(session.id));
        let may = Some(session.uid) == actor.uid()
            || actor.role == Role::Administrator
            || actor.role == Role::Operator && !session.is_privileged();
        let expected = match (may, session.kind) {
            (false, _) => Some(ErrorId::AccessDenied),
            (true, Kind::Text | Kind::X11) => None,
            (true, _) => Some(ErrorId::NotSupported),
        };
        prop_assert_eq!(admitted.as_ref().err().map(|error| error.id), expected);
    }

    #[test]
    fn what_an_ordinary_user_reads_is_the_users_own(mut actor in actor(), registry in registry()) {
        actor.role = Role::User;
        for action in [Action::List, Action::Watch] {
            let plan = planned(&actor, &action, &registry).unwrap();
            let own = matches!(plan.work(), Work::Read(Reading::Sessions(Sight::Of(uid)) | Reading::Events(Sight::Of(uid))) if Some(*uid) == actor.uid());
            prop_assert!(own);
        }
    }

    #[test]
    fn the_own_session_is_never_hit(actor in actor(), action in any_action(), registry in registry()) {
        let Some(plan) = planned(&actor, &action, &registry) else { return Ok(()) };
        let harmful = matches!(plan.verb(), Verb::Lock | Verb::Disconnect | Verb::Close | Verb::Block);
        for step in steps(&plan).iter().filter(|step| harmful && acts(step)) {
            prop_assert!(!actor.own_sessions.contains(&step.id().unwrap()), "{plan:?}");
        }
        // Nor later, by the rule that stands.
        if let Work::Rule { change: Some(change), rule: Some(rule), .. } = plan.work()
            && matches!(**change, Change::RuleSet(_))
        {
            let mut after = registry.clone();
            after.apply(change);
            for session in after.sessions().filter(|s| actor.own_sessions.contains(&s.id)) {
                prop_assert!(!after.rule_covers(rule, session));
            }
        }
    }

    #[test]
    fn all_skips_what_rule_3_leaves_out_and_nothing_else(actor in actor(), action in session_verb(), registry in registry()) {
        if action.targets() != Some(&Targets::All) {
            return Ok(());
        }
        let Some(plan) = planned(&actor, &action, &registry) else { return Ok(()) };
        for step in steps(&plan) {
            let session = registry.get(step.id().unwrap()).unwrap();
            let in_reach = !actor.own_sessions.contains(&session.id)
                && rule_1_allows(actor.role, plan.verb(), session, &registry);
            let skipped = matches!(&step.todo, Todo::Answer(OutcomeResult::Skipped, Some(_)));
            prop_assert_eq!(skipped, !in_reach, "{:?}", step);
            prop_assert!(!matches!(&step.todo, Todo::Answer(OutcomeResult::Failed, _)));
        }
    }

    #[test]
    fn outcomes_cover_every_target_exactly_once(actor in actor(), action in session_verb(), registry in registry()) {
        let Some(plan) = planned(&actor, &action, &registry) else { return Ok(()) };
        let mut count: BTreeMap<u32, usize> = BTreeMap::new();
        for step in steps(&plan) {
            if let Some(target) = &step.target {
                *count.entry(target.id).or_default() += 1;
            }
        }
        let unknown = steps(&plan).iter().filter(|step| step.target.is_none()).count();
        let (expected, expected_unknown): (BTreeSet<u32>, usize) = match action.targets().unwrap() {
            Targets::All => (registry.sessions().map(|s| s.id).collect(), 0),
            Targets::Users(users) => {
                let users: BTreeSet<_> = users.iter().map(Name::as_str).collect();
                let of = |name: &str| registry.sessions().filter(|s| s.user == name).count();
                let sessions = registry.sessions().filter(|s| users.contains(s.user.as_str()));
                (sessions.map(|s| s.id).collect(), users.iter().filter(|name| of(name) == 0).count())
            }
            Targets::Ids(ids) => {
                let found = ids.iter().filter_map(|id| registry.find(id)).map(|s| s.id).collect();
                let missing: BTreeSet<String> =
                    ids.iter().filter(|id| registry.find(id).is_none()).map(ToString::to_string).collect();
                (found, missing.len())
            }
        };
        prop_assert!(count.values().all(|n| *n == 1));
        prop_assert_eq!(count.into_keys().collect::<BTreeSet<_>>(), expected);
        prop_assert_eq!(unknown, expected_unknown);
    }

    #[test]
    fn refusals_come_in_their_order(actor in actor(), action in session_verb(), registry in registry()) {
        let Some(plan) = planned(&actor, &action, &registry) else { return Ok(()) };
        let verb = plan.verb();
        for step in steps(&plan) {
            let Todo::Answer(result, Some(error)) = &step.todo else { continue };
            let expected = match step.target.as_ref().map(|t| registry.get(t.id).unwrap()) {
                None => ErrorId::SessionNotFound,
                Some(session) => {
                    let own = actor.own_sessions.contains(&session.id)
                        && (verb != Verb::Unlock || *result == OutcomeResult::Skipped);
                    match (own, verb) {
                        (true, _) => ErrorId::OwnSession,
                        (false, Verb::Lock) => ErrorId::NotOrchestratable,
                        (false, _) => ErrorId::AccessDenied,
                    }
                }
            };
            prop_assert_eq!(error.id, expected);
        }
    }

    #[test]
    fn after_an_unlock_what_covers_is_told_truly(actor in actor(), action in session_verb(), registry in registry()) {
        let Some(plan) = planned(&actor, &action, &registry) else { return Ok(()) };
        if plan.verb() != Verb::Unlock {
            return Ok(());
        }
        let mut after = registry.clone();
        steps(&plan).iter().flat_map(Step::changes).for_each(|change| after.apply(change));
        for step in steps(&plan) {
            let Todo::Act { effect, refusal, .. } = &step.todo else { continue };
            let covers = after.covers(step.id().unwrap(), now());
            prop_assert_eq!(covers.is_empty(), *effect == Effect::Uncovered);
            prop_assert_eq!(covers.is_empty(), refusal.is_none());
            prop_assert!(covers.iter().all(|cover| cover.source != CoverSource::Session));
            if let Some(error) = refusal {
                prop_assert_eq!(error.id, ErrorId::StillBlocked);
            }
        }
    }

    #[test]
    fn locking_locks_and_the_own_lock_is_shown_first(actor in actor(), action in session_verb(), registry in registry()) {
        let Some(plan) = planned(&actor, &action, &registry) else { return Ok(()) };
        if plan.verb() != Verb::Lock {
            return Ok(());
        }
        let mut after = registry.clone();
        steps(&plan).iter().flat_map(Step::changes).for_each(|change| after.apply(change));
        for step in steps(&plan).iter().filter(|step| acts(step)) {
            let covers = after.covers(step.id().unwrap(), now());
            prop_assert_eq!(&covers.first().unwrap().source, &CoverSource::Session);
        }
    }

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
        let Some(plan) = planned(&actor, &action, &registry) else { return Ok(()) };
        if !matches!(plan.verb(), Verb::Lock | Verb::Disconnect) {
            return Ok(());
        }
        for step in steps(&plan) {
            prop_assert!(!acts(step) && step.changes().is_empty());
            let Todo::Answer(_, Some(error)) = &step.todo else { panic!("no error: {step:?}") };
            let before = matches!(error.id, ErrorId::SessionNotFound | ErrorId::OwnSession | ErrorId::NotOrchestratable | ErrorId::AccessDenied);
            prop_assert!(before || error.id == ErrorId::NotSupported);
        }
    }
}
