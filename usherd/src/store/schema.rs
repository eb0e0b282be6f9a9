//! The tables, and the steps from each version of them to the next.

use rusqlite::Connection;

/// The version that this program writes. A database of a later version is refused, not guessed at.
pub(super) const VERSION: i64 = 3;

const VERSION_1: &str = "
CREATE TABLE session (
    id           INTEGER PRIMARY KEY,
    boot_id      TEXT NOT NULL,
    native_id    TEXT NOT NULL,
    leader_pid   INTEGER NOT NULL,
    leader_start INTEGER NOT NULL,
    user         TEXT NOT NULL,
    uid          INTEGER NOT NULL,
    since        TEXT NOT NULL,
    name         TEXT,
    program      TEXT NOT NULL
) STRICT;
CREATE TABLE lock (
    session_id INTEGER PRIMARY KEY REFERENCES session (id) ON DELETE CASCADE,
    message    TEXT NOT NULL,
    by         TEXT NOT NULL,
    by_uid     INTEGER NOT NULL,
    since      TEXT NOT NULL,
    until      TEXT
) STRICT;
CREATE TABLE closing (
    session_id INTEGER PRIMARY KEY REFERENCES session (id) ON DELETE CASCADE,
    at         TEXT NOT NULL,
    by         TEXT NOT NULL,
    message    TEXT
) STRICT;
CREATE TABLE rule (
    name    TEXT PRIMARY KEY,
    message TEXT NOT NULL,
    by      TEXT NOT NULL,
    by_uid  INTEGER NOT NULL,
    since   TEXT NOT NULL,
    until   TEXT,
    except_sessions TEXT NOT NULL
) STRICT;
CREATE TABLE exemption (
    rule       TEXT NOT NULL REFERENCES rule (name) ON DELETE CASCADE,
    session_id INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    PRIMARY KEY (rule, session_id)
) STRICT;
CREATE TABLE audit (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    time     TEXT NOT NULL,
    actor    TEXT NOT NULL,
    source   TEXT NOT NULL,
    action   TEXT NOT NULL,
    targets  TEXT NOT NULL,
    message  TEXT,
    outcomes TEXT,
    repeated INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX audit_time ON audit (time);
-- The largest session ID ever given, so that an ID is not given twice.
CREATE TABLE counter (last_session_id INTEGER NOT NULL) STRICT;
INSERT INTO counter VALUES (0);
";

const VERSION_2: &str = "
ALTER TABLE session ADD COLUMN kind TEXT NOT NULL DEFAULT 'text';
ALTER TABLE lock ADD COLUMN freeze INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rule ADD COLUMN freeze INTEGER NOT NULL DEFAULT 0;
";

const VERSION_3: &str = "
CREATE TABLE identity (
    name       TEXT PRIMARY KEY,
    role       TEXT NOT NULL,
    key        TEXT NOT NULL,
    next_key   TEXT,
    created    TEXT NOT NULL,
    created_by TEXT NOT NULL,
    revoked    TEXT,
    revoked_by TEXT
) STRICT;
CREATE TABLE invitation (
    secret     TEXT PRIMARY KEY,
    name       TEXT,
    role       TEXT NOT NULL,
    created    TEXT NOT NULL,
    created_by TEXT NOT NULL,
    expires    TEXT NOT NULL,
    used       TEXT,
    used_by    TEXT,
    used_from  TEXT
) STRICT;
";

/// Brings the tables to [`VERSION`]; `Err` with the found version if it is a later one.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<Result<(), i64>> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > VERSION {
        return Ok(Err(found));
    }
    for (version, step) in [(1, VERSION_1), (2, VERSION_2), (3, VERSION_3)] {
        if found < version {
            let transaction = connection.transaction()?;
            transaction.execute_batch(step)?;
            transaction.pragma_update(None, "user_version", version)?;
            transaction.commit()?;
        }
    }
    Ok(Ok(()))
}
