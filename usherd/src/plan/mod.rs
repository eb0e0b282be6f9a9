//! What is to be done, target by target: a pure function of an [`Authorized`] action and a snapshot.
//!
//! A plan can only be made from an authorization, and `execute` only takes a plan. Refusals are
//! judged here in the order that the interface promises: not found, own session, not orchestratable
//! (lock), access denied (the rest).

use jiff::Timestamp;
use usher_core::outcome::{Error, ErrorId, OutcomeResult};
use usher_core::request::{
    Action, AttachRequest, AuditQuery, BlockRequest, OpenRequest, RuleName, SessionRef, Targets, ThumbnailSize, Verb,
};
use usher_core::session::Kind;

use crate::actor::{Actor, Sight};
use crate::authorize::Authorized;
use crate::session::{Change, CloseOrder, OwnLock, Registry, RuleRecord, Target, Tracked};

mod identities;
mod select;
mod session_verbs;
mod thumbnail;
pub use identities::IdentityWork;
use select::{Candidate, select};

/// What is to be done for one authorized action. Only [`plan`] makes one.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a plan that nobody executes does nothing"]
pub struct Plan {
    actor: Actor,
    verb: Verb,
    work: Work,
}

impl Plan {
    /// Who asked.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// What was asked.
    pub fn verb(&self) -> Verb {
        self.verb
    }

    /// What is to be done.
    pub fn work(&self) -> &Work {
        &self.work
    }

    /// Gives the parts to the executor.
    pub(crate) fn into_parts(self) -> (Actor, Verb, Work) {
        (self.actor, self.verb, self.work)
    }
}

/// The kinds of work that a plan can be.
#[derive(Debug, Clone, PartialEq)]
pub enum Work {
    /// Steps on sessions, each with its outcome.
    Sessions(Vec<Step>),
    /// A standing rule is set or removed, with the steps that follow from it.
    Rule {
        /// The rule as the answer shows it.
        rule: Option<Box<RuleRecord>>,
        /// The rule's own change; none where there is nothing to remove.
        change: Option<Box<Change>>,
        /// The steps on the sessions it covers or covered.
        steps: Vec<Step>,
    },
    /// A text session is started.
    Open(Box<OpenRequest>),
    /// The caller sits down at a session, or is refused.
    Attach {
        /// The session; `None` where the refusal knows of none.
        target: Option<Target>,
        /// The station, or why not.
        admitted: Result<AttachRequest, Error>,
    },
    /// An identity is invited, made, given another key or revoked, or refused that.
    Identity(Result<IdentityWork, Error>),
    /// The caller looks at a session's screen, or is refused.
    Thumbnail {
        /// The session; `None` where the refusal knows of none.
        target: Option<Target>,
        /// How large the picture is to be, or why there is none.
        admitted: Result<ThumbnailSize, Error>,
    },
    /// Something is read.
    Read(Reading),
}

/// What is read, and how much of it this actor may see.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// The sessions.
    Sessions(Sight),
    /// The rules.
    Rules,
    /// The audit log.
    Audit(AuditQuery),
    /// Events about sessions.
    Events(Sight),
    /// The remote identities.
    Identities,
}

/// One target of a verb and what becomes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The session; `None` where the target named none that exists.
    pub target: Option<Target>,
    /// The ID that was named, where no session has it.
    pub named: Option<u32>,
    /// The user that the target named, where no session tells.
    pub user: Option<String>,
    /// What to do.
    pub todo: Todo,
}

impl Step {
    /// A step on a session that exists.
    fn on(session: &Tracked, todo: Todo) -> Step {
        Step { target: Some(Target::from(session)), named: None, user: None, todo }
    }

    /// The session ID that the outcome shows.
    pub fn id(&self) -> Option<u32> {
        self.target.as_ref().map(|target| target.id).or(self.named)
    }

    /// What must be written before the effect.
    pub fn changes(&self) -> &[Change] {
        match &self.todo {
            Todo::Act { changes, .. } => changes,
            Todo::Answer(..) => &[],
        }
    }
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum Todo {
    /// Nothing: the outcome is known already.
    Answer(OutcomeResult, Option<Error>),
    /// Write these changes, bring about this effect and see it.
    Act {
        /// What must last, written before the effect.
        changes: Vec<Change>,
        /// The effect to bring about.
        effect: Effect,
        /// The outcome once the effect was seen.
        result: OutcomeResult,
        /// A failure that stands although the effect was seen (`StillBlocked`).
        refusal: Option<Error>,
        /// Sentences for the outcome.
        notes: Vec<String>,
    },
}

/// What a backend can be asked to bring about and observe.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// The covers that the session shows are those that locks and rules now say; at least one.
    Covered,
    /// No cover is left.
    Uncovered,
    /// No station is left.
    Disconnected,
    /// The session is gone, after the countdown that the order gives.
    Closed(CloseOrder),
}

