//! The database itself: opening, setting aside what is corrupt, writing, and the full disk.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, Transaction};
use usher_core::outcome::{Error, ErrorId};
use usher_core::status::HostTrouble;

use super::audit::AuditState;
use super::audit_rows::{conclude_interrupted, insert_attempt};
use super::fault::Fault;
use super::load::{Loaded, forget_other_boots, load};
use super::look::trouble_of;
use super::reserve::Reserve;
use super::rows::apply;
use super::{Attempt, AuditLimits, OpenRecord, Urgency, schema};
use crate::session::Change;

#[derive(Debug)]
pub(super) struct Database {
    pub(super) connection: Connection,
    pub(super) audit: AuditState,
    pub(super) reserve: Reserve,
    /// What the last write met.
    pub(super) last_trouble: Option<HostTrouble>,
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
            Err(Fault::Corrupt(why)) => {
                put_aside(&path, &why)?;
                connect(&path)?
            }
            Err(Fault::Full(why) | Fault::Failing(why)) if reserve.release_space() => {
                tracing::warn!("the disk is full ({why}): opening with the space kept back");
                connect(&path)?
            }
            other => other?,
        };
        if !reserve.take_space() {
            tracing::warn!("the disk is too full to keep space back in {}", directory.display());
        }
        let mut database = Database { connection, audit: AuditState::new(limits), reserve, last_trouble: None };
        let loaded = match database.load(boot_id, host) {
            Err(Fault::Corrupt(why)) => {
                // Closed before the files move: a connection removes files by their names when it ends.
                database.connection = Connection::open_in_memory().map_err(Fault::from)?;
                put_aside(&path, &why)?;
                database.connection = connect(&path)?;
                database.load(boot_id, host)?
            }
            other => other?,
        };
        // The limits may be others than before, and time has passed.
        if let Err(error) = database.prune() {
            tracing::warn!("the audit log's limits could not be applied: {error}");
        }
        Ok((database, loaded))
    }

    /// Reads everything that counts in this boot, and forgets sessions of earlier ones.
    fn load(&mut self, boot_id: &str, host: &str) -> Result<Loaded, Fault> {
        self.try_write(Urgency::Freeing, |tx| {
            forget_other_boots(tx, boot_id)?;
            conclude_interrupted(tx, host)
        })?;
        Ok(load(&self.connection)?)
    }

    pub(super) fn commit(
        &mut self,
        changes: &[Change],
        attempt: Option<Attempt>,
        urgency: Urgency,
    ) -> Result<Option<OpenRecord>, Error> {
        if changes.is_empty() && attempt.is_none() {
            return Ok(None);
        }
        let id = self.write(urgency, |tx| {
            for change in changes {
                apply(tx, change)?;
            }
            attempt.as_ref().map(|attempt| insert_attempt(tx, attempt, None)).transpose()
        })?;
        self.count_record();
        Ok(id.zip(attempt).map(|(id, attempt)| OpenRecord { id, attempt }))
    }

    /// Counts failures into their records, applies the log's limits, and takes the reserve back.
    pub(super) fn tidy(&mut self) -> Result<(), Error> {
        self.tidy_audit()?;
        self.reserve.take_space();
        Ok(())
    }

    pub(super) fn read<T>(&mut self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Error> {
        work(&self.connection).map_err(|e| Fault::from(e).into())
    }

    pub(super) fn write<T>(
        &mut self,
        urgency: Urgency,
        work: impl Fn(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        self.try_write(urgency, work).map_err(Error::from)
    }

    /// Runs `work` in one transaction; where the disk is full and the write frees somebody, once more
    /// with the space kept back.
    pub(super) fn try_write<T>(
        &mut self,
        urgency: Urgency,
        work: impl Fn(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, Fault> {
        let written = self.write_once_or_twice(urgency, work);
        self.last_trouble = written.as_ref().err().map(trouble_of);
        written
    }

    fn write_once_or_twice<T>(
        &mut self,
        urgency: Urgency,
        work: impl Fn(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, Fault> {
        // Once the space kept back was given up, it is there for those who free and for nobody else.
        if urgency == Urgency::Binding && !self.reserve.take_space() {
            return Err(Fault::Full("what is left is kept for unlocking and closing".to_owned()));
        }
        match transact(&mut self.connection, &work) {
            Err(Fault::Full(why) | Fault::Failing(why))
                if urgency == Urgency::Freeing && self.reserve.release_space() =>
            {
                tracing::warn!("the disk is full or failing ({why}): writing into the space kept back");
                transact(&mut self.connection, &work)
            }
            result => result,
        }
        .map_err(|fault| match fault {
            // SQLite tells of a disk that became read-only as of one that fails.
            Fault::Failing(why) if self.reserve.is_on_read_only_disk() => Fault::ReadOnly(why),
            Fault::Full(why) if urgency == Urgency::Freeing => Fault::Failing(why),
            other => other,
        })
    }
}

fn transact<T>(
    connection: &mut Connection,
    work: &impl Fn(&Transaction<'_>) -> rusqlite::Result<T>,
) -> Result<T, Fault> {
    let transaction = connection.transaction()?;
    let value = work(&transaction)?;
    transaction.commit()?;
    Ok(value)
}

fn connect(path: &Path) -> Result<Connection, Fault> {
    let mut connection = Connection::open(path)?;
    schema::refuse_newer(&connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "journal_size_limit", 1 << 20)?;
    connection.pragma_update(None, "wal_autocheckpoint", 200)?;
    connection.pragma_update(None, "cache_size", -1024)?;
    let verdict: String = connection.pragma_query_value(None, "quick_check", |row| row.get(0))?;
    if verdict != "ok" {
        return Err(Fault::Corrupt(verdict));
    }
    schema::migrate(&mut connection)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_set_aside_is_not_begun_anew() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("usher.db");
        let refused = put_aside(&path, "why").expect_err("there is none");
        assert!(refused.message.contains("cannot be set aside"), "{refused:?}");
        std::fs::write(&path, "no database").unwrap();
        put_aside(&path, "why").expect("beside it are no other files, which is no fault");
        assert!(!path.exists());
    }
}
