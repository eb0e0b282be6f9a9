//! What lasts: locks, rules, session IDs, orders to close, and the audit log, in SQLite.
//!
//! One thread owns the database; the daemon sends it jobs and awaits the answers, so that a slow
//! disk delays the answer to a caller and nothing else. Every commit is on the disk (WAL with
//! `synchronous=FULL`) before its caller hears of it.

use std::path::Path;

use jiff::Timestamp;
use tokio::sync::oneshot;
use usher_core::audit::{AuditRecord, AuditTarget};
use usher_core::outcome::{Error, ErrorId, Outcome};
use usher_core::request::{AuditQuery, Verb};

use crate::session::Change;

mod database;
mod identities;
mod limits;
mod reserve;
mod rows;
mod schema;

use database::Database;
pub use database::Loaded;
pub use limits::AuditLimits;

/// The audit log's record of an attempt, before its outcomes are known.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// When it was asked for.
    pub time: Timestamp,
    /// Who asked.
    pub actor: String,
    /// From where.
    pub from: String,
    /// What was asked.
    pub action: Verb,
    /// For what.
    pub targets: Vec<AuditTarget>,
    /// The message, for the verbs that have one.
    pub message: Option<String>,
}

/// Whether a write may use the space that is kept back for a full disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// It binds somebody or starts something: refused on a full disk.
    Binding,
    /// It frees somebody, ends something or tells what happened: uses the space kept back.
    Freeing,
}

/// A record in the audit log that waits for its outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditId(i64);

type Answer<T> = oneshot::Sender<Result<T, Error>>;

enum Job {
    Commit(Vec<Change>, Option<Attempt>, Urgency, Answer<Option<AuditId>>),
    Conclude(AuditId, Vec<Outcome>, Answer<()>),
    Record(Attempt, Vec<Outcome>, Answer<()>),
    Refused(Attempt, Vec<Outcome>, Answer<()>),
    AuditPage(AuditQuery, i64, Answer<Vec<(i64, AuditRecord)>>),
    Tidy(Answer<()>),
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
    ) -> Result<Option<AuditId>, Error> {
        self.ask(|answer| Job::Commit(changes, attempt, urgency, answer)).await
    }

    /// Completes an attempt's record with what became of its targets.
    ///
    /// # Errors
    /// The record still says that the attempt was made.
    pub async fn conclude(&self, id: AuditId, outcomes: Vec<Outcome>) -> Result<(), Error> {
        self.ask(|answer| Job::Conclude(id, outcomes, answer)).await
    }

    /// Records something that is over already.
    ///
    /// # Errors
    /// Nothing was written.
    pub async fn record(&self, attempt: Attempt, outcomes: Vec<Outcome>) -> Result<(), Error> {
        self.ask(|answer| Job::Record(attempt, outcomes, answer)).await
    }

    /// Records a refusal: the first of an actor in a minute with this action and these errors as a
    /// record of its own, the others as a count in that record.
    ///
    /// # Errors
    /// Nothing was written.
    pub async fn refused(&self, attempt: Attempt, outcomes: Vec<Outcome>) -> Result<(), Error> {
        self.ask(|answer| Job::Refused(attempt, outcomes, answer)).await
    }

    /// The next records, oldest first, that match `query` and come after the record `after` (0 for the first page).
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn audit_page(&self, query: &AuditQuery, after: i64) -> Result<Vec<(i64, AuditRecord)>, Error> {
        self.ask(|answer| Job::AuditPage(query.clone(), after, answer)).await
    }

    /// Applies the log's limits, counts refusals, and takes the reserve back where the disk has room again.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn tidy(&self) -> Result<(), Error> {
        self.ask(Job::Tidy).await
    }

    /// Ends the store's thread after every job before this one.
    pub async fn stop(&self) {
        let (answer, done) = oneshot::channel();
        if self.jobs.send(Job::Stop(answer)).is_ok() {
            let _ = done.await;
        }
    }

    async fn ask<T>(&self, job: impl FnOnce(Answer<T>) -> Job) -> Result<T, Error> {
        let gone = || Error::new(ErrorId::BackendFailed, "the store has stopped");
        let (answer, reply) = oneshot::channel();
        self.jobs.send(job(answer)).map_err(|_| gone())?;
        reply.await.map_err(|_| gone())?
    }
}

/// The thread's loop: one job after the other, in the order in which they were sent.
fn serve(mut database: Database, inbox: &std::sync::mpsc::Receiver<Job>) {
    // An answer that nobody waits for any more is dropped: the write itself stands.
    while let Ok(job) = inbox.recv() {
        match job {
            Job::Commit(changes, attempt, urgency, answer) => {
                let _ = answer.send(database.commit(&changes, attempt.as_ref(), urgency));
            }
            Job::Conclude(id, outcomes, answer) => {
                let _ = answer.send(database.conclude(id, &outcomes));
            }
            Job::Record(attempt, outcomes, answer) => {
                let _ = answer.send(database.record(&attempt, &outcomes));
            }
            Job::Refused(attempt, outcomes, answer) => {
                let _ = answer.send(database.refused(&attempt, &outcomes));
            }
            Job::AuditPage(query, after, answer) => {
                let _ = answer.send(database.audit_page(&query, after));
            }
            Job::Tidy(answer) => {
                let _ = answer.send(database.tidy());
            }
            Job::Stop(answer) => {
                drop(database);
                let _ = answer.send(());
                return;
            }
        }
    }
}
