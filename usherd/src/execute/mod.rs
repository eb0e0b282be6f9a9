//! Carries a plan out: writes what must last, orders the effects, sees them, and says so.
//!
//! Lock = write the desire, act, observe, answer. Everything up to the order that reaches the
//! backend happens with the host's order held; everything after it happens beside other requests.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::MutexGuard;
use usher_core::audit::AuditTarget;
use usher_core::clock;
use usher_core::event::EventKind;
use usher_core::outcome::{Error, ErrorId, Outcome, RuleAnswer};
use usher_core::request::{AttachRequest, Identity, Invitation, Revocation, SignInAnswer, Verb, WebSignIn};
use usher_core::session::{Rule, Session};
use usher_core::status::HostStatus;

use crate::actor::{Actor, Sight, Who};
use crate::host::events::Watching;
use crate::host::thumbnails::HeldScreen;
use crate::host::{Host, gone_meanwhile};
use crate::plan::{Plan, Reading, Work};
use crate::session::{Change, Registry, Target, Tracked};
use crate::store::{Attempt, Urgency};

mod attempt;
mod caller;
mod close;
pub mod flow;
mod identities;
mod look;
mod names;
mod open;
mod refuse;
mod sessions;
mod status;
mod web;
use attempt::attempt_of;
pub(crate) use close::show_as_ordered;
pub(crate) use look::record_ended_looks;
use refuse::refuse;

/// The answer to a request.
pub enum Answer {
    /// One outcome per target.
    Outcomes(Vec<Outcome>),
    /// A rule and its outcomes.
    Rule(RuleAnswer),
    /// The session that was opened.
    Opened(Box<Session>),
    /// The caller may sit down here, once its connection is handed over.
    Attached(Target, AttachRequest),
    /// A session's screen, as PNG, and whether its next change is told.
    Thumbnail(HeldScreen, bool),
    /// It is the one that the caller has; whether the next change is told.
    SameThumbnail(bool),
    /// The same as text.
    Screen(HeldScreen),
    /// Sessions.
    Sessions(Vec<Session>),
    /// One session.
    Session(Box<Session>),
    /// Rules.
    Rules(Vec<Rule>),
    /// The audit log, to be read page by page by this caller.
    Audit(usher_core::request::AuditQuery, Who),
    /// Events that this caller may see.
    Events(Watching, Sight, Who),
    /// An invitation that was made.
    Invited(Box<Invitation>),
    /// An identity that was made or has another key.
    Identity(Box<Identity>),
    /// An identity that was revoked.
    Revoked(Box<Revocation>),
    /// Every remote identity.
    Identities(Vec<Identity>),
    /// What comes next in a sign-in on the web page.
    SignIn(Box<SignInAnswer>),
    /// People who are signed in there, or were until now.
    SignIns(Vec<WebSignIn>),
    /// The daemon itself.
    Status(Box<HostStatus>),
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
    let execution = Execution { host, actor: &actor, verb, arrived };
    match work {
        Work::Sessions(steps) => execution.sessions(steps, None, attempt, order).await.map(Answer::Outcomes),
        Work::Rule { rule, change, steps } => {
            let outcomes = execution.sessions(steps, change.as_deref().cloned(), attempt, order).await?;
            let rule = rule.map(|rule| host.registry().present_rule(&rule));
            match change.as_deref() {
                Some(Change::RuleSet(_)) => host.announce(EventKind::Blocked, None, rule.clone()),
                Some(_) => host.announce(EventKind::Unblocked, None, rule.clone()),
                None => {}
            }
            Ok(Answer::Rule(RuleAnswer { rule, outcomes }))
        }
        Work::Open(request) => {
            execution.open(request, attempt, order).await.map(|session| Answer::Opened(Box::new(session)))
        }
        Work::Identity(work) => execution.identity(work, attempt, order).await,
        Work::SignIn(request) => execution.sign_in(request, attempt, order).await,
        Work::SignOut(which) => execution.sign_out(which, attempt, order).await,
        Work::Attach { target, admitted } => execution.attach(target, admitted, attempt).await,
        Work::Look { target, admitted } => execution.look(target, admitted, attempt, order).await,
        Work::Read(reading) => {
            drop(order);
            execution.read(reading?)
        }
    }
}

/// Reads what a plan says, without an order.
///
/// # Errors
/// The plan is to do something.
pub fn read(host: &Arc<Host>, plan: Plan, arrived: Instant) -> Result<Answer, Error> {
    let (actor, verb, work) = plan.into_parts();
    match work {
        Work::Read(reading) => Execution { host, actor: &actor, verb, arrived }.read(reading?),
        _ => Err(Error::new(ErrorId::BackendFailed, format!("{verb} does not only read"))),
    }
}

