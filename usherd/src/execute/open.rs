//! Opening a text session: a holder with everything but a running program, then the books, then the program.

use std::path::PathBuf;

use tokio::sync::MutexGuard;
use usher_core::audit::AuditTarget;
use usher_core::clock;
use usher_core::event::EventKind;
use usher_core::outcome::{Error, ErrorId, Outcome, OutcomeResult};
use usher_core::request::OpenRequest;
use usher_core::session::{Kind, Session, SessionKey};
use usher_core::wire::holder::OpenSpec;

use super::Run;
use crate::accounts::{Account, account};
use crate::paths::Mode;
use crate::plan::{Step, Todo};
use crate::session::{Change, SessionRecord, Target};
use crate::store::{Attempt, AuditId, Urgency};

/// Variables that describe the caller's terminal or session, not the new one's.
const LEFT_OUT: [&str; 11] = [
    "TERM",
    "COLORTERM",
    "TERM_PROGRAM",
    "TERM_PROGRAM_VERSION",
    "COLUMNS",
    "LINES",
    "TMUX",
    "TMUX_PANE",
    "STY",
    "USHER_SESSION",
    "USHER_SOCKET",
];

impl Run<'_> {
    /// Opens a session for the caller.
    pub(super) async fn open(
        &self,
        request: OpenRequest,
        attempt: Option<Attempt>,
        order: MutexGuard<'_, ()>,
    ) -> Result<Session, Error> {
        // Starting a process and asking the user database take time that other requests need not wait for.
        drop(order);
        let mut audit = None;
        let result = self.try_open(request, attempt.clone(), &mut audit).await;
        if let (Err(error), Some(attempt)) = (&result, attempt) {
            let todo = Todo::Answer(OutcomeResult::Failed, Some(error.clone()));
            let user = Some(self.host.user.clone());
            let outcomes = vec![self.outcome(Step { target: None, named: None, user, todo }, None)];
            self.record_failure(audit, attempt, outcomes).await;
        }
        result
    }

    /// Completes the record that a failed open has already, or writes the one it has not got as far as.
    async fn record_failure(&self, audit: Option<AuditId>, attempt: Attempt, outcomes: Vec<Outcome>) {
        if audit.is_some() {
            self.conclude(audit, &outcomes).await;
            return;
        }
        self.host.metrics.count(self.verb, &outcomes, self.arrived.elapsed());
        if let Err(trouble) = self.host.store.record(attempt, outcomes).await {
            tracing::warn!("a failed open could not be recorded: {trouble}");
        }
    }

    async fn try_open(
        &self,
        request: OpenRequest,
        attempt: Option<Attempt>,
        audit: &mut Option<AuditId>,
    ) -> Result<Session, Error> {
        let host = self.host;
        if host.mode == Mode::System {
            let why = "the system's daemon hosts no text sessions yet: it controls those that logind knows";
            return Err(Error::new(ErrorId::NotSupported, why)
                .hint("start `usherd --user`, and give its socket with --socket or $USHER_SOCKET"));
        }
        // Whoever asks, root included: what this daemon starts runs as its own user.
        let account = account(host.uid).await;
        let id = host.next_session_id();
        let spec = self.spec(id, &request, &account)?;
        let program = program_name(&spec);
        let opened = host.text.open(spec).await?;
        let record = SessionRecord {
            id,
            key: opened.key().clone(),
            user: host.user.clone(),
            uid: host.uid,
            since: clock::now(),
            name: request.name.map(String::from),
            program,
            kind: Kind::Text,
            groups: account.groups,
        };
        let key = record.key.clone();
        let target = Target { id, key: key.clone(), user: record.user.clone(), uid: record.uid };
        // On the books and covered by the rules before the program runs; if it cannot run, off the books
        // again. Locks that come while it starts reach its holder like any other's.
        let order = host.order.lock().await;
        let attempt = attempt.map(|attempt| Attempt { targets: vec![AuditTarget::Session(id)], ..attempt });
        *audit = host.commit(vec![Change::SessionOpened(record)], attempt, Urgency::Binding).await?;
        let starting = host.text.connect(id, opened, host.registry().covers(id, clock::now()));
        let booked = host.present(id);
        drop(order);
        if let Err(error) = host.text.start(starting).await {
            self.give_up(id, &key).await;
            return Err(error);
        }
        host.text.caught_up().await;
        // A program that ended at once was opened all the same.
        let session = host.present(id).or(booked).ok_or_else(|| super::gone_meanwhile(id))?;
        let mut outcome = self.outcome(
            Step { target: Some(target), named: None, user: None, todo: Todo::Answer(OutcomeResult::Done, None) },
            None,
        );
        outcome.observed = true;
        self.conclude(*audit, &[outcome]).await;
        host.announce(EventKind::Opened, Some(session.clone()), None);
        Ok(session)
    }

    /// Takes a session that did not start off the books, and ends what there is of it.
    async fn give_up(&self, id: u32, key: &SessionKey) {
        let host = self.host;
        let order = host.order.lock().await;
        if let Err(trouble) = host.commit(vec![Change::SessionEnded(id)], None, Urgency::Freeing).await {
            tracing::error!("session {id} did not start and could not be taken off the books: {trouble}");
        }
        drop(order);
        host.text.reap(id, key).await;
    }

    fn spec(&self, id: u32, request: &OpenRequest, account: &Account) -> Result<OpenSpec, Error> {
        let host = self.host;
        let wrong = |why: &str| Error::new(ErrorId::InvalidRequest, why.to_owned());
        if request.command.iter().chain(&request.environment).any(|text| text.contains('\0')) {
            return Err(wrong("a command or an environment cannot contain a NUL byte"));
        }
        if request.command.first().is_some_and(String::is_empty) {
            return Err(wrong("the command is empty: give a program, or nothing for a login shell"));
        }
        let mut environment = vec![
            ("HOME".to_owned(), account.home.to_string_lossy().into_owned()),
            ("USER".to_owned(), account.name.clone()),
            ("LOGNAME".to_owned(), account.name.clone()),
            ("SHELL".to_owned(), account.shell.to_string_lossy().into_owned()),
            ("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned()),
        ];
        for variable in &request.environment {
            let (name, value) =
                variable.split_once('=').ok_or_else(|| wrong("an environment variable is NAME=VALUE"))?;
            if !LEFT_OUT.contains(&name) && !name.is_empty() {
                environment.retain(|(known, _)| known != name);
                environment.push((name.to_owned(), value.to_owned()));
            }
        }
        environment.extend([
            ("TERM".to_owned(), "xterm-256color".to_owned()),
            ("COLORTERM".to_owned(), "truecolor".to_owned()),
        ]);
        environment.extend(host.text.environment(id, &host.boot_id));
        let (program, arguments) = match request.command.first() {
            Some(program) => (PathBuf::from(program), request.command.clone()),
            None => {
                let name = account.shell.file_name().unwrap_or_default().to_string_lossy().into_owned();
                (account.shell.clone(), vec![format!("-{name}")])
            }
        };
        Ok(OpenSpec {
            session_id: id,
            boot_id: host.boot_id.clone(),
            native_id: format!("u{id}"),
            socket: host.text.socket(id),
            owner: host.uid,
            program,
            arguments,
            directory: request.directory.clone().unwrap_or_else(|| account.home.clone()),
            environment,
            size: request.size.clamped(),
            open_files: host.open_files,
        })
    }
}

/// What `list` shows of a program that sets no title.
fn program_name(spec: &OpenSpec) -> String {
    let name = spec.program.file_name().unwrap_or(spec.program.as_os_str()).to_string_lossy();
    name.chars().filter(|c| !c.is_control()).take(64).collect()
}
