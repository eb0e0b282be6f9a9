//! A call is run: every host at its own pace, the sessions of each in the order in which they came.

use std::collections::{HashMap, HashSet};
use std::io;
use std::rc::Rc;

use usher_core::outcome::{Error, ErrorId, Exit, Outcome, OutcomeResult};
use usher_core::request::{SessionRef, Targets};
use usher_core::servers::ServerName;
use usher_core::session::Session;

use super::ask::{Answer as Choice, CONFIRM, Terminal};
use super::form::{Form, Rows};
use super::say::{Next, Say};
use super::work::{self, Answer, Picture};
use crate::cli::hosts::{Host, Hosts, Manner};
use crate::client::ClientError;
use crate::cmdlet::Work;
use crate::cmdlet::call::{Call, Preference};
use crate::cmdlet::object::WmsSession;
use crate::cmdlet::record::Record;
use crate::words;

/// One run of a cmdlet.
pub(super) struct Run {
    pub(super) call: Rc<Call>,
    pub(super) say: Say,
    manner: Manner,
    /// The hosts that were named so far, by the name; without one, this host.
    hosts: HashMap<Option<String>, Vec<Rc<Host>>>,
    /// Hosts that gave no answer: nothing more is sent to them.
    lost: HashSet<String>,
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
    pub(super) fn new(call: Call, manner: Manner, form: Form) -> Self {
        Run {
            say: Say::new(call.cmdlet, call.streams),
            sessions: Rows::new(form.format()),
            outcomes: form.outcomes().map(Rows::new),
            call: Rc::new(call),
            manner,
            hosts: HashMap::new(),
            lost: HashSet::new(),
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

    /// Where the first error may be the end, or each session is asked about, one is tried after the other.
    pub(super) fn is_in_turn(&self) -> bool {
        let stops = |preference| matches!(preference, Preference::Stop | Preference::Inquire);
        self.call.confirm || stops(self.call.streams.error) || stops(self.call.streams.warning)
    }

    /// How many hosts are asked at the same time.
    pub(super) fn at_once(&self) -> usize {
        self.manner.at_once
    }

    /// The hosts that a name stands for; none if it stands for nothing, which is said.
    pub(super) fn hosts_of(&mut self, server: Option<String>) -> Result<Vec<Rc<Host>>, End> {
        if !self.hosts.contains_key(&server) {
            let chosen = self.choose(server.as_deref());
            let hosts = match chosen {
                Ok(hosts) => hosts.into_iter().map(Rc::new).collect(),
                Err(error) => {
                    let target = server.clone().map(|server| (server, "String"));
                    let message = crate::cli::output::sentence(&error, None);
                    self.fail(&Record::of_failure(&error, message, target))?;
                    Vec::new()
                }
            };
            self.hosts.insert(server.clone(), hosts);
        }
        Ok(self.hosts.get(&server).cloned().unwrap_or_default())
    }

    /// The host gave no answer before.
    pub(super) fn has_lost(&self, host: &Host) -> bool {
        self.lost.contains(&host.name())
    }

    fn choose(&self, server: Option<&str>) -> Result<Vec<Host>, Error> {
        let name = server.map(str::parse::<ServerName>).transpose();
        let name = name.map_err(|why| Error::new(ErrorId::InvalidRequest, why.to_string()))?;
        Ok(Hosts::choose(name.as_slice(), &self.manner)?.into_vec())
    }

    /// Asks a host and says what it answered, before anything else is done.
    pub(super) async fn in_turn(&mut self, host: Rc<Host>, targets: Targets) -> Result<(), End> {
        let ids: Vec<Targets> = match targets {
            Targets::Ids(ids) => ids.into_iter().map(|id| Targets::Ids(vec![id])).collect(),
            all => vec![all],
        };
        for targets in ids {
            if self.has_lost(&host) {
                self.not_sent(&host, &targets)?;
            } else if self.call.confirm {
                self.confirmed(&host, targets).await?;
            } else {
                let answer = self.asked(&host, targets.clone(), self.call.what_if).await;
                self.take(&host, &targets, answer)?;
            }
        }
        Ok(())
    }

    async fn asked(&mut self, host: &Host, targets: Targets, dry_run: bool) -> Result<Answer, ClientError> {
        self.say.debug(&trace(&self.call, host));
        work::ask(host, &self.call, targets, dry_run).await
    }

    /// Says what a host answered.
    pub(super) fn take(
        &mut self,
        host: &Host,
        targets: &Targets,
        answer: Result<Answer, ClientError>,
    ) -> Result<(), End> {
        match answer {
            Ok(Answer::Sessions(sessions)) => {
                self.reached = true;
                self.show_all(sessions, targets)
            }
            Ok(Answer::Outcomes(outcomes)) => {
                self.reached = true;
                outcomes.into_iter().try_for_each(|outcome| self.tell(outcome))
            }
            Err(error) => {
                if error.exit == Exit::Unreachable {
                    self.lost.insert(host.name());
                }
                self.client_failed(host, targets, &error)
            }
        }
    }

    fn show_all(&mut self, sessions: Vec<(Session, Option<Picture>)>, targets: &Targets) -> Result<(), End> {
        let Targets::Ids(ids) = targets else {
            return sessions.into_iter().try_for_each(|(session, picture)| self.show(session, picture));
        };
        let mut sessions: HashMap<u32, _> = sessions.into_iter().map(|shown| (shown.0.session_id, shown)).collect();
        for id in ids {
            let found = match id {
                SessionRef::Id(id) => sessions.get_mut(id).map(|(session, picture)| (session.clone(), picture.take())),
                SessionRef::Native(_) => None,
            };
            match found {
                Some((session, picture)) => self.show(session, picture)?,
                None => self.not_found(id)?,
            }
        }
        Ok(())
    }

    fn show(&mut self, session: Session, picture: Option<Picture>) -> Result<(), End> {
        let picture = match picture {
            None => return Ok(self.sessions.push(WmsSession::from(session))?),
            Some(Ok(png)) => Some(self.sessions.pictured(&png)),
            Some(Err(error)) => {
                let id = session.session_id.to_string();
                let message = crate::cli::output::sentence(&error.error, Some(&id));
                self.fail(&Record::of_failure(&error.error, message, Some((id, "UInt32"))))?;
                None
            }
        };
        Ok(self.sessions.push(WmsSession::from(session).with_thumbnail(picture))?)
    }

    /// Asks before each session that would be acted on.
    async fn confirmed(&mut self, host: &Host, targets: Targets) -> Result<(), End> {
        let planned = match self.asked(host, targets.clone(), true).await {
            Ok(Answer::Outcomes(planned)) => planned,
            other => return self.take(host, &targets, other),
        };
        self.reached = true;
        for outcome in planned {
            match (outcome.result, outcome.session_id) {
                (OutcomeResult::Planned, Some(id)) => {
                    if self.approved(&outcome) {
                        let targets = Targets::Ids(vec![SessionRef::Id(id)]);
                        let answer = self.asked(host, targets.clone(), false).await;
                        self.take(host, &targets, answer)?;
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
            Some(Choice::Yes) => true,
            Some(Choice::YesToAll) => *self.for_all.insert(true),
            Some(Choice::No) => false,
            // The end of input declines everything that was not answered.
            Some(Choice::NoToAll | Choice::Suspend) | None => *self.for_all.insert(false),
        }
    }
}

/// What is asked of a host, for whoever wants to know how it is done.
pub(super) fn trace(call: &Call, host: &Host) -> String {
    let what = match work::verb(call.cmdlet.work) {
        Some(verb) => format!("POST /v1/sessions/{verb}"),
        None => "GET /v1/sessions".to_owned(),
    };
    host.label().map_or_else(|| what.clone(), |label| format!("{what} ({label})"))
}
