//! A call is run: host by host, object by object.

use std::io;
use std::path::PathBuf;

use super::ask::{Answer, CONFIRM, Terminal};
use super::form::{Form, Rows};
use super::say::{Next, Say};
use super::{host, input, work};
use crate::cli::{output, thumbnail};
use crate::cmdlet::Work;
use crate::cmdlet::call::{Call, Preference, Selection};
use crate::cmdlet::input::{Unbound, bind_value, unreadable};
use crate::cmdlet::object::WmsSession;
use crate::cmdlet::record::Record;
use crate::outcome::{Error, ErrorId, Exit, Outcome, OutcomeResult};
use crate::request::{SessionRef, Targets};
use crate::session::Session;
use crate::transport::client::{Client, ClientError};
use crate::words;

/// One run of a cmdlet.
pub(super) struct Run {
    pub(super) call: Call,
    pub(super) client: Client,
    pub(super) say: Say,
    sessions: Rows<WmsSession>,
    pub(super) outcomes: Option<Rows<Outcome>>,
    /// What `Yes to All` or `No to All` answered for the rest of this run.
    for_all: Option<bool>,
    /// Something was done, or could have been.
    reached: bool,
    /// A host could not be reached.
    pub(super) unreachable: bool,
    /// Something else failed.
    pub(super) failed: bool,
}

/// Why a run ends before its end.
pub(super) enum End {
    /// An error was to stop it.
    Stopped,
    /// Nobody reads the output any more, or it cannot be written.
    Output(io::Error),
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        End::Output(error)
    }
}

impl From<Next> for Result<(), End> {
    fn from(next: Next) -> Self {
        match next {
            Next::GoOn => Ok(()),
            Next::Stop => Err(End::Stopped),
        }
    }
}

impl Run {
    pub(super) fn new(call: Call, socket: Option<PathBuf>, form: Form) -> Self {
        Run {
            say: Say::new(call.cmdlet, call.streams),
            sessions: Rows::new(form.format()),
            outcomes: form.outcomes().map(Rows::new),
            client: Client::new(socket),
            call,
            for_all: None,
            reached: false,
            unreachable: false,
            failed: false,
        }
    }

    /// The whole run, and how the command ends.
    pub(super) async fn all(mut self) -> Exit {
        if self.call.confirm && Terminal::open().is_none() {
            let error = Error::new(ErrorId::InvalidRequest, words::text("cmdlet-cannot-ask"));
            let record = Record::of_failure(&error, error.message.clone(), None);
            let _ = self.say.error(&record);
            return Exit::Usage;
        }
        let ended = self.objects().await;
        let written = if self.call.cmdlet.work == Work::Get {
            self.sessions.end()
        } else {
            self.outcomes.as_mut().map_or(Ok(()), Rows::end)
        };
        match ended.and_then(|()| Ok(written?)) {
            Err(End::Output(error)) if error.kind() != io::ErrorKind::BrokenPipe => {
                super::say::line(&mut io::stderr(), &format!("usher: cannot print: {error}"));
                Exit::Failed
            }
            // A reader that has seen enough is no failure; one that was there before stays one.
            Ok(()) | Err(End::Stopped | End::Output(_)) => self.exit(),
        }
    }

    fn exit(&self) -> Exit {
        match (self.failed, self.unreachable, self.reached) {
            (false, false, _) => Exit::Success,
            (false, true, false) => Exit::Unreachable,
            _ => Exit::Failed,
        }
    }

    async fn objects(&mut self) -> Result<(), End> {
        match self.call.selection.clone() {
            Selection::Ids(ids) => self.on_host(self.call.server.clone(), ids).await,
            Selection::All(true) => {
                let Some(()) = self.here(self.call.server.as_deref().map(str::to_owned))? else { return Ok(()) };
                self.on(Targets::All).await
            }
            Selection::All(false) => self.say.warning(&words::text("cmdlet-all-is-off")).into(),
            Selection::Piped => self.piped().await,
        }
    }

    /// Each object acts when it is there, before the next is read.
    async fn piped(&mut self) -> Result<(), End> {
        for value in input::Values::default() {
            let bound = match &value {
                Ok(value) => bind_value(self.call.cmdlet, value),
                Err(text) => Err(unreadable(text)),
            };
            match bound {
                Ok(piped) => self.on_host(self.call.server.clone().or(piped.server), piped.ids).await?,
                Err(Unbound { id, message, object }) => self.fail(&Record::of_input(id, message, object))?,
            }
        }
        Ok(())
    }

    async fn on_host(&mut self, server: Option<String>, ids: Vec<u32>) -> Result<(), End> {
        let Some(()) = self.here(server)? else { return Ok(()) };
        // Where the first error may be the end, one session is tried after the other.
        let stops = |preference| matches!(preference, Preference::Stop | Preference::Inquire);
        if stops(self.call.streams.error) || stops(self.call.streams.warning) {
            for id in ids {
                self.on(Targets::Ids(vec![SessionRef::Id(id)])).await?;
            }
            return Ok(());
        }
        self.on(Targets::Ids(ids.into_iter().map(SessionRef::Id).collect())).await
    }

