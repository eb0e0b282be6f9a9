//! One reason for a session to be locked.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::LockInfo;
use crate::request::{Message, RuleName};

/// One reason for a session to be locked, as it is shown to the user and kept by the holder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cover {
    /// What the user reads.
    pub message: Message,
    /// Who set it.
    pub by: String,
    /// The uid of who set it.
    pub by_uid: u32,
    /// When it was set.
    pub since: Timestamp,
    /// When it ends by itself.
    pub until: Option<Timestamp>,
    /// The session's own lock, or the rule.
    pub source: CoverSource,
    /// The user's other processes are stopped while this covers the session.
    #[serde(default)]
    pub freeze: bool,
}

impl Cover {
    /// Whether the cover still holds at `now`.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    /// The cover as callers see it.
    pub fn info(&self) -> LockInfo {
        LockInfo {
            message: self.message.clone(),
            by: self.by.clone(),
            since: self.since,
            until: self.until,
            source: self.source.clone(),
        }
    }
}

/// Where a cover comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum CoverSource {
    /// The session's own lock.
    Session,
    /// A standing rule.
    Rule(RuleName),
}

impl fmt::Display for CoverSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CoverSource::Session => f.write_str("session"),
            CoverSource::Rule(rule) => write!(f, "{rule}"),
        }
    }
}

impl From<CoverSource> for String {
    fn from(source: CoverSource) -> String {
        source.to_string()
    }
}

impl TryFrom<String> for CoverSource {
    type Error = crate::request::InvalidValue;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text == "session" { Ok(CoverSource::Session) } else { text.parse().map(CoverSource::Rule) }
    }
}
