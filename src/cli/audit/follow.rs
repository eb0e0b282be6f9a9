//! `usher audit --follow`: the log is asked again and again, so that the restart of a daemon loses nothing.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::time::Duration;

use jiff::Timestamp;
use usher_core::audit::AuditRecord;
use usher_core::outcome::{Error, ErrorId, Exit};
use usher_core::request::{Action, AuditQuery};

use crate::cli::output::{self, OutputFormat, Placed, Rows};
use crate::cli::{CommandError, Context};
use crate::words;

/// How often the log is asked.
const PAUSE: Duration = Duration::from_secs(1);
/// With how many records it begins, if nobody says.
const FIRST: NonZeroU32 = NonZeroU32::new(10).expect("ten is not zero");

/// Shows records as they come, until the reader has seen enough.
///
/// # Errors
/// The daemon refused, or could not be reached when it was first asked.
pub(super) async fn follow(context: &Context, query: AuditQuery) -> Result<Exit, CommandError> {
    if context.format == OutputFormat::Json {
        let error = Error::new(ErrorId::InvalidRequest, words::text!("follow-no-array"));
        return Err(CommandError::Usage(error.hint(words::text!("follow-no-array-hint"))));
    }
    let host = context.hosts.only("audit --follow")?;
    let first = query.last.or(query.since.is_none().then_some(FIRST));
    let mut query = AuditQuery { last: first, ..query };
    let mut bare = Rows::growing(context.format);
    let mut placed = Rows::in_pieces(context.format, host.label().into_iter());
    let mut seen = ShownRecords::default();
    let mut lost = false;
    loop {
        let action = Action::Audit(query.clone());
        context.trace(host, &action);
        match host.client.call::<Vec<AuditRecord>>(&action).await {
            Ok(records) => {
                lost = false;
                let new = seen.news(records);
                match host.label() {
                    None => bare.push(new)?,
                    Some(label) => placed.push(new.into_iter().map(|record| Placed::on(label, record)).collect())?,
                }
                query = AuditQuery { last: None, since: seen.from().or(query.since), ..query };
            }
            // Somebody who was shown records waits for the next ones, whatever happens to the daemon.
            Err(gone) if gone.is_lost() && !seen.is_fresh() => {
                if !std::mem::replace(&mut lost, true) {
                    output::print_error(&gone.error);
                    eprintln!("  {}", words::text!("follow-waits"));
                }
            }
            Err(error) => return Err(error.into()),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// What was shown already. A record whose request was still under way is shown again with what became of it.
#[derive(Default)]
struct ShownRecords {
    asked: bool,
    /// The time of the newest record.
    newest: Option<Timestamp>,
    /// Records of that time or later that were shown, as they were.
    shown: BTreeSet<String>,
    /// Records that had no outcomes when they were last seen, by their times.
    open: BTreeSet<Timestamp>,
}

impl ShownRecords {
    fn is_fresh(&self) -> bool {
        !self.asked
    }

    /// From when on the log may have something new.
    fn from(&self) -> Option<Timestamp> {
        self.open.first().copied().or(self.newest)
    }

    /// The records that were not shown yet.
    fn news(&mut self, records: Vec<AuditRecord>) -> Vec<AuditRecord> {
        self.asked = true;
        self.newest = self.newest.max(records.iter().map(|record| record.time).max());
        let before = std::mem::take(&mut self.open);
        self.open = records.iter().filter(|record| record.outcomes.is_empty()).map(|record| record.time).collect();
        // What had no outcomes twice is shown without them, and not waited for beside what comes after.
        let waited = |record: &AuditRecord| record.outcomes.is_empty() && !before.contains(&record.time);
        let mut kept = BTreeSet::new();
        let mut news = Vec::new();
        for record in records {
            let written = serde_json::to_string(&record).unwrap_or_default();
            if self.shown.contains(&written) {
                kept.insert(written);
            } else if !waited(&record) {
                kept.insert(written);
                news.push(record);
            }
        }
        self.shown = kept;
        news
    }
}

#[cfg(test)]
mod tests {
    use usher_core::outcome::{Outcome, OutcomeResult};
    use usher_core::request::Verb;

    use super::*;

    fn record(second: i64, done: bool) -> AuditRecord {
        AuditRecord {
            time: Timestamp::from_second(second).unwrap(),
            actor: "olga".to_owned(),
            from: "usher".to_owned(),
            action: Verb::Close,
            targets: Vec::new(),
            message: None,
            outcomes: if done { vec![Outcome::new("lab1", Verb::Close, OutcomeResult::Done)] } else { Vec::new() },
            repeated: 0,
            left_out: 0,
        }
    }

    #[test]
    fn every_record_is_shown_once_and_again_when_its_outcome_is_known() {
        let mut seen = ShownRecords::default();
        let times = |records: Vec<AuditRecord>| {
            records.iter().map(|r| (r.time.as_second(), !r.outcomes.is_empty())).collect::<Vec<_>>()
        };
        assert_eq!(times(seen.news(vec![record(1, true), record(2, false)])), [(1, true)], "a moment is waited");
        assert_eq!(seen.from(), Timestamp::from_second(2).ok());
        assert_eq!(times(seen.news(vec![record(2, false), record(3, true)])), [(2, false), (3, true)]);
        assert_eq!(seen.from(), Timestamp::from_second(2).ok(), "its outcome is waited for");
        assert_eq!(times(seen.news(vec![record(2, false), record(3, true)])), []);
        assert_eq!(times(seen.news(vec![record(2, true), record(3, true)])), [(2, true)]);
        assert_eq!(seen.from(), Timestamp::from_second(3).ok());
        assert_eq!(times(seen.news(vec![record(3, true)])), []);
    }
}
