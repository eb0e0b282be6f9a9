//! Planning: a pure function of an [`Authorized`] action and a snapshot decides what is done to each target.
//!
//! A plan can only be made from an authorization, and `execute` only takes a plan. Refusals are
//! judged here in the order that the interface promises: not found, own session, not orchestratable
//! (lock), access denied (the rest).

use jiff::Timestamp;
use usher_core::outcome::{Error, ErrorId, OutcomeResult};
use usher_core::request::{
    Action, AttachRequest, AuditQuery, Message, Name, OpenRequest, Seconds, SessionRef, SignInRequest, Targets,
    ThumbnailQuery, Verb, WatchQuery, WhichSignIn,
};
use usher_core::session::{Kind, Terms};

use crate::actor::{Actor, Sight};
use crate::authorize::Authorized;
use crate::session::{Change, CloseOrder, EndedSession, Registry, RuleRecord, Target, Tracked};

mod attach;
mod identities;
mod look;
mod naming;
mod open;
mod rename;
mod rules;
mod select;
mod session_verbs;
pub use identities::{IdentityWork, LocalName};
pub(crate) use naming::require_free;
pub(crate) use open::require_room;
use select::{Candidate, select};

/// The work for one authorized action. Only [`plan`] makes one.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a plan that nobody executes does nothing"]
pub struct Plan {
    actor: Actor,
    verb: Verb,
    work: Work,
}

impl Plan {
    /// The actor.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The verb.
    pub fn verb(&self) -> Verb {
        self.verb
    }

    /// The work.
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
    /// A text session is started, or the caller is refused that.
    Open(Result<Box<OpenRequest>, Error>),
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
    Look {
        /// The session; `None` where the refusal knows of none.
        target: Option<Target>,
        /// What is to be seen, or why nothing is.
        admitted: Result<Look, Error>,
    },
    /// A sign-in on the web page is noted.
    SignIn(SignInRequest),
    /// One ends.
    SignOut(WhichSignIn),
    /// Something is read, or there is nothing that this actor may read.
    Read(Result<Reading, Error>),
}

/// The form in which a session's screen is seen.
#[derive(Debug, Clone, PartialEq)]
pub enum Look {
    /// A picture.
    Picture(ThumbnailQuery),
    /// The text on it.
    Text,
    /// The last text on it; the session has ended.
    Last(String),
}

/// Something to read, as far as this actor may see it.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// The sessions.
    Sessions(Sight),
    /// One session.
    Session(u32),
    /// One user's sessions.
    OfUser(Sight, Name),
    /// The sessions that have ended.
    Ended(Sight),
    /// One session that has ended.
    End(Box<EndedSession>),
    /// The rules.
    Rules,
    /// The audit log.
    Audit(AuditQuery),
    /// Events about sessions.
    Events(Sight, WatchQuery),
    /// The remote identities.
    Identities,
    /// Everybody who is signed in on the web page.
    SignIns,
    /// The daemon itself.
    Status,
}

/// One target of a verb and what becomes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The session; `None` where the target named none that exists.
    pub target: Option<Target>,
    /// The words that were to name a session, where none has this ID or name.
    pub named: Option<SessionRef>,
    /// The user that the target named, where no session tells.
    pub user: Option<String>,
    /// The work on it.
    pub todo: Todo,
}

impl Step {
    /// A step on a session that exists.
    fn on(session: &Tracked, todo: Todo) -> Step {
        Step { target: Some(Target::from(session)), named: None, user: None, todo }
    }

    /// The session ID that the outcome shows.
    pub fn id(&self) -> Option<u32> {
        self.target.as_ref().map(|target| target.id).or(self.named.as_ref().and_then(SessionRef::number))
    }

    /// Whether the target does not exist or was refused: then nothing is done about it.
    pub fn is_refused(&self) -> bool {
        match &self.todo {
            Todo::Answer(OutcomeResult::Failed, Some(error)) => error.id.is_refusal(),
            Todo::Answer(..) | Todo::Act { .. } => false,
        }
    }

    /// The changes to write before the effect.
    pub fn changes(&self) -> &[Change] {
        match &self.todo {
            Todo::Act { changes, .. } => changes,
            Todo::Answer(..) => &[],
        }
    }
}

/// The work of a step.
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

/// An effect that a backend brings about and observes.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// The covers that the session shows are those that locks and rules now say; at least one.
    Covered,
    /// No cover is left.
    Uncovered,
    /// No station is left.
    Disconnected,
    /// The books have what was to be written in them: there is nothing else to see.
    Booked,
    /// The session is gone, after the countdown that the order gives.
    Closed(CloseOrder),
    /// No order to close the session stands; this one did.
    CloseCancelled(Option<CloseOrder>),
}

/// The host at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Snapshot<'a> {
    /// The sessions, locks, rules and identities.
    pub registry: &'a Registry,
    /// Whether the name that an invitation's bearer asks for is a local user's.
    pub asked_name: LocalName,
    /// Users whom the action names and who are not there.
    pub absent: &'a [Name],
    /// The moment.
    pub now: Timestamp,
}

