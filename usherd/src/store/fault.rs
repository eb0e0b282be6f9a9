//! Faults of a database, by what to do about them.

use rusqlite::ErrorCode;
use usher_core::outcome::{Error, ErrorId};
use usher_core::wire::headers::VERSION;

use super::schema;

const FULL: &str = "nothing was changed: the state directory's disk is full or failing";

/// A fault of a database.
#[derive(Debug)]
pub(super) enum Fault {
    /// Its pages, its tables or its values are not what this program writes.
    Corrupt(String),
    Full(String),
    /// Also what frees somebody cannot be written.
    Failing(String),
    ReadOnly(String),
    Newer(i64),
    Other(String),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        let text = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Fault::Corrupt(text),
            Some(ErrorCode::DiskFull) => Fault::Full(text),
            Some(ErrorCode::ReadOnly) => Fault::ReadOnly(text),
            // A full disk shows as a shared-memory file that cannot grow, too.
            Some(ErrorCode::SystemIoFailure) => Fault::Failing(text),
            // Every statement is a fixed text: if SQLite cannot make sense of one (`SQLITE_ERROR`), the tables are not ours.
            Some(ErrorCode::Unknown) => Fault::Corrupt(text),
            None if makes_no_sense(&error) => Fault::Corrupt(text),
            Some(_) | None => Fault::Other(text),
        }
    }
}

/// Whether the tables are not ours, or a value was read that this program never writes.
fn makes_no_sense(error: &rusqlite::Error) -> bool {
    use rusqlite::Error::{
        FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnIndex, InvalidColumnName, InvalidColumnType,
        SqlInputError, Utf8Error,
    };
    matches!(
        error,
        FromSqlConversionFailure(..)
            | IntegralValueOutOfRange(..)
            | InvalidColumnIndex(_)
            | InvalidColumnName(_)
            | InvalidColumnType(..)
            // `SQLITE_ERROR` that points into a statement.
            | SqlInputError { .. }
            | Utf8Error(..)
    )
}

impl Fault {
    /// The error of something that was done all the same: the record says that it was tried, and not what became of it.
    pub(super) fn unrecorded(self) -> Error {
        let why = match self {
            Fault::Corrupt(why) | Fault::Full(why) | Fault::Failing(why) | Fault::ReadOnly(why) | Fault::Other(why) => {
                why
            }
            Fault::Newer(version) => format!("its database has version {version}"),
        };
        Error::new(ErrorId::BackendFailed, format!("the audit log could not take what became of this: {why}"))
            .hint("it was done all the same; mend the state directory's disk")
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Error {
        let failed = |message: String| Error::new(ErrorId::BackendFailed, message);
        match fault {
            Fault::Corrupt(why) => failed(format!("the database is corrupt: {why}"))
                .hint("restart usherd: it sets the file aside and begins a new one"),
            Fault::Full(why) => {
                failed(format!("{FULL} ({why})")).hint("free some space there; unlock and close still work")
            }
            Fault::Failing(why) => failed(format!("{FULL} ({why})"))
                .hint("free some space there, or mend the disk; `usherd --release-all` frees every session meanwhile"),
            Fault::ReadOnly(why) => failed(format!("nothing was changed: the state directory is read-only ({why})"))
                .hint("make it writable; `usherd --release-all` frees every session meanwhile"),
            Fault::Newer(found) => {
                let known = schema::VERSION;
                failed(format!("the database has version {found}, and usherd {VERSION} knows none after {known}"))
                    .hint("upgrade usherd to the version that wrote it, or give another --state-dir")
            }
            Fault::Other(why) => failed(format!("nothing was changed: the store reports: {why}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    #[test]
    fn tables_and_values_that_are_not_ours_are_corruption_and_a_broken_rule_is_not() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE known (number INTEGER NOT NULL) STRICT").unwrap();
        let fault = |statement: &str| Fault::from(connection.execute(statement, []).unwrap_err());
        assert!(matches!(fault("DELETE FROM unknown"), Fault::Corrupt(_)));
        assert!(matches!(fault("UPDATE known SET name = 1"), Fault::Corrupt(_)));
        assert!(matches!(fault("CREATE TABLE known (number INTEGER)"), Fault::Corrupt(_)));
        assert!(matches!(fault("INSERT INTO known VALUES (NULL)"), Fault::Other(_)));
        connection.execute("INSERT INTO known VALUES (-7)", []).unwrap();
        let read = connection.query_row("SELECT number FROM known", [], |row| row.get::<_, u32>("number"));
        assert!(matches!(Fault::from(read.unwrap_err()), Fault::Corrupt(_)));
        let read = connection.query_row("SELECT number FROM known WHERE number = 1", [], |row| row.get::<_, u32>(0));
        assert!(matches!(Fault::from(read.unwrap_err()), Fault::Other(_)), "nothing was found");
    }
}
