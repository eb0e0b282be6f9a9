//! What became of a request: one [`Outcome`] per target, the error IDs, and the exit codes.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;
use utoipa::ToSchema;

use crate::request::Verb;
use crate::session::{Rule, SessionEnd};

/// What became of one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Outcome {
    /// The host, by the name the caller gave or the host gives itself.
    pub host: String,
    /// The session; null where a failure concerns no single session.
    pub session_id: Option<u32>,
    /// Whose session it is; null if there is no such session.
    pub user: Option<String>,
    /// What was asked for.
    pub action: Verb,
    /// What became of it.
    pub result: OutcomeResult,
    /// True only when the effect itself was seen.
    pub observed: bool,
    /// Milliseconds from the request's arrival at the daemon to this outcome.
    pub millis: f64,
    /// Why it failed or was skipped.
    pub error: Option<Error>,
    /// Sentences that qualify the result.
    #[serde(default)]
    pub notes: Vec<String>,
    /// How the session ended, in the audit log's records of ends; absent else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<SessionEnd>,
}

impl Outcome {
    /// An outcome that concerns no session yet, was not observed, and took no time.
    pub fn new(host: &str, action: Verb, result: OutcomeResult) -> Self {
        Outcome {
            host: host.to_owned(),
            session_id: None,
            user: None,
            action,
            result,
            observed: false,
            millis: 0.0,
            error: None,
            notes: Vec::new(),
            end: None,
        }
    }

    /// The same outcome for this session of this user.
    #[must_use]
    pub fn of(mut self, session_id: Option<u32>, user: Option<String>) -> Self {
        (self.session_id, self.user) = (session_id, user);
        self
    }

    /// The same outcome after this time, to a hundredth of a millisecond.
    #[must_use]
    pub fn after(mut self, elapsed: Duration) -> Self {
        self.millis = (elapsed.as_secs_f64() * 100_000.0).round() / 100.0;
        self
    }

    /// The same outcome for this reason.
    #[must_use]
    pub fn because(mut self, error: Option<Error>) -> Self {
        self.error = error;
        self
    }

    /// Whether the target was refused, or does not exist: nothing was done, and nothing could have been.
    pub fn is_refusal(&self) -> bool {
        self.result == OutcomeResult::Failed && self.error.as_ref().is_some_and(|error| error.id.is_refusal())
    }
}

/// The kinds of ending that a target can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, IntoStaticStr)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum OutcomeResult {
    /// The requested state was reached by this request.
    Done,
    /// The target was in the requested state already.
    Unchanged,
    /// A dry run: this would be done.
    Planned,
    /// Left out of a selection, with the reason.
    Skipped,
    /// The requested state was not reached, or nobody saw it reached.
    Failed,
}

impl OutcomeResult {
    /// The result as JSON and tables spell it.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Why something failed: an ID for programs, a sentence for people, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// The stable name of the failure.
    pub id: ErrorId,
    /// What happened.
    pub message: String,
    /// What to do instead.
    #[serde(default)]
    pub hint: Option<String>,
}

impl Error {
    /// An error without a hint.
    pub fn new(id: ErrorId, message: impl Into<String>) -> Self {
        Error { id, message: message.into(), hint: None }
    }

    /// The same error with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// The stable names of failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, IntoStaticStr)]
pub enum ErrorId {
    /// No session has this ID.
    SessionNotFound,
    /// The actor's role does not allow this.
    AccessDenied,
    /// The target is the session that the caller sits in.
    OwnSession,
    /// The session belongs to an administrator or operator and the host does not let those be locked.
    NotOrchestratable,
    /// A standing rule still covers the session.
    StillBlocked,
    /// This kind of session cannot do this.
    NotSupported,
    /// The effect was not seen before the deadline.
    Timeout,
    /// The screen is covered, but the input is not held yet.
    CoveredInputNotHeld,
    /// The session is no longer the one that was planned for.
    SessionChanged,
    /// The close was called off before its countdown ended.
    CloseCancelled,
    /// The message is empty, too long or has control characters.
    InvalidMessage,
    /// The backend or the store reported an error.
    BackendFailed,
    /// The host could not be reached; nothing was sent.
    HostUnreachable,
    /// The request was sent and no answer came.
    OutcomeUnknown,
    /// The request is not one that the API understands.
    InvalidRequest,
    /// The host has no user of this name or number.
    UserNotFound,
    /// The host has no group of this name or number.
    GroupNotFound,
    /// No remote identity has this name.
    IdentityNotFound,
    /// There is no such invitation.
    InvitationUnknown,
    /// The invitation was used already.
    InvitationUsed,
    /// The invitation was not used in its time.
    InvitationExpired,
}

impl ErrorId {
    /// Whether a request with this error is refused before anything is done.
    pub fn is_refusal(self) -> bool {
        match self {
            ErrorId::SessionNotFound
            | ErrorId::AccessDenied
            | ErrorId::OwnSession
            | ErrorId::NotOrchestratable
            | ErrorId::NotSupported
            | ErrorId::InvalidMessage
            | ErrorId::InvalidRequest
            | ErrorId::UserNotFound
            | ErrorId::GroupNotFound
            | ErrorId::IdentityNotFound
            | ErrorId::InvitationUnknown
            | ErrorId::InvitationUsed
            | ErrorId::InvitationExpired => true,
            ErrorId::StillBlocked
            | ErrorId::Timeout
            | ErrorId::CoveredInputNotHeld
            | ErrorId::SessionChanged
            | ErrorId::CloseCancelled
            | ErrorId::BackendFailed
            | ErrorId::HostUnreachable
            | ErrorId::OutcomeUnknown => false,
        }
    }

    /// The ID as JSON spells it.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The answer to `block` and `unblock`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RuleAnswer {
    /// The rule as it stands now, or as it stood before `unblock` removed it; null if there was none.
    pub rule: Option<Rule>,
    /// One outcome per session that the rule covers or covered.
    pub outcomes: Vec<Outcome>,
}

/// How the command ends, for the shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Every target is in the requested state.
    Success,
    /// At least one target failed.
    Failed,
    /// The command line was wrong.
    Usage,
    /// The host or its daemon could not be reached.
    Unreachable,
    /// As the session's program did, for the commands that stay with it.
    Program(u8),
}

impl Exit {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Unreachable => 3,
            Exit::Program(code) => code,
        }
    }

    /// The exit code for a request with these outcomes.
    pub fn of(outcomes: &[Outcome]) -> Exit {
        let mut exit = Exit::Success;
        for outcome in outcomes {
            match outcome.result {
                OutcomeResult::Failed => exit = Exit::Failed,
                OutcomeResult::Done | OutcomeResult::Unchanged | OutcomeResult::Planned | OutcomeResult::Skipped => {}
            }
        }
        exit
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        std::process::ExitCode::from(exit.code())
    }
}
