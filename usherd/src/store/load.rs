//! Everything that the database remembers of this boot.

use rusqlite::{Connection, OptionalExtension, Row, Transaction};
use usher_core::session::{SessionKey, Terms};

use super::rows::{optional, parsed};
use crate::identities::{IdentityRecord, InvitationRecord};
use crate::session::{CloseOrder, Exemption, RuleRecord, SessionRecord};

/// Everything that the store knew when it was opened.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The sessions of this boot.
    pub sessions: Vec<SessionRecord>,
    /// Their own locks.
    pub locks: Vec<(u32, Terms)>,
    /// The orders to close them.
    pub closings: Vec<(u32, CloseOrder)>,
    /// The rules.
    pub rules: Vec<RuleRecord>,
    /// The sessions taken out of rules.
    pub exemptions: Vec<Exemption>,
    /// The remote identities.
    pub identities: Vec<IdentityRecord>,
    /// The invitations that are remembered.
    pub invitations: Vec<InvitationRecord>,
    /// The largest session ID ever given.
    pub last_session_id: u32,
}

/// Sessions end with their boot, and with them what rules say of them.
pub(super) fn forget_other_boots(tx: &Transaction<'_>, boot_id: &str) -> rusqlite::Result<()> {
    for forget in [
        "DELETE FROM session WHERE boot_id <> ?1",
        "DELETE FROM exception WHERE boot_id <> ?1",
        "DELETE FROM exemption WHERE boot_id <> ?1",
    ] {
        tx.execute(forget, [boot_id])?;
    }
    Ok(())
}

pub(super) fn load(connection: &Connection) -> rusqlite::Result<Loaded> {
    let (identities, invitations) = super::identities::load(connection)?;
    let mut rules = all(connection, "SELECT name, message, by, by_uid, since, until, freeze FROM rule", rule)?;
    let exceptions = "SELECT rule, boot_id, native_id, leader_pid, leader_start FROM exception";
    for (name, key) in all(connection, exceptions, of_rule)? {
        rules.iter_mut().filter(|rule| rule.name == name).for_each(|rule| rule.except.push(key.clone()));
    }
    Ok(Loaded {
        sessions: all(
            connection,
            "SELECT id, boot_id, native_id, leader_pid, leader_start, user, uid, since, name, program, kind FROM session ORDER BY id",
            session,
        )?,
        locks: all(connection, "SELECT session_id, message, by, by_uid, since, until, freeze FROM lock", |row| {
            Ok((row.get("session_id")?, terms(row)?))
        })?,
        closings: all(connection, "SELECT session_id, at, by, message FROM closing", |row| {
            let order = CloseOrder { at: parsed(row, "at")?, by: row.get("by")?, message: optional(row, "message")? };
            Ok((row.get("session_id")?, order))
        })?,
        rules,
        exemptions: all(
            connection,
            "SELECT rule, boot_id, native_id, leader_pid, leader_start FROM exemption",
            of_rule,
        )?,
        identities,
        invitations,
        last_session_id: connection
            .query_row("SELECT last_session_id FROM counter", [], |row| row.get("last_session_id"))
            .optional()?
            .unwrap_or(0),
    })
}

/// Every row of a statement.
fn all<T>(
    connection: &Connection,
    statement: &str,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection.prepare(statement)?.query_map([], read)?.collect()
}

fn session(row: &Row<'_>) -> rusqlite::Result<SessionRecord> {
    Ok(SessionRecord {
        id: row.get("id")?,
        key: key(row)?,
        user: row.get("user")?,
        uid: row.get("uid")?,
        since: parsed(row, "since")?,
        name: row.get("name")?,
        program: row.get("program")?,
        kind: parsed(row, "kind")?,
        groups: Default::default(),
    })
}

fn key(row: &Row<'_>) -> rusqlite::Result<SessionKey> {
    Ok(SessionKey {
        boot_id: row.get("boot_id")?,
        native_id: row.get("native_id")?,
        leader_pid: row.get("leader_pid")?,
        leader_start: row.get::<_, i64>("leader_start")?.unsigned_abs(),
    })
}

fn rule(row: &Row<'_>) -> rusqlite::Result<RuleRecord> {
    Ok(RuleRecord { name: parsed(row, "name")?, terms: terms(row)?, except: Vec::new() })
}

fn of_rule(row: &Row<'_>) -> rusqlite::Result<Exemption> {
    Ok((parsed(row, "rule")?, key(row)?))
}

fn terms(row: &Row<'_>) -> rusqlite::Result<Terms> {
    Ok(Terms {
        message: parsed(row, "message")?,
        by: row.get("by")?,
        by_uid: row.get("by_uid")?,
        since: parsed(row, "since")?,
        until: optional(row, "until")?,
        freeze: row.get("freeze")?,
    })
}
