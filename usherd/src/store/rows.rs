//! The database's rows: how each change is written, and everything read back.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use usher_core::audit::AuditTarget;
use usher_core::outcome::{Error, ErrorId, Outcome, OutcomeResult};
use usher_core::request::RuleName;
use usher_core::session::{Kind, SessionKey};

use super::Attempt;
use super::database::Loaded;
use crate::session::{Change, CloseOrder, OwnLock, RuleRecord, SessionRecord};

pub(super) fn apply(tx: &Transaction<'_>, change: &Change) -> rusqlite::Result<()> {
    let rows = match change {
        Change::SessionOpened(s) => {
            tx.execute("UPDATE counter SET last_session_id = max(last_session_id, ?1)", [s.id])?;
            let k = &s.key;
            tx.prepare_cached("INSERT INTO session VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")?.execute(
                params![
                    s.id,
                    k.boot_id,
                    k.native_id,
                    k.leader_pid,
                    i64::try_from(k.leader_start).unwrap_or(i64::MAX),
                    s.user,
                    s.uid,
                    stamp(s.since),
                    s.name,
                    s.program,
                    s.kind.as_str()
                ],
            )?
        }
        Change::SessionEnded(id) => tx.prepare_cached("DELETE FROM session WHERE id = ?1")?.execute([id])?,
        Change::LockSet(id, lock) => {
            tx.prepare_cached("INSERT OR REPLACE INTO lock VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?.execute(params![
                id,
                lock.message.as_str(),
                lock.by,
                lock.by_uid,
                stamp(lock.since),
                lock.until.map(stamp),
                lock.freeze
            ])?
        }
        Change::LockRemoved(id) => tx.prepare_cached("DELETE FROM lock WHERE session_id = ?1")?.execute([id])?,
        Change::CloseOrdered(id, order) => tx
            .prepare_cached("INSERT OR REPLACE INTO closing VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![id, stamp(order.at), order.by, order.message.as_ref().map(|m| m.as_str())])?,
        // Not INSERT OR REPLACE: that would delete the old row and with it the exemptions.
        Change::RuleSet(rule) => tx.execute(
            "INSERT INTO rule VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (name) DO UPDATE SET
             message = ?2, by = ?3, by_uid = ?4, since = ?5, until = ?6, except_sessions = ?7, freeze = ?8",
            params![
                rule.name.to_string(),
                rule.message.as_str(),
                rule.by,
                rule.by_uid,
                stamp(rule.since),
                rule.until.map(stamp),
                json(&rule.except),
                rule.freeze
            ],
        )?,
        Change::RuleRemoved(name) => tx.execute("DELETE FROM rule WHERE name = ?1", [name.to_string()])?,
        Change::Exempted(rule, id) => {
            tx.execute("INSERT OR IGNORE INTO exemption VALUES (?1, ?2)", params![rule.to_string(), id])?
        }
        Change::Identity(change) => super::identities::apply(tx, change)?,
    };
    let _ = rows;
    Ok(())
}

pub(super) fn insert_attempt(
    tx: &Transaction<'_>,
    attempt: &Attempt,
    outcomes: Option<&[Outcome]>,
) -> rusqlite::Result<i64> {
    tx.prepare_cached(
        "INSERT INTO audit (time, actor, source, action, targets, message, outcomes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        stamp(attempt.time),
        attempt.actor,
        attempt.from,
        attempt.action.as_str(),
        json(&attempt.targets),
        attempt.message,
        outcomes.map(json)
    ])?;
    Ok(tx.last_insert_rowid())
}

