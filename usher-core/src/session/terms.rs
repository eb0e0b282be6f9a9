//! The terms of a lock: what a lock of a session's own and a standing rule have in common.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::request::Message;

/// What is said to a locked user, by whom, and for how long it holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Terms {
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
    /// The user's other processes are stopped meanwhile.
    #[serde(default)]
    pub freeze: bool,
}

impl Terms {
    /// Whether they still hold at `now`.
    pub fn hold(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}