    /// Nothing, if the host is this one; else an error for that host.
    fn here(&mut self, server: Option<String>) -> Result<Option<()>, End> {
        let Some(server) = server.filter(|server| !host::is_here(server)) else { return Ok(Some(())) };
        let error = Error::new(ErrorId::HostUnreachable, words::with("cmdlet-not-here", &[("host", &server)]));
        self.unreachable = true;
        let record = Record::of_failure(&error, error.message.clone(), Some((server, "String")));
        Result::from(self.say.error(&record)).map(|()| None)
    }

    async fn on(&mut self, targets: Targets) -> Result<(), End> {
        match work::verb(self.call.cmdlet.work) {
            None => self.get(targets).await,
            Some(_) if self.call.confirm => self.confirmed(targets).await,
            Some(_) => self.act(targets, self.call.what_if).await,
        }
    }

    async fn get(&mut self, targets: Targets) -> Result<(), End> {
        self.say.debug("GET /v1/sessions");
        let all: Result<Vec<Session>, ClientError> = self.client.get("/v1/sessions").await;
        let all = match all {
            Ok(all) => all,
            Err(error) => return self.client_failed(&error),
        };
        self.reached = true;
        let Targets::Ids(ids) = targets else {
            for session in all {
                self.show(session).await?;
            }
            return Ok(());
        };
        for id in ids {
            let is = |session: &&Session| SessionRef::Id(session.session_id) == id;
            match all.iter().find(is) {
                Some(session) => self.show(session.clone()).await?,
                None => self.not_found(&id)?,
            }
        }
        Ok(())
    }

    async fn show(&mut self, session: Session) -> Result<(), End> {
        let Some(size) = self.call.thumbnail else { return Ok(self.sessions.push(WmsSession::from(session))?) };
        let id = session.session_id;
        self.say.debug(&format!("GET /v1/sessions/{id}/thumbnail?size={size}"));
        let taken = thumbnail::take(&self.client, &SessionRef::Id(id), size).await;
        let picture = match taken {
            Ok(png) => Some(self.sessions.pictured(&png)),
            Err(error) if error.exit == Exit::Unreachable => return self.client_failed(&error),
            Err(ClientError { error, .. }) => {
                let id = id.to_string();
                let message = output::sentence(&error, Some(&id));
                self.fail(&Record::of_failure(&error, message, Some((id, "UInt32"))))?;
                None
            }
        };
        Ok(self.sessions.push(WmsSession::from(session).with_thumbnail(picture))?)
    }

    async fn act(&mut self, targets: Targets, dry_run: bool) -> Result<(), End> {
        let Some(outcomes) = self.ask_daemon(targets, dry_run).await? else { return Ok(()) };
        outcomes.into_iter().try_for_each(|outcome| self.tell(outcome))
    }

    async fn ask_daemon(&mut self, targets: Targets, dry_run: bool) -> Result<Option<Vec<Outcome>>, End> {
        let verb = work::verb(self.call.cmdlet.work).map_or("", |verb| verb.as_str());
        self.say.debug(&format!("POST /v1/sessions/{verb}"));
        match work::act(&self.client, &self.call, targets, dry_run).await {
            Ok(outcomes) => {
                self.reached = true;
                Ok(Some(outcomes))
            }
            Err(error) => self.client_failed(&error).map(|()| None),
        }
    }

    /// Asks before each session that would be acted on.
    async fn confirmed(&mut self, targets: Targets) -> Result<(), End> {
        let Some(planned) = self.ask_daemon(targets, true).await? else { return Ok(()) };
        for outcome in planned {
            match (outcome.result, outcome.session_id) {
                (OutcomeResult::Planned, Some(id)) => {
                    if self.approved(&outcome) {
                        self.act(Targets::Ids(vec![SessionRef::Id(id)]), false).await?;
                    }
                }
                _ => self.tell(outcome)?,
            }
        }
        Ok(())
    }

    fn approved(&mut self, outcome: &Outcome) -> bool {
        if let Some(answer) = self.for_all {
            return answer;
        }
        let lines = [words::text("ask-sure"), self.performing(outcome)];
        let answer =
            Terminal::open().and_then(|mut terminal| terminal.choose(&words::text("ask-confirm"), &lines, &CONFIRM));
        match answer {
            Some(Answer::Yes) => true,
            Some(Answer::YesToAll) => *self.for_all.insert(true),
            Some(Answer::No) => false,
            // The end of input declines everything that was not answered.
            Some(Answer::NoToAll | Answer::Suspend) | None => *self.for_all.insert(false),
        }
    }
}
