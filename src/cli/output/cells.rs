//! The columns of each kind of row.

use jiff::Timestamp;
use serde::Serialize;
use usher_core::audit::{AuditRecord, AuditTarget};
use usher_core::outcome::{Outcome, OutcomeResult};
use usher_core::session::{Rule, Session, State};
use usher_core::status::HostStatus;

use super::ended::how;
use super::rows::TableRow;
use super::sitting::{lock_cell, state_cell};
use super::table::Emphasis;
use crate::words::{self, Key, Language, key};

mod identities;

/// A row and the host that it is about, for commands that ask hosts by name.
#[derive(Debug, Clone, Serialize)]
pub struct Placed<T> {
    #[serde(skip)]
    host: String,
    /// The host in JSON, where the row itself does not have it.
    #[serde(rename = "host", skip_serializing_if = "Option::is_none")]
    said: Option<String>,
    #[serde(flatten)]
    row: T,
}

impl Placed<Session> {
    /// A session, on the host by the name that the caller gave.
    pub fn session(host: &str, mut session: Session) -> Self {
        host.clone_into(&mut session.host);
        Placed { host: host.to_owned(), said: None, row: session }
    }
}

impl Placed<HostStatus> {
    /// A daemon, on the host by the name that the caller gave, if any.
    pub fn status(host: Option<&str>, mut status: HostStatus) -> Self {
        if let Some(host) = host {
            host.clone_into(&mut status.host);
        }
        Placed { host: status.host.clone(), said: None, row: status }
    }
}

impl<T> Placed<T> {
    /// A row that does not know its host.
    pub fn on(host: &str, row: T) -> Self {
        Placed { host: host.to_owned(), said: Some(host.to_owned()), row }
    }

    /// Another row in the same place.
    pub(super) fn map<U>(self, to: impl FnOnce(T) -> U) -> Placed<U> {
        Placed { host: self.host, said: self.said, row: to(self.row) }
    }

    /// The row alone.
    pub fn row(&self) -> &T {
        &self.row
    }
}

impl<T: TableRow> TableRow for Placed<T> {
    fn heads() -> Vec<&'static str> {
        [vec!["HOST"], T::heads()].concat()
    }

    fn cells(&self) -> Vec<String> {
        [vec![self.host.clone()], self.row.cells()].concat()
    }

    fn widths() -> Vec<u16> {
        [vec![0], T::widths()].concat()
    }

    fn cuttable() -> Vec<&'static str> {
        T::cuttable()
    }

    fn spare() -> Vec<&'static str> {
        T::spare()
    }

    fn emphasis(&self, head: &str) -> Emphasis {
        self.row.emphasis(head)
    }

    fn counted(&self) -> Vec<Key> {
        self.row.counted()
    }
}

/// An error as an outcome's detail or note.
fn detail(outcome: &Outcome) -> String {
    let error = outcome.error.iter().map(|e| e.id.as_str().to_owned());
    let notes = outcome.notes.iter().map(|note| words::translated(words::language(), note));
    error.chain(notes).collect::<Vec<_>>().join(if words::language() == Language::English { "; " } else { "；" })
}

impl TableRow for Outcome {
    fn widths() -> Vec<u16> {
        vec![0, 3, 8, 10, 9, 8, 7]
    }

    fn heads() -> Vec<&'static str> {
        vec!["HOST", "ID", "USER", "ACTION", "RESULT", "OBSERVED", "MS", "DETAIL"]
    }

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

    fn cuttable() -> Vec<&'static str> {
        vec!["DETAIL", "HOST", "USER"]
    }

    fn spare() -> Vec<&'static str> {
        vec!["MS", "OBSERVED", "HOST"]
    }

    fn emphasis(&self, head: &str) -> Emphasis {
        match (head, self.result) {
            ("RESULT", OutcomeResult::Failed) => Emphasis::Bad,
            ("RESULT", OutcomeResult::Skipped) => Emphasis::Notable,
            ("RESULT", OutcomeResult::Done) => Emphasis::Good,
            ("OBSERVED", OutcomeResult::Done) if !self.observed => Emphasis::Notable,
            _ => Emphasis::Plain,
        }
    }

    fn counted(&self) -> Vec<Key> {
        vec![counted(self.result)]
    }
}

impl TableRow for Session {
    fn widths() -> Vec<u16> {
        vec![3, 8, 5, 12, 8, 8, 4, 5]
    }

