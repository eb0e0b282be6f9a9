//! The audit log: it writes records or counts them, prunes them when they grow too many, and copies them to the journal.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Transaction, params};
use usher_core::audit::AuditRecord;
use usher_core::outcome::{Error, Outcome};
use usher_core::request::AuditQuery;

use super::audit_rows::{before_newest, insert_attempt, read_page};
use super::bounds::bounded_outcomes;
use super::coalesce::{FailureKind, Failures, minute_of};
use super::database::Database;
use super::fault::Fault;
use super::journal::Journal;
use super::rows::{json, stamp};
use super::{Attempt, AuditLimits, OpenRecord, Share, Urgency, shares};

/// The bytes of a record, as far as they differ.
const SIZE: &str = "(64 + length(CAST(actor AS BLOB)) + length(CAST(source AS BLOB)) + length(CAST(targets AS BLOB))
    + coalesce(length(CAST(message AS BLOB)), 0) + coalesce(length(CAST(outcomes AS BLOB)), 0))";

/// After how many records the limits are applied without waiting for the minute's end.
const PRUNED_AFTER: u32 = 1000;

/// The state of the audit log beside its rows.
#[derive(Debug)]
pub(super) struct AuditState {
    limits: AuditLimits,
    failures: Failures,
    journal: Journal,
    /// Records written since the limits were last applied.
    since_pruned: u32,
}

impl AuditState {
    pub(super) fn new(limits: AuditLimits) -> Self {
        AuditState { limits, failures: Failures::default(), journal: Journal::default(), since_pruned: 0 }
    }
}

impl Database {
    /// Completes a record. One that says no more than an earlier one of this minute becomes a count in that.
    pub(super) fn conclude(&mut self, record: &OpenRecord, outcomes: &[Outcome]) -> Result<(), Error> {
        let outcomes = bounded_outcomes(outcomes);
        let kind = FailureKind::of(&record.attempt, &outcomes);
        if kind.as_ref().is_some_and(|kind| self.audit.failures.count(kind)) {
            return self
                .write(Urgency::Freeing, |tx| tx.execute("DELETE FROM audit WHERE id = ?1", [record.id]).map(drop));
        }
        self.audit.journal.copy_record(&record.attempt, &outcomes);
        let written = json(&outcomes);
        self.try_write(Urgency::Freeing, |tx| {
            tx.execute("UPDATE audit SET outcomes = ?2 WHERE id = ?1", params![record.id, written]).map(drop)
        })
        .map_err(Fault::unrecorded)?;
        if let Some(kind) = kind {
            self.audit.failures.begin(kind, record.id);
        }
        Ok(())
    }

    /// Records what is over already, or counts it until [`tidy`](Self::tidy).
    pub(super) fn record(&mut self, attempt: Attempt, outcomes: &[Outcome]) -> Result<(), Error> {
        let refused = outcomes.iter().all(Outcome::is_refusal);
        let attempt = if refused { attempt.all_refused() } else { attempt };
        let outcomes = bounded_outcomes(outcomes);
        let kind = FailureKind::of(&attempt, &outcomes);
        if kind.as_ref().is_some_and(|kind| self.audit.failures.count(kind)) {
            return Ok(());
        }
        self.audit.journal.copy_record(&attempt, &outcomes);
        let id = self.write(Urgency::Freeing, |tx| insert_attempt(tx, &attempt, Some(&outcomes)))?;
        if let Some(kind) = kind {
            self.audit.failures.begin(kind, id);
        }
        self.count_record();
        Ok(())
    }

    pub(super) fn audit_page(&mut self, query: &AuditQuery, after: i64) -> Result<Vec<(i64, AuditRecord)>, Error> {
        // A reader who starts at the beginning gets true counts.
        if after == 0 {
            self.write_counts()?;
        }
        self.read(|connection| {
            let before = query.last.filter(|_| after == 0).map(|count| before_newest(connection, query, count.get()));
            read_page(connection, query, before.transpose()?.unwrap_or(after))
        })
    }

    /// Counts failures into their records, and applies the limits.
    pub(super) fn tidy_audit(&mut self) -> Result<(), Error> {
        self.audit.journal.tidy(minute_of(Timestamp::now()));
        self.write_counts()?;
        if self.audit.since_pruned > 0 {
            self.prune()?;
        }
        Ok(())
    }

    fn write_counts(&mut self) -> Result<(), Error> {
        let counted = self.audit.failures.take_uncounted(minute_of(Timestamp::now()));
        if counted.is_empty() {
            return Ok(());
        }
        self.write(Urgency::Freeing, |tx| {
            for (id, more) in &counted {
                let more = i64::try_from(*more).unwrap_or(i64::MAX);
                tx.execute("UPDATE audit SET repeated = repeated + ?2 WHERE id = ?1", params![id, more])?;
            }
            Ok(())
        })
    }

    pub(super) fn count_record(&mut self) {
        self.audit.since_pruned += 1;
        if self.audit.since_pruned >= PRUNED_AFTER
            && let Err(error) = self.prune()
        {
            tracing::warn!("the audit log's limits could not be applied: {error}");
        }
    }

