//! Events for `usher watch`: as the JSON that the host wrote, or as a table whose rows come one by one.

use std::io;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use super::cells::Placed;
use super::rows::{Rows, TableRow};
use super::{OutputFormat, print_line};
use crate::words;

/// The events on their way to the reader.
pub struct EventRows {
    format: OutputFormat,
    bare: Rows<EventRow>,
    placed: Rows<Placed<EventRow>>,
}

/// An event: of a daemon of a later version it may be one that this program does not know.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct EventRow(Map<String, Value>);

impl EventRows {
    /// Nothing is printed yet; the hosts have these names, if they were named.
    pub fn new<'n>(format: OutputFormat, names: impl Iterator<Item = &'n str>) -> Self {
        let bare = Rows::in_pieces(format, std::iter::empty());
        EventRows { format, bare, placed: Rows::in_pieces(format, names) }
    }

    /// Prints an event.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub fn push(&mut self, event: Map<String, Value>) -> io::Result<()> {
        match (self.format, event.get("host").and_then(Value::as_str).map(str::to_owned)) {
            // An array without end is no array.
            (OutputFormat::Json | OutputFormat::Jsonl, _) => print_line(&mut io::stdout().lock(), &event),
            (OutputFormat::Table | OutputFormat::List, Some(host)) => {
                self.placed.push(vec![Placed::on(&host, EventRow(event))])
            }
            (OutputFormat::Table | OutputFormat::List, None) => self.bare.push(vec![EventRow(event)]),
        }
    }
}

impl TableRow for EventRow {
    fn widths() -> Vec<u16> {
        vec![8, 9, 3, 8, 12]
    }

    fn heads() -> Vec<&'static str> {
        vec!["TIME", "EVENT", "ID", "USER", "STATE", "DETAIL"]
    }

    fn cells(&self) -> Vec<String> {
        let dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        vec![
            dash(self.text("/time").map(|time| time.parse().map_or(time, clock_time))),
            dash(self.text("/event")),
            dash(self.text("/session/session_id")),
            dash(self.text("/session/user")),
            dash(self.text("/session/state")),
            dash(self.detail()),
        ]
    }
}

impl EventRow {
    fn text(&self, path: &str) -> Option<String> {
        let (first, rest) = path[1..].split_once('/').map_or((&path[1..], ""), |(first, rest)| (first, rest));
        let value = self.0.get(first)?;
        match if rest.is_empty() { value } else { value.get(rest)? } {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// What is worth to be told beside the session: the rule, the cover, or the title.
    fn detail(&self) -> Option<String> {
        let said = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).map(str::to_owned);
        let by = |of: &Value| Some(format!("{} ({})", said(of, "message")?, said(of, "by")?));
        match (self.0.get("event")?.as_str()?, self.0.get("session")?, self.0.get("rule")?) {
            ("lagged", ..) => Some(words::text!("watch-lagged")),
            ("locked", session, _) => session.get("lock").and_then(by),
            (_, _, rule @ Value::Object(_)) => Some(format!("{}: {}", said(rule, "name")?, by(rule)?)),
            (_, session, _) => said(session, "title"),
        }
    }
}

/// The time of day where the reader is, with the date on another day.
fn clock_time(time: Timestamp) -> String {
    let (zone, now) = (usher_core::clock::local_zone(), usher_core::clock::now());
    let (time, today) = (time.to_zoned(zone.clone()), now.to_zoned(zone).date());
    time.strftime(if time.date() == today { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" }).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cells(event: Value) -> Vec<String> {
        let Value::Object(event) = event else { panic!("{event}") };
        EventRow(event).cells().split_off(1)
    }

    #[test]
    fn a_row_says_what_happened_to_whom_and_why() {
        let lock = json!({"message": "Eyes up", "by": "root"});
        let session = json!({"session_id": 3, "user": "alice", "state": "connected", "title": "sh", "lock": lock});
        let locked = json!({"time": "x", "event": "locked", "session": session, "rule": null});
        assert_eq!(cells(locked), ["locked", "3", "alice", "connected", "Eyes up (root)"]);
        let blocked =
            json!({"event": "blocked", "session": null, "rule": {"name": "all", "message": "Exam", "by": "olga"}});
        assert_eq!(cells(blocked), ["blocked", "-", "-", "-", "all: Exam (olga)"]);
        let later = json!({"event": "of-tomorrow", "session": 7, "rule": []});
        assert_eq!(cells(later), ["of-tomorrow", "-", "-", "-", "-"]);
        assert_eq!(cells(json!({})), ["-", "-", "-", "-", "-"]);
    }
}