    fn heads() -> Vec<&'static str> {
        vec!["ID", "USER", "KIND", "STATE", "LOCKED", "CLIENT", "IDLE", "SINCE", "TITLE"]
    }

    fn cells(&self) -> Vec<String> {
        vec![
            self.session_id.to_string(),
            self.user.clone(),
            self.kind.as_str().to_owned(),
            state_cell(self),
            self.lock.as_ref().map_or_else(|| "no".to_owned(), lock_cell),
            or_dash(self.client.as_ref()),
            duration(self.idle_seconds),
            moment(self.since),
            self.title.clone(),
        ]
    }

    fn cuttable() -> Vec<&'static str> {
        vec!["TITLE", "CLIENT", "LOCKED", "USER"]
    }

    fn spare() -> Vec<&'static str> {
        vec!["CLIENT", "SINCE", "IDLE", "KIND"]
    }

    fn emphasis(&self, head: &str) -> Emphasis {
        match head {
            "ID" if self.own => Emphasis::Own,
            "LOCKED" if self.locked => Emphasis::Notable,
            "STATE" if self.state == State::Closing => Emphasis::Bad,
            _ => Emphasis::Plain,
        }
    }

    fn counted(&self) -> Vec<Key> {
        [Some(key!("sum-sessions")), self.locked.then_some(key!("sum-locked"))].into_iter().flatten().collect()
    }
}

impl TableRow for Rule {
    fn heads() -> Vec<&'static str> {
        vec!["RULE", "BY", "SINCE", "UNTIL", "EXEMPT", "MESSAGE"]
    }

    fn cells(&self) -> Vec<String> {
        let exempt: Vec<String> = self.exempt.iter().map(u32::to_string).collect();
        vec![
            self.name.to_string(),
            self.by.clone(),
            moment(self.since),
            self.until.map_or_else(|| "-".to_owned(), end),
            if exempt.is_empty() { "-".to_owned() } else { exempt.join(",") },
            self.message.to_string(),
        ]
    }

    fn cuttable() -> Vec<&'static str> {
        vec!["MESSAGE", "EXEMPT", "BY"]
    }

    fn spare() -> Vec<&'static str> {
        vec!["EXEMPT", "SINCE", "BY"]
    }

    fn counted(&self) -> Vec<Key> {
        vec![key!("sum-rules")]
    }
}

impl TableRow for AuditRecord {
    fn widths() -> Vec<u16> {
        vec![19, 8, 12, 10, 7, 8]
    }

    fn heads() -> Vec<&'static str> {
        vec!["TIME", "ACTOR", "FROM", "ACTION", "TARGETS", "OUTCOMES", "MESSAGE"]
    }

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
            self.time.to_zoned(usher_core::clock::local_zone()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
            self.actor.clone(),
            self.from.clone(),
            self.action.to_string(),
            targets.join(","),
            summary(&self.outcomes),
            self.message.clone().unwrap_or_else(|| "-".to_owned()),
        ]
    }

    fn cuttable() -> Vec<&'static str> {
        vec!["MESSAGE", "TARGETS", "FROM", "ACTOR", "OUTCOMES"]
    }

    fn spare() -> Vec<&'static str> {
        vec!["FROM", "MESSAGE", "OUTCOMES"]
    }

    fn emphasis(&self, head: &str) -> Emphasis {
        let failed = self.outcomes.iter().any(|outcome| outcome.result == OutcomeResult::Failed);
        if head == "OUTCOMES" && failed { Emphasis::Bad } else { Emphasis::Plain }
    }

    fn counted(&self) -> Vec<Key> {
        vec![key!("sum-records")]
    }
}

/// So many targets ended like this.
fn counted(result: OutcomeResult) -> Key {
    match result {
        OutcomeResult::Done => key!("sum-done"),
        OutcomeResult::Unchanged => key!("sum-unchanged"),
        OutcomeResult::Planned => key!("sum-planned"),
        OutcomeResult::Skipped => key!("sum-skipped"),
        OutcomeResult::Failed => key!("sum-failed"),
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
        (count > 0).then(|| counted(*kind).text(&[("count", &count.to_string())]))
    });
    let text = counts.collect::<Vec<_>>().join(&words::text!("sum-separator"));
    let end = outcomes.first().and_then(|outcome| outcome.end.as_ref());
    if text.is_empty() { "-".to_owned() } else { end.map_or(text, how) }
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
pub fn moment(time: Timestamp) -> String {
    written(time, "%H:%M", "%Y-%m-%d")
}

/// The end of something, in the reader's time zone: on another day than today, the day and the time.
pub(super) fn end(time: Timestamp) -> String {
    written(time, "%H:%M", "%Y-%m-%d %H:%M")
}

fn written(time: Timestamp, today: &str, other_days: &str) -> String {
    let (zone, now) = (usher_core::clock::local_zone(), usher_core::clock::now());
    let (time, this_day) = (time.to_zoned(zone.clone()), now.to_zoned(zone).date());
    time.strftime(if time.date() == this_day { today } else { other_days }).to_string()
}
