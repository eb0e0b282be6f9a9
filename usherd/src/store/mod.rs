//! Everything that lasts, in SQLite: locks, rules, session IDs, orders to close, and the audit log.
//!
//! One thread owns the database; the daemon sends it jobs and awaits the answers, so that a slow
//! disk delays the answer to a caller and nothing else. Every commit is on the disk (WAL with
//! `synchronous=FULL`) before its caller hears of it.

use std::path::Path;

use tokio::sync::oneshot;
use usher_core::audit::AuditRecord;
use usher_core::outcome::{Error, ErrorId, Outcome};
use usher_core::request::AuditQuery;

use crate::session::Change;

mod attempt;
mod audit;
mod audit_rows;
mod bounds;
mod coalesce;
mod database;
mod fault;
mod identities;
mod journal;
mod limits;
mod load;
mod look;
mod reserve;
mod rows;
mod schema;
mod shares;
#[cfg(test)]
mod tests;

pub use attempt::{Attempt, OpenRecord, Share};
use database::Database;
pub use limits::AuditLimits;
pub use load::Loaded;
pub use look::StoreLook;

/// Whether a write may use the space that is kept back for a full disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// It binds somebody or starts something: refused on a full disk.
    Binding,
    /// It frees somebody, ends something or tells what happened: uses the space kept back.
    Freeing,
}

type JobReply<T> = oneshot::Sender<Result<T, Error>>;

enum Job {
    Commit(Vec<Change>, Option<Attempt>, Urgency, JobReply<Option<OpenRecord>>),
    Conclude(OpenRecord, Vec<Outcome>, JobReply<()>),
    Record(Attempt, Vec<Outcome>, JobReply<()>),
    AuditPage(AuditQuery, i64, JobReply<Vec<(i64, AuditRecord)>>),
    Tidy(JobReply<()>),
    Look(JobReply<StoreLook>),
    Stop(oneshot::Sender<()>),
}

/// The daemon's end of the store.
#[derive(Debug, Clone)]
pub struct Store {
    jobs: std::sync::mpsc::Sender<Job>,
}

impl Store {
    /// Opens the store in `directory`, making it anew where there is none or where it is corrupt.
    ///
    /// # Errors
    /// The directory cannot be written, or the database is of a later version.
    pub fn open(directory: &Path, boot_id: &str, limits: AuditLimits, host: &str) -> Result<(Store, Loaded), Error> {
        let (database, loaded) = Database::open(directory, limits, boot_id, host)?;
        let (jobs, inbox) = std::sync::mpsc::channel();
        std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || serve(database, &inbox))
            .map_err(|e| Error::new(ErrorId::BackendFailed, format!("cannot start the store's thread: {e}")))?;
        Ok((Store { jobs }, loaded))
    }

    /// Writes changes, and the attempt that asked for them, in one transaction.
    ///
    /// # Errors
    /// Nothing was written: the disk is full, read-only or failing.
    pub async fn commit(
        &self,
        changes: Vec<Change>,
        attempt: Option<Attempt>,
        urgency: Urgency,
    ) -> Result<Option<OpenRecord>, Error> {
        self.send_job(|reply| Job::Commit(changes, attempt, urgency, reply)).await
    }

    /// Completes an attempt's record with what became of its targets.
    ///
    /// # Errors
    /// The record still says that the attempt was made.
    pub async fn conclude(&self, record: OpenRecord, outcomes: Vec<Outcome>) -> Result<(), Error> {
        self.send_job(|reply| Job::Conclude(record, outcomes, reply)).await
    }

    /// Records something that is over already. Refusals, and every failure of an ordinary user, are recorded once for
    /// an actor, action, error and minute, and counted in that record.
    ///
    /// # Errors
    /// Nothing was written.
    pub async fn record(&self, attempt: Attempt, outcomes: Vec<Outcome>) -> Result<(), Error> {
        self.send_job(|reply| Job::Record(attempt, outcomes, reply)).await
    }

    /// The next records, oldest first, that match `query` and come after the record `after` (0 for the first page).
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn audit_page(&self, query: &AuditQuery, after: i64) -> Result<Vec<(i64, AuditRecord)>, Error> {
        self.send_job(|reply| Job::AuditPage(query.clone(), after, reply)).await
    }

    /// Applies the log's limits, counts refusals, and takes the reserve back where the disk has room again.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn tidy(&self) -> Result<(), Error> {
        self.send_job(Job::Tidy).await
    }

    /// Looks at the database, without writing.
    ///
    /// # Errors
    /// The store has stopped.
    pub async fn look(&self) -> Result<StoreLook, Error> {
        self.send_job(Job::Look).await
    }

    /// Ends the store's thread after every job before this one.
    pub async fn stop(&self) {
        let (done, stopped) = oneshot::channel();
        if self.jobs.send(Job::Stop(done)).is_ok() {
            let _ = stopped.await;
        }
    }

    async fn send_job<T>(&self, job: impl FnOnce(JobReply<T>) -> Job) -> Result<T, Error> {
        let gone = || Error::new(ErrorId::BackendFailed, "the store has stopped");
        let (reply, replied) = oneshot::channel();
        self.jobs.send(job(reply)).map_err(|_| gone())?;
        replied.await.map_err(|_| gone())?
    }
}

/// The thread's loop: one job after the other, in the order in which they were sent.
fn serve(mut database: Database, inbox: &std::sync::mpsc::Receiver<Job>) {
    // A reply that nobody waits for any more is dropped: the write itself stands.
    while let Ok(job) = inbox.recv() {
        match job {
            Job::Commit(changes, attempt, urgency, reply) => {
                let _ = reply.send(database.commit(&changes, attempt, urgency));
            }
            Job::Conclude(record, outcomes, reply) => {
                let _ = reply.send(database.conclude(&record, &outcomes));
            }
            Job::Record(attempt, outcomes, reply) => {
                let _ = reply.send(database.record(attempt, &outcomes));
            }
            Job::AuditPage(query, after, reply) => {
                let _ = reply.send(database.audit_page(&query, after));
            }
            Job::Tidy(reply) => {
                let _ = reply.send(database.tidy());
            }
            Job::Look(reply) => {
                let _ = reply.send(Ok(database.look()));
            }
            Job::Stop(done) => {
                drop(database);
                let _ = done.send(());
                return;
            }
        }
    }
}
