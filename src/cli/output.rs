//! Tables, property lists and JSON for callers. Names of sessions and users cannot put control sequences on the
//! reader's terminal.

use clap::ValueEnum;
use unicode_width::UnicodeWidthStr;
use usher_core::outcome::Error;

use crate::words;

mod cells;
mod ended;
mod events;
mod json;
mod rows;
mod sitting;
mod table;

pub use cells::{Placed, moment};
pub use ended::EndedRow;
pub use events::EventRows;
pub use json::Passing;
pub use rows::{Rows, TableRow, print, print_line};
pub use table::Emphasis;

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
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

/// Whether a terminal would obey a character rather than show it.
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
        eprintln!("  {}", printable(&words::with!("hint-label", &[("hint", &hint)])));
    }
}

/// The error as a sentence in the caller's language; `id` is the session that it concerns, if there is one.
pub fn sentence(error: &Error, id: Option<&str>) -> String {
    words::errors::sentence(words::language(), error, id)
}

/// The hint in the caller's language.
pub fn hint(error: &Error) -> Option<String> {
    words::errors::hint(words::language(), error)
}

/// Names and values, the values below each other.
pub fn aligned(lines: &[(String, String)]) -> String {
    let widest = lines.iter().map(|(name, _)| name.width()).max().unwrap_or_default();
    let line = |(name, value): &(String, String)| format!("  {name}{}  {value}\n", " ".repeat(widest - name.width()));
    lines.iter().map(line).collect()
}
