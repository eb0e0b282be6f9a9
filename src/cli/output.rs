//! What callers read: tables, property lists, JSON. Nothing that a session or a user named can put
//! control sequences on the reader's terminal.

use std::io::{self, Write};

use clap::ValueEnum;
use comfy_table::{ContentArrangement, Table, presets};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::localized;
use crate::outcome::{Error, ErrorId, Exit, Outcome, OutcomeResult};
use crate::session::{LockInfo, Rule, Session};
use crate::store::{AuditRecord, AuditTarget};
use crate::words::{self, Language};

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

/// Something that can be printed as a row or as a list of properties.
pub trait Row: Serialize {
    /// The columns' heads.
    const HEADS: &'static [&'static str];
    /// The cells.
    fn cells(&self) -> Vec<String>;
}

/// Prints everything in one of the formats.
///
/// # Errors
/// Standard output cannot be written.
pub fn print<T: Row>(rows: &[T], format: Format) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match format {
        Format::Table => {
            if !rows.is_empty() {
                writeln!(out, "{}", table(rows))?;
            }
        }
        Format::List => {
            for (index, row) in rows.iter().enumerate() {
                if index > 0 {
                    writeln!(out)?;
                }
                write_properties(&mut out, row)?;
            }
        }
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, rows)?;
            writeln!(out)?;
        }
        Format::Jsonl => {
            for row in rows {
                print_line(&mut out, row)?;
            }
        }
    }
    out.flush()
}

/// Writes one JSON object on a line.
///
/// # Errors
/// The writer's.
pub fn print_line<T: Serialize>(out: &mut impl Write, value: &T) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    writeln!(out)
}

fn table<T: Row>(rows: &[T]) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(T::HEADS.iter().map(|head| localized::head(head)));
    for row in rows {
        table.add_row(row.cells().iter().map(|cell| printable(cell)));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let lines = table.lines().map(|line| line.trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}

/// One `name: value` per property of the JSON form, nested ones with their parents' names.
fn write_properties<T: Serialize>(out: &mut impl Write, row: &T) -> io::Result<()> {
    fn flatten(out: &mut impl Write, name: &str, value: &serde_json::Value) -> io::Result<()> {
        match value {
            serde_json::Value::Object(map) => map.iter().try_for_each(|(key, value)| {
                let full = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                flatten(out, &full, value)
            }),
            serde_json::Value::Null => writeln!(out, "{name:<18}:"),
            serde_json::Value::String(text) => writeln!(out, "{name:<18}: {}", printable(text)),
            other => writeln!(out, "{name:<18}: {}", printable(&other.to_string())),
        }
    }
    flatten(out, "", &serde_json::to_value(row)?)
}

/// The text without anything that a terminal would obey.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || is_bidi_control(c) { '\u{fffd}' } else { c }).collect()
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

/// Prints outcomes, in the table form each failure with its hint on standard error, and gives the exit
/// code. A reader that has seen enough does not turn a failure into a success.
///
/// # Errors
/// Standard output cannot be written, for another reason than that nobody reads it.
pub fn answer(outcomes: &[Outcome], print: impl FnOnce() -> io::Result<()>, format: Format) -> io::Result<Exit> {
    let exit = Exit::of(outcomes);
    let printed = print();
    if format == Format::Table {
        let failed = outcomes.iter().filter(|o| o.result == OutcomeResult::Failed);
        for (outcome, error) in failed.filter_map(|outcome| Some((outcome, outcome.error.as_ref()?))) {
            print_error_about(error, outcome.session_id.map(|id| id.to_string()).as_deref());
        }
    }
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(exit),
    }
}

/// An error as an outcome's detail or note.
fn detail(outcome: &Outcome) -> String {
    let error = outcome.error.iter().map(|e| e.id.as_str().to_owned());
    error.chain(outcome.notes.iter().cloned()).collect::<Vec<_>>().join("; ")
}

