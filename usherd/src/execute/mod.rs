//! Carries a plan out: writes what must last, orders the effects, sees them, and says so.
//!
//! Lock = write the desire, act, observe, answer. Everything up to the order that reaches the
//! backend happens with the host's order held; everything after it happens beside other requests.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::MutexGuard;
use tokio::sync::broadcast;
use usher_core::audit::AuditTarget;
use usher_core::event::{Event, EventKind};
use usher_core::outcome::{Error, ErrorId, Outcome, OutcomeResult, RuleAnswer};
use usher_core::request::{Action, AttachRequest, Identity, Invitation, Revocation, Targets, Verb};
use usher_core::session::{Rule, Session};

use crate::actor::{Actor, Sight, Who};
use crate::backend::Observation;
use crate::host::{Host, gone_meanwhile};
use crate::plan::{Effect, Plan, Reading, Step, Todo, Work};
use crate::session::{Change, Target};
use crate::store::{Attempt, AuditId, Urgency};

mod close;
pub mod flow;
mod identities;
mod open;
mod thumbnail;
pub(crate) use close::announce;

/// What a request is answered with.
pub enum Answer {
    /// One outcome per target.
    Outcomes(Vec<Outcome>),
    /// A rule and its outcomes.
    Rule(RuleAnswer),
    /// The session that was opened.
    Opened(Box<Session>),
    /// The caller may sit down here, once its connection is handed over.
    Attached(Target, AttachRequest),
    /// What a session's screen shows, as PNG.
    Thumbnail(Vec<u8>),
    /// Sessions.
    Sessions(Vec<Session>),
    /// Rules.
    Rules(Vec<Rule>),
    /// The audit log, to be read page by page by this caller.
    Audit(usher_core::request::AuditQuery, Who),
    /// Events from now on that this caller may see.
    Events(broadcast::Receiver<Event>, Sight, Who),
    /// An invitation that was made.
    Invited(Box<Invitation>),
    /// An identity that was made or has another key.
    Identity(Box<Identity>),
    /// What became of an identity that was revoked.
    Revoked(Box<Revocation>),
    /// Every remote identity.
    Identities(Vec<Identity>),
}

/// The audit record that an action gets before anything is done; none for those that change nothing.
pub fn attempt_of(actor: &Actor, action: &Action) -> Option<Attempt> {
    let message = match action {
        Action::List | Action::Blocks | Action::Audit(_) | Action::Watch | Action::Identities => return None,
        Action::Disconnect(r) if r.dry_run => return None,
        Action::Close(r) if r.dry_run => return None,
        Action::Lock(r) => Some(r.message.to_string()),
        Action::Block(_, r) => Some(r.message.to_string()),
        Action::Close(r) => r.message.as_ref().map(ToString::to_string),
        Action::Unlock(_) | Action::Disconnect(_) | Action::Unblock(_) | Action::Open(_) => None,
        Action::Attach(..) | Action::Thumbnail(..) => None,
        Action::Invite(_) | Action::Redeem(_) | Action::Rekey(_) | Action::Revoke(_) => None,
    };
    let name = |text: String| AuditTarget::Name(text);
    let targets = match action {
        Action::Block(rule, _) | Action::Unblock(rule) => vec![name(rule.to_string())],
        Action::Attach(reference, _) | Action::Thumbnail(reference, _) => vec![name(reference.to_string())],
        Action::Invite(r) => r.name.iter().map(|who| name(who.to_string())).collect(),
        Action::Redeem(r) => vec![name(r.name.to_string())],
        Action::Rekey(_) => vec![name(actor.name.clone())],
        Action::Revoke(who) => vec![name(who.to_string())],
        _ => match action.targets() {
            Some(Targets::All) => vec![name("all".to_owned())],
            Some(Targets::Users(users)) => users.iter().map(|u| name(format!("user:{u}"))).collect(),
            Some(Targets::Ids(ids)) => ids.iter().map(|id| name(id.to_string())).collect(),
            None => Vec::new(),
        },
    };
    Some(Attempt {
        time: usher_core::clock::now(),
        actor: actor.name.clone(),
        from: actor.from.clone(),
        action: action.verb(),
        targets,
        message,
    })
}

