//! What callers read: tables, property lists, JSON. Nothing that a session or a user named can put
//! control sequences on the reader's terminal.

use clap::ValueEnum;
use usher_core::language::Language;
use usher_core::outcome::{Error, ErrorId};

use crate::words;

mod cells;
mod json;
mod rows;

pub use cells::Placed;
pub use json::Passing;
pub use rows::{Row, Rows, print, print_line};

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A line for each, in columns
    Table,
    /// Every property on a line of its own
    List,
    /// One JSON array
    Json,
    /// One JSON object a line
    Jsonl,
}

/// The text without anything that a terminal would obey.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if obeyed(c) { '\u{fffd}' } else { c }).collect()
}

/// What a terminal would not show but obey.
fn obeyed(c: char) -> bool {
    c.is_control() || is_bidi_control(c)
}

/// Characters that turn the order of what follows them round: harmless on a lock screen, misleading in a table.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Prints a failure and what to do about it on standard error.
pub fn print_error(error: &Error) {
    print_error_about(error, None);
}

/// The same about a session.
pub fn print_error_about(error: &Error, id: Option<&str>) {
    eprintln!("usher: {}: {}", error.id.as_str(), printable(&sentence(error, id)));
    if let Some(hint) = hint(error) {
        eprintln!("  {}", printable(&words::with("hint-label", &[("hint", &hint)])));
    }
}

/// What happened, in the caller's language; `id` is the session that it happened to, where it is one.
///
/// A daemon speaks English. What its errors always mean has a sentence of its own in each language; what only its
/// words tell stands in it.
pub fn sentence(error: &Error, id: Option<&str>) -> String {
    let language = words::language();
    match (language, error.id, id) {
        (Language::English, ..) => error.message.clone(),
        (_, ErrorId::SessionNotFound, Some(id)) => words::with("error-no-such-session", &[("id", id)]),
        (_, ErrorId::OwnSession, Some(id)) => words::with("error-own-session", &[("id", id)]),
        (_, other, _) => {
            let key = format!("error-{}", other.as_str());
            words::text_in(language, &key, &[("detail", &error.message)])
        }
    }
}

/// What to do about it, in the caller's language as far as it is always the same.
fn hint(error: &Error) -> Option<String> {
    let said = error.hint.clone()?;
    let always = words::find_in(words::language(), &format!("hint-{}", error.id.as_str()));
    Some(if words::language() == Language::English { said } else { always.unwrap_or(said) })
}
