//! What stands after several requests, one after the other.

use usher_core::request::{BlockRequest, RuleName, UnlockRequest};

use super::generators::{key_of, rule_name};
use super::*;

/// An administrator who sits in no session.
fn root() -> Actor {
    Actor {
        who: Who::User(0),
        name: "root".to_owned(),
        role: Role::Administrator,
        from: "process 1".to_owned(),
        own_sessions: Vec::new(),
    }
}

/// Plans and applies what is to be written.
fn request(actor: &Actor, action: Action, registry: &mut Registry) {
    let plan = planned(actor, &action, registry).unwrap();
    if let Work::Rule { change: Some(change), .. } = plan.work() {
        registry.apply(change);
    }
    steps(&plan).iter().flat_map(Step::changes).for_each(|change| registry.apply(change));
}

fn block(name: &RuleName) -> Action {
    Action::Block(name.clone(), BlockRequest { message: message(), duration: None, freeze: false })
}

fn exempt(id: u32) -> Action {
    Action::Unlock(UnlockRequest { targets: Targets::Ids(vec![SessionRef::Id(id)]), exempt: true })
}

/// Whether this rule covers this session.
fn covered(registry: &Registry, name: &RuleName, id: u32) -> bool {
    let rule = registry.rule(name).unwrap();
    registry.get(id).is_some_and(|session| registry.rule_covers(rule, session))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn an_exemption_outlasts_another_setting_and_ends_with_the_rule(name in rule_name(), mut registry in registry()) {
        request(&root(), block(&name), &mut registry);
        let before: Vec<u32> = registry.sessions().map(|s| s.id).filter(|id| covered(&registry, &name, *id)).collect();
        for id in &before {
            request(&root(), exempt(*id), &mut registry);
            prop_assert!(!covered(&registry, &name, *id));
        }
        request(&root(), block(&name), &mut registry);
        prop_assert!(before.iter().all(|id| !covered(&registry, &name, *id)), "set twice");
        request(&root(), Action::Unblock(name.clone()), &mut registry);
        request(&root(), block(&name), &mut registry);
        prop_assert!(before.iter().all(|id| covered(&registry, &name, *id)), "removed and set anew");
    }

    #[test]
    fn a_number_that_is_given_again_is_neither_left_out_nor_exempt(
        name in rule_name(), mut registry in registry(), id in 1u32..12, exempted: bool,
    ) {
        let setter = Actor { own_sessions: vec![id], ..root() };
        let by = if exempted { root() } else { setter };
        request(&by, block(&name), &mut registry);
        if exempted {
            request(&root(), exempt(id), &mut registry);
        }
        let Some(mut stranger) = registry.get(id).cloned() else { return Ok(()) };
        prop_assert!(!covered(&registry, &name, id));
        registry.apply(&Change::SessionEnded(id));
        let rule = registry.present_rule(registry.rule(&name).unwrap());
        prop_assert!(!rule.except.contains(&id) && !rule.exempt.contains(&id));
        prop_assert!(!registry.rule(&name).unwrap().except.contains(&key_of(id)), "it ends with its session");
        stranger.key.leader_pid += 1000;
        let matches = registry.rule(&name).unwrap().matches(&stranger) && registry.orchestratable(&stranger);
        registry.put(stranger);
        prop_assert_eq!(covered(&registry, &name, id), matches);
    }

    #[test]
    fn of_two_rules_of_a_name_the_later_stands(name in rule_name(), mut registry in registry(), id in 1u32..12) {
        let setter = Actor { own_sessions: vec![id], ..root() };
        request(&setter, block(&name), &mut registry);
        request(&root(), block(&name), &mut registry);
        prop_assert!(registry.rule(&name).unwrap().except.is_empty());
        prop_assert_eq!(registry.rules().filter(|rule| rule.name == name).count(), 1);
    }
}