/// Executes a plan.
///
/// # Errors
/// Nothing was done: what had to be written first could not be.
pub async fn execute(
    host: &Arc<Host>,
    plan: Plan,
    attempt: Option<Attempt>,
    order: MutexGuard<'_, ()>,
    arrived: Instant,
) -> Result<Answer, Error> {
    let (actor, verb, work) = plan.into_parts();
    let run = Run { host, actor: &actor, verb, arrived };
    match work {
        Work::Sessions(steps) => run.sessions(steps, None, attempt, order).await.map(Answer::Outcomes),
        Work::Rule { rule, change, steps } => {
            let outcomes = run.sessions(steps, change.as_deref().cloned(), attempt, order).await?;
            let rule = rule.map(|rule| host.registry().present_rule(&rule));
            match change.as_deref() {
                Some(Change::RuleSet(_)) => host.announce(EventKind::Blocked, None, rule.clone()),
                Some(_) => host.announce(EventKind::Unblocked, None, rule.clone()),
                None => {}
            }
            Ok(Answer::Rule(RuleAnswer { rule, outcomes }))
        }
        Work::Open(request) => run.open(*request, attempt, order).await.map(|s| Answer::Opened(Box::new(s))),
        Work::Identity(work) => run.identity(work, attempt, order).await,
        Work::Attach { target, admitted } => run.attach(target, admitted, attempt).await,
        Work::Thumbnail { target, admitted } => {
            run.thumbnail(target, admitted, attempt, order).await.map(Answer::Thumbnail)
        }
        Work::Read(reading) => {
            drop(order);
            Ok(run.read(reading))
        }
    }
}

/// One plan being executed.
struct Run<'a> {
    host: &'a Arc<Host>,
    actor: &'a Actor,
    verb: Verb,
    arrived: Instant,
}

/// An effect under way: resolves once it was seen.
type UnderWay = Observation<Seen>;

/// An effect that came about.
#[derive(Debug, Default)]
struct Seen {
    /// It came about in its order, but another order took it back before it could be seen.
    unseen: bool,
    /// Sentences for the outcome.
    notes: Vec<String>,
}

