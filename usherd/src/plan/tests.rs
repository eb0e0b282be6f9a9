//! The rules as properties of random actors, sessions, rules and requests.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use usher_core::outcome::ErrorId;
use usher_core::request::{AttachTo, Name, RuleName, Targets, WatchQuery, WhichSignIn};
use usher_core::session::CoverSource;

use super::*;
use crate::accounts::Groups;
use crate::actor::{Role, Sight, Who};
use crate::authorize::authorize;

mod attach;
mod cases;
mod generators;
mod identities;
mod looking;
mod opening;
mod reading;
mod renaming;
mod rules;
mod sequences;
mod verbs;
use generators::{absent, actor, any_action, message, now, reference, registry, rule, session_verb};

fn planned(actor: &Actor, action: &Action, registry: &Registry) -> Option<Plan> {
    let snapshot = Snapshot { registry, asked_name: LocalName::Free, absent: &absent(), now: now() };
    authorize(actor.clone(), action.clone()).ok().map(|authorized| plan(authorized, snapshot))
}

fn steps(plan: &Plan) -> &[Step] {
    match plan.work() {
        Work::Sessions(steps) | Work::Rule { steps, .. } => steps,
        Work::Open(_) | Work::Attach { .. } | Work::Look { .. } | Work::Identity(_) | Work::Read(_) => &[],
        Work::SignIn(_) | Work::SignOut(_) => &[],
    }
}

/// What an ordinary user may ask about sessions.
fn looks(action: &Action) -> bool {
    let listed =
        matches!(action, Action::List | Action::Show(_) | Action::OfUser(_) | Action::Watch(_) | Action::Ended);
    listed || matches!(action, Action::Status | Action::Thumbnail(..) | Action::Screen(_))
}

fn acts(step: &Step) -> bool {
    matches!(step.todo, Todo::Act { .. } | Todo::Answer(OutcomeResult::Planned, _))
}

