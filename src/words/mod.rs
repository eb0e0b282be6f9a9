//! Sentences for people, in their language. They are in `locales/`, one directory per language, in Fluent's syntax
//! (`projectfluent.org`); the code knows their keys.
//!
//! Text that scripts match on (identifiers, results, JSON) is not here: it is the same in every language.

use std::sync::{Mutex, OnceLock, PoisonError};

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

pub mod errors;
mod keys;

use keys::KeyTable;
pub use usher_core::language::{Language, known, translated, word};

static CHOSEN: OnceLock<Language> = OnceLock::new();

/// The language of this program, from now on. The first call decides.
pub fn speak(language: Language) {
    let _ = CHOSEN.set(language);
}

/// The language of this program: the chosen one, else that of the locale.
pub fn language() -> Language {
    *CHOSEN.get_or_init(Language::of_locale)
}

/// The key of a sentence that is there: `key!` makes one while the program is compiled, of a key that the English
/// files have. A test holds the other languages against those.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key(&'static str);

impl Key {
    /// The key, if the English files have it.
    ///
    /// # Panics
    /// They have not; `key!` turns that into an error of the compiler.
    pub const fn new(key: &'static str) -> Self {
        assert!(ENGLISH.has(key), "locales/en has no sentence with this key");
        Key(key)
    }

    /// The sentence in one language, with what it says of these names.
    pub fn in_language(self, language: Language, values: &[(&str, &str)]) -> String {
        // A reason comes from another program, or from the system; a role is a word of the API.
        let said = |name: &str, value: &str| match name {
            "why" => translated(language, value),
            "role" => word(language, value).to_owned(),
            _ => value.to_owned(),
        };
        let values: Vec<_> = values.iter().map(|(name, value)| (*name, said(name, value))).collect();
        let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        text_in(language, self.0, &values)
    }

    /// The sentence in this program's language.
    pub fn text(self, values: &[(&str, &str)]) -> String {
        self.in_language(language(), values)
    }
}

static ENGLISH: KeyTable = KeyTable::of(files(Language::English));
static CHINESE: KeyTable = KeyTable::of(files(Language::Chinese));

/// Where a language's sentences stand.
fn table(language: Language) -> &'static KeyTable {
    match language {
        Language::English => &ENGLISH,
        Language::Chinese => &CHINESE,
    }
}

/// The [`Key`] of a literal, checked by the compiler.
macro_rules! key {
    ($key:literal) => {
        const { $crate::words::Key::new($key) }
    };
}

/// The sentence of a literal key.
macro_rules! text {
    ($key:literal) => {
        $crate::words::key!($key).text(&[])
    };
}

/// The sentence of a literal key, with what it says of these names.
macro_rules! with {
    ($key:literal, $values:expr $(,)?) => {
        $crate::words::key!($key).text($values)
    };
}

pub(crate) use {key, text, with};

/// The sentence of this key in one language; in English where that language lacks it, which a test rules out.
pub fn text_in(language: Language, key: &str, values: &[(&str, &str)]) -> String {
    let found = format(language, key, values).or_else(|| format(Language::English, key, values));
    found.unwrap_or_else(|| key.to_owned())
}

/// The sentence of this key, if this language has it.
pub fn find_in(language: Language, key: &str) -> Option<String> {
    format(language, key, &[])
}

fn format(language: Language, key: &str, values: &[(&str, &str)]) -> Option<String> {
    let sentence = table(language).sentence(key)?;
    let mut bundle = bundle(language).lock().unwrap_or_else(PoisonError::into_inner);
    if !bundle.has_message(key) {
        // One with an error is used as far as it can be read; a test reads all of them.
        let resource = FluentResource::try_new(sentence.to_owned()).unwrap_or_else(|(readable, _)| readable);
        let _ = bundle.add_resource(resource);
    }
    let pattern = bundle.get_message(key)?.value()?;
    let mut arguments = FluentArgs::new();
    for (name, value) in values {
        arguments.set(*name, *value);
    }
    Some(bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned())
}

/// The sentences of one language that were said already. Each is parsed when it is first said: a short command says one or two,
/// and to parse all would take longer than anything else that it does.
fn bundle(language: Language) -> &'static Mutex<FluentBundle<FluentResource>> {
    static ENGLISH: OnceLock<Mutex<FluentBundle<FluentResource>>> = OnceLock::new();
    static CHINESE: OnceLock<Mutex<FluentBundle<FluentResource>>> = OnceLock::new();
    let place = match language {
        Language::English => &ENGLISH,
        Language::Chinese => &CHINESE,
    };
    place.get_or_init(|| {
        let mut bundle = FluentBundle::new_concurrent(vec![language.tag().parse().unwrap_or_default()]);
        // Isolating marks are for mixed directions, and would stand in what scripts read.
        bundle.set_use_isolating(false);
        Mutex::new(bundle)
    })
}

/// A language's files, which are part of the program.
macro_rules! files {
    ($directory:literal $(, $more:literal)?) => {
        &[
            $(include_str!(concat!("../../locales/", $directory, "/", $more)),)?
            include_str!(concat!("../../locales/", $directory, "/cmdlets.ftl")),
            include_str!(concat!("../../locales/", $directory, "/help.ftl")),
            include_str!(concat!("../../locales/", $directory, "/outcomes.ftl")),
            include_str!(concat!("../../locales/", $directory, "/commands.ftl")),
            include_str!(concat!("../../locales/", $directory, "/usage.ftl")),
            include_str!(concat!("../../locales/", $directory, "/pages.ftl")),
            include_str!(concat!("../../locales/", $directory, "/dashboard.ftl")),
            include_str!(concat!("../../locales/", $directory, "/demo.ftl")),
            include_str!(concat!("../../locales/", $directory, "/lockscreen.ftl")),
        ]
    };
}

const fn files(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => files!("en"),
        Language::Chinese => files!("zh-CN", "verbs.ftl"),
    }
}

#[cfg(test)]
mod glossary;
#[cfg(test)]
mod tests;