impl Run<'_> {
    /// Writes all changes in one transaction, orders every effect, then observes them side by side.
    async fn sessions(
        &self,
        steps: Vec<Step>,
        rule: Option<Change>,
        attempt: Option<Attempt>,
        order: MutexGuard<'_, ()>,
    ) -> Result<Vec<Outcome>, Error> {
        let attempt = attempt.map(|attempt| Attempt { targets: audit_targets(&steps, attempt.targets), ..attempt });
        if only_refusals(&steps, rule.as_ref()) {
            drop(order);
            return Ok(self.refusals(steps, attempt).await);
        }
        let changes: Vec<Change> = rule.into_iter().chain(steps.iter().flat_map(|s| s.changes().to_vec())).collect();
        let audit = self.host.commit(changes, attempt, urgency(self.verb)).await?;
        if let Some(login) = &self.host.login
            && matches!(self.verb, Verb::Lock | Verb::Block)
        {
            // Whatever the covers stop, the session that asks for them goes on.
            login.spare(&self.actor.own_sessions);
        }
        let under_way: Vec<(Step, Option<UnderWay>)> = steps.into_iter().map(|step| self.begin(step)).collect();
        drop(order);
        let mut outcomes = Vec::with_capacity(under_way.len());
        for (step, observation) in under_way {
            // The effects are under way all at once; awaiting them in turn costs nothing.
            let observed = match observation {
                Some(observation) => Some(observation.await),
                None => None,
            };
            outcomes.push(self.outcome(step, observed));
        }
        // Who hears an outcome and then asks for the list finds in it what was observed.
        self.host.text.caught_up().await;
        self.conclude(audit, &outcomes).await;
        Ok(outcomes)
    }

    /// Answers steps that are all refused. The audit log coalesces refusals, so that nobody can fill the disk.
    async fn refusals(&self, steps: Vec<Step>, attempt: Option<Attempt>) -> Vec<Outcome> {
        let outcomes: Vec<_> = steps.into_iter().map(|step| self.outcome(step, None)).collect();
        self.host.metrics.count(self.verb, &outcomes, self.arrived.elapsed());
        self.record_refusal(attempt, outcomes.clone()).await;
        outcomes
    }

    /// Orders a step's effect.
    fn begin(&self, step: Step) -> (Step, Option<UnderWay>) {
        let observation = match (&step.target, &step.todo) {
            (Some(target), Todo::Act { effect, .. }) => Some(self.order(target, effect)),
            (_, Todo::Answer(..)) | (None, Todo::Act { .. }) => None,
        };
        (step, observation)
    }

    fn order(&self, target: &Target, effect: &Effect) -> UnderWay {
        match effect {
            Effect::Covered | Effect::Uncovered => {
                let covered = self.host.cover_as_desired(target);
                Box::pin(
                    async move { covered.await.map(|covered| Seen { unseen: covered.unseen, notes: covered.notes }) },
                )
            }
            Effect::Disconnected => {
                let kind = self.host.registry().get(target.id).map(|session| session.kind);
                match kind.and_then(|kind| self.host.backend(kind)) {
                    Some(backend) => {
                        let gone = backend.disconnect(target, &self.actor.name);
                        Box::pin(async move { gone.await.map(|()| Seen::default()) })
                    }
                    None => Box::pin(std::future::ready(Err(gone_meanwhile(target.id)))),
                }
            }
            Effect::Closed(order) => close::ordered(self.host, target, order),
        }
    }

    fn outcome(&self, step: Step, observed: Option<Result<Seen, Error>>) -> Outcome {
        let (result, seen, error, notes) = match (step.todo, observed) {
            (Todo::Answer(result, error), _) => (result, false, error, Vec::new()),
            (Todo::Act { result, refusal, mut notes, .. }, Some(Ok(seen))) => {
                notes.extend(seen.notes);
                match refusal {
                    // What was seen is not what was asked for.
                    Some(error) => (OutcomeResult::Failed, false, Some(error), notes),
                    None => (result, !seen.unseen, None, notes),
                }
            }
            (Todo::Act { notes, .. }, Some(Err(error))) => (OutcomeResult::Failed, false, Some(error), notes),
            (Todo::Act { notes, .. }, None) => (OutcomeResult::Failed, false, None, notes),
        };
        Outcome {
            host: self.host.name.clone(),
            session_id: step.target.as_ref().map(|t| t.id).or(step.named),
            user: step.target.map(|t| t.user).or(step.user),
            action: self.verb,
            result,
            observed: seen,
            millis: (self.arrived.elapsed().as_secs_f64() * 100_000.0).round() / 100.0,
            error,
            notes,
        }
    }

    /// Completes the audit record before the caller hears the outcomes.
    async fn conclude(&self, audit: Option<AuditId>, outcomes: &[Outcome]) {
        self.host.metrics.count(self.verb, outcomes, self.arrived.elapsed());
        if let Some(id) = audit
            && let Err(error) = self.host.store.conclude(id, outcomes.to_vec()).await
        {
            tracing::error!("the outcomes of an audited {} could not be recorded: {error}", self.verb);
        }
    }

    /// Admits a caller to a session; the transport hands the connection over.
    async fn attach(
        &self,
        target: Option<Target>,
        admitted: Result<AttachRequest, Error>,
        attempt: Option<Attempt>,
    ) -> Result<Answer, Error> {
        let (result, error) = match &admitted {
            Ok(_) => (OutcomeResult::Done, None),
            Err(error) => (OutcomeResult::Failed, Some(error.clone())),
        };
        let todo = Todo::Answer(result, error);
        let named = target.as_ref().map(|t| t.id);
        let outcomes = vec![self.outcome(Step { target: target.clone(), named, user: None, todo }, None)];
        self.host.metrics.count(self.verb, &outcomes, self.arrived.elapsed());
        match (admitted, target, attempt) {
            (Ok(request), Some(target), Some(attempt)) => {
                let attempt = Attempt { targets: vec![AuditTarget::Session(target.id)], ..attempt };
                self.host.store.record(attempt, outcomes).await?;
                Ok(Answer::Attached(target, request))
            }
            (Ok(_), ..) => Err(Error::new(ErrorId::BackendFailed, "an attach without a target")),
            (Err(error), _, attempt) => {
                self.record_refusal(attempt, outcomes).await;
                Err(error)
            }
        }
    }

    async fn record_refusal(&self, attempt: Option<Attempt>, outcomes: Vec<Outcome>) {
        if let Some(attempt) = attempt
            && let Err(trouble) = self.host.store.refused(attempt, outcomes).await
        {
            tracing::warn!("a refusal could not be recorded: {trouble}");
        }
    }

    fn read(&self, reading: Reading) -> Answer {
        let registry = self.host.registry();
        match reading {
            Reading::Sessions(sight) => {
                let visible = registry.sessions().filter(|s| sight.sees(s.uid));
                Answer::Sessions(visible.map(|s| self.host.present_in(&registry, s)).collect())
            }
            Reading::Rules => Answer::Rules(registry.rules().map(|rule| registry.present_rule(rule)).collect()),
            Reading::Audit(query) => Answer::Audit(query, self.actor.who.clone()),
            Reading::Events(sight) => Answer::Events(self.host.watch(), sight, self.actor.who.clone()),
            Reading::Identities => Answer::Identities(registry.identities.shown()),
        }
    }
}

