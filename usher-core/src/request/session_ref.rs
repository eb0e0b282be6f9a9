//! The ways to name a session: by its ID, by the ID that the login manager gave it, or by the name that its user gave it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Type};

use super::values::{shortened, text_value};
use super::{InvalidValue, Name};

/// Names one session. Only the host's daemon knows which one that is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "RawSessionRef", into = "RawSessionRef")]
pub enum SessionRef {
    /// A session ID.
    Id(u32),
    /// A native ID: letters with digits.
    Native(NativeId),
    /// The caller's own session of this name.
    Own(SessionName),
    /// This user's session of this name.
    Of(Name, SessionName),
}

impl SessionRef {
    /// Whether it is the ID or the native ID of this session. A number that a login manager gave names a hosted session
    /// too, which has another ID.
    pub fn names(&self, id: u32, native_id: &str) -> bool {
        match self {
            SessionRef::Id(named) => *named == id || native_id.parse() == Ok(*named),
            SessionRef::Native(native) => native.as_str() == native_id,
            SessionRef::Own(_) | SessionRef::Of(..) => false,
        }
    }

    /// Whether it is a name, which means another session for another caller.
    pub fn is_name(&self) -> bool {
        matches!(self, SessionRef::Own(_) | SessionRef::Of(..))
    }

    /// The session ID, where it is one.
    pub fn number(&self) -> Option<u32> {
        match self {
            SessionRef::Id(id) => Some(*id),
            SessionRef::Native(_) | SessionRef::Own(_) | SessionRef::Of(..) => None,
        }
    }
}

/// As JSON has it.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum RawSessionRef {
    Number(u32),
    Text(String),
}

impl From<SessionRef> for RawSessionRef {
    fn from(reference: SessionRef) -> Self {
        match reference.number() {
            Some(number) => RawSessionRef::Number(number),
            None => RawSessionRef::Text(reference.to_string()),
        }
    }
}

impl TryFrom<RawSessionRef> for SessionRef {
    type Error = InvalidValue;

    fn try_from(raw: RawSessionRef) -> Result<Self, InvalidValue> {
        match raw {
            RawSessionRef::Number(number) => Ok(SessionRef::Id(number)),
            RawSessionRef::Text(text) => text.parse(),
        }
    }
}

impl utoipa::PartialSchema for SessionRef {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).maximum(Some(u32::MAX));
        let number = number.description(Some("A session ID"));
        let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(r"^[^\x00-\x1f\x7f-\x9f]{1,513}$"));
        let text = text.description(Some("A session ID, a native ID such as `c2`, a session's name, or `USER/NAME`"));
        OneOfBuilder::new().item(number).item(text).into()
    }
}

impl ToSchema for SessionRef {}

impl FromStr for SessionRef {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let wrong = |_| {
            InvalidValue::new(format!(
                "`{}` names no session: give an ID (a number from 0 to 4294967295, or letters with digits such as `c2`), \
                 a session's name, or USER/NAME; `usher list` shows them",
                shortened(text)
            ))
        };
        if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            return text.parse().map(SessionRef::Id).map_err(|_| {
                InvalidValue::new(format!("`{}` is beyond the largest session ID, 4294967295", shortened(text)))
            });
        }
        if let Ok(native) = text.parse() {
            return Ok(SessionRef::Native(native));
        }
        match text.split_once('/') {
            Some((user, name)) => Ok(SessionRef::Of(user.parse().map_err(wrong)?, name.parse().map_err(wrong)?)),
            None => text.parse().map(SessionRef::Own).map_err(wrong),
        }
    }
}

impl fmt::Display for SessionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SessionRef::Id(id) => write!(f, "{id}"),
            SessionRef::Native(native) => write!(f, "{native}"),
            SessionRef::Own(name) => write!(f, "{name}"),
            SessionRef::Of(user, name) => write!(f, "{user}/{name}"),
        }
    }
}

/// Where a caller sits down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttachTo {
    /// At this session.
    Session(SessionRef),
    /// At the only text session of the caller's, or the one that was used last.
    Last,
}

impl FromStr for AttachTo {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        if text == "last" { Ok(AttachTo::Last) } else { text.parse().map(AttachTo::Session) }
    }
}

impl fmt::Display for AttachTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AttachTo::Session(reference) => write!(f, "{reference}"),
            AttachTo::Last => f.write_str("last"),
        }
    }
}

/// A native ID: letters with digits, as `c2`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NativeId(String);

