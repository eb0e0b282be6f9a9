//! The audit log's copy in the journal: what is pruned, lost or edited in the database can be found there.

use std::collections::BTreeMap;
use std::fmt::Write;

use usher_core::audit::AuditTarget;
use usher_core::outcome::Outcome;

use super::coalesce::minute_of;
use super::{Attempt, Share};

/// The lines that the journal gets of one share in a minute.
const MOST_LINES: u32 = 120;
/// How many characters a line may have.
const MOST_CHARS: usize = 1000;
/// How many targets a line names.
const MOST_TARGETS: usize = 16;

/// Writes records to the journal, a bounded number for each share in a minute.
#[derive(Debug, Default)]
pub(super) struct Journal {
    minute: i64,
    lines: BTreeMap<Share, u32>,
}

impl Journal {
    /// Writes one record.
    pub(super) fn copy_record(&mut self, attempt: &Attempt, outcomes: &[Outcome]) {
        if self.admits(&attempt.share, minute_of(jiff::Timestamp::now())) {
            tracing::info!(target: "usher::audit", "{}", line(attempt, outcomes));
        }
    }

    /// Says which records of the minutes before this one are in the audit log alone.
    pub(super) fn tidy(&mut self, minute: i64) {
        if minute == self.minute {
            return;
        }
        self.minute = minute;
        for (share, lines) in std::mem::take(&mut self.lines) {
            if let Some(more) = lines.checked_sub(MOST_LINES).filter(|more| *more > 0) {
                tracing::warn!(target: "usher::audit", "{more} more records of {} are in the audit log alone", share.owner);
            }
        }
    }

    fn admits(&mut self, share: &Share, minute: i64) -> bool {
        self.tidy(minute);
        let lines = self.lines.entry(share.clone()).or_default();
        *lines = lines.saturating_add(1);
        *lines <= MOST_LINES
    }
}

/// A record in one line, in which nothing stands that a terminal would obey.
fn line(attempt: &Attempt, outcomes: &[Outcome]) -> String {
    let mut line = format!("actor={} from={} action={}", quoted(&attempt.actor), quoted(&attempt.from), attempt.action);
    let targets: Vec<String> = attempt.targets.iter().take(MOST_TARGETS).map(target).collect();
    let more = attempt.targets.len() - targets.len() + attempt.left_out;
    let _ = write!(line, " targets={}", targets.join(","));
    if more > 0 {
        let _ = write!(line, " and {more} more");
    }
    let mut results: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for outcome in outcomes {
        let error = outcome.error.as_ref().map_or("", |error| error.id.as_str());
        *results.entry((outcome.result.as_str(), error)).or_default() += 1;
    }
    for ((result, error), count) in results {
        let why = if error.is_empty() { String::new() } else { format!("({error})") };
        let _ = write!(line, " {result}{why}={count}");
    }
    if let Some(message) = &attempt.message {
        let _ = write!(line, " message={}", quoted(message));
    }
    line.chars().take(MOST_CHARS).collect()
}

fn target(target: &AuditTarget) -> String {
    match target {
        AuditTarget::Session(id) => id.to_string(),
        AuditTarget::Name(name) => quoted(name),
    }
}

/// The text between quotation marks, with everything escaped that is not printed as it is.
fn quoted(text: &str) -> String {
    format!("{text:?}")
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use usher_core::outcome::{Error, ErrorId, OutcomeResult};
    use usher_core::request::Verb;

    use super::*;

    fn attempt() -> Attempt {
        Attempt {
            time: "2026-03-02T09:41:30Z".parse().unwrap(),
            actor: "a\u{202e}\u{1b}[31m\n\u{9b}b".to_owned(),
            share: Share { privileged: false, owner: "uid 1000".to_owned() },
            from: "process 1".to_owned(),
            action: Verb::Lock,
            targets: vec![AuditTarget::Session(3), AuditTarget::Name("user:\nx".to_owned())],
            left_out: 7,
            message: Some("眼睛\u{2066}".repeat(1000)),
        }
    }

    #[test]
    fn a_line_is_one_line_bounded_and_obeyed_by_no_terminal() {
        let failed = Outcome::new("lab1", Verb::Lock, OutcomeResult::Failed)
            .because(Some(Error::new(ErrorId::SessionNotFound, "x")));
        let line = line(&attempt(), &[failed.clone(), failed, Outcome::new("lab1", Verb::Lock, OutcomeResult::Done)]);
        let obeyed = |c: char| {
            c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c)
        };
        assert!(!line.contains(obeyed) && line.chars().count() <= MOST_CHARS, "{line}");
        assert!(line.contains("action=lock targets=3,") && line.contains("and 7 more"), "{line}");
        assert!(line.contains("done=1 failed(SessionNotFound)=2 message=\"眼睛"), "{line}");
    }

    #[test]
    fn a_line_names_the_first_targets_and_counts_the_others() {
        let of = |count: u32, left_out: usize| {
            let targets = (1..=count).map(AuditTarget::Session).collect();
            line(&Attempt { actor: "olga".to_owned(), targets, left_out, message: None, ..attempt() }, &[])
        };
        assert_eq!(of(2, 0), "actor=\"olga\" from=\"process 1\" action=lock targets=1,2");
        assert_eq!(of(1, 2), "actor=\"olga\" from=\"process 1\" action=lock targets=1 and 2 more");
        assert!(of(16, 0).ends_with(",15,16"), "{}", of(16, 0));
        assert!(of(20, 3).ends_with(",15,16 and 7 more"), "{}", of(20, 3));
    }

    /// What is written to the journal meanwhile.
    fn written(work: impl FnOnce()) -> String {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (subscriber, kept) = (tracing_subscriber::fmt().with_ansi(false), Arc::clone(&lines));
        tracing::subscriber::with_default(subscriber.with_writer(move || Lines(Arc::clone(&kept))).finish(), work);
        let lines = std::mem::take(&mut *lines.lock().unwrap());
        String::from_utf8(lines).unwrap()
    }

    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_record_is_in_the_journal_too() {
        let said = written(|| Journal::default().copy_record(&attempt(), &[]));
        assert!(said.contains("usher::audit") && said.contains("action=lock targets=3,"), "{said}");
    }

    #[test]
    fn the_journal_says_how_many_records_it_lacks() {
        let said = |lines: u32| {
            let mut journal = Journal::default();
            let taken = (0..lines).filter(|_| journal.admits(&attempt().share, 5)).count();
            assert_eq!(taken, MOST_LINES as usize);
            written(|| journal.tidy(6))
        };
        assert_eq!(said(MOST_LINES), "");
        let lacks = said(MOST_LINES + 3);
        assert!(lacks.contains("3 more records of uid 1000 are in the audit log alone"), "{lacks}");
    }

    #[test]
    fn one_actor_fills_no_journal_and_keeps_nobody_elses_records_out_of_it() {
        let mut journal = Journal::default();
        let share = |owner: &str| Share { privileged: false, owner: owner.to_owned() };
        assert!((0..MOST_LINES).all(|_| journal.admits(&share("uid 1000"), 5)));
        assert!(!journal.admits(&share("uid 1000"), 5) && journal.admits(&share("uid 1001"), 5));
        assert!(journal.admits(&share("uid 1000"), 6), "a minute later");
    }
}
