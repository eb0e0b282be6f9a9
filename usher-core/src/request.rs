//! Requests of callers: one closed set of [`Action`]s, built from validated values.
//!
//! The same types are the bodies of the HTTP API and the result of parsing a command line, so a
//! value that exists has already passed its checks.

use std::num::NonZeroU32;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

mod address;
mod declared;
mod end;
mod identity;
mod route;
mod session_ref;
mod thumbnail;
mod values;
mod verb;
mod watch;
mod web;
pub use address::Address;
pub use declared::DeclaredSession;
pub use end::EndQuery;
pub use identity::{
    Identity, IdentityName, IdentityRole, Invitation, InviteRequest, Pin, RedeemRequest, RekeyRequest, Revocation,
    Secret,
};
pub use route::Route;
pub use session_ref::{AttachTo, RenameRequest, SessionName, SessionRef};
pub use thumbnail::{ThumbnailQuery, ThumbnailSize};
pub use values::{InvalidValue, Message, Name, RuleName, Seconds};
pub use verb::Verb;
pub use watch::{EventId, WatchQuery};
pub use web::{PagePerson, SignInAnswer, SignInRequest, SignInStep, WebSignIn, WhichSignIn};

/// Everything a caller can ask of a host.
///
/// The set is closed: `execute` and the transport match on it without a wildcard arm, so a new verb
/// does not compile until every stage of the flow knows it.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Cover sessions with a message and withhold their input.
    Lock(LockRequest),
    /// Take a session's own lock away, and with `exempt` the rules that cover it.
    Unlock(UnlockRequest),
    /// Free the stations of sessions; the sessions live on.
    Disconnect(DisconnectRequest),
    /// End sessions.
    Close(CloseRequest),
    /// Call off closes whose countdown runs.
    CancelClose(CancelCloseRequest),
    /// Set a standing rule that locks present and future sessions.
    Block(RuleName, BlockRequest),
    /// Remove a standing rule.
    Unblock(RuleName),
    /// Start a text session.
    Open(Box<OpenRequest>),
    /// Sit down at a text session.
    Attach(AttachTo, AttachRequest),
    /// Take a thumbnail of a session.
    Thumbnail(SessionRef, ThumbnailQuery),
    /// Read the text on a session's screen.
    Screen(SessionRef),
    /// Give a text session another name.
    Rename(SessionRef, RenameRequest),
    /// Read sessions.
    List,
    /// Read one session.
    Show(SessionRef),
    /// Read the sessions of one user, who must be there.
    OfUser(Name),
    /// Read the sessions that ended a while ago at most.
    Ended,
    /// Read one session that lives or ended, perhaps once it has ended.
    End(SessionRef, EndQuery),
    /// Read the standing rules.
    Blocks,
    /// Read the audit log.
    Audit(AuditQuery),
    /// Follow events.
    Watch(WatchQuery),
    /// Read what the daemon tells of itself.
    Status,
    /// Let somebody call from afar.
    Invite(InviteRequest),
    /// Make an invitation's bearer an identity.
    Redeem(RedeemRequest),
    /// Give an identity another key.
    Rekey(RekeyRequest),
    /// Refuse an identity from now on.
    Revoke(IdentityName),
    /// Read the identities.
    Identities,
    /// Take note of a sign-in on the web page.
    SignIn(SignInRequest),
    /// End one.
    SignOut(WhichSignIn),
    /// Read who is signed in.
    SignIns,
}

