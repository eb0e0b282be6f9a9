//! The tables, and the steps from each version of them to the next.

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::fault::Fault;

/// The version that this program writes. A database of a later version is refused, not guessed at.
pub(super) const VERSION: i64 = 4;

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

/// A rule's exceptions and exemptions are kept by session keys, because a number that is used again must match nobody. Old
/// numbers become the keys of sessions that are on the books and older than the rule.
const VERSION_4: &str = "
CREATE TABLE exception (
    rule         TEXT NOT NULL REFERENCES rule (name) ON DELETE CASCADE,
    boot_id      TEXT NOT NULL,
    native_id    TEXT NOT NULL,
    leader_pid   INTEGER NOT NULL,
    leader_start INTEGER NOT NULL,
    PRIMARY KEY (rule, boot_id, native_id, leader_pid, leader_start)
) STRICT;
INSERT INTO exception
    SELECT DISTINCT rule.name, s.boot_id, s.native_id, s.leader_pid, s.leader_start
    FROM rule, json_each(rule.except_sessions) AS number JOIN session AS s ON s.id = number.value
    WHERE s.since <= rule.since;
ALTER TABLE rule DROP COLUMN except_sessions;
ALTER TABLE exemption RENAME TO numbered_exemption;
CREATE TABLE exemption (
    rule         TEXT NOT NULL REFERENCES rule (name) ON DELETE CASCADE,
    boot_id      TEXT NOT NULL,
    native_id    TEXT NOT NULL,
    leader_pid   INTEGER NOT NULL,
    leader_start INTEGER NOT NULL,
    PRIMARY KEY (rule, boot_id, native_id, leader_pid, leader_start)
) STRICT;
INSERT INTO exemption
    SELECT e.rule, s.boot_id, s.native_id, s.leader_pid, s.leader_start
    FROM numbered_exemption AS e JOIN session AS s ON s.id = e.session_id;
DROP TABLE numbered_exemption;
-- Records of before are never pruned for those of ordinary users.
ALTER TABLE audit ADD COLUMN privileged INTEGER NOT NULL DEFAULT 1;
ALTER TABLE audit ADD COLUMN share TEXT;
ALTER TABLE audit ADD COLUMN left_out INTEGER NOT NULL DEFAULT 0;
";

/// Refuses the database of a newer usherd, and leaves every byte of it where it is.
pub(super) fn refuse_newer(connection: &Connection) -> Result<(), Fault> {
    // Also what that one had not moved from its log into the database yet.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    let found = version_of(connection)?;
    if found > VERSION {
        return Err(Fault::Newer(found));
    }
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(())
}

fn version_of(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Brings the tables to [`VERSION`].
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let found = version_of(connection)?;
    for (version, step) in [(1, VERSION_1), (2, VERSION_2), (3, VERSION_3), (4, VERSION_4)] {
        if found < version {
            let transaction = connection.transaction()?;
            transaction.execute_batch(step)?;
            transaction.pragma_update(None, "user_version", version)?;
            transaction.commit()?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use usher_core::session::Kind;

    use super::super::load::{forget_other_boots, load};
    use super::*;
    use crate::session::SessionRecord;

    /// A database as a program of this version left it: two sessions, a lock, a rule, an exemption, and a record.
    fn of_version(version: usize) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "foreign_keys", "ON").unwrap();
        for step in &[VERSION_1, VERSION_2, VERSION_3][..version] {
            connection.execute_batch(step).unwrap();
        }
        connection.pragma_update(None, "user_version", i64::try_from(version).unwrap()).unwrap();
        connection
            .execute_batch(
                "INSERT INTO session (id, boot_id, native_id, leader_pid, leader_start, user, uid, since, program) VALUES
                     (3, 'b', 'u3', 103, 7, 'alice', 1000, '2026-03-02T09:00:00.000000Z', 'sh'),
                     (5, 'b', 'u5', 105, 8, 'bob', 1001, '2026-03-02T10:00:00.000000Z', 'sh');
                 INSERT INTO lock (session_id, message, by, by_uid, since) VALUES
                     (5, 'Eyes up', 'root', 0, '2026-03-02T10:00:00.000000Z');
                 INSERT INTO rule (name, message, by, by_uid, since, except_sessions) VALUES
                     ('all', 'Exam', 'olga', 7, '2026-03-02T09:30:00.000000Z', '[3,5,99]');
                 INSERT INTO exemption (rule, session_id) VALUES ('all', 5);
                 INSERT INTO audit (time, actor, source, action, targets) VALUES
                     ('2026-03-02T09:30:00.000000Z', 'olga', 'process 1', 'block', '[\"all\"]');
                 UPDATE counter SET last_session_id = 5;",
            )
            .unwrap();
        connection
    }

    #[test]
    fn a_database_of_every_earlier_version_is_brought_to_this_one() {
        for version in 1..=3 {
            let mut connection = of_version(version);
            migrate(&mut connection).unwrap();
            let loaded = load(&connection).unwrap();
            let kinds: Vec<Kind> = loaded.sessions.iter().map(|session| session.kind).collect();
            assert_eq!(kinds, [Kind::Text, Kind::Text], "from {version}");
            assert_eq!(loaded.locks[0].1.message.as_str(), "Eyes up");
            assert!(!loaded.locks[0].1.freeze && loaded.locks[0].0 == 5);
            let key = |session: &SessionRecord| session.key.clone();
            // Session 5 began after the rule was set: it is not the one that the setter sat in.
            assert_eq!(loaded.rules[0].except, [key(&loaded.sessions[0])], "from {version}");
            assert_eq!(loaded.exemptions, [("all".parse().unwrap(), key(&loaded.sessions[1]))]);
            assert_eq!((loaded.last_session_id, loaded.identities.len()), (5, 0));
            let privileged: bool = connection.query_row("SELECT privileged FROM audit", [], |row| row.get(0)).unwrap();
            assert!(privileged);
        }
    }

    #[test]
    fn after_a_reboot_a_rule_stands_and_says_nothing_of_sessions_of_before() {
        let mut connection = of_version(3);
        migrate(&mut connection).unwrap();
        let transaction = connection.transaction().unwrap();
        forget_other_boots(&transaction, "another").unwrap();
        transaction.commit().unwrap();
        let loaded = load(&connection).unwrap();
        assert_eq!((loaded.rules.len(), loaded.sessions.len(), loaded.exemptions.len()), (1, 0, 0));
        assert!(loaded.rules[0].except.is_empty());
    }

    #[test]
    fn a_later_version_is_left_alone() {
        let connection = of_version(3);
        connection.pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(refuse_newer(&connection), Err(Fault::Newer(99))));
    }
}
