//! One reason for a session to be locked.

use std::fmt;
use std::ops::{Deref, DerefMut};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{LockInfo, Terms};
use crate::request::RuleName;

/// One reason for a session to be locked, as it is shown to the user and kept by the holder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cover {
    /// What is said, by whom, and for how long it holds.
    #[serde(flatten)]
    pub terms: Terms,
    /// The session's own lock, or the rule.
    pub source: CoverSource,
}

impl Cover {
    /// Whether the cover still holds at `now`.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.terms.hold(now)
    }

    /// The cover as callers see it.
    pub fn info(&self) -> LockInfo {
        LockInfo {
            message: self.terms.message.clone(),
            by: self.terms.by.clone(),
            since: self.terms.since,
            until: self.terms.until,
            source: self.source.clone(),
        }
    }
}

/// A cover has its terms' fields, as in its JSON.
impl Deref for Cover {
    type Target = Terms;

    fn deref(&self) -> &Terms {
        &self.terms
    }
}

impl DerefMut for Cover {
    fn deref_mut(&mut self) -> &mut Terms {
        &mut self.terms
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cover_is_written_as_holders_and_shields_of_before_read_it() {
        let written = json!({
            "message": "Eyes up", "by": "olga", "by_uid": 7, "since": "2026-03-02T09:41:00Z", "until": null,
            "source": "user:alice", "freeze": true,
        });
        let cover: Cover = serde_json::from_value(written.clone()).unwrap();
        assert_eq!((cover.by_uid, cover.freeze, cover.source.to_string()), (7, true, "user:alice".to_owned()));
        assert_eq!(serde_json::to_value(&cover).unwrap(), written);
    }

    #[test]
    fn a_cover_from_before_there_was_freezing_is_read() {
        let written =
            json!({"message": "x", "by": "olga", "by_uid": 7, "since": "2026-03-02T09:41:00Z", "source": "session"});
        assert!(!serde_json::from_value::<Cover>(written).unwrap().freeze);
    }
}