/// Attempts without outcomes were interrupted by the daemon's end: say so, target by target. One that
/// cannot be read stays as it is: a record of the past keeps nobody from starting.
pub(super) fn conclude_interrupted(tx: &Transaction<'_>, host: &str) -> rusqlite::Result<()> {
    let mut statement = tx.prepare("SELECT id, action, targets FROM audit WHERE outcomes IS NULL")?;
    let open = statement
        .query_map([], |row| {
            let id: i64 = row.get(0)?;
            let read = parsed(row, 1).and_then(|action| Ok((action, from_json::<Vec<AuditTarget>>(row, 2)?)));
            read.map(|(action, targets)| Some((id, action, targets))).or_else(|error| {
                tracing::warn!("the audit record {id} cannot be read: {error}");
                Ok(None)
            })
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    for (id, action, targets) in open.into_iter().flatten() {
        let outcomes = targets.iter().map(|target| Outcome {
            host: host.to_owned(),
            session_id: match target {
                AuditTarget::Session(id) => Some(*id),
                AuditTarget::Name(_) => None,
            },
            user: None,
            action,
            result: OutcomeResult::Failed,
            observed: false,
            millis: 0.0,
            error: Some(Error::new(ErrorId::OutcomeUnknown, "usherd ended before the outcome was seen")),
            notes: Vec::new(),
        });
        let outcomes: Vec<_> = outcomes.collect();
        tx.execute("UPDATE audit SET outcomes = ?2 WHERE id = ?1", params![id, json(&outcomes)])?;
    }
    Ok(())
}

pub(super) fn load(connection: &Connection) -> rusqlite::Result<Loaded> {
    let mut loaded = Loaded::default();
    let mut sessions = connection.prepare("SELECT * FROM session ORDER BY id")?;
    loaded.sessions = sessions
        .query_map([], |row| {
            let key = SessionKey {
                boot_id: row.get(1)?,
                native_id: row.get(2)?,
                leader_pid: row.get(3)?,
                leader_start: row.get::<_, i64>(4)?.unsigned_abs(),
            };
            Ok(SessionRecord {
                id: row.get(0)?,
                key,
                user: row.get(5)?,
                uid: row.get(6)?,
                since: parsed(row, 7)?,
                name: row.get(8)?,
                program: row.get(9)?,
                kind: Kind::from_name(row.get_ref(10)?.as_str()?).unwrap_or(Kind::Text),
                groups: Default::default(),
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut locks = connection.prepare("SELECT * FROM lock")?;
    loaded.locks = locks
        .query_map([], |row| {
            let lock = OwnLock {
                message: parsed(row, 1)?,
                by: row.get(2)?,
                by_uid: row.get(3)?,
                since: parsed(row, 4)?,
                until: optional(row, 5)?,
                freeze: row.get(6)?,
            };
            Ok((row.get(0)?, lock))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut closings = connection.prepare("SELECT * FROM closing")?;
    loaded.closings = closings
        .query_map([], |row| {
            Ok((row.get(0)?, CloseOrder { at: parsed(row, 1)?, by: row.get(2)?, message: optional(row, 3)? }))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut rules = connection.prepare("SELECT * FROM rule")?;
    loaded.rules = rules
        .query_map([], |row| {
            Ok(RuleRecord {
                name: parsed(row, 0)?,
                message: parsed(row, 1)?,
                by: row.get(2)?,
                by_uid: row.get(3)?,
                since: parsed(row, 4)?,
                until: optional(row, 5)?,
                except: from_json(row, 6)?,
                freeze: row.get(7)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut exemptions = connection.prepare("SELECT rule, session_id FROM exemption")?;
    loaded.exemptions = exemptions
        .query_map([], |row| Ok((parsed::<RuleName>(row, 0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    (loaded.identities, loaded.invitations) = super::identities::load(connection)?;
    loaded.last_session_id =
        connection.query_row("SELECT last_session_id FROM counter", [], |row| row.get(0)).optional()?.unwrap_or(0);
    Ok(loaded)
}

/// A time as text that sorts as time does: UTC, always with the same number of digits.
pub(super) fn stamp(time: Timestamp) -> String {
    format!("{time:.6}")
}

/// Reads a column whose text is a value of ours.
pub(super) fn parsed<T>(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    let text: String = row.get(column)?;
    text.parse().map_err(|e| conversion(column, e))
}

pub(super) fn optional<T>(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Option<T>>
where
    T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    match row.get_ref(column)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => parsed(row, column).map(Some),
    }
}

pub(super) fn json<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "[]".to_owned())
}

pub(super) fn from_json<T: serde::de::DeserializeOwned>(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<T> {
    serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(|e| conversion(column, e))
}

fn conversion(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
}
