//! The database itself: opening, setting aside what is corrupt, writing, and the full disk.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, ErrorCode, Transaction, params};
use usher_core::audit::AuditRecord;
use usher_core::outcome::{Error, ErrorId, Outcome};
use usher_core::request::AuditQuery;

use super::reserve::Reserve;
use super::rows::{apply, conclude_interrupted, from_json, insert_attempt, json, load, parsed, stamp};
use super::{Attempt, AuditId, AuditLimits, Urgency, schema};
use crate::identities::{IdentityRecord, InvitationRecord};
use crate::session::{Change, CloseOrder, Exemption, OwnLock, RuleRecord, SessionRecord};

/// Records in one page of the audit log.
const PAGE: i64 = 500;

const FULL: &str = "nothing was changed: the state directory's disk is full or failing";

/// What the store knew when it was opened.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The sessions of this boot.
    pub sessions: Vec<SessionRecord>,
    /// Their own locks.
    pub locks: Vec<(u32, OwnLock)>,
    /// The orders to close them.
    pub closings: Vec<(u32, CloseOrder)>,
    /// The rules.
    pub rules: Vec<RuleRecord>,
    /// The sessions taken out of rules.
    pub exemptions: Vec<Exemption>,
    /// Who may call from afar.
    pub identities: Vec<IdentityRecord>,
    /// The invitations that are remembered.
    pub invitations: Vec<InvitationRecord>,
    /// The largest session ID ever given.
    pub last_session_id: u32,
}

/// What refusals have in common that one record stands for: each kind stays visible.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Refusal {
    actor: String,
    minute: i64,
    action: &'static str,
    errors: BTreeSet<&'static str>,
}

impl Refusal {
    fn new(attempt: &Attempt, outcomes: &[Outcome]) -> Self {
        let errors = outcomes.iter().filter_map(|outcome| outcome.error.as_ref());
        Refusal {
            actor: attempt.actor.clone(),
            minute: attempt.time.as_second().div_euclid(60),
            action: attempt.action.as_str(),
            errors: errors.map(|error| error.id.as_str()).collect(),
        }
    }
}

#[derive(Debug)]
pub(super) struct Database {
    connection: Connection,
    reserve: Reserve,
    limits: AuditLimits,
    /// The record that stands for the refusals of one kind, and how many it does not count yet.
    refusals: BTreeMap<Refusal, (i64, i64)>,
    /// Records written since the limits were last applied.
    since_pruned: u32,
}

impl Database {
    /// Opens the database and reads everything that counts in this boot; one that is corrupt, in its
    /// pages or in what they say, is set aside and begun anew.
    pub(super) fn open(
        directory: &Path,
        limits: AuditLimits,
        boot_id: &str,
        host: &str,
    ) -> Result<(Self, Loaded), Error> {
        let path = directory.join("usher.db");
        let reserve = Reserve::in_directory(directory);
        let connection = match connect(&path) {
            Err(Trouble::Corrupt(why)) => {
                put_aside(&path, &why)?;
                connect(&path)?
            }
            Err(Trouble::Full(why) | Trouble::Failing(why)) if reserve.release() => {
                tracing::warn!("the disk is full ({why}): opening with the space kept back");
                connect(&path)?
            }
            other => other?,
        };
        if !reserve.take() {
            tracing::warn!("the disk is too full to keep space back in {}", directory.display());
        }
        let mut database = Database { connection, reserve, limits, refusals: BTreeMap::new(), since_pruned: 0 };
        let loaded = match database.load(boot_id, host) {
            Err(Trouble::Corrupt(why)) => {
                // Closed before the files move: a connection removes files by their names when it ends.
                database.connection = Connection::open_in_memory().map_err(Trouble::from)?;
                put_aside(&path, &why)?;
                database.connection = connect(&path)?;
                database.load(boot_id, host)?
            }
            other => other?,
        };
        Ok((database, loaded))
    }