impl Row for Outcome {
    const HEADS: &'static [&'static str] = &["HOST", "ID", "USER", "ACTION", "RESULT", "OBSERVED", "MS", "DETAIL"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.host.clone(),
            or_dash(self.session_id),
            or_dash(self.user.as_ref()),
            self.action.to_string(),
            self.result.as_str().to_owned(),
            yes_no(self.observed),
            format!("{:.1}", self.millis),
            detail(self),
        ]
    }
}

impl Row for Session {
    const HEADS: &'static [&'static str] =
        &["ID", "USER", "KIND", "STATE", "LOCKED", "CLIENT", "IDLE", "SINCE", "TITLE"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.session_id.to_string(),
            self.user.clone(),
            self.kind.as_str().to_owned(),
            self.state.as_str().to_owned(),
            self.lock.as_ref().map_or_else(|| "no".to_owned(), lock_cell),
            or_dash(self.client.as_ref()),
            duration(self.idle_seconds),
            moment(self.since),
            shortened(&self.title, 40),
        ]
    }
}

impl Row for Rule {
    const HEADS: &'static [&'static str] = &["RULE", "BY", "SINCE", "UNTIL", "EXEMPT", "MESSAGE"];

    fn cells(&self) -> Vec<String> {
        let exempt: Vec<String> = self.exempt.iter().map(u32::to_string).collect();
        vec![
            self.name.to_string(),
            self.by.clone(),
            moment(self.since),
            self.until.map_or_else(|| "-".to_owned(), moment),
            if exempt.is_empty() { "-".to_owned() } else { exempt.join(",") },
            shortened(self.message.as_str(), 60),
        ]
    }
}

impl Row for AuditRecord {
    const HEADS: &'static [&'static str] = &["TIME", "ACTOR", "FROM", "ACTION", "TARGETS", "OUTCOMES", "MESSAGE"];

    fn cells(&self) -> Vec<String> {
        let targets: Vec<String> = self
            .targets
            .iter()
            .map(|target| match target {
                AuditTarget::Session(id) => id.to_string(),
                AuditTarget::Name(name) => name.clone(),
            })
            .collect();
        vec![
            self.time.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
            self.actor.clone(),
            self.from.clone(),
            self.action.to_string(),
            shortened(&targets.join(","), 30),
            summary(&self.outcomes),
            shortened(self.message.as_deref().unwrap_or("-"), 40),
        ]
    }
}

/// How many targets ended how.
fn summary(outcomes: &[Outcome]) -> String {
    let kinds = [
        OutcomeResult::Done,
        OutcomeResult::Unchanged,
        OutcomeResult::Planned,
        OutcomeResult::Skipped,
        OutcomeResult::Failed,
    ];
    let counts = kinds.iter().filter_map(|kind| {
        let count = outcomes.iter().filter(|o| o.result == *kind).count();
        (count > 0).then(|| format!("{count} {}", kind.as_str()))
    });
    let text = counts.collect::<Vec<_>>().join(", ");
    if text.is_empty() { "-".to_owned() } else { text }
}

fn lock_cell(lock: &LockInfo) -> String {
    let source = lock.source.to_string();
    if source == "session" { format!("by {}", lock.by) } else { format!("by {} ({source})", lock.by) }
}

fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

fn yes_no(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}

fn duration(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// A moment in the reader's time zone: the time today, the date on other days. JSON has it in full, in UTC.
fn moment(time: Timestamp) -> String {
    let (zone, now) = (TimeZone::system(), crate::clock::now());
    let (time, today) = (time.to_zoned(zone.clone()), now.to_zoned(zone).date());
    time.strftime(if time.date() == today { "%H:%M" } else { "%Y-%m-%d" }).to_string()
}

fn shortened(text: &str, chars: usize) -> String {
    let mut short: String = text.chars().take(chars).collect();
    if text.chars().nth(chars).is_some() {
        short.push('…');
    }
    short
}