    /// Removes what is too old, then the oldest records of the largest shares while the log is too large.
    pub(super) fn prune(&mut self) -> Result<(), Error> {
        self.audit.since_pruned = 0;
        let limits = self.audit.limits;
        let oldest = Timestamp::now() - SignedDuration::from_hours(24 * i64::from(limits.days));
        self.write(Urgency::Freeing, |tx| {
            tx.execute("DELETE FROM audit WHERE time < ?1", [stamp(oldest)])?;
            for (share, most) in shares::cut(&sizes(tx)?, limits.bytes) {
                cut(tx, &share, most)?;
            }
            Ok(())
        })
    }
}

/// How large each share is. Records of before there were shares count as those of whom they name.
fn sizes(tx: &Transaction<'_>) -> rusqlite::Result<Vec<(Share, u64)>> {
    let sizes =
        format!("SELECT privileged, coalesce(share, actor) AS owner, sum({SIZE}) AS size FROM audit GROUP BY 1, 2");
    let mut statement = tx.prepare_cached(&sizes)?;
    let sizes = statement.query_map([], |row| {
        let share = Share { privileged: row.get("privileged")?, owner: row.get("owner")? };
        Ok((share, row.get::<_, i64>("size")?.unsigned_abs()))
    })?;
    sizes.collect()
}

/// Keeps the newest records of a share whose sizes together stay within `most`.
fn cut(tx: &Transaction<'_>, share: &Share, most: u64) -> rusqlite::Result<()> {
    let cut = format!(
        "DELETE FROM audit WHERE id IN (SELECT id FROM (
             SELECT id, sum({SIZE}) OVER (ORDER BY id DESC) AS size FROM audit
             WHERE privileged = ?1 AND coalesce(share, actor) = ?2)
         WHERE size > ?3)"
    );
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    tx.execute(&cut, params![share.privileged, share.owner, most]).map(drop)
}

#[cfg(test)]
mod tests {
    use usher_core::audit::AuditTarget;
    use usher_core::outcome::{ErrorId, OutcomeResult};
    use usher_core::request::Verb;

    use super::*;

    fn database(limits: AuditLimits) -> (tempfile::TempDir, Database) {
        let directory = tempfile::tempdir().unwrap();
        let (database, _) = Database::open(directory.path(), limits, "b", "lab1").unwrap();
        (directory, database)
    }

    fn attempt(privileged: bool, owner: &str, action: Verb) -> Attempt {
        Attempt {
            time: Timestamp::now(),
            actor: owner.to_owned(),
            share: Share { privileged, owner: owner.to_owned() },
            from: "process 1".to_owned(),
            action,
            targets: vec![AuditTarget::Session(3)],
            left_out: 0,
            message: None,
        }
    }

    fn outcome(action: Verb, error: Option<ErrorId>) -> [Outcome; 1] {
        let result = if error.is_some() { OutcomeResult::Failed } else { OutcomeResult::Done };
        [Outcome::new("lab1", action, result).because(error.map(|id| Error::new(id, "why")))]
    }

    /// Begins and ends one request.
    fn carry_out(database: &mut Database, attempt: Attempt, error: Option<ErrorId>) {
        let outcomes = outcome(attempt.action, error);
        let record = database.commit(&[], Some(attempt), Urgency::Freeing).unwrap().unwrap();
        database.conclude(&record, &outcomes).unwrap();
    }

    fn records(database: &mut Database) -> Vec<AuditRecord> {
        let page = database.audit_page(&AuditQuery::default(), 0).unwrap();
        page.into_iter().map(|(_, record)| record).collect()
    }

    #[test]
    fn what_fails_again_for_an_ordinary_user_once_it_was_begun_becomes_a_count_too() {
        let (_directory, mut database) = database(AuditLimits::default());
        for _ in 0..20 {
            carry_out(&mut database, attempt(false, "alice", Verb::Thumbnail), Some(ErrorId::BackendFailed));
        }
        let counted: u64 = records(&mut database).iter().map(|record| 1 + record.repeated).sum();
        assert_eq!(counted, 20);
        assert!(records(&mut database).len() <= 2, "a minute may begin meanwhile");

        let (_directory, mut database) = self::database(AuditLimits::default());
        for _ in 0..5 {
            carry_out(&mut database, attempt(false, "alice", Verb::Thumbnail), None);
            carry_out(&mut database, attempt(true, "root", Verb::Lock), Some(ErrorId::BackendFailed));
        }
        assert_eq!(records(&mut database).len(), 10, "what was done, and what failed for an administrator");
    }

    #[test]
    fn a_flood_of_what_is_done_prunes_the_share_of_whoever_does_it() {
        let (_directory, mut database) = database(AuditLimits { days: 400, bytes: 100_000 });
        carry_out(&mut database, attempt(true, "olga", Verb::Lock), None);
        carry_out(&mut database, attempt(false, "alice", Verb::Open), None);
        for _ in 0..2000 {
            let flood = Attempt { message: Some("x".repeat(100)), ..attempt(false, "mallory", Verb::Open) };
            database.record(flood, &outcome(Verb::Open, None)).unwrap();
        }
        database.tidy().unwrap();
        let actors = |database: &mut Database, name: &str| {
            records(database).iter().filter(|record| record.actor == name).count()
        };
        assert_eq!((actors(&mut database, "olga"), actors(&mut database, "alice")), (1, 1));
        let left = actors(&mut database, "mallory");
        assert!((100..1000).contains(&left), "{left} of 2000");
    }
}