    /// Reads everything that counts in this boot, and forgets sessions of earlier ones.
    fn load(&mut self, boot_id: &str, host: &str) -> Result<Loaded, Trouble> {
        self.try_write(Urgency::Freeing, |tx| {
            tx.execute("DELETE FROM session WHERE boot_id <> ?1", [boot_id])?;
            conclude_interrupted(tx, host)
        })?;
        Ok(load(&self.connection)?)
    }

    pub(super) fn commit(
        &mut self,
        changes: &[Change],
        attempt: Option<&Attempt>,
        urgency: Urgency,
    ) -> Result<Option<AuditId>, Error> {
        if changes.is_empty() && attempt.is_none() {
            return Ok(None);
        }
        let id = self.write(urgency, |tx| {
            for change in changes {
                apply(tx, change)?;
            }
            attempt.map(|attempt| insert_attempt(tx, attempt, None).map(AuditId)).transpose()
        })?;
        self.count_record();
        Ok(id)
    }

    pub(super) fn conclude(&mut self, id: AuditId, outcomes: &[Outcome]) -> Result<(), Error> {
        let outcomes = json(outcomes);
        self.write(Urgency::Freeing, |tx| {
            tx.execute("UPDATE audit SET outcomes = ?2 WHERE id = ?1", params![id.0, outcomes]).map(drop)
        })
    }

    pub(super) fn record(&mut self, attempt: &Attempt, outcomes: &[Outcome]) -> Result<(), Error> {
        self.write(Urgency::Freeing, |tx| insert_attempt(tx, attempt, Some(outcomes)).map(drop))?;
        self.count_record();
        Ok(())
    }

    /// The first refusal of a kind is written; the others are counted until [`tidy`](Self::tidy).
    pub(super) fn refused(&mut self, attempt: &Attempt, outcomes: &[Outcome]) -> Result<(), Error> {
        let kind = Refusal::new(attempt, outcomes);
        if let Some((_, uncounted)) = self.refusals.get_mut(&kind) {
            *uncounted += 1;
            return Ok(());
        }
        let id = self.write(Urgency::Freeing, |tx| insert_attempt(tx, attempt, Some(outcomes)))?;
        self.refusals.insert(kind, (id, 0));
        self.count_record();
        Ok(())
    }

    pub(super) fn audit_page(&mut self, query: &AuditQuery, after: i64) -> Result<Vec<(i64, AuditRecord)>, Error> {
        self.read(|connection| {
            // Both sides of "by this actor or about this user's session" are plain columns and JSON of our own making.
            let mut statement = connection.prepare_cached(
                "SELECT id, time, actor, source, action, targets, message, outcomes, repeated FROM audit
                 WHERE id > ?1 AND (?2 IS NULL OR time >= ?2) AND (?3 IS NULL OR action = ?3)
                   AND (?4 IS NULL OR actor = ?4 OR substr(actor, 1, length(?4) + 5) = ?4 || ' via ' OR EXISTS (
                        SELECT 1 FROM json_each(audit.outcomes) WHERE json_extract(value, '$.user') = ?4))
                 ORDER BY id LIMIT ?5",
            )?;
            let since = query.since.map(stamp);
            let user = query.user.as_ref().map(|name| name.as_str());
            let rows = statement
                .query_map(params![after, since, query.action.map(|a| a.as_str()), user, PAGE], |row| {
                    let record = AuditRecord {
                        time: parsed(row, 1)?,
                        actor: row.get(2)?,
                        from: row.get(3)?,
                        action: parsed(row, 4)?,
                        targets: from_json(row, 5)?,
                        message: row.get(6)?,
                        outcomes: match row.get_ref(7)? {
                            rusqlite::types::ValueRef::Null => Vec::new(),
                            _ => from_json(row, 7)?,
                        },
                        repeated: row.get::<_, i64>(8)?.unsigned_abs(),
                    };
                    Ok((row.get(0)?, record))
                })?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(rows)
        })
    }

