//! What `usher watch` and `GET /v1/events` tell.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::session::{Rule, Session};

/// Something happened to a session or a rule.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// When the daemon learned of it.
    #[schema(value_type = String, format = DateTime)]
    pub time: Timestamp,
    /// What happened.
    pub event: EventKind,
    /// The session as it is after it; null for what concerns a rule.
    pub session: Option<Session>,
    /// The rule; null for what concerns a session.
    pub rule: Option<Rule>,
}

/// The kinds of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// A session began.
    Opened,
    /// A session is to be closed at a later time.
    Closing,
    /// A close was called off before its countdown ended.
    CloseCancelled,
    /// A session is gone.
    Closed,
    /// A session's holder died, and the session with it.
    HolderDied,
    /// A session was seen locked, or with another cover than before.
    Locked,
    /// A session was seen without a cover.
    Unlocked,
    /// Somebody sat down at a session.
    Attached,
    /// Somebody left a session.
    Detached,
    /// A session's title changed.
    Retitled,
    /// A standing rule was set.
    Blocked,
    /// A standing rule was removed, or reached its end.
    Unblocked,
    /// A session's screen shows something else than in the picture that was taken last. Told to those alone who ask for it, and once
    /// for each picture.
    ScreenChanged,
    /// Events are missing here, because the watcher is too slow, or they were before what usherd keeps: ask for the list anew.
    Lagged,
}
