//! What callers and processes know of a session: what it is, what covers it, and the rules that stand.

use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};
use utoipa::ToSchema;

use crate::request::{InvalidValue, Message, RuleName};
use crate::sys::process::Process;

mod cover;
mod end;
mod station;
mod terms;
pub use cover::{Cover, CoverSource};
pub use end::{EndCause, ProgramEnd, SessionEnd};
pub use station::SeenStation;
pub use terms::Terms;

/// One login of one user on one host, as callers see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// Unique on its host, stable for the session's life.
    pub session_id: u32,
    /// The ID that the login manager (or usher itself, for the sessions it hosts) uses.
    pub native_id: String,
    /// The host's name.
    pub host: String,
    /// Whose session it is.
    pub user: String,
    /// The user's number.
    pub uid: u32,
    /// How the session is shown.
    pub kind: Kind,
    /// Whether and how somebody sits at it.
    pub state: State,
    /// When the countdown of its close ends; absent if it was not announced that the session closes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closing_at: Option<Timestamp>,
    /// Where the person sits; null if nobody does, 0 for a remote client.
    pub station_id: Option<u32>,
    /// The remote client's address.
    pub client: Option<String>,
    /// The user is an administrator.
    pub admin: bool,
    /// The user is an operator.
    pub operator: bool,
    /// The session may be locked.
    pub orchestratable: bool,
    /// A cover holds.
    pub locked: bool,
    /// The cover that is shown; null when not locked.
    pub lock: Option<LockInfo>,
    /// When the session began.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// Whole seconds since the user's last input.
    pub idle_seconds: u64,
    /// The session's name, or the title its program set, or the program.
    pub title: String,
    /// The name that its user gave it; absent if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The caller sits in it. Left out where not, and in events, which are the same for all who watch.
    #[serde(default, skip_serializing_if = "is_false")]
    pub own: bool,
    /// The user's groups, where they are known; the first of very many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// How it ended; absent while it lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<SessionEnd>,
}

fn is_false(value: &bool) -> bool {
    !*value
}

/// How a session is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, IntoStaticStr, VariantArray)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Kind {
    /// A terminal that usher hosts.
    Text,
    /// A plain ssh login.
    Ssh,
    /// A virtual terminal of the host.
    Console,
    /// An X11 display.
    X11,
    /// A Wayland compositor.
    Wayland,
}

impl FromStr for Kind {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let kind = Kind::VARIANTS.iter().copied().find(|kind| kind.as_str() == text);
        kind.ok_or_else(|| InvalidValue::new("a session is shown by text, ssh, console, x11 or wayland"))
    }
}

impl Kind {
    /// The kind as JSON and tables spell it.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Whether and how somebody sits at a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, IntoStaticStr, VariantArray)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum State {
    /// At a local station.
    Connected,
    /// Through a remote client.
    Remote,
    /// Nobody does; the session lives on.
    Disconnected,
    /// The session is ending.
    Closing,
    /// The session has ended.
    Ended,
}

impl FromStr for State {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let state = State::VARIANTS.iter().copied().find(|state| state.as_str() == text);
        state.ok_or_else(|| InvalidValue::new("a session is connected, remote, disconnected or closing"))
    }
}

impl State {
    /// The state as JSON and tables spell it.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The cover that a locked session shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LockInfo {
    /// What the user reads.
    pub message: Message,
    /// Who set it.
    pub by: String,
    /// When it was set.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// When it ends by itself.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// `session` for the session's own lock, else the block's name.
    #[schema(value_type = String)]
    pub source: CoverSource,
}

/// A standing rule: every matching session, present or future, is locked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Rule {
    /// Whom it covers.
    pub name: RuleName,
    /// What they read.
    pub message: Message,
    /// Who set it.
    pub by: String,
    /// When it was set.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// When it ends by itself.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// The sessions its setter sat in, which it leaves out.
    pub except: Vec<u32>,
    /// The users' other processes are stopped while it locks their sessions.
    pub freeze: bool,
    /// The sessions that `unlock --exempt` took out of it.
    pub exempt: Vec<u32>,
}

/// What makes a session the same session: stored state is keyed by it, so that a number used again
/// hits no stranger.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SessionKey {
    /// The kernel's boot ID (`/proc/sys/kernel/random/boot_id`).
    pub boot_id: String,
    /// The native ID.
    pub native_id: String,
    /// The process that leads the session.
    pub leader_pid: u32,
    /// Its start time in clock ticks since boot (`proc_pid_stat(5)`, field 22).
    pub leader_start: u64,
}

impl SessionKey {
    /// The very process that leads the session.
    pub fn leader(&self) -> Process {
        Process { pid: self.leader_pid, start: self.leader_start }
    }
}