impl Action {
    /// The verb as the command line, outcomes, metrics and the audit log spell it.
    pub fn verb(&self) -> Verb {
        match self {
            Action::Lock(_) => Verb::Lock,
            Action::Unlock(_) => Verb::Unlock,
            Action::Disconnect(_) => Verb::Disconnect,
            Action::Close(_) => Verb::Close,
            Action::CancelClose(_) => Verb::CancelClose,
            Action::Block(..) => Verb::Block,
            Action::Unblock(_) => Verb::Unblock,
            Action::Open(_) => Verb::Open,
            Action::Attach(..) => Verb::Attach,
            Action::Thumbnail(..) => Verb::Thumbnail,
            Action::Screen(_) => Verb::Show,
            Action::Rename(..) => Verb::Rename,
            Action::List | Action::Show(_) | Action::OfUser(_) | Action::Ended | Action::End(..) => Verb::List,
            Action::Blocks => Verb::Blocks,
            Action::Audit(_) => Verb::Audit,
            Action::Watch(_) => Verb::Watch,
            Action::Status => Verb::Status,
            Action::Invite(_) => Verb::Invite,
            Action::Redeem(_) => Verb::Redeem,
            Action::Rekey(_) => Verb::Rekey,
            Action::Revoke(_) => Verb::Revoke,
            Action::Identities | Action::SignIns => Verb::Identities,
            Action::SignIn(_) => Verb::SignIn,
            Action::SignOut(_) => Verb::SignOut,
        }
    }

    /// Whether the action changes nothing.
    pub fn reads(&self) -> bool {
        matches!(self.verb(), Verb::List | Verb::Blocks | Verb::Audit | Verb::Watch | Verb::Status | Verb::Identities)
    }

    /// The sessions a session verb names; `None` for the verbs that name none.
    pub fn targets(&self) -> Option<&Targets> {
        match self {
            Action::Lock(r) => Some(&r.targets),
            Action::Unlock(r) => Some(&r.targets),
            Action::Disconnect(r) => Some(&r.targets),
            Action::Close(r) => Some(&r.targets),
            Action::CancelClose(r) => Some(&r.targets),
            Action::Block(..)
            | Action::Unblock(_)
            | Action::Open(_)
            | Action::Attach(..)
            | Action::Thumbnail(..)
            | Action::Screen(_)
            | Action::Rename(..)
            | Action::List
            | Action::Show(_)
            | Action::OfUser(_)
            | Action::Ended
            | Action::End(..)
            | Action::Blocks
            | Action::Audit(_)
            | Action::Watch(_)
            | Action::Status
            | Action::Invite(_)
            | Action::Redeem(_)
            | Action::Rekey(_)
            | Action::Revoke(_)
            | Action::Identities
            | Action::SignIn(_)
            | Action::SignOut(_)
            | Action::SignIns => None,
        }
    }
}

impl Action {
    /// The same, to be changed.
    pub fn targets_mut(&mut self) -> Option<&mut Targets> {
        match self {
            Action::Lock(r) => Some(&mut r.targets),
            Action::Unlock(r) => Some(&mut r.targets),
            Action::Disconnect(r) => Some(&mut r.targets),
            Action::Close(r) => Some(&mut r.targets),
            Action::CancelClose(r) => Some(&mut r.targets),
            _ => None,
        }
    }
}

/// The sessions that a session verb is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Targets {
    /// These sessions, each of which must exist.
    Ids(Vec<SessionRef>),
    /// Every session of these users.
    Users(Vec<Name>),
    /// Every session that the caller may act on, except the caller's own.
    All,
}

/// Body of `POST /v1/sessions/lock`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LockRequest {
    /// Which sessions.
    pub targets: Targets,
    /// The message that the user sees.
    pub message: Message,
    /// The lock ends automatically after this time.
    #[serde(default, rename = "for_seconds", skip_serializing_if = "Option::is_none")]
    pub duration: Option<Seconds>,
    /// Stop the users' other processes while their sessions are locked.
    #[serde(default)]
    pub freeze: bool,
}

/// Body of `POST /v1/sessions/unlock`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnlockRequest {
    /// Which sessions.
    pub targets: Targets,
    /// Take the sessions out of every standing rule that covers them.
    #[serde(default)]
    pub exempt: bool,
}

/// Body of `POST /v1/sessions/disconnect`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DisconnectRequest {
    /// Which sessions.
    pub targets: Targets,
    /// Only return what would be done.
    #[serde(default)]
    pub dry_run: bool,
}

