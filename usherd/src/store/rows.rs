//! The database's rows: how each change is written, and how a column is read back.

use jiff::Timestamp;
use rusqlite::types::{Type, ValueRef};
use rusqlite::{Row, Transaction, params};
use usher_core::request::RuleName;
use usher_core::session::SessionKey;

use crate::session::{Change, RuleRecord, SessionRecord};

pub(super) fn apply(tx: &Transaction<'_>, change: &Change) -> rusqlite::Result<()> {
    match change {
        Change::SessionOpened(session) => open_session(tx, session)?,
        Change::SessionEnded(id) => {
            // A rule's exception ends with its session.
            tx.prepare_cached(
                "DELETE FROM exception WHERE (boot_id, native_id, leader_pid, leader_start) IN
                 (SELECT boot_id, native_id, leader_pid, leader_start FROM session WHERE id = ?1)",
            )?
            .execute([id])?;
            tx.prepare_cached("DELETE FROM session WHERE id = ?1")?.execute([id])?
        }
        Change::Renamed(id, name) => {
            tx.prepare_cached("UPDATE session SET name = ?2 WHERE id = ?1")?.execute(params![id, name.as_str()])?
        }
        Change::LockSet(id, lock) => tx
            .prepare_cached(
                "INSERT OR REPLACE INTO lock (session_id, message, by, by_uid, since, until, freeze)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                id,
                lock.message.as_str(),
                lock.by,
                lock.by_uid,
                stamp(lock.since),
                lock.until.map(stamp),
                lock.freeze
            ])?,
        Change::LockRemoved(id) => tx.prepare_cached("DELETE FROM lock WHERE session_id = ?1")?.execute([id])?,
        Change::CloseOrdered(id, order) => tx
            .prepare_cached("INSERT OR REPLACE INTO closing (session_id, at, by, message) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![id, stamp(order.at), order.by, order.message.as_ref().map(|m| m.as_str())])?,
        Change::CloseCancelled(id) => tx.prepare_cached("DELETE FROM closing WHERE session_id = ?1")?.execute([id])?,
        Change::RuleSet(rule) => set_rule(tx, rule)?,
        Change::RuleRemoved(name) => tx.execute("DELETE FROM rule WHERE name = ?1", [name.to_string()])?,
        Change::Exempted(rule, key) => insert_for_rule(tx, "exemption", rule, key)?,
        Change::Identity(change) => super::identities::apply(tx, change)?,
    };
    Ok(())
}

fn open_session(tx: &Transaction<'_>, session: &SessionRecord) -> rusqlite::Result<usize> {
    tx.execute("UPDATE counter SET last_session_id = max(last_session_id, ?1)", [session.id])?;
    let key = &session.key;
    tx.prepare_cached(
        "INSERT INTO session (id, boot_id, native_id, leader_pid, leader_start, user, uid, since, name, program, kind)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![
        session.id,
        key.boot_id,
        key.native_id,
        key.leader_pid,
        signed(key.leader_start),
        session.user,
        session.uid,
        stamp(session.since),
        session.name,
        session.program,
        session.kind.as_str()
    ])
}

fn set_rule(tx: &Transaction<'_>, rule: &RuleRecord) -> rusqlite::Result<usize> {
    let terms = &rule.terms;
    // Not INSERT OR REPLACE: that would delete the old row and with it the exemptions.
    let set = tx.execute(
        "INSERT INTO rule (name, message, by, by_uid, since, until, freeze) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (name) DO UPDATE SET message = ?2, by = ?3, by_uid = ?4, since = ?5, until = ?6, freeze = ?7",
        params![
            rule.name.to_string(),
            terms.message.as_str(),
            terms.by,
            terms.by_uid,
            stamp(terms.since),
            terms.until.map(stamp),
            terms.freeze
        ],
    )?;
    tx.execute("DELETE FROM exception WHERE rule = ?1", [rule.name.to_string()])?;
    for key in &rule.except {
        insert_for_rule(tx, "exception", &rule.name, key)?;
    }
    Ok(set)
}

/// Writes what a rule does about one session into one of the two tables for that.
fn insert_for_rule(
    tx: &Transaction<'_>,
    table: &'static str,
    rule: &RuleName,
    key: &SessionKey,
) -> rusqlite::Result<usize> {
    let statement = format!(
        "INSERT OR IGNORE INTO {table} (rule, boot_id, native_id, leader_pid, leader_start) VALUES (?1, ?2, ?3, ?4, ?5)"
    );
    let start = signed(key.leader_start);
    tx.execute(&statement, params![rule.to_string(), key.boot_id, key.native_id, key.leader_pid, start])
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A time as text that sorts as time does: UTC, always with the same number of digits.
pub(super) fn stamp(time: Timestamp) -> String {
    format!("{time:.6}")
}

/// Reads a column whose text is a value of ours.
pub(super) fn parsed<T>(row: &Row<'_>, column: &str) -> rusqlite::Result<T>
where
    T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    let text: String = row.get(column)?;
    text.parse().map_err(|e| conversion(row, column, e))
}

pub(super) fn optional<T>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<T>>
where
    T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    match row.get_ref(column)? {
        ValueRef::Null => Ok(None),
        _ => parsed(row, column).map(Some),
    }
}

pub(super) fn json<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "[]".to_owned())
}

pub(super) fn from_json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(|e| conversion(row, column, e))
}

fn conversion(row: &Row<'_>, column: &str, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    let index = row.as_ref().column_index(column).unwrap_or_default();
    rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(error))
}