/// What binds or starts something is refused on a full disk; what frees or ends something is not.
fn urgency(verb: Verb) -> Urgency {
    match verb {
        Verb::Lock | Verb::Block | Verb::Open | Verb::Attach | Verb::Thumbnail => Urgency::Binding,
        Verb::Invite | Verb::Redeem | Verb::Rekey | Verb::Identities => Urgency::Binding,
        Verb::Revoke => Urgency::Freeing,
        Verb::Unlock | Verb::Disconnect | Verb::Close | Verb::Unblock => Urgency::Freeing,
        Verb::List | Verb::Blocks | Verb::Audit | Verb::Watch => Urgency::Binding,
        Verb::Expire | Verb::Release | Verb::End => Urgency::Freeing,
    }
}

/// Whether every outcome is a refusal known before anything was done: then nothing is changed.
fn only_refusals(steps: &[Step], rule: Option<&Change>) -> bool {
    let refused = |step: &Step| match &step.todo {
        Todo::Answer(OutcomeResult::Failed, Some(error)) => matches!(
            error.id,
            ErrorId::SessionNotFound | ErrorId::OwnSession | ErrorId::NotOrchestratable | ErrorId::AccessDenied
        ),
        Todo::Answer(..) | Todo::Act { .. } => false,
    };
    rule.is_none() && !steps.is_empty() && steps.iter().all(refused)
}

/// The targets for the audit log: the sessions that the steps found, and what was named and not found.
fn audit_targets(steps: &[Step], asked: Vec<AuditTarget>) -> Vec<AuditTarget> {
    let ids: HashSet<u32> = steps.iter().filter_map(Step::id).collect();
    let known = |target: &AuditTarget| match target {
        AuditTarget::Name(name) => name.parse().is_ok_and(|id: u32| ids.contains(&id)),
        AuditTarget::Session(_) => true,
    };
    let found = steps.iter().filter_map(|s| s.id()).map(AuditTarget::Session);
    let rest: Vec<_> = asked.into_iter().filter(|target| !known(target)).collect();
    found.chain(rest).collect()
}