    /// Counts refusals into their records, applies the limits, and takes the reserve back.
    pub(super) fn tidy(&mut self) -> Result<(), Error> {
        let minute = Timestamp::now().as_second().div_euclid(60);
        let refusals = std::mem::take(&mut self.refusals);
        let counted: Vec<_> = refusals.values().filter(|(_, more)| *more > 0).copied().collect();
        self.refusals =
            refusals.into_iter().filter(|(kind, _)| kind.minute >= minute).map(|(k, (id, _))| (k, (id, 0))).collect();
        if !counted.is_empty() {
            self.write(Urgency::Freeing, |tx| {
                for (id, more) in &counted {
                    tx.execute("UPDATE audit SET repeated = repeated + ?2 WHERE id = ?1", params![id, more])?;
                }
                Ok(())
            })?;
        }
        if self.since_pruned > 0 {
            self.prune()?;
        }
        self.reserve.take();
        Ok(())
    }

    fn count_record(&mut self) {
        self.since_pruned += 1;
        if self.since_pruned >= 1000
            && let Err(error) = self.prune()
        {
            tracing::warn!("the audit log's limits could not be applied: {error}");
        }
    }

    /// Removes what is too old, then the oldest records while the log is too large.
    fn prune(&mut self) -> Result<(), Error> {
        self.since_pruned = 0;
        let limits = self.limits;
        let oldest = Timestamp::now() - SignedDuration::from_hours(24 * i64::from(limits.days));
        self.write(Urgency::Freeing, |tx| {
            tx.execute("DELETE FROM audit WHERE time < ?1", [stamp(oldest)])?;
            // The newest records whose sizes together stay within the limit are kept.
            tx.execute(
                "DELETE FROM audit WHERE id <= (SELECT max(id) FROM (
                     SELECT id, sum(64 + length(CAST(targets AS BLOB)) + coalesce(length(CAST(message AS BLOB)), 0)
                         + coalesce(length(CAST(outcomes AS BLOB)), 0)) OVER (ORDER BY id DESC) AS size FROM audit)
                     WHERE size > ?1)",
                [i64::try_from(limits.bytes).unwrap_or(i64::MAX)],
            )?;
            Ok(())
        })
    }

    fn read<T>(&mut self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Error> {
        work(&self.connection).map_err(|e| Trouble::from(e).into())
    }

    fn write<T>(
        &mut self,
        urgency: Urgency,
        work: impl Fn(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        self.try_write(urgency, work).map_err(Error::from)
    }

    /// Runs `work` in one transaction; where the disk is full and the write frees somebody, once more
    /// with the space kept back.
    fn try_write<T>(
        &mut self,
        urgency: Urgency,
        work: impl Fn(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, Trouble> {
        // Once the space kept back was given up, it is there for those who free and for nobody else.
        if urgency == Urgency::Binding && !self.reserve.take() {
            return Err(Trouble::Full("what is left is kept for unlocking and closing".to_owned()));
        }
        match transact(&mut self.connection, &work) {
            Err(Trouble::Full(why) | Trouble::Failing(why))
                if urgency == Urgency::Freeing && self.reserve.release() =>
            {
                tracing::warn!("the disk is full or failing ({why}): writing into the space kept back");
                transact(&mut self.connection, &work)
            }
            result => result,
        }
        .map_err(|trouble| match trouble {
            Trouble::Full(why) if urgency == Urgency::Freeing => Trouble::Failing(why),
            other => other,
        })
    }
}

fn transact<T>(
    connection: &mut Connection,
    work: &impl Fn(&Transaction<'_>) -> rusqlite::Result<T>,
) -> Result<T, Trouble> {
    let transaction = connection.transaction()?;
    let value = work(&transaction)?;
    transaction.commit()?;
    Ok(value)
}

/// What can be wrong with a database, by what to do about it.
#[derive(Debug)]
enum Trouble {
    Corrupt(String),
    Full(String),
    /// Also what frees somebody cannot be written.
    Failing(String),
    ReadOnly(String),
    Newer(i64),
    Other(String),
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        let text = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Trouble::Corrupt(text),
            Some(ErrorCode::DiskFull) => Trouble::Full(text),
            Some(ErrorCode::ReadOnly) => Trouble::ReadOnly(text),
            // A full disk shows as a shared-memory file that cannot grow, too.
            Some(ErrorCode::SystemIoFailure) => Trouble::Failing(text),
            _ if says_nothing(&error, &text) => Trouble::Corrupt(text),
            _ => Trouble::Other(text),
        }
    }
}

/// Whether the database can be read but what it says makes no sense: values that are none of ours,
/// tables or columns that are not there.
fn says_nothing(error: &rusqlite::Error, text: &str) -> bool {
    use rusqlite::Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnIndex, InvalidColumnType};
    let values = matches!(
        error,
        FromSqlConversionFailure(..)
            | IntegralValueOutOfRange(..)
            | InvalidColumnIndex(_)
            | InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..)
    );
    let tables = ["no such table", "no such column", "has no column named", "already exists", "values were supplied"];
    values || tables.iter().any(|what| text.contains(what))
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Error {
        let failed = |message: String| Error::new(ErrorId::BackendFailed, message);
        match trouble {
            Trouble::Corrupt(why) => failed(format!("the database is corrupt: {why}"))
                .hint("restart usherd: it sets the file aside and begins a new one"),
            Trouble::Full(why) => {
                failed(format!("{FULL} ({why})")).hint("free some space there; unlock and close still work")
            }
            Trouble::Failing(why) => failed(format!("{FULL} ({why})"))
                .hint("free some space there, or mend the disk; `usherd --release-all` frees every session meanwhile"),
            Trouble::ReadOnly(why) => failed(format!("nothing was changed: the state directory is read-only ({why})"))
                .hint("make it writable; `usherd --release-all` frees every session meanwhile"),
            Trouble::Newer(found) => {
                failed(format!("the database has version {found}, this usherd knows {}", schema::VERSION))
                    .hint("start the newer usherd again, or give another --state-dir")
            }
            Trouble::Other(why) => failed(format!("nothing was changed: the store reports: {why}")),
        }
    }
}

