//! The languages, and which of them the caller reads.

use std::fmt;
use std::str::FromStr;

use strum::IntoStaticStr;

use crate::request::InvalidValue;

mod sentence;
pub use sentence::sentence;
#[cfg(feature = "help")]
pub mod help;
#[cfg(feature = "translation")]
mod translation;
#[cfg(feature = "help")]
mod wrap;
#[cfg(feature = "translation")]
pub use translation::{known, translated, word};
#[cfg(feature = "help")]
use wrap::wrapped;

/// A language that usher speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, IntoStaticStr)]
pub enum Language {
    /// English.
    #[strum(serialize = "en")]
    English,
    /// Simplified Chinese.
    #[strum(serialize = "zh-CN")]
    Chinese,
}

impl Language {
    /// Every language.
    pub const ALL: [Language; 2] = [Language::English, Language::Chinese];

    /// The tag, as `--lang` takes it.
    pub fn tag(self) -> &'static str {
        self.into()
    }

    /// The language of `USHER_LANG`, else of the locale: the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that says anything
    /// (`locale(7)`).
    pub fn of_locale() -> Self {
        Self::of_variables(|name| std::env::var(name).ok())
    }

    /// The language that these variables say.
    pub fn of_variables(value: impl Fn(&str) -> Option<String>) -> Self {
        let mut names = ["USHER_LANG", "LC_ALL", "LC_MESSAGES", "LANG"].into_iter();
        let said = names.find_map(|name| value(name).filter(|v| !v.is_empty()));
        said.and_then(|locale| locale.split(['.', '@']).next()?.parse().ok()).unwrap_or(Language::English)
    }
}

impl FromStr for Language {
    type Err = InvalidValue;

    /// `zh`, `zh-CN`, `zh_SG` and the like are Simplified Chinese, which is not for who reads Traditional.
    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let tag = text.replace('_', "-").to_ascii_lowercase();
        match tag.split('-').collect::<Vec<_>>().as_slice() {
            ["en", ..] | ["c" | "posix"] => Ok(Language::English),
            ["zh", rest @ ..] if !rest.iter().any(|part| matches!(*part, "tw" | "hk" | "mo" | "hant")) => {
                Ok(Language::Chinese)
            }
            _ => Err(InvalidValue::new("usher speaks `en` and `zh-CN`")),
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Language {
        Language::of_variables(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn the_first_variable_that_says_anything_decides() {
        assert_eq!(of(&[]), Language::English);
        assert_eq!(of(&[("LANG", "zh_CN.UTF-8")]), Language::Chinese);
        assert_eq!(of(&[("LC_ALL", ""), ("LC_MESSAGES", "zh_CN"), ("LANG", "en_US.UTF-8")]), Language::Chinese);
        assert_eq!(of(&[("LC_ALL", "C.UTF-8"), ("LANG", "zh_CN.UTF-8")]), Language::English);
        assert_eq!(of(&[("USHER_LANG", "zh-CN"), ("LC_ALL", "C.UTF-8")]), Language::Chinese);
        assert_eq!(of(&[("LANG", "de_DE@euro")]), Language::English);
    }

    #[test]
    fn tags_and_locales_name_a_language() {
        for text in ["zh-CN", "zh_CN", "zh", "zh-Hans", "ZH-cn", "zh_SG"] {
            assert_eq!(text.parse(), Ok(Language::Chinese), "{text}");
        }
        for text in ["en", "en-US", "C", "POSIX"] {
            assert_eq!(text.parse(), Ok(Language::English), "{text}");
        }
        for text in ["", "zh-TW", "zh-Hant", "de"] {
            assert!(text.parse::<Language>().is_err(), "{text}");
        }
    }
}
