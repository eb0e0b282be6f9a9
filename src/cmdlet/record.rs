//! Error records: an error as scripts of this kind expect it on standard error.
//!
//! The form is the one that Windows PowerShell 5.1 shows (`ErrorView` `NormalView`), the kinds are those of
//! `ErrorCategory`.

use usher_core::language::{Language, translated};
use usher_core::outcome::{Error, ErrorId};

use super::Cmdlet;
use super::bind::{BindError, Category};
use super::input::Unbound;

/// An error with what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What happened, in the caller's language.
    pub message: String,
    /// Its kind.
    pub category: &'static str,
    /// What it is about: the value and its type.
    pub target: Option<(String, &'static str)>,
    /// The exception's name.
    pub exception: &'static str,
    /// The identifier.
    pub id: String,
}

impl Record {
    /// Words that make no call. As PowerShell does, the identifier stays what it is in every language.
    pub fn of_binding(error: &BindError, language: Language) -> Self {
        let category = match error.category {
            Category::InvalidArgument => "InvalidArgument",
            Category::InvalidData => "InvalidData",
            Category::ParserError => "ParserError",
        };
        Record {
            message: translated(language, &error.message),
            category,
            target: None,
            exception: error.exception(),
            id: error.id.to_owned(),
        }
    }

    /// A failure of one session, or of a host; `message` is what people read.
    pub fn of_failure(error: &Error, message: String, target: Option<(String, &'static str)>) -> Self {
        let (category, exception) = kind(error.id);
        Record { message, category, target, exception, id: error.id.as_str().to_owned() }
    }

    /// An object from a pipe that names no session.
    pub fn of_input(unbound: Unbound, language: Language) -> Self {
        Record { target: Some((unbound.object, "PSObject")), ..Record::of_binding(&unbound.error, language) }
    }

    /// The lines as they are shown.
    pub fn lines(&self, cmdlet: &Cmdlet) -> String {
        let Record { message, category, exception, id, .. } = self;
        let name = cmdlet.name;
        let target = self.target.as_ref().map_or_else(|| ":".to_owned(), |(value, kind)| format!("{value}:{kind}"));
        format!(
            "{name} : {message}\n    + CategoryInfo          : {category}: ({target}) [{name}], {exception}\n    \
             + FullyQualifiedErrorId : {id},{name}"
        )
    }
}

/// The category and the exception of each failure.
fn kind(id: ErrorId) -> (&'static str, &'static str) {
    match id {
        ErrorId::SessionNotFound | ErrorId::IdentityNotFound | ErrorId::UserNotFound | ErrorId::GroupNotFound => {
            ("ObjectNotFound", "ItemNotFoundException")
        }
        ErrorId::InvitationUnknown | ErrorId::InvitationUsed | ErrorId::InvitationExpired => {
            ("AuthenticationError", "UnauthorizedAccessException")
        }
        ErrorId::AccessDenied | ErrorId::NotOrchestratable => ("PermissionDenied", "UnauthorizedAccessException"),
        ErrorId::OwnSession | ErrorId::SessionChanged | ErrorId::CloseCancelled => {
            ("InvalidOperation", "InvalidOperationException")
        }
        ErrorId::StillBlocked => ("ResourceBusy", "InvalidOperationException"),
        ErrorId::NotSupported => ("NotImplemented", "NotSupportedException"),
        ErrorId::Timeout | ErrorId::OutcomeUnknown => ("OperationTimeout", "TimeoutException"),
        ErrorId::CoveredInputNotHeld => ("OperationStopped", "InvalidOperationException"),
        ErrorId::InvalidMessage | ErrorId::InvalidRequest => ("InvalidArgument", "ArgumentException"),
        ErrorId::BackendFailed => ("DeviceError", "IOException"),
        ErrorId::HostUnreachable => ("ConnectionError", "SocketException"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmdlet::find;

    #[test]
    fn a_record_has_the_three_lines_that_scripts_know() {
        let error = Error::new(ErrorId::SessionNotFound, "there is no session 99 on this host");
        let record = Record::of_failure(&error, error.message.clone(), Some(("99".to_owned(), "UInt32")));
        assert_eq!(
            record.lines(find("close-wmssession").unwrap()),
            "Close-WmsSession : there is no session 99 on this host\n    \
             + CategoryInfo          : ObjectNotFound: (99:UInt32) [Close-WmsSession], ItemNotFoundException\n    \
             + FullyQualifiedErrorId : SessionNotFound,Close-WmsSession"
        );
    }

    #[test]
    fn a_bind_error_is_about_nothing() {
        let record = Record::of_binding(&BindError::no_set(), Language::English);
        let lines = record.lines(find("Close-WmsSession").unwrap());
        assert!(lines.contains("InvalidArgument: (:) [Close-WmsSession], ParameterBindingException"), "{lines}");
        assert!(lines.ends_with("AmbiguousParameterSet,Close-WmsSession"), "{lines}");
        let chinese =
            Record::of_binding(&BindError::no_set(), Language::Chinese).lines(find("Close-WmsSession").unwrap());
        assert_eq!(chinese.lines().skip(1).collect::<Vec<_>>(), lines.lines().skip(1).collect::<Vec<_>>());
        assert!(chinese.starts_with("Close-WmsSession : 无法"), "{chinese}");
    }
}