fn connect(path: &Path) -> Result<Connection, Trouble> {
    let mut connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "journal_size_limit", 1 << 20)?;
    connection.pragma_update(None, "wal_autocheckpoint", 200)?;
    connection.pragma_update(None, "cache_size", -1024)?;
    let verdict: String = connection.pragma_query_value(None, "quick_check", |row| row.get(0))?;
    if verdict != "ok" {
        return Err(Trouble::Corrupt(verdict));
    }
    schema::migrate(&mut connection)?.map_err(Trouble::Newer)?;
    Ok(connection)
}

/// Renames the database and the files beside it, so that a person can look at them later, and says so.
fn put_aside(path: &Path, why: &str) -> Result<(), Error> {
    let aside = format!("usher.db.corrupt-{}", Timestamp::now().as_millisecond());
    for suffix in ["", "-wal", "-shm"] {
        let (mut from, mut to) = (path.as_os_str().to_owned(), path.with_file_name(&aside).into_os_string());
        from.push(suffix);
        to.push(suffix);
        match std::fs::rename(&from, &to) {
            Err(error) if suffix.is_empty() => {
                let message = format!("a corrupt database cannot be set aside: {error}");
                return Err(Error::new(ErrorId::BackendFailed, message));
            }
            Ok(()) | Err(_) => {}
        }
    }
    tracing::error!(
        "the database {} is corrupt ({why}): it was set aside as {aside}; locks and rules in it are lost, \
         locks that living sessions still show are taken over",
        path.display()
    );
    Ok(())
}