/// Turns an authorization into a plan, given what is known of the host.
pub fn plan(authorized: Authorized, snapshot: Snapshot<'_>) -> Plan {
    let actor = authorized.actor().clone();
    let verb = authorized.action().verb();
    let Snapshot { registry, asked_name, absent, now } = snapshot;
    let view = View { actor: &actor, registry, asked_name, absent, now };
    let work = match authorized.action() {
        Action::Lock(request) => {
            let terms = view.terms(&request.message, request.duration, request.freeze);
            view.steps(verb, &request.targets, |s| view.lock(s, &terms))
        }
        Action::Unlock(request) => view.steps(verb, &request.targets, |s| view.unlock(s, request.exempt)),
        Action::Disconnect(request) => view.steps(verb, &request.targets, |s| view.disconnect(s, request.dry_run)),
        Action::Close(request) => view.steps(verb, &request.targets, |s| view.close(s, request)),
        Action::CancelClose(request) => view.steps(verb, &request.targets, |s| view.cancel_close(s)),
        Action::Block(name, request) => view.block(name, request),
        Action::Unblock(name) => view.unblock(name),
        Action::Open(request) => Work::Open(view.open(request)),
        Action::Attach(reference, request) => view.attach(reference, request),
        Action::Thumbnail(reference, query) => view.thumbnail(reference, query),
        Action::Screen(reference) => view.screen(reference),
        Action::Rename(reference, request) => view.rename(reference, &request.name),
        Action::List => Work::Read(Ok(Reading::Sessions(actor.sight()))),
        Action::Show(reference) => Work::Read(view.visible(reference).map(|session| Reading::Session(session.id))),
        Action::OfUser(name) => Work::Read(Ok(Reading::OfUser(actor.sight(), name.clone()))),
        Action::Ended => Work::Read(Ok(Reading::Ended(actor.sight()))),
        Action::End(reference, _) => Work::Read(view.end(reference)),
        Action::Blocks => Work::Read(Ok(Reading::Rules)),
        Action::Audit(query) => Work::Read(view.numbered(query).map(Reading::Audit)),
        Action::Watch(query) => Work::Read(Ok(Reading::Events(actor.sight(), query.clone()))),
        Action::Status => Work::Read(Ok(Reading::Status)),
        Action::Identities => Work::Read(Ok(Reading::Identities)),
        Action::SignIns => Work::Read(Ok(Reading::SignIns)),
        Action::SignIn(request) => Work::SignIn(request.clone()),
        Action::SignOut(which) => Work::SignOut(*which),
        Action::Invite(request) => Work::Identity(Ok(view.invite(request))),
        Action::Redeem(request) => Work::Identity(view.redeem(request)),
        Action::Rekey(request) => Work::Identity(view.rekey(request)),
        Action::Revoke(name) => Work::Identity(view.revoke(name)),
    };
    Plan { actor, verb, work }
}

/// The planning functions' inputs.
struct View<'a> {
    actor: &'a Actor,
    registry: &'a Registry,
    asked_name: LocalName,
    absent: &'a [Name],
    now: Timestamp,
}

impl<'a> View<'a> {
    /// The session that is named, if the actor may know that it exists.
    fn visible(&self, reference: &SessionRef) -> Result<&'a Tracked, Error> {
        naming::resolve(self.actor, self.registry, reference)
    }

    /// The query with the number of the session that it names: records have numbers. What names none that lives may stand
    /// in old records as it is.
    ///
    /// # Errors
    /// It names several sessions.
    fn numbered(&self, query: &AuditQuery) -> Result<AuditQuery, Error> {
        let session = match query.session.as_ref().map(|named| (named, self.visible(named))) {
            Some((_, Ok(session))) => Some(SessionRef::Id(session.id)),
            Some((_, Err(error))) if error.id == ErrorId::InvalidRequest => return Err(error),
            Some((named, Err(_))) => Some(named.clone()),
            None => None,
        };
        Ok(AuditQuery { session, ..query.clone() })
    }

    /// The session that is named, whether it lives or has ended.
    fn end(&self, reference: &SessionRef) -> Result<Reading, Error> {
        match (self.visible(reference), naming::resolve_ended(self, reference)) {
            (Ok(session), _) => Ok(Reading::Session(session.id)),
            (Err(_), Some(ended)) => Ok(Reading::End(Box::new(ended.clone()))),
            (Err(unknown), None) => Err(unknown),
        }
    }

    /// The terms of a lock that the actor sets now.
    fn terms(&self, message: &Message, duration: Option<Seconds>, freeze: bool) -> Terms {
        Terms {
            message: message.clone(),
            by: self.actor.name.clone(),
            by_uid: self.actor.stored_uid(),
            since: self.now,
            until: duration.map(|span| end_of(self.now, span.as_duration())),
            freeze,
        }
    }

    /// One step for every target, in the order in which they were named.
    fn steps(&self, verb: Verb, targets: &Targets, act: impl Fn(&Tracked) -> Todo) -> Work {
        let steps =
            select(self.actor, verb, self.registry, targets, self.absent).into_iter().map(
                |candidate| match candidate {
                    Candidate::Allowed(session) => Step::on(session, act(session)),
                    Candidate::Refused { session, result, error } => {
                        Step::on(session, Todo::Answer(result, Some(error)))
                    }
                    Candidate::Unknown { named, user, error } => {
                        Step { target: None, named, user, todo: Todo::Answer(OutcomeResult::Failed, Some(error)) }
                    }
                },
            );
        Work::Sessions(steps.collect())
    }
}

/// A step's work where the changes are written elsewhere.
fn act(effect: Effect, result: OutcomeResult) -> Todo {
    Todo::Act { changes: Vec::new(), effect, result, refusal: None, notes: Vec::new() }
}

/// The moment `span` after `now`, or the last moment that can be written down.
fn end_of(now: Timestamp, span: std::time::Duration) -> Timestamp {
    now.checked_add(span).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