impl NativeId {
    /// The ID as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for NativeId {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
        let digits = text.bytes().skip(letters).take_while(u8::is_ascii_digit).count();
        if letters > 0 && digits > 0 && letters + digits == text.len() && text.len() <= 64 {
            Ok(NativeId(text.to_owned()))
        } else {
            Err(InvalidValue::new("a native ID is letters with digits"))
        }
    }
}

impl fmt::Display for NativeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name that a user gives a session. It begins with a letter, and nobody can take it for an ID, a rule or a word of
/// the API.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, min_length = 1, max_length = 256)]
pub struct SessionName(String);

impl SessionName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Words that stand where a session's name could.
const RESERVED: [&str; 8] = ["all", "close", "disconnect", "ended", "last", "lock", "open", "unlock"];

impl FromStr for SessionName {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let wrong = |why: &str| Err(InvalidValue::new(format!("`{}` cannot name a session: {why}", shortened(text))));
        if text.chars().count() > 256 {
            return wrong("a name has at most 256 characters");
        }
        if !text.starts_with(char::is_alphabetic) {
            return wrong("a name begins with a letter, because numbers are IDs");
        }
        if text.chars().any(|c| matches!(c, '/' | ':') || is_unseen(c)) || text.ends_with(' ') {
            return wrong("a name has no `/`, no `:`, no space at its end, and nothing that is not seen");
        }
        if text.trim_start_matches(|c: char| c.is_ascii_alphabetic()).chars().all(char::is_numeric)
            && text.ends_with(char::is_numeric)
        {
            return wrong("letters with digits look like the ID that a login manager gives; write a dash between them");
        }
        if RESERVED.contains(&text) {
            return wrong("this word has a meaning of its own");
        }
        Ok(SessionName(text.to_owned()))
    }
}

/// Whether a reader does not see a character, or not where it stands.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || c.is_whitespace() && c != ' '
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{ad}')
}

impl fmt::Display for SessionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_value!(SessionName);

/// Body of `POST /v1/sessions/{id}/rename`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenameRequest {
    /// The session's new name.
    pub name: SessionName,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<SessionRef, InvalidValue> {
        text.parse()
    }

    #[test]
    fn an_id_is_a_u32_or_letters_with_digits() {
        assert_eq!(parsed("3"), Ok(SessionRef::Id(3)));
        assert_eq!(parsed("4294967295"), Ok(SessionRef::Id(u32::MAX)));
        assert!(matches!(parsed("c2"), Ok(SessionRef::Native(_))));
        for text in ["", "4294967296", "-1", "0x10", "²", "1.5", "a/", "/a", "a/b/c", "a/3", "a/c2"] {
            assert!(parsed(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_is_the_callers_own_and_with_a_user_before_it_that_users() {
        assert!(matches!(parsed("essay"), Ok(SessionRef::Own(_))));
        assert!(matches!(parsed("alice/essay"), Ok(SessionRef::Of(..))));
        for text in ["3", "c2", "essay", "alice/essay", "ZHU\\王 伟/作文2", "my essay", "exam-1"] {
            assert_eq!(parsed(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_name_cannot_be_taken_for_anything_else() {
        let wrong = [
            "",
            " x",
            "3",
            "3x",
            "c2",
            "exam1",
            "c２",
            "-x",
            "all",
            "last",
            "a/b",
            "user:bob",
            "x ",
            "a\u{200b}b",
            "a\nb",
        ];
        for text in wrong {
            assert!(text.parse::<SessionName>().is_err(), "{text:?}");
        }
        assert!("x".repeat(257).parse::<SessionName>().is_err());
        for text in ["a", "essay", "exam-1", "作文2", "v1.2", "c2b"] {
            assert!(text.parse::<SessionName>().is_ok(), "{text:?}");
        }
    }

    #[test]
    fn json_has_numbers_for_ids_and_text_for_all_else() {
        for (text, json) in [("3", "3"), ("c2", "\"c2\""), ("essay", "\"essay\""), ("alice/essay", "\"alice/essay\"")] {
            let reference = parsed(text).unwrap();
            assert_eq!(serde_json::to_string(&reference).unwrap(), json);
            assert_eq!(serde_json::from_str::<SessionRef>(json).unwrap(), reference);
        }
        for json in ["-1", "1.5", "4294967296", "\"\"", "null", "\"a\\u0007\""] {
            assert!(serde_json::from_str::<SessionRef>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn an_error_never_repeats_control_characters_or_a_megabyte() {
        let error = parsed(&("\x1b]0;x\x07".to_owned() + &"9".repeat(1 << 20))).unwrap_err().to_string();
        assert!(error.len() < 400 && !error.chars().any(char::is_control), "{error:?}");
    }
}
