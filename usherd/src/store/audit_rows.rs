//! The rows of the audit log.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use usher_core::audit::{AuditRecord, AuditTarget};
use usher_core::outcome::{Error, ErrorId, Outcome, OutcomeResult};
use usher_core::request::{AuditQuery, SessionRef, Verb};

use super::Attempt;
use super::rows::{from_json, json, parsed, stamp};

/// Records in one page.
const PAGE: i64 = 500;

pub(super) fn insert_attempt(
    tx: &Transaction<'_>,
    attempt: &Attempt,
    outcomes: Option<&[Outcome]>,
) -> rusqlite::Result<i64> {
    tx.prepare_cached(
        "INSERT INTO audit (time, actor, privileged, share, source, action, targets, left_out, message, outcomes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        stamp(attempt.time),
        attempt.actor,
        attempt.share.privileged,
        attempt.share.owner,
        attempt.from,
        attempt.action.as_str(),
        json(&attempt.targets),
        i64::try_from(attempt.left_out).unwrap_or(i64::MAX),
        attempt.message,
        outcomes.map(json)
    ])?;
    Ok(tx.last_insert_rowid())
}

/// The next records, oldest first, that match `query` and come after the record `after`.
pub(super) fn read_page(
    connection: &Connection,
    query: &AuditQuery,
    after: i64,
) -> rusqlite::Result<Vec<(i64, AuditRecord)>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT id, time, actor, source, action, targets, left_out, message, outcomes, repeated FROM audit
         WHERE id > ?1 AND {MATCHES} ORDER BY id LIMIT ?8"
    ))?;
    let [since, until, action, user, number, name] = values(query);
    let parameters = params![after, since, until, action, user, number, name, PAGE];
    statement.query_map(parameters, |row| Ok((row.get("id")?, record(row)?)))?.collect()
}

/// The record before the first of the `count` newest that match `query`; 0 where there are no more than those.
pub(super) fn before_newest(connection: &Connection, query: &AuditQuery, count: u32) -> rusqlite::Result<i64> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT id FROM audit WHERE id > ?1 AND {MATCHES} ORDER BY id DESC LIMIT 1 OFFSET ?8"
    ))?;
    let [since, until, action, user, number, name] = values(query);
    let parameters = params![0, since, until, action, user, number, name, count];
    Ok(statement.query_row(parameters, |row| row.get(0)).optional()?.unwrap_or(0))
}

/// Whether a record is asked for, by the values of [`values`] from the second parameter on. Both sides of "by this actor
/// or about this user's session" are plain columns and JSON of our own making.
const MATCHES: &str = "(?2 IS NULL OR time >= ?2) AND (?3 IS NULL OR time <= ?3) AND (?4 IS NULL OR action = ?4)
    AND (?5 IS NULL OR actor = ?5 OR substr(actor, 1, length(?5) + 5) = ?5 || ' via ' OR EXISTS (
        SELECT 1 FROM json_each(audit.outcomes) WHERE json_extract(value, '$.user') = ?5))
    AND (coalesce(?6, ?7) IS NULL
        OR EXISTS (SELECT 1 FROM json_each(audit.targets) WHERE value = CAST(?6 AS INTEGER) OR value = coalesce(?7, ?6))
        OR EXISTS (SELECT 1 FROM json_each(audit.outcomes)
            WHERE json_extract(value, '$.session_id') = CAST(?6 AS INTEGER)))";

/// What a query asks for: since, until, action, user, a session's number, a session's name.
fn values(query: &AuditQuery) -> [Option<String>; 6] {
    let (number, name) = match &query.session {
        Some(SessionRef::Id(id)) => (Some(id.to_string()), None),
        Some(other) => (None, Some(other.to_string())),
        None => (None, None),
    };
    [
        query.since.map(stamp),
        query.until.map(stamp),
        query.action.map(|action| action.as_str().to_owned()),
        query.user.as_ref().map(|name| name.as_str().to_owned()),
        number,
        name,
    ]
}

fn record(row: &Row<'_>) -> rusqlite::Result<AuditRecord> {
    Ok(AuditRecord {
        time: parsed(row, "time")?,
        actor: row.get("actor")?,
        from: row.get("source")?,
        action: parsed(row, "action")?,
        targets: from_json(row, "targets")?,
        message: row.get("message")?,
        outcomes: match row.get_ref("outcomes")? {
            ValueRef::Null => Vec::new(),
            _ => from_json(row, "outcomes")?,
        },
        repeated: row.get::<_, i64>("repeated")?.unsigned_abs(),
        left_out: row.get::<_, i64>("left_out")?.unsigned_abs(),
    })
}

/// Attempts without outcomes were interrupted by the daemon's end: say so, target by target. One that
/// cannot be read stays as it is: a record of the past keeps nobody from starting.
pub(super) fn conclude_interrupted(tx: &Transaction<'_>, host: &str) -> rusqlite::Result<()> {
    let mut statement = tx.prepare("SELECT id, action, targets FROM audit WHERE outcomes IS NULL")?;
    let open = statement
        .query_map([], |row| {
            let id: i64 = row.get("id")?;
            let read = parsed(row, "action").and_then(|action| Ok((action, from_json(row, "targets")?)));
            read.map(|(action, targets)| Some((id, action, targets))).or_else(|error| {
                tracing::warn!("the audit record {id} cannot be read: {error}");
                Ok(None)
            })
        })?
        .collect::<rusqlite::Result<Vec<Option<(i64, Verb, Vec<AuditTarget>)>>>>()?;
    for (id, action, targets) in open.into_iter().flatten() {
        tracing::warn!(target: "usher::audit", "the request {id} ({action}) was interrupted by the daemon's end");
        let outcomes: Vec<_> = targets.iter().map(|target| interrupted(host, action, target)).collect();
        tx.execute("UPDATE audit SET outcomes = ?2 WHERE id = ?1", params![id, json(&outcomes)])?;
    }
    Ok(())
}

fn interrupted(host: &str, action: Verb, target: &AuditTarget) -> Outcome {
    let session = match target {
        AuditTarget::Session(id) => Some(*id),
        AuditTarget::Name(_) => None,
    };
    let why = Error::new(ErrorId::OutcomeUnknown, "usherd ended before the outcome was seen");
    Outcome::new(host, action, OutcomeResult::Failed).of(session, None).because(Some(why))
}
