//! The values a request is made of. Each is checked once, when it is made.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a text is not the value it should be: one sentence for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidValue(String);

impl InvalidValue {
    /// A refusal with its reason.
    pub fn new(reason: impl Into<String>) -> Self {
        InvalidValue(reason.into())
    }
}

/// Implements the conversions that serde and clap need for a newtype over `String`.
macro_rules! text_value {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = InvalidValue;
            fn try_from(text: String) -> Result<Self, InvalidValue> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.to_string()
            }
        }
    };
}
pub(super) use text_value;

/// What a locked user reads: 1 to 1000 characters of any script, none of them a control character,
/// not all of them blank.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, min_length = 1, max_length = 1000)]
pub struct Message(String);

impl Message {
    /// The longest message, in characters.
    pub const MAX_CHARS: usize = 1000;

    /// The message as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Message {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        if text.trim().is_empty() {
            return Err(InvalidValue::new("the message is empty: say something that the user can read"));
        }
        let chars = text.chars().count();
        if chars > Self::MAX_CHARS {
            return Err(InvalidValue::new(format!(
                "the message has {chars} characters; the most is {}",
                Self::MAX_CHARS
            )));
        }
        if let Some(control) = text.chars().find(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
            return Err(InvalidValue::new(format!(
                "the message contains the control character U+{:04X}; write it as one line of plain text",
                u32::from(control)
            )));
        }
        Ok(Message(text.to_owned()))
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_value!(Message);

/// The name of a user, a group or a session: 1 to 256 characters, none of them a control character.
///
/// Directory services allow more than `useradd` does (spaces, `@`, `\`), so the check is only what
/// keeps a terminal and a log line safe.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, min_length = 1, max_length = 256)]
pub struct Name(String);

impl Name {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let length = text.chars().count();
        if length == 0 || length > 256 || text.chars().any(char::is_control) {
            return Err(InvalidValue::new("a name has 1 to 256 characters and no control characters"));
        }
        Ok(Name(text.to_owned()))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_value!(Name);

/// The name of a standing rule: `all`, `user:NAME` or `group:NAME`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum RuleName {
    /// Every session.
    All,
    /// The sessions of one user.
    User(Name),
    /// The sessions of a group's members.
    Group(Name),
}

impl utoipa::PartialSchema for RuleName {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        let schema = utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::schema::Type::String);
        schema.pattern(Some(r"^(all|(user|group):[^\x00-\x1f\x7f-\x9f]{1,256})$")).into()
    }
}

impl ToSchema for RuleName {}

impl FromStr for RuleName {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        match text.split_once(':') {
            None if text == "all" => Ok(RuleName::All),
            Some(("user", name)) => Ok(RuleName::User(name.parse()?)),
            Some(("group", name)) => Ok(RuleName::Group(name.parse()?)),
            _ => Err(InvalidValue::new("a rule is named `all`, `user:NAME` or `group:NAME`")),
        }
    }
}

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RuleName::All => f.write_str("all"),
            RuleName::User(name) => write!(f, "user:{name}"),
            RuleName::Group(name) => write!(f, "group:{name}"),
        }
    }
}

text_value!(RuleName);

/// A span of 1 second to 366 days, written as `90s`, `10m` or `1h30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "u64", into = "u64")]
#[schema(value_type = u64, minimum = 1, maximum = 31622400)]
pub struct Seconds(u64);

impl Seconds {
    const MAX: u64 = 366 * 24 * 60 * 60;

    /// The span.
    pub fn as_duration(self) -> Duration {
        Duration::from_secs(self.0)
    }
}

impl TryFrom<u64> for Seconds {
    type Error = InvalidValue;

    fn try_from(seconds: u64) -> Result<Self, InvalidValue> {
        match seconds {
            0 => Err(InvalidValue::new("a duration is at least 1s")),
            1..=Self::MAX => Ok(Seconds(seconds)),
            _ => Err(InvalidValue::new("a duration is at most 366 days (8784h)")),
        }
    }
}

impl From<Seconds> for u64 {
    fn from(value: Seconds) -> u64 {
        value.0
    }
}

impl FromStr for Seconds {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let wrong = || {
            InvalidValue::new(format!(
                "`{}` is not a duration: write it as `90s`, `10m` or `1h30m` (units d, h, m, s, each once, largest first)",
                shortened(text)
            ))
        };
        let mut total: u64 = 0;
        let mut last_unit = u64::MAX;
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let number: u64 = rest[..digits].parse().map_err(|_| wrong())?;
            let unit = match rest[digits..].chars().next() {
                Some('d') => 86_400,
                Some('h') => 3_600,
                Some('m') => 60,
                Some('s') => 1,
                _ => return Err(wrong()),
            };
            if unit >= last_unit {
                return Err(wrong());
            }
            last_unit = unit;
            let part = number.checked_mul(unit).ok_or_else(wrong)?;
            total = total.checked_add(part).ok_or_else(wrong)?;
            rest = &rest[digits + 1..];
        }
        if text.is_empty() {
            return Err(wrong());
        }
        Seconds::try_from(total)
    }
}

/// The beginning of a text that may be long or hostile, safe to print.
pub(super) fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(40).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(40).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, seconds) in [("90s", 90), ("10m", 600), ("1h30m", 5_400), ("1d", 86_400), ("1h0m5s", 3_605)] {
            assert_eq!(text.parse::<Seconds>().map(u64::from), Ok(seconds), "{text}");
        }
    }

    #[test]
    fn a_duration_that_could_mean_two_things_is_refused() {
        for text in ["", "10", "m", "10x", "-5s", "1m1m", "5s1m", "0s", "367d", "99999999999999999999s", "1.5h", "１s"]
        {
            assert!(text.parse::<Seconds>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_message_is_one_to_a_thousand_characters_without_controls() {
        assert!("Eyes up, 眼睛看前面".parse::<Message>().is_ok());
        assert!("界".repeat(1000).parse::<Message>().is_ok());
        assert!("界".repeat(1001).parse::<Message>().is_err());
        for text in ["", "  ", "a\nb", "\x1b[2J", "a\u{9b}31m", "a\u{7f}"] {
            assert!(text.parse::<Message>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_error_never_repeats_control_characters_or_a_megabyte() {
        let error = ("\x1b]0;x\x07".to_owned() + &"9".repeat(1 << 20)).parse::<Seconds>().unwrap_err().to_string();
        assert!(error.len() < 400 && !error.chars().any(char::is_control), "{error:?}");
    }

    #[test]
    fn rules_have_three_forms() {
        for text in ["all", "user:alice", "group:room 4"] {
            assert_eq!(text.parse::<RuleName>().unwrap().to_string(), text);
        }
        for text in ["", "user:", "host:x", "All", "user"] {
            assert!(text.parse::<RuleName>().is_err(), "{text}");
        }
    }
}
