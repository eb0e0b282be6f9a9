//! The rows of identities and invitations.

use rusqlite::{Connection, Row, Transaction, params};

use super::rows::{optional, parsed, stamp};
use crate::identities::{IdentityChange, IdentityRecord, InvitationRecord};

pub(super) fn apply(tx: &Transaction<'_>, change: &IdentityChange) -> rusqlite::Result<usize> {
    match change {
        IdentityChange::Invited(i) => {
            let before = stamp(IdentityChange::forgotten_before(i.created));
            tx.execute("DELETE FROM invitation WHERE expires < ?1", [before])?;
            tx.execute(
                "INSERT INTO invitation (secret, name, role, created, created_by, expires) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    i.secret.as_str(),
                    i.name.as_ref().map(|name| name.as_str()),
                    i.role.as_str(),
                    stamp(i.created),
                    i.created_by,
                    stamp(i.expires)
                ],
            )
        }
        IdentityChange::Joined { identity: i, secret, from } => {
            tx.execute(
                "UPDATE invitation SET used = ?2, used_by = ?3, used_from = ?4 WHERE secret = ?1",
                params![secret.as_str(), stamp(i.created), i.name.as_str(), from],
            )?;
            tx.execute(
                "INSERT OR REPLACE INTO identity (name, role, key, created, created_by) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![i.name.as_str(), i.role.as_str(), i.key.as_str(), stamp(i.created), i.created_by],
            )
        }
        IdentityChange::Rekeyed { name, used, next } => tx.execute(
            "UPDATE identity SET key = ?2, next_key = ?3 WHERE name = ?1 AND ?2 IN (key, next_key)",
            params![name.as_str(), used.as_str(), next.as_str()],
        ),
        IdentityChange::Revoked { name, at, by } => {
            tx.execute("DELETE FROM invitation WHERE name = ?1 AND used IS NULL", [name.as_str()])?;
            tx.execute(
                "UPDATE identity SET revoked = ?2, revoked_by = ?3 WHERE name = ?1",
                params![name.as_str(), stamp(*at), by],
            )
        }
    }
}

pub(super) fn load(connection: &Connection) -> rusqlite::Result<(Vec<IdentityRecord>, Vec<InvitationRecord>)> {
    let mut identities = connection
        .prepare("SELECT name, role, key, next_key, created, created_by, revoked, revoked_by FROM identity")?;
    let identities = identities.query_map([], identity)?.collect::<rusqlite::Result<_>>()?;
    let mut invitations = connection
        .prepare("SELECT secret, name, role, created, created_by, expires, used, used_by, used_from FROM invitation")?;
    let invitations = invitations.query_map([], invitation)?.collect::<rusqlite::Result<_>>()?;
    Ok((identities, invitations))
}

fn identity(row: &Row<'_>) -> rusqlite::Result<IdentityRecord> {
    let by: Option<String> = row.get("revoked_by")?;
    Ok(IdentityRecord {
        name: parsed(row, "name")?,
        role: parsed(row, "role")?,
        key: parsed(row, "key")?,
        next_key: optional(row, "next_key")?,
        created: parsed(row, "created")?,
        created_by: row.get("created_by")?,
        revoked: optional(row, "revoked")?.map(|at| (at, by.unwrap_or_default())),
    })
}

fn invitation(row: &Row<'_>) -> rusqlite::Result<InvitationRecord> {
    let (used_by, from) = (optional(row, "used_by")?, row.get::<_, Option<String>>("used_from")?);
    Ok(InvitationRecord {
        secret: parsed(row, "secret")?,
        name: optional(row, "name")?,
        role: parsed(row, "role")?,
        created: parsed(row, "created")?,
        created_by: row.get("created_by")?,
        expires: parsed(row, "expires")?,
        used: optional(row, "used")?.zip(used_by).map(|(at, by)| (at, by, from.unwrap_or_default())),
    })
}
