//! Opening a text session: a holder with everything but a running program, then the books, then the program.

use std::path::PathBuf;

use tokio::sync::MutexGuard;
use usher_core::audit::AuditTarget;
use usher_core::clock;
use usher_core::event::EventKind;
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::OpenRequest;
use usher_core::session::{Kind, Session, SessionKey};
use usher_core::wire::holder::OpenSpec;

use super::Execution;
use crate::accounts::{Account, account};
use crate::paths::Mode;
use crate::plan::{require_free, require_room};
use crate::session::{Change, SessionRecord};
use crate::store::{Attempt, OpenRecord, Urgency};

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

/// Variables of a login, which PAM gives anew.
const OF_LOGIN: [&str; 14] = [
    "XDG_SESSION_ID",
    "XDG_SESSION_TYPE",
    "XDG_SESSION_CLASS",
    "XDG_SESSION_DESKTOP",
    "XDG_RUNTIME_DIR",
    "XDG_SEAT",
    "XDG_VTNR",
    "DBUS_SESSION_BUS_ADDRESS",
    "SSH_TTY",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "SYSTEMD_EXEC_PID",
    "MEMORY_PRESSURE_WATCH",
    "MEMORY_PRESSURE_WRITE",
];

/// Whose a session is to be.
struct Owner {
    uid: u32,
    account: Account,
}