/// Body of `POST /v1/sessions/close`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseRequest {
    /// Which sessions.
    pub targets: Targets,
    /// Only return what would be done.
    #[serde(default)]
    pub dry_run: bool,
    /// Warn the user with a countdown of this length first.
    #[serde(default, rename = "notice_seconds", skip_serializing_if = "Option::is_none")]
    pub notice: Option<Seconds>,
    /// The message beside the countdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Message>,
}

/// Body of `POST /v1/sessions/close/cancel`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelCloseRequest {
    /// Which sessions.
    pub targets: Targets,
}

/// Body of `PUT /v1/blocks/{rule}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BlockRequest {
    /// The message that the users see.
    pub message: Message,
    /// The rule ends automatically after this time.
    #[serde(default, rename = "for_seconds", skip_serializing_if = "Option::is_none")]
    pub duration: Option<Seconds>,
    /// Stop the users' other processes while the rule locks their sessions.
    #[serde(default)]
    pub freeze: bool,
}

/// Body of `POST /v1/sessions/open`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenRequest {
    /// The session's name, which is its title too. No other session of the user's has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<SessionName>,
    /// The program and its arguments; empty for the user's login shell.
    #[serde(default)]
    pub command: Vec<String>,
    /// The directory to start in; the user's home if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub directory: Option<PathBuf>,
    /// The environment to start with, as `NAME=VALUE`.
    #[serde(default)]
    pub environment: Vec<String>,
    /// The first size of the terminal.
    #[serde(default)]
    pub size: Size,
}

/// Body of `POST /v1/sessions/{id}/attach`, which upgrades the connection to the station protocol.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttachRequest {
    /// The station's size.
    pub size: Size,
    /// How many colours the station can show.
    #[serde(default)]
    pub colours: Colours,
    /// The address of the remote client through which the station is reached, if the caller knows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub client: Option<std::net::IpAddr>,
    /// The station only looks on: its keys reach nobody, and its size changes nothing.
    #[serde(default, skip_serializing_if = "is_false")]
    pub read_only: bool,
}

fn is_false(value: &bool) -> bool {
    !*value
}

/// Rows and columns of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// Lines of text.
    pub rows: u16,
    /// Cells in a line.
    pub cols: u16,
}

impl Size {
    /// The size within what a holder is ready to keep in memory: 1 to 500 rows, 2 to 1000 columns.
    pub fn clamped(self) -> Self {
        Size { rows: self.rows.clamp(1, 500), cols: self.cols.clamp(2, 1000) }
    }
}

impl Default for Size {
    fn default() -> Self {
        Size { rows: 24, cols: 80 }
    }
}

/// How many colours a station can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Colours {
    /// None: attributes only.
    Mono,
    /// The sixteen of the Linux console.
    Sixteen,
    /// The xterm palette.
    #[default]
    Palette,
    /// 24 bits.
    True,
}

/// Query of `GET /v1/audit`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Records of this time or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    #[param(value_type = String, format = DateTime, required = false)]
    pub since: Option<Timestamp>,
    /// Records of this time or earlier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    #[param(value_type = String, format = DateTime, required = false)]
    pub until: Option<Timestamp>,
    /// Records by this actor or about a session of this user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(value_type = Name, required = false)]
    pub user: Option<Name>,
    /// Records of this action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(value_type = Verb, required = false)]
    pub action: Option<Verb>,
    /// Records about this session, by its ID or native ID.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "session_of_query")]
    #[param(value_type = SessionRef, required = false)]
    pub session: Option<SessionRef>,
    /// So many of the records that match, the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>, minimum = 1, maximum = 4294967295_i64)]
    #[param(value_type = u64, minimum = 1, maximum = 4294967295_i64, required = false)]
    pub last: Option<NonZeroU32>,
}

/// Everything in a query is text, a number too.
fn session_of_query<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<SessionRef>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(serde::de::Error::custom)
}
