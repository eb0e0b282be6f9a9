//! Looking for something in a host's audit log, and what the page shows of what is found. The log may be a lying host's, so
//! whatever is shown is bounded.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use usher::words::{Language, errors};
use usher_core::audit::{AuditRecord, AuditTarget};
use usher_core::language::translated;
use usher_core::outcome::{Outcome, OutcomeResult};
use usher_core::request::{AuditQuery, Verb};

/// The most records of one host that a page is shown.
pub const MOST: usize = 300;
/// The most targets and users of a record that are shown.
const MOST_NAMED: usize = 20;
/// The longest text, in characters.
const LONGEST: usize = 300;

/// What somebody looks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogSearch {
    /// Records of so many hours back; of all times if absent.
    hours: Option<u32>,
    action: Option<Verb>,
    /// Each is in the record somewhere, in any casing.
    words: Vec<String>,
}

impl LogSearch {
    /// Reads the query of an address; none if it has something else in it.
    pub fn of(query: Option<&str>) -> Option<Self> {
        let mut search = LogSearch::default();
        for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=')?;
            let value = percent_decode_str(&value.replace('+', " ")).decode_utf8().ok()?.into_owned();
            match name {
                "hours" => search.hours = Some(value.parse().ok().filter(|hours| (1..=100_000).contains(hours))?),
                "action" => search.action = Some(value.parse().ok()?),
                "q" if value.len() <= 1000 => {
                    search.words = value.to_lowercase().split_whitespace().map(str::to_owned).collect();
                }
                _ => return None,
            }
        }
        Some(search)
    }

    /// What is asked of the host: what it can select itself.
    pub fn query(&self, now: Timestamp) -> AuditQuery {
        let back = |hours: u32| now.checked_sub(SignedDuration::from_hours(hours.into())).unwrap_or(Timestamp::MIN);
        let last =
            self.words.is_empty().then(|| u32::try_from(MOST).ok().and_then(std::num::NonZeroU32::new)).flatten();
        AuditQuery { since: self.hours.map(back), action: self.action, last, ..AuditQuery::default() }
    }

    /// Whether a record has all the words.
    pub fn finds(&self, record: &AuditRecord) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let mut text = format!("{} {} {} ", record.actor, record.from, record.action);
        for part in record.targets.iter().map(target_text).chain(record.message.clone()) {
            text.push_str(&part);
            text.push(' ');
        }
        for outcome in &record.outcomes {
            let error = outcome.error.as_ref().map_or("", |error| &error.message);
            text.push_str(&format!(
                "{} {error} {} ",
                outcome.user.as_deref().unwrap_or_default(),
                outcome.notes.join(" ")
            ));
        }
        let text = text.to_lowercase();
        self.words.iter().all(|word| text.contains(word.as_str()))
    }
}

/// A record as the page shows it.
#[derive(Debug, Serialize)]
pub struct ShownRecord {
    time: Timestamp,
    actor: String,
    from: String,
    action: Verb,
    message: Option<String>,
    targets: Vec<AuditTarget>,
    /// How many targets are not among them.
    more: u64,
    users: BTreeSet<String>,
    done: usize,
    failed: usize,
    /// Why the first failed, or what is to be said of the first.
    why: Option<String>,
    repeated: u64,
}

impl ShownRecord {
    /// What is shown of a record, in a language.
    pub fn of(record: AuditRecord, language: Language) -> Self {
        let failed = record.outcomes.iter().filter(|outcome| outcome.result == OutcomeResult::Failed).count();
        let users = record.outcomes.iter().filter_map(|outcome| outcome.user.clone()).take(MOST_NAMED);
        let named = record.targets.len().min(MOST_NAMED);
        ShownRecord {
            time: record.time,
            actor: short(record.actor),
            from: short(record.from),
            action: record.action,
            message: record.message.map(short),
            more: record.left_out.saturating_add(u64::try_from(record.targets.len() - named).unwrap_or(0)),
            users: users.map(short).collect(),
            done: record.outcomes.len() - failed,
            failed,
            why: record.outcomes.iter().find_map(|outcome| why(outcome, language)).map(short),
            targets: record.targets.into_iter().take(MOST_NAMED).map(short_target).collect(),
            repeated: record.repeated,
        }
    }
}

fn why(outcome: &Outcome, language: Language) -> Option<String> {
    let error = outcome.error.as_ref().map(|error| errors::sentence(language, error, None));
    error.or_else(|| outcome.notes.first().map(|note| translated(language, note)))
}

fn target_text(target: &AuditTarget) -> String {
    match target {
        AuditTarget::Session(id) => id.to_string(),
        AuditTarget::Name(name) => name.clone(),
    }
}

fn short_target(target: AuditTarget) -> AuditTarget {
    match target {
        AuditTarget::Name(name) => AuditTarget::Name(short(name)),
        session @ AuditTarget::Session(_) => session,
    }
}

fn short(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(actor: &str, targets: usize) -> AuditRecord {
        serde_json::from_value(serde_json::json!({
            "time": "2026-03-02T09:41:00Z", "actor": actor, "from": "bash > usher", "action": "lock",
            "targets": (0..targets).collect::<Vec<_>>(), "message": "Eyes up",
            "outcomes": [{"host": "lab1", "session_id": 3, "user": "alice", "action": "lock", "result": "failed",
                "observed": false, "millis": 1.0, "error": {"id": "AccessDenied", "message": "no", "hint": null}}]
        }))
        .unwrap()
    }

    #[test]
    fn an_address_says_what_is_looked_for_and_nothing_else() {
        let search = LogSearch::of(Some("hours=24&action=lock&q=Olga+eyes%20UP")).unwrap();
        assert_eq!((search.hours, search.action), (Some(24), Some(Verb::Lock)));
        assert_eq!(search.words, ["olga", "eyes", "up"]);
        assert_eq!(LogSearch::of(None), Some(LogSearch::default()));
        for wrong in ["hours=0", "hours=x", "action=fly", "since=1", "q", "q=%ff", "hours=24&x=1"] {
            assert_eq!(LogSearch::of(Some(wrong)), None, "{wrong}");
        }
    }

    #[test]
    fn the_host_selects_what_it_can_and_the_rest_is_looked_through() {
        let now = "2026-03-02T10:00:00Z".parse().unwrap();
        let plain = LogSearch::of(Some("hours=1")).unwrap().query(now);
        assert_eq!(plain.since, Some("2026-03-02T09:00:00Z".parse().unwrap()));
        assert!(plain.last.is_some());
        let words = LogSearch::of(Some("q=alice")).unwrap();
        assert_eq!(words.query(now).last, None, "the newest may be without the word");
        assert!(words.finds(&record("olga", 1)), "the user whose session it was");
        assert!(LogSearch::of(Some("q=OLGA+bash")).unwrap().finds(&record("olga", 1)));
        assert!(!LogSearch::of(Some("q=olga+bob")).unwrap().finds(&record("olga", 1)));
    }

    #[test]
    fn what_is_shown_is_bounded_and_says_why() {
        let shown = ShownRecord::of(record(&"x".repeat(1 << 20), 5000), Language::English);
        assert_eq!((shown.actor.chars().count(), shown.targets.len(), shown.more), (LONGEST + 1, MOST_NAMED, 4980));
        assert_eq!((shown.done, shown.failed, shown.why.as_deref()), (0, 1, Some("no")));
    }
}
