//! The audit log's records.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::outcome::Outcome;
use crate::request::Verb;

/// One request that changed or tried to change something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditRecord {
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub time: Timestamp,
    /// Who asked.
    pub actor: String,
    /// From where.
    pub from: String,
    /// What was asked.
    pub action: Verb,
    /// For which sessions or rules.
    pub targets: Vec<AuditTarget>,
    /// The message, for the verbs that have one.
    pub message: Option<String>,
    /// What became of each target.
    pub outcomes: Vec<Outcome>,
    /// How many more refusals of this actor in the same minute, with this action and these errors, the record stands for.
    /// Of an ordinary user it counts failures too.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub repeated: u64,
    /// How many targets that do not exist or were refused the record leaves out: it names only the first of them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A session by its ID, or a rule or an unknown session by the name the caller used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum AuditTarget {
    /// A session ID.
    Session(u32),
    /// A name.
    Name(String),
}