impl Execution<'_> {
    /// Opens a session for the caller, or answers why not.
    pub(super) async fn open(
        &self,
        request: Result<Box<OpenRequest>, Error>,
        attempt: Option<Attempt>,
        order: MutexGuard<'_, ()>,
    ) -> Result<Session, Error> {
        // Starting a process and asking the user database take time that other requests need not wait for.
        drop(order);
        let mut record = None;
        let opened = match request {
            Ok(request) => self.try_open(*request, attempt.clone(), &mut record).await,
            Err(refusal) => Err(refusal),
        };
        let session = match opened {
            Ok(session) => session,
            Err(error) => {
                self.record_failed_open(&error, record, attempt).await;
                return Err(error);
            }
        };
        if self.host.unannounced.take(session.session_id) {
            self.host.announce(EventKind::Opened, Some(session.clone()), None);
        }
        let mut outcome = self.whole_outcome(None, Some(session.user.clone()), None);
        outcome.session_id = Some(session.session_id);
        let concluded = self.conclude(record, &[outcome]).await;
        concluded.map(|()| session.clone()).map_err(|fault| {
            let message = format!("session {} was opened; {}", session.session_id, fault.message);
            Error::new(fault.id, message).hint("`usher list` shows it")
        })
    }

    /// Completes the record that a failed open has already, or writes the one it has not got as far as.
    async fn record_failed_open(&self, error: &Error, record: Option<OpenRecord>, attempt: Option<Attempt>) {
        let mut outcomes = [self.whole_outcome(None, Some(self.opener()), Some(error))];
        if record.is_none() {
            return self.record_refusal(attempt, &mut outcomes).await;
        }
        // That it failed is what the caller hears; what is wrong with the log is in the daemon's.
        let _ = self.conclude(record, &outcomes).await;
    }

    /// Starts a session. Its outcome is yet to be written into the `record`.
    async fn try_open(
        &self,
        request: OpenRequest,
        attempt: Option<Attempt>,
        record: &mut Option<OpenRecord>,
    ) -> Result<Session, Error> {
        let host = self.host;
        let owner = self.owner().await?;
        self.require_free(&request, owner.uid)?;
        let id = host.next_session_id();
        let spec = self.spec(id, &request, &owner);
        let program = program_name(&spec);
        let opened = host.text.open(owner.uid, spec).await?;
        let session = SessionRecord {
            id,
            key: opened.key().clone(),
            user: owner.account.name.clone(),
            uid: owner.uid,
            since: clock::now(),
            name: request.name.as_ref().map(ToString::to_string),
            program,
            kind: Kind::Text,
            groups: owner.account.groups.clone(),
        };
        let key = session.key.clone();
        // On the books and covered by the rules before the program runs; if it cannot run, off the books
        // again. Locks that come while it starts reach its holder like any other's.
        let order = host.order.lock().await;
        // Meanwhile another may have got the name. The holder ends by itself, as its program never ran.
        if let Err(refusal) = self.require_free(&request, owner.uid) {
            drop(order);
            host.text.reap(id, &key).await;
            return Err(refusal);
        }
        let attempt = attempt.map(|attempt| Attempt { targets: vec![AuditTarget::Session(id)], ..attempt });
        *record = match host.commit(vec![Change::SessionOpened(session)], attempt, Urgency::Binding).await {
            Ok(record) => record,
            Err(error) => {
                drop(order);
                host.text.reap(id, &key).await;
                return Err(error);
            }
        };
        let starting = host.text.connect(id, opened, host.registry().covers(id, clock::now()));
        let booked = host.present(id);
        host.unannounced.add(id);
        drop(order);
        if let Err(error) = host.text.start(starting).await {
            self.give_up(id, &key).await;
            return Err(error);
        }
        host.text.caught_up().await;
        // A program that ended at once was opened all the same.
        host.present(id).or(booked).ok_or_else(|| super::gone_meanwhile(id))
    }

    /// Whose the session is to be: in system mode the caller's, else, also if root asks, the daemon's own user's.
    async fn owner(&self) -> Result<Owner, Error> {
        let daemon = &self.host.daemon;
        let uid = match (daemon.mode, self.actor.uid()) {
            (Mode::User, _) => daemon.uid,
            (Mode::System, Some(uid)) => uid,
            (Mode::System, None) => {
                return Err(Error::new(ErrorId::AccessDenied, "only users of this host open sessions"));
            }
        };
        Ok(Owner { uid, account: account(uid).await })
    }

    fn opener(&self) -> String {
        match self.host.daemon.mode {
            Mode::User => self.host.daemon.user.clone(),
            Mode::System => self.actor.name.clone(),
        }
    }

    /// No two living sessions of a user have the same name, and nobody has more than they may.
    fn require_free(&self, request: &OpenRequest, uid: u32) -> Result<(), Error> {
        let registry = self.host.registry();
        require_room(&registry, uid)?;
        request.name.as_ref().map_or(Ok(()), |name| require_free(&registry, uid, name))
    }

    /// Takes a session that did not start off the books, and ends what there is of it.
    async fn give_up(&self, id: u32, key: &SessionKey) {
        let host = self.host;
        host.unannounced.take(id);
        let order = host.order.lock().await;
        if let Err(trouble) = host.commit(vec![Change::SessionEnded(id)], None, Urgency::Freeing).await {
            tracing::error!("session {id} did not start and could not be taken off the books: {trouble}");
        }
        drop(order);
        host.text.reap(id, key).await;
    }

    fn spec(&self, id: u32, request: &OpenRequest, Owner { uid, account }: &Owner) -> OpenSpec {
        let host = self.host;
        let hosted = host.daemon.mode == Mode::System;
        let mut environment = vec![
            ("HOME".to_owned(), account.home.to_string_lossy().into_owned()),
            ("USER".to_owned(), account.name.clone()),
            ("LOGNAME".to_owned(), account.name.clone()),
            ("SHELL".to_owned(), account.shell.to_string_lossy().into_owned()),
        ];
        if !hosted {
            // PAM gives one.
            environment.push(("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned()));
        }
        for (name, value) in request.environment.iter().filter_map(|variable| variable.split_once('=')) {
            let of_login = hosted && OF_LOGIN.contains(&name);
            if !LEFT_OUT.contains(&name) && !of_login && !name.is_empty() {
                environment.retain(|(known, _)| known != name);
                environment.push((name.to_owned(), value.to_owned()));
            }
        }
        environment.extend([
            ("TERM".to_owned(), "xterm-256color".to_owned()),
            ("COLORTERM".to_owned(), "truecolor".to_owned()),
        ]);
        environment.extend(host.text.environment(id, &host.daemon.boot_id));
        let (program, arguments) = match request.command.first() {
            Some(program) => (PathBuf::from(program), request.command.clone()),
            None => {
                let name = account.shell.file_name().unwrap_or_default().to_string_lossy().into_owned();
                (account.shell.clone(), vec![format!("-{name}")])
            }
        };
        OpenSpec {
            records_ends: true,
            hosted,
            session_id: id,
            boot_id: host.daemon.boot_id.clone(),
            native_id: format!("u{id}"),
            socket: host.text.socket(id),
            // In system mode nobody but root gets as far as the holder's socket.
            owner: if hosted { 0 } else { *uid },
            program,
            arguments,
            directory: request.directory.clone().unwrap_or_else(|| account.home.clone()),
            environment,
            size: request.size.clamped(),
            open_files: host.daemon.open_files,
            scrollback: Some(host.settings.scrollback_lines),
        }
    }
}

/// The title that `list` shows for a program that sets none.
fn program_name(spec: &OpenSpec) -> String {
    let name = spec.program.file_name().unwrap_or(spec.program.as_os_str()).to_string_lossy();
    name.chars().filter(|c| !c.is_control()).take(64).collect()
}