/// Rule 1, written down once more and differently: may a role do this to this session?
fn rule_1_allows(role: Role, verb: Verb, session: &Tracked, registry: &Registry) -> bool {
    let known_privileged = session.admin || session.operator;
    let standard = !known_privileged && session.groups != Groups::Unknown;
    match (role, verb) {
        (Role::Unknown | Role::User, _) => false,
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
        match plan.work() {
            Work::Attach { target: Some(target), admitted: Ok(_) } => prop_assert_eq!(Some(target.uid), actor.uid()),
            Work::Read(Ok(Reading::Audit(_) | Reading::Identities)) => prop_assert_eq!(actor.role, Role::Administrator),
            Work::Read(Ok(Reading::Rules)) => prop_assert!(actor.role >= Role::Operator),
            Work::Read(Ok(Reading::Session(id))) => {
                let uid = registry.get(*id).map(|session| session.uid);
                prop_assert!(actor.role > Role::User || uid == actor.uid());
            }
            Work::Identity(_) => match (&actor.who, &action) {
                (Who::Gateway, Action::Redeem(_)) | (Who::Identity { .. }, Action::Rekey(_)) => {}
                _ => prop_assert!(matches!(actor.who, Who::User(_)) && actor.role == Role::Administrator),
            },
            _ => {}
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
        if matches!(rule.name, RuleName::Group(_)) && !rule.except.contains(&session.key) {
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
        let of_users = matches!(action, Action::Open(_) | Action::Attach(..));
        let allowed = match actor.who {
            Who::User(_) => of_users || looks(&action),
            Who::Identity { .. } => looks(&action) || matches!(action, Action::Rekey(_) | Action::SignIn(_)),
            Who::Web { .. } => looks(&action) || matches!(action, Action::SignOut(WhichSignIn::Own)),
            Who::Gateway => matches!(action, Action::Redeem(_)),
        };
        match authorize(actor, action) {
            Ok(_) => prop_assert!(allowed),
            Err(error) => prop_assert!(!allowed && error.id == ErrorId::AccessDenied),
        }
    }

    #[test]
    fn a_screen_is_seen_by_its_user_by_administrators_and_if_it_is_a_standard_users_by_operators(
        actor in actor(), id in reference(), registry in registry(),
    ) {
        let Some(plan) = planned(&actor, &Action::Thumbnail(id.clone(), ThumbnailQuery::default()), &registry) else {
            return Ok(());
        };
        let Work::Look { target, admitted } = plan.work() else { panic!("{plan:?}") };
        // Whose session it is, and whether there is one, is for those who may see it in the list.
        let listed = |session: &&Tracked| actor.role > Role::User || Some(session.uid) == actor.uid();
        let Some(session) = registry.find(&id).filter(listed) else {
            prop_assert_eq!(admitted.as_ref().unwrap_err(), &naming::not_found(&id));
            prop_assert!(target.is_none());
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
        for action in [Action::List, Action::Watch(WatchQuery::default())] {
            let Some(plan) = planned(&actor, &action, &registry) else { return Ok(()) };
            let Work::Read(Ok(Reading::Sessions(sight) | Reading::Events(sight, _))) = plan.work() else { panic!("{plan:?}") };
            prop_assert_eq!(*sight, actor.uid().map_or(Sight::Nothing, Sight::Of));
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
                // Unless another session has its number by then.
                let mut stranger = session.clone();
                stranger.key.leader_start += 1;
                let covered = rule.matches(&stranger) && after.orchestratable(&stranger);
                prop_assert_eq!(after.rule_covers(rule, &stranger), covered);
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
            // What is being closed already can be called off no more, and that is no refusal.
            let late = plan.verb() == Verb::CancelClose && session.closing.as_ref().is_some_and(|order| order.at <= now());
            prop_assert!(late || !matches!(&step.todo, Todo::Answer(OutcomeResult::Failed, _)));
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
                None if step.user.as_deref() == Some("nobody") => ErrorId::UserNotFound,
                None => ErrorId::SessionNotFound,
                Some(session) => {
                    let own = actor.own_sessions.contains(&session.id)
                        && (!matches!(verb, Verb::Unlock | Verb::CancelClose) || *result == OutcomeResult::Skipped);
                    match (own, verb) {
                        (false, Verb::CancelClose) if error.id == ErrorId::SessionChanged => {
                            prop_assert!(session.closing.as_ref().is_some_and(|order| order.at <= now()));
                            continue;
                        }
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
        let Action::Lock(request) = &action else { panic!("{action:?}") };
        for step in steps(&plan).iter().filter(|step| acts(step)) {
            let covers = after.covers(step.id().unwrap(), now());
            let first = covers.first().unwrap();
            prop_assert_eq!(&first.source, &CoverSource::Session);
            // Whatever was set before, what was asked for holds now: also where nothing had to be changed for it.
            prop_assert_eq!((&first.message, first.freeze), (&request.message, request.freeze));
            prop_assert_eq!(first.until, request.duration.map(|span| end_of(now(), span.as_duration())));
            let Todo::Act { changes, result, .. } = &step.todo else { continue };
            prop_assert_eq!(changes.is_empty(), *result == OutcomeResult::Unchanged);
        }
    }

    #[test]
    fn a_rule_stands_also_where_a_session_cannot_be_locked_and_says_so(actor in actor(), action in any_action(), mut registry in registry()) {
        let Action::Block(..) = &action else { return Ok(()) };
        let ids: Vec<u32> = registry.sessions().map(|session| session.id).collect();
        for id in ids {
            registry.see(id, |seen| seen.unlockable = Some("not this one".to_owned()));
        }
        let Some(plan) = planned(&actor, &action, &registry) else { return Ok(()) };
        let Work::Rule { change: Some(change), steps, .. } = plan.work() else { panic!("{plan:?}") };
        prop_assert!(matches!(**change, Change::RuleSet(_)));
        for step in steps {
            let Todo::Answer(result, Some(error)) = &step.todo else { panic!("{step:?}") };
            prop_assert_eq!(*result == OutcomeResult::Failed, error.id == ErrorId::NotSupported);
        }
    }

    #[test]
    fn whoever_may_not_list_a_session_hears_the_same_as_if_there_were_none(
        mut actor in actor(), id in reference(), registry in registry(),
    ) {
        actor.role = Role::User;
        let mut without = registry.clone();
        let others: Vec<u32> = registry.sessions().filter(|s| Some(s.uid) != actor.uid()).map(|s| s.id).collect();
        others.into_iter().for_each(|id| without.apply(&Change::SessionEnded(id)));
        let attach = AttachRequest { size: Default::default(), colours: Default::default(), client: None, read_only: false };
        let looks = [Action::Thumbnail(id.clone(), ThumbnailQuery::default()), Action::Screen(id.clone()), Action::Show(id.clone())];
        for action in [Action::Attach(AttachTo::Session(id), attach)].into_iter().chain(looks) {
            prop_assert_eq!(planned(&actor, &action, &registry), planned(&actor, &action, &without));
        }
    }

    #[test]
    fn closing_counts_down_as_asked_and_of_two_orders_the_earlier_holds(
        actor in actor(), action in session_verb(), registry in registry(),
    ) {
        let Action::Close(request) = &action else { return Ok(()) };
        let Some(plan) = planned(&actor, &action, &registry) else { return Ok(()) };
        let asked = request.notice.map_or(now(), |span| end_of(now(), span.as_duration()));
        for step in steps(&plan) {
            let Todo::Act { effect: Effect::Closed(order), .. } = &step.todo else { continue };
            let earlier = registry.get(step.id().unwrap()).unwrap().closing.as_ref().map_or(asked, |order| order.at);
            prop_assert_eq!(order.at, asked.min(earlier));
        }
    }

    #[test]
    fn a_close_is_called_off_until_its_time_has_come(actor in actor(), action in session_verb(), registry in registry()) {
        if !matches!(action, Action::CancelClose(_)) {
            return Ok(());
        }
        let Some(plan) = planned(&actor, &action, &registry) else { return Ok(()) };
        let mut after = registry.clone();
        steps(&plan).iter().flat_map(Step::changes).for_each(|change| after.apply(change));
        for step in steps(&plan).iter().filter(|step| acts(step)) {
            let pending = registry.get(step.id().unwrap()).unwrap().closing.as_ref();
            let Todo::Act { effect, result, .. } = &step.todo else { panic!("{step:?}") };
            prop_assert_eq!(effect, &Effect::CloseCancelled(pending.cloned()));
            prop_assert!(pending.is_none_or(|order| order.at > now()));
            prop_assert_eq!(*result == OutcomeResult::Done, pending.is_some());
            prop_assert!(after.get(step.id().unwrap()).unwrap().closing.is_none());
        }
    }

    #[test]
    fn a_rule_is_set_as_asked_and_covers_whom_its_answer_names(actor in actor(), action in any_action(), registry in registry()) {
        let Action::Block(name, request) = &action else { return Ok(()) };
        let Some(plan) = planned(&actor, &action, &registry) else { return Ok(()) };
        let Work::Rule { rule: Some(rule), change: Some(change), steps } = plan.work() else { panic!("{plan:?}") };
        prop_assert_eq!((&rule.name, rule.terms.freeze), (name, request.freeze));
        prop_assert_eq!(rule.terms.until, request.duration.map(|span| end_of(now(), span.as_duration())));
        let mut after = registry.clone();
        after.apply(change);
        let acted: BTreeSet<u32> = steps.iter().filter(|step| acts(step)).filter_map(Step::id).collect();
        let covered: BTreeSet<u32> = after.sessions().filter(|s| after.rule_covers(rule, s)).map(|s| s.id).collect();
        prop_assert_eq!(acted, covered);
    }
}
