//! A record of the audit log: the attempt is written first, its outcomes are added later.

use jiff::Timestamp;
use usher_core::audit::AuditTarget;
use usher_core::request::Verb;

use super::bounds::bounded_targets;
use crate::actor::{Actor, Role, WebPerson, Who};

/// The audit log's record of an attempt, before its outcomes are known.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// When it was asked for.
    pub time: Timestamp,
    /// The actor's name.
    pub actor: String,
    /// Whose part of the log the record takes room from.
    pub share: Share,
    /// The place that the request came from.
    pub from: String,
    /// The action.
    pub action: Verb,
    /// The sessions, rules or identities.
    pub targets: Vec<AuditTarget>,
    /// How many more targets there were.
    pub left_out: usize,
    /// The message, for the verbs that have one.
    pub message: Option<String>,
}

impl Attempt {
    /// The attempt for these targets: all that exist and were not refused, and the first of those that do not or were.
    pub fn with_targets(self, hit: Vec<AuditTarget>, refused: Vec<AuditTarget>) -> Self {
        let (refused, left_out) = bounded_targets(refused);
        Attempt { targets: hit.into_iter().chain(refused).collect(), left_out, ..self }
    }

    /// The attempt, of which nothing was done for any of its targets.
    pub(super) fn all_refused(mut self) -> Self {
        let targets = std::mem::take(&mut self.targets);
        let counted = self.left_out;
        let bounded = self.with_targets(Vec::new(), targets);
        Attempt { left_out: bounded.left_out + counted, ..bounded }
    }
}

/// A part of the audit log. Nobody's records make another's go while there is room for both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share {
    /// Its records are operators', administrators' or the host's own: no ordinary user's records make them go.
    pub privileged: bool,
    /// Whose it is. Unlike a name it does not change with the address that somebody calls from.
    pub owner: String,
}

impl Share {
    /// The share of an actor.
    pub fn of(actor: &Actor) -> Self {
        let owner = match &actor.who {
            Who::User(uid) | Who::Web { person: WebPerson::User(uid), .. } => format!("uid {uid}"),
            Who::Identity { name, .. } | Who::Web { person: WebPerson::Identity { name, .. }, .. } => {
                format!("identity {name}")
            }
            Who::Gateway => "usher-gateway".to_owned(),
        };
        Share { privileged: actor.role > Role::User, owner }
    }

    /// The share of what the host does by itself.
    pub fn of_host() -> Self {
        Share { privileged: true, owner: "usherd".to_owned() }
    }

    /// The share of what happens to a user's sessions by themselves: the user can make it happen as often as they like.
    pub fn of_sessions(uid: u32) -> Self {
        Share { privileged: false, owner: format!("sessions of uid {uid}") }
    }
}

/// A record in the audit log that waits for its outcomes.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a record without outcomes says that the request was interrupted"]
pub struct OpenRecord {
    pub(super) id: i64,
    pub(super) attempt: Attempt,
}
