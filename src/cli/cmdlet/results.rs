//! The outcome of each session, reported.

use usher_core::outcome::{Error, ErrorId, Exit, Outcome, OutcomeResult};
use usher_core::request::{SessionRef, Targets};

use super::action;
use super::form::ObjectRows;
use super::run::{Abort, CmdletRun};
use crate::cli::hosts::TargetHost;
use crate::cli::{act, output};
use crate::client::ClientError;
use crate::cmdlet::record::Record;
use crate::words;

impl CmdletRun {
    pub(super) fn not_found(&mut self, id: &SessionRef) -> Result<(), Abort> {
        let id = id.to_string();
        let error = Error::new(ErrorId::SessionNotFound, format!("there is no session {id} on this host"));
        let message = output::sentence(&error, Some(&id));
        self.fail(&Record::of_failure(&error, message, Some((id, "UInt32"))))
    }

    /// `Performing the operation "…" on target "…".`
    pub(super) fn performing(&self, outcome: &Outcome) -> String {
        let target = output::printable(&target(outcome));
        words::with!("performing", &[("operation", self.call.cmdlet.name), ("target", &target)])
    }

    /// A program that asked for JSON gets nothing but JSON: the outcome says that it is planned.
    fn what_if(&self, outcome: &Outcome) -> Result<(), Abort> {
        if self.outcomes.as_ref().is_some_and(ObjectRows::is_for_programs) {
            return Ok(());
        }
        Ok(super::form::print_line(&words::with!("what-if", &[("what", &self.performing(outcome))]))?)
    }

    /// Reports an outcome on the stream that it belongs to.
    pub(super) fn report_outcome(&mut self, outcome: Outcome) -> Result<(), Abort> {
        match outcome.result {
            OutcomeResult::Planned => self.what_if(&outcome)?,
            // `-WhatIf` names what was bound. What is as asked for now may not be so when the call is made.
            OutcomeResult::Unchanged if self.call.what_if => self.what_if(&outcome)?,
            OutcomeResult::Done | OutcomeResult::Unchanged => {
                self.reporter.verbose(|| self.performing(&outcome));
                let note = |note: &String| words::translated(words::language(), note);
                outcome.notes.iter().for_each(|said| self.reporter.verbose(|| note(said)));
                Result::from(self.reporter.information(|| became(&outcome)))?;
            }
            OutcomeResult::Skipped => {
                let why = outcome.error.as_ref().map(|error| sentence_about(error, &outcome)).unwrap_or_default();
                let text = words::with!("cmdlet-left-out", &[("target", &target(&outcome)), ("why", &why)]);
                Result::from(self.reporter.warning(&text))?;
            }
            OutcomeResult::Failed => self.report_failure(&outcome)?,
        }
        match &mut self.outcomes {
            Some(rows) => Ok(rows.push(outcome)?),
            None => Ok(()),
        }
    }

    fn report_failure(&mut self, outcome: &Outcome) -> Result<(), Abort> {
        let unknown = Error::new(ErrorId::BackendFailed, "the daemon gave no reason");
        let error = outcome.error.as_ref().unwrap_or(&unknown);
        let target = match outcome.session_id {
            Some(id) => (id.to_string(), "UInt32"),
            None => (outcome.host.clone(), "String"),
        };
        self.fail(&Record::of_failure(error, sentence_about(error, outcome), Some(target)))
    }

    pub(super) fn fail(&mut self, record: &Record) -> Result<(), Abort> {
        self.failed = true;
        self.reporter.error(record).into()
    }

    /// A host gave no outcomes.
    pub(super) fn client_failed(
        &mut self,
        host: &TargetHost,
        targets: &Targets,
        error: &ClientError,
    ) -> Result<(), Abort> {
        if error.exit == Exit::Unreachable {
            self.unreachable = true;
        } else {
            self.failed = true;
        }
        let hint = output::hint(&error.error).map(|hint| format!(" ({hint})")).unwrap_or_default();
        let message = output::sentence(&error.error, None) + &hint;
        let place = (host.name(), "String");
        let verb = action::action(&self.call, Targets::All, false).verb();
        // A request that was sent may have been carried out: each session is reported as unknown.
        for outcome in act::lost(&host.name(), verb, targets, &error.error) {
            let target = outcome.session_id.map_or_else(|| place.clone(), |id| (id.to_string(), "UInt32"));
            Result::from(self.reporter.error(&Record::of_failure(&error.error, message.clone(), Some(target))))?;
        }
        // Of one session the host's error says enough.
        match targets {
            Targets::Ids(ids) if ids.len() > 1 && error.error.id == ErrorId::HostUnreachable => {
                self.not_sent(host, targets)
            }
            Targets::Ids(_) | Targets::All | Targets::Users(_) => Ok(()),
        }
    }

    /// Nothing more is sent to a host that gave no answer: that is said of each session that it was to be asked for.
    pub(super) fn not_sent(&mut self, host: &TargetHost, targets: &Targets) -> Result<(), Abort> {
        self.unreachable = true;
        let message = words::with!("cmdlet-not-sent", &[("host", &host.name())]);
        let error = Error::new(ErrorId::HostUnreachable, message.clone());
        let ids = match targets {
            Targets::Ids(ids) => ids.iter().map(|id| (id.to_string(), "UInt32")).collect(),
            Targets::All | Targets::Users(_) => vec![(host.name(), "String")],
        };
        for target in ids {
            Result::from(self.reporter.error(&Record::of_failure(&error, message.clone(), Some(target))))?;
        }
        Ok(())
    }
}

/// The error of an outcome as a sentence.
fn sentence_about(error: &Error, outcome: &Outcome) -> String {
    output::sentence(error, outcome.session_id.map(|id| id.to_string()).as_deref())
}

/// `session 3 (alice) on lab1`
fn target(outcome: &Outcome) -> String {
    let id = outcome.session_id.map_or_else(|| "?".to_owned(), |id| id.to_string());
    let user = outcome.user.as_deref().unwrap_or("?");
    words::with!("cmdlet-target", &[("id", &id), ("user", user), ("host", &outcome.host)])
}

/// The success of an outcome in words.
fn became(outcome: &Outcome) -> String {
    let what = match outcome.result {
        OutcomeResult::Unchanged => words::text!("cmdlet-became-unchanged"),
        _ => words::text!("cmdlet-became-done"),
    };
    words::with!("cmdlet-became", &[("target", &target(outcome)), ("what", &what)])
}