/// One plan being executed.
struct Execution<'a> {
    host: &'a Arc<Host>,
    actor: &'a Actor,
    verb: Verb,
    arrived: Instant,
}

impl Execution<'_> {
    /// Admits a caller to a session; the API hands the connection over.
    async fn attach(
        &self,
        target: Option<Target>,
        admitted: Result<AttachRequest, Error>,
        attempt: Option<Attempt>,
    ) -> Result<Answer, Error> {
        let admitted = admitted.and_then(|request| match &target {
            Some(target) => self.host.text.can_seat(target, request.read_only).map(|()| request),
            None => Ok(request),
        });
        let outcome = self.whole_outcome(target.clone(), None, admitted.as_ref().err());
        // That the caller sits there is the holder's to see.
        let mut outcomes = [Outcome { observed: false, ..outcome }];
        match (admitted, target, attempt) {
            (Ok(request), Some(target), Some(attempt)) => {
                self.host.metrics.count(self.verb, &outcomes, self.arrived.elapsed());
                let attempt = Attempt { targets: vec![AuditTarget::Session(target.id)], ..attempt };
                self.host.store.record(attempt, outcomes.to_vec()).await?;
                Ok(Answer::Attached(target, request))
            }
            (Ok(_), ..) => Err(Error::new(ErrorId::BackendFailed, "an attach without a target")),
            (Err(error), _, attempt) => {
                self.record_refusal(attempt, &mut outcomes).await;
                Err(error)
            }
        }
    }

    /// A session as this caller sees it.
    fn as_seen(&self, registry: &Registry, session: &Tracked) -> Session {
        Session { own: self.actor.sits_in(session.id), ..self.host.present_in(registry, session) }
    }

    fn read(&self, reading: Reading) -> Result<Answer, Error> {
        let registry = self.host.registry();
        Ok(match reading {
            Reading::Sessions(sight) => {
                let visible = registry.sessions().filter(|s| sight.sees(s.uid) && !registry.is_station(s));
                Answer::Sessions(visible.map(|s| self.as_seen(&registry, s)).collect())
            }
            Reading::OfUser(sight, user) => {
                let theirs = registry.sessions().filter(|s| s.user == user.as_str() && sight.sees(s.uid));
                Answer::Sessions(theirs.map(|s| self.host.present_in(&registry, s)).collect())
            }
            Reading::Session(id) => {
                let session = registry.get(id).ok_or_else(|| gone_meanwhile(id))?;
                Answer::Session(Box::new(self.as_seen(&registry, session)))
            }
            Reading::Ended(sight) => {
                let ended = registry.ended.at(clock::now());
                let visible = ended.filter(|e| sight.sees(e.session.uid) && registry.get(e.session.id).is_none());
                Answer::Sessions(visible.map(|e| registry.present_ended(e, &self.host.name)).collect())
            }
            Reading::End(ended) => Answer::Session(Box::new(registry.present_ended(&ended, &self.host.name))),
            Reading::Rules => Answer::Rules(registry.rules().map(|rule| registry.present_rule(rule)).collect()),
            Reading::Audit(query) => Answer::Audit(query, self.actor.who.clone()),
            Reading::Events(sight, query) => Answer::Events(self.host.watch(&query), sight, self.actor.who.clone()),
            Reading::Identities => Answer::Identities(registry.identities.shown()),
            Reading::SignIns => Answer::SignIns(self.host.web.shown(clock::now())),
            Reading::Status => Answer::Status(Box::new(status::status(self.host, &registry, self.actor))),
        })
    }
}

/// On a full disk, actions that bind or start something are refused, and those that free or end something are not.
fn urgency(verb: Verb) -> Urgency {
    match verb {
        Verb::Lock | Verb::Block | Verb::Open | Verb::Attach | Verb::Thumbnail => Urgency::Binding,
        Verb::Show | Verb::Rename => Urgency::Binding,
        Verb::Invite | Verb::Redeem | Verb::Rekey | Verb::Identities => Urgency::Binding,
        Verb::SignIn => Urgency::Binding,
        Verb::Revoke | Verb::SignOut => Urgency::Freeing,
        Verb::Unlock | Verb::Disconnect | Verb::Close | Verb::CancelClose | Verb::Unblock => Urgency::Freeing,
        Verb::List | Verb::Blocks | Verb::Audit | Verb::Watch | Verb::Status => Urgency::Binding,
        Verb::Expire | Verb::Release | Verb::End | Verb::Login => Urgency::Freeing,
    }
}

#[cfg(test)]
mod tests;
