//! Setting and removing a standing rule, and the steps on its sessions that follow.

use usher_core::outcome::OutcomeResult;
use usher_core::request::{BlockRequest, RuleName, Verb};

use super::{Change, Effect, Error, ErrorId, RuleRecord, Step, Todo, View, Work, act, select, session_verbs};

impl View<'_> {
    pub(super) fn block(&self, name: &RuleName, request: &BlockRequest) -> Work {
        let own = self.actor.own_sessions.iter().filter_map(|id| self.registry.get(*id));
        let rule = RuleRecord {
            name: name.clone(),
            terms: self.terms(&request.message, request.duration, request.freeze),
            except: own.map(|session| session.key.clone()).collect(),
        };
        let mut after = self.registry.clone();
        after.apply(&Change::RuleSet(rule.clone()));
        let steps = after.sessions().filter(|session| rule.matches(session) && !after.is_station(session));
        let steps = steps.map(|session| {
            let todo = if self.actor.sits_in(session.id) {
                Todo::Answer(OutcomeResult::Skipped, Some(select::own_session(session.id, Verb::Block)))
            } else if !after.orchestratable(session) {
                Todo::Answer(OutcomeResult::Skipped, Some(select::not_orchestratable(session)))
            } else if !after.rule_covers(&rule, session) {
                let note = format!("session {} was exempted from the rule `{}`", session.id, rule.name);
                Todo::Answer(OutcomeResult::Skipped, Some(Error::new(ErrorId::NotOrchestratable, note)))
            } else if let Some(why) = &session.seen.unlockable {
                Todo::Answer(OutcomeResult::Failed, Some(session_verbs::not_supported(why)))
            } else {
                act(Effect::Covered, OutcomeResult::Done)
            };
            Step::on(session, todo)
        });
        let change = Some(Box::new(Change::RuleSet(rule.clone())));
        let steps = steps.collect();
        Work::Rule { rule: Some(Box::new(rule)), change, steps }
    }

    pub(super) fn unblock(&self, name: &RuleName) -> Work {
        let Some(rule) = self.registry.rule(name) else {
            return Work::Rule { rule: None, change: None, steps: Vec::new() };
        };
        let mut after = self.registry.clone();
        after.apply(&Change::RuleRemoved(name.clone()));
        let covered = self.registry.sessions().filter(|session| self.registry.rule_covers(rule, session));
        let steps = covered.map(|session| {
            let rest = after.covers(session.id, self.now);
            let mut todo = act(if rest.is_empty() { Effect::Uncovered } else { Effect::Covered }, OutcomeResult::Done);
            if let (Todo::Act { notes, .. }, Some(cover)) = (&mut todo, rest.first()) {
                notes.push(format!("still locked by {} ({})", cover.source, cover.terms.by));
            }
            Step::on(session, todo)
        });
        let steps = steps.collect();
        let change = Some(Box::new(Change::RuleRemoved(name.clone())));
        Work::Rule { rule: Some(Box::new(rule.clone())), change, steps }
    }
}