/// Turns an authorization into a plan, given what is known of the host at `now`.
pub fn plan(authorized: Authorized, registry: &Registry, now: Timestamp) -> Plan {
    let actor = authorized.actor().clone();
    let verb = authorized.action().verb();
    let view = View { actor: &actor, registry, now };
    let work = match authorized.action() {
        Action::Lock(request) => {
            let until = request.duration.map(|span| end_of(now, span.as_duration()));
            view.steps(verb, &request.targets, |s| view.lock(s, &request.message, until, request.freeze))
        }
        Action::Unlock(request) => view.steps(verb, &request.targets, |s| view.unlock(s, request.exempt)),
        Action::Disconnect(request) => view.steps(verb, &request.targets, |s| view.disconnect(s, request.dry_run)),
        Action::Close(request) => view.steps(verb, &request.targets, |s| view.close(s, request)),
        Action::Block(name, request) => view.block(name, request),
        Action::Unblock(name) => view.unblock(name),
        Action::Open(request) => Work::Open(request.clone()),
        Action::Attach(reference, request) => view.attach(reference, request),
        Action::Thumbnail(reference, size) => view.thumbnail(reference, *size),
        Action::List => Work::Read(Reading::Sessions(actor.sight())),
        Action::Blocks => Work::Read(Reading::Rules),
        Action::Audit(query) => Work::Read(Reading::Audit(query.clone())),
        Action::Watch => Work::Read(Reading::Events(actor.sight())),
        Action::Identities => Work::Read(Reading::Identities),
        Action::Invite(request) => Work::Identity(Ok(view.invite(request))),
        Action::Redeem(request) => Work::Identity(view.redeem(request)),
        Action::Rekey(request) => Work::Identity(view.rekey(request)),
        Action::Revoke(name) => Work::Identity(view.revoke(name)),
    };
    Plan { actor, verb, work }
}

/// What the planning functions look at.
struct View<'a> {
    actor: &'a Actor,
    registry: &'a Registry,
    now: Timestamp,
}

impl View<'_> {
    /// One step for every target, in the order in which they were named.
    fn steps(&self, verb: Verb, targets: &Targets, act: impl Fn(&Tracked) -> Todo) -> Work {
        let steps = select(self.actor, verb, self.registry, targets).into_iter().map(|candidate| match candidate {
            Candidate::Allowed(session) => Step::on(session, act(session)),
            Candidate::Refused { session, result, error } => Step::on(session, Todo::Answer(result, Some(error))),
            Candidate::Unknown { named, user, error } => {
                Step { target: None, named, user, todo: Todo::Answer(OutcomeResult::Failed, Some(error)) }
            }
        });
        Work::Sessions(steps.collect())
    }

    fn block(&self, name: &RuleName, request: &BlockRequest) -> Work {
        let rule = RuleRecord {
            name: name.clone(),
            message: request.message.clone(),
            by: self.actor.name.clone(),
            by_uid: self.actor.stored_uid(),
            since: self.now,
            until: request.duration.map(|span| end_of(self.now, span.as_duration())),
            except: self.actor.own_sessions.clone(),
            freeze: request.freeze,
        };
        let mut after = self.registry.clone();
        after.apply(&Change::RuleSet(rule.clone()));
        let steps = after.sessions().filter(|s| matches(&rule.name, s)).map(|session| {
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

    fn unblock(&self, name: &RuleName) -> Work {
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
                notes.push(format!("still locked by {} ({})", cover.source, cover.by));
            }
            Step::on(session, todo)
        });
        let steps = steps.collect();
        let change = Some(Box::new(Change::RuleRemoved(name.clone())));
        Work::Rule { rule: Some(Box::new(rule.clone())), change, steps }
    }

    fn attach(&self, reference: &SessionRef, request: &AttachRequest) -> Work {
        let Some(session) = self.registry.find(reference) else {
            return Work::Attach { target: None, admitted: Err(select::not_found(reference)) };
        };
        let admitted = if self.actor.sits_in(session.id) {
            Err(Error::new(ErrorId::OwnSession, format!("you sit in session {} already", session.id))
                .hint("run `usher attach` from a terminal outside the session"))
        } else if self.actor.uid() != Some(session.uid) {
            Err(Error::new(
                ErrorId::AccessDenied,
                format!("session {} belongs to {}: only they can sit down at it", session.id, session.user),
            ))
        } else if session.kind != Kind::Text {
            Err(Error::new(
                ErrorId::NotSupported,
                format!(
                    "session {} is shown by {}: only text sessions can be attached to",
                    session.id,
                    session.kind.as_str()
                ),
            ))
        } else {
            Ok(request.clone())
        };
        Work::Attach { target: Some(Target::from(session)), admitted }
    }
}

/// A step's work where the changes are written elsewhere.
fn act(effect: Effect, result: OutcomeResult) -> Todo {
    Todo::Act { changes: Vec::new(), effect, result, refusal: None, notes: Vec::new() }
}

/// Whether a rule of this name is about this session at all.
fn matches(name: &RuleName, session: &Tracked) -> bool {
    match name {
        RuleName::All => true,
        RuleName::User(user) => session.user == user.as_str(),
        RuleName::Group(group) => session.groups.may_include(group.as_str()),
    }
}

/// The moment `span` after `now`, or the last moment that can be written down.
fn end_of(now: Timestamp, span: std::time::Duration) -> Timestamp {
    now.checked_add(span).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
