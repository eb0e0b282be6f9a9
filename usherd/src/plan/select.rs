//! Which sessions a verb reaches: targets against rules 1, 2 and 3.

use std::collections::BTreeSet;

use usher_core::outcome::{Error, ErrorId, OutcomeResult};
use usher_core::request::{Name, SessionRef, Targets, Verb};

use super::naming::resolve;
use crate::actor::{Actor, Role};
use crate::session::{Registry, Tracked};

/// One target, judged.
pub(super) enum Candidate<'a> {
    /// The actor may act on this session.
    Allowed(&'a Tracked),
    /// The outcome is a refusal, or the session is left out of a selection.
    Refused {
        /// The session.
        session: &'a Tracked,
        /// `Failed` where the target was named, `Skipped` where it was selected.
        result: OutcomeResult,
        /// Why.
        error: Error,
    },
    /// The target named what is not there.
    Unknown {
        /// The words that named no session.
        named: Option<SessionRef>,
        /// The user, where the target was a name.
        user: Option<String>,
        /// Why.
        error: Error,
    },
}

/// Judges every target once, in the order in which they were named. Those of the users who are `absent` are no users.
pub(super) fn select<'a>(
    actor: &Actor,
    verb: Verb,
    registry: &'a Registry,
    targets: &Targets,
    absent: &[Name],
) -> Vec<Candidate<'a>> {
    match targets {
        Targets::Ids(references) => named(actor, verb, registry, references),
        Targets::All => selected(actor, verb, registry, registry.sessions().filter(|s| !registry.is_station(s))),
        Targets::Users(users) => {
            let mut candidates = Vec::new();
            let unique: BTreeSet<_> = users.iter().collect();
            for user in unique {
                let sessions: Vec<_> =
                    registry.sessions().filter(|s| s.user == user.as_str() && !registry.is_station(s)).collect();
                if sessions.is_empty() {
                    candidates.push(Candidate::Unknown {
                        named: None,
                        user: Some(user.to_string()),
                        error: no_session_of(user, absent.contains(user)),
                    });
                }
                candidates.extend(selected(actor, verb, registry, sessions.into_iter()));
            }
            candidates
        }
    }
}

fn named<'a>(actor: &Actor, verb: Verb, registry: &'a Registry, references: &[SessionRef]) -> Vec<Candidate<'a>> {
    let mut seen_sessions = BTreeSet::new();
    let mut seen_unknown = BTreeSet::new();
    let mut candidates = Vec::new();
    for reference in references {
        let session = match resolve(actor, registry, reference) {
            Ok(session) => session,
            Err(error) => {
                if seen_unknown.insert(reference.to_string()) {
                    candidates.push(Candidate::Unknown { named: Some(reference.clone()), user: None, error });
                }
                continue;
            }
        };
        if seen_sessions.insert(session.id) {
            candidates.push(judge(actor, verb, registry, session, OutcomeResult::Failed));
        }
    }
    candidates
}

fn selected<'a>(
    actor: &Actor,
    verb: Verb,
    registry: &'a Registry,
    sessions: impl Iterator<Item = &'a Tracked>,
) -> Vec<Candidate<'a>> {
    sessions.map(|session| judge(actor, verb, registry, session, OutcomeResult::Skipped)).collect()
}

/// Judges a session that exists; a refusal has the result `refused`.
fn judge<'a>(
    actor: &Actor,
    verb: Verb,
    registry: &'a Registry,
    session: &'a Tracked,
    refused: OutcomeResult,
) -> Candidate<'a> {
    match refusal(actor, verb, registry, session, refused) {
        None => Candidate::Allowed(session),
        Some(error) => Candidate::Refused { session, result: refused, error },
    }
}

fn refusal(actor: &Actor, verb: Verb, registry: &Registry, session: &Tracked, refused: OutcomeResult) -> Option<Error> {
    // Unlocking one's own session harms nobody, nor does keeping it open, so only a selection leaves it out.
    let own_counts = !matches!(verb, Verb::Unlock | Verb::CancelClose) || refused == OutcomeResult::Skipped;
    if own_counts && actor.sits_in(session.id) {
        return Some(own_session(session.id, verb));
    }
    if verb == Verb::Lock && !registry.orchestratable(session) {
        return Some(not_orchestratable(session));
    }
    let opened_by_setting = matches!(verb, Verb::Lock | Verb::Unlock) && registry.orchestrate_admins;
    if session.is_privileged() && actor.role < Role::Administrator && !opened_by_setting {
        return Some(match verb {
            Verb::Lock => not_orchestratable(session),
            _ => privileged_session(session, verb.as_str()),
        });
    }
    None
}

/// The session's user is one of those whom only administrators may touch, or might be.
pub(super) fn privileged_session(session: &Tracked, what: &str) -> Error {
    if might_be_privileged(session) {
        return unknown_groups(ErrorId::AccessDenied, session, what);
    }
    Error::new(
        ErrorId::AccessDenied,
        format!(
            "session {} belongs to {}, an administrator or operator: only administrators may {what} it",
            session.id, session.user
        ),
    )
    .hint("ask an administrator")
}

/// The user has no session, or is none.
fn no_session_of(user: &Name, absent: bool) -> Error {
    match absent {
        true => Error::new(ErrorId::UserNotFound, format!("there is no user {user} on this host"))
            .hint("check the spelling; `usher list` shows who has a session"),
        false => Error::new(ErrorId::SessionNotFound, format!("{user} has no session on this host"))
            .hint("`usher list` shows the sessions that there are"),
    }
}

/// The caller sits in this session.
pub(super) fn own_session(id: u32, verb: Verb) -> Error {
    Error::new(ErrorId::OwnSession, format!("session {id} is the one you call from: you cannot {verb} it from inside"))
        .hint("call from another terminal or another session")
}

/// The session's user is one of those whom this host does not let be locked.
pub(super) fn not_orchestratable(session: &Tracked) -> Error {
    if might_be_privileged(session) {
        return unknown_groups(ErrorId::NotOrchestratable, session, "lock");
    }
    Error::new(
        ErrorId::NotOrchestratable,
        format!(
            "session {} belongs to {}, an administrator or operator: those are not locked on this host",
            session.id, session.user
        ),
    )
    .hint("an administrator can set `orchestrate_admins = true` in the host's configuration")
}

fn might_be_privileged(session: &Tracked) -> bool {
    session.is_privileged() && !(session.admin || session.operator)
}

fn unknown_groups(id: ErrorId, session: &Tracked, what: &str) -> Error {
    let whose = format!("session {} belongs to {}, whose groups are not known", session.id, session.user);
    Error::new(id, format!("{whose}: only administrators may {what} it"))
        .hint("the host's group database does not answer: try again later, or ask an administrator")
}
