//! The end of a session, and of its program.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;
use utoipa::ToSchema;

/// How a session's program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProgramEnd {
    /// By itself, with this exit code.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// Nobody knows.
    Gone,
}

impl ProgramEnd {
    /// The hang-up of a terminal (`signal(7)`, SIGHUP): with it usher closes a session.
    pub const HUNG_UP: ProgramEnd = ProgramEnd::Signal(1);

    /// The exit code as a shell has it (`bash(1)`, EXIT STATUS): the program's own, or 128 and the signal. None where
    /// nobody knows.
    pub fn shell_code(self) -> Option<u8> {
        match self {
            // What wait(2) gives is eight bits long.
            ProgramEnd::Code(code) => Some((code & 0xff).try_into().unwrap_or(u8::MAX)),
            ProgramEnd::Signal(signal) => u8::try_from(signal).ok()?.checked_add(128),
            ProgramEnd::Gone => None,
        }
    }
}

/// What ended a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum EndCause {
    /// Its program ended by itself, with an exit code.
    Exited,
    /// A signal ended its program.
    Signalled,
    /// `usher close`.
    Closed,
    /// Its user logged out.
    LoggedOut,
    /// Its holder died, and the session with it.
    HolderDied,
    /// Nobody knows, as when usherd did not run.
    Unknown,
}

impl EndCause {
    /// The cause as JSON spells it.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// How and when a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionEnd {
    /// When usherd learned of it.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What ended it.
    pub cause: EndCause,
    /// The exit code of its program; null unless that ended by itself.
    pub exit_code: Option<i32>,
    /// The signal that ended its program; null unless one did.
    pub signal: Option<i32>,
}

impl SessionEnd {
    /// The end at this moment for this cause, of which no more is known.
    pub fn because(cause: EndCause, at: Timestamp) -> Self {
        SessionEnd { at, cause, exit_code: None, signal: None }
    }

    /// The end with the session's program.
    pub fn of_program(end: ProgramEnd, at: Timestamp) -> Self {
        match end {
            ProgramEnd::Code(code) => SessionEnd { exit_code: Some(code), ..Self::because(EndCause::Exited, at) },
            ProgramEnd::Signal(signal) => SessionEnd { signal: Some(signal), ..Self::because(EndCause::Signalled, at) },
            ProgramEnd::Gone => Self::because(EndCause::Unknown, at),
        }
    }

    /// The end of its program. A session that was closed was hung up, whatever its program made of that.
    pub fn program(&self) -> ProgramEnd {
        match (self.cause, self.exit_code, self.signal) {
            (EndCause::Closed, ..) => ProgramEnd::HUNG_UP,
            (_, Some(code), _) => ProgramEnd::Code(code),
            (_, None, Some(signal)) => ProgramEnd::Signal(signal),
            (_, None, None) => ProgramEnd::Gone,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_code_is_the_programs_or_128_and_its_signal() {
        assert_eq!(ProgramEnd::Code(3).shell_code(), Some(3));
        assert_eq!(ProgramEnd::Code(255).shell_code(), Some(255));
        assert_eq!(ProgramEnd::Signal(9).shell_code(), Some(137));
        assert_eq!(ProgramEnd::Signal(64).shell_code(), Some(192));
        assert_eq!(ProgramEnd::Gone.shell_code(), None);
    }

    #[test]
    fn a_sessions_end_is_its_programs() {
        let at = Timestamp::UNIX_EPOCH;
        for end in [ProgramEnd::Code(3), ProgramEnd::Signal(9), ProgramEnd::Gone] {
            assert_eq!(SessionEnd::of_program(end, at).program(), end);
        }
        assert_eq!(SessionEnd::because(EndCause::Closed, at).program(), ProgramEnd::Signal(1));
        let json = serde_json::to_value(SessionEnd::of_program(ProgramEnd::Code(3), at)).unwrap();
        assert_eq!((json["cause"].as_str(), json["exit_code"].as_i64()), (Some("exited"), Some(3)));
    }
}
