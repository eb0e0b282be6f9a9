//! A call is run: every host at its own pace, the sessions of each in the order in which they came.

use std::collections::{HashMap, HashSet};
use std::io;
use std::rc::Rc;

use usher_core::outcome::{Error, ErrorId, Exit, Outcome, OutcomeResult};
use usher_core::request::{SessionRef, Targets};
use usher_core::servers::ServerName;
use usher_core::session::Session;

use super::action::{self, HostAnswer, SessionThumbnail};
use super::form::{Form, ObjectRows};
use super::prompt::{CONFIRM, PromptAnswer, PromptTerminal};
use super::reporter::{Next, Reporter};
use crate::cli::hosts::{Hosts, Manner, TargetHost};
use crate::client::ClientError;
use crate::cmdlet::CmdletVerb;
use crate::cmdlet::call::{Call, Preference};
use crate::cmdlet::object::WmsSession;
use crate::cmdlet::record::Record;
use crate::words;

/// One run of a cmdlet.
pub(super) struct CmdletRun {
    pub(super) call: Rc<Call>,
    pub(super) reporter: Reporter,
    manner: Manner,
    /// The hosts that were named so far, by the name; without one, this host.
    hosts: HashMap<Option<String>, Vec<Rc<TargetHost>>>,
    /// Hosts that gave no answer: nothing more is sent to them.
    lost: HashSet<String>,
    sessions: ObjectRows<WmsSession>,
    pub(super) outcomes: Option<ObjectRows<Outcome>>,
    /// The answer for the rest of this run, after `Yes to All` or `No to All`.
    for_all: Option<bool>,
    /// Something was done, or could have been.
    reached: bool,
    /// A host could not be reached.
    pub(super) unreachable: bool,
    /// Something else failed.
    pub(super) failed: bool,
}

/// Why a run ends before its end.
pub(super) enum Abort {
    /// An error was to stop it.
    Stopped,
    /// Nobody reads the output any more, or it cannot be written.
    Output(io::Error),
}

impl From<io::Error> for Abort {
    fn from(error: io::Error) -> Self {
        Abort::Output(error)
    }
}

impl From<Next> for Result<(), Abort> {
    fn from(next: Next) -> Self {
        match next {
            Next::GoOn => Ok(()),
            Next::Stop => Err(Abort::Stopped),
        }
    }
}

impl CmdletRun {
    pub(super) fn new(call: Call, manner: Manner, form: Form) -> Self {
        CmdletRun {
            reporter: Reporter::new(call.cmdlet, call.streams),
            sessions: ObjectRows::new(form.format()),
            outcomes: form.outcomes().map(ObjectRows::new),
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
        if self.call.confirm && PromptTerminal::open().is_none() {
            let error = Error::new(ErrorId::InvalidRequest, words::text!("cmdlet-cannot-ask"));
            let record = Record::of_failure(&error, error.message.clone(), None);
            let _ = self.reporter.error(&record);
            return Exit::Usage;
        }
        let ended = self.objects().await;
        let written = if self.call.cmdlet.verb == CmdletVerb::Get {
            self.sessions.end()
        } else {
            self.outcomes.as_mut().map_or(Ok(()), ObjectRows::end)
        };
        match ended.and_then(|()| Ok(written?)) {
            Err(Abort::Output(error)) if error.kind() != io::ErrorKind::BrokenPipe => {
                super::reporter::write_line(&mut io::stderr(), &format!("usher: cannot print: {error}"));
                Exit::Failed
            }
            // A reader that has seen enough is no failure; one that was there before stays one.
            Ok(()) | Err(Abort::Stopped | Abort::Output(_)) => self.exit(),
        }
    }

    fn exit(&self) -> Exit {
        match (self.failed, self.unreachable, self.reached) {
            (false, false, _) => Exit::Success,
            (false, true, false) => Exit::Unreachable,
            _ => Exit::Failed,
        }
    }

    /// Whether sessions are tried one after the other, because the first error may end the run or each one needs an answer.
    pub(super) fn is_in_turn(&self) -> bool {
        let stops = |preference| matches!(preference, Preference::Stop | Preference::Inquire);
        self.call.confirm || stops(self.call.streams.error) || stops(self.call.streams.warning)
    }

    /// How many hosts are asked at the same time.
    pub(super) fn at_once(&self) -> usize {
        self.manner.at_once
    }

    /// The hosts that a name stands for; none if it stands for nothing, which is said.
    pub(super) fn hosts_of(&mut self, server: Option<String>) -> Result<Vec<Rc<TargetHost>>, Abort> {
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
    pub(super) fn has_lost(&self, host: &TargetHost) -> bool {
        self.lost.contains(&host.name())
    }

    fn choose(&self, server: Option<&str>) -> Result<Vec<TargetHost>, Error> {
        let name = server.map(str::parse::<ServerName>).transpose();
        let name = name.map_err(|why| Error::new(ErrorId::InvalidRequest, why.to_string()))?;
        Ok(Hosts::choose(name.as_slice(), &self.manner)?.into_vec())
    }

    /// Sends a request to a host and reports the answer before anything else is done.
    pub(super) async fn in_turn(&mut self, host: Rc<TargetHost>, targets: Targets) -> Result<(), Abort> {
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
                let answer = self.call_host(&host, targets.clone(), self.call.what_if).await;
                self.report_answer(&host, &targets, answer)?;
            }
        }
        Ok(())
    }

    async fn call_host(
        &mut self,
        host: &TargetHost,
        targets: Targets,
        dry_run: bool,
    ) -> Result<HostAnswer, ClientError> {
        self.reporter.debug(&trace(&self.call, host));
        action::call_host(host, &self.call, targets, dry_run).await
    }

    /// Reports the answer of a host.
    pub(super) fn report_answer(
        &mut self,
        host: &TargetHost,
        targets: &Targets,
        answer: Result<HostAnswer, ClientError>,
    ) -> Result<(), Abort> {
        match answer {
            Ok(HostAnswer::Sessions(sessions)) => {
                self.reached = true;
                self.show_all(sessions, targets)
            }
            Ok(HostAnswer::Outcomes(outcomes)) => {
                self.reached = true;
                outcomes.into_iter().try_for_each(|outcome| self.report_outcome(outcome))
            }
            Err(error) => {
                if error.is_lost() {
                    self.lost.insert(host.name());
                }
                self.client_failed(host, targets, &error)
            }
        }
    }

    fn show_all(&mut self, sessions: Vec<(Session, Option<SessionThumbnail>)>, targets: &Targets) -> Result<(), Abort> {
        let Targets::Ids(ids) = targets else {
            return sessions.into_iter().try_for_each(|(session, thumbnail)| self.show(session, thumbnail));
        };
        let mut sessions: HashMap<u32, _> = sessions.into_iter().map(|shown| (shown.0.session_id, shown)).collect();
        for id in ids {
            let known = id.number().and_then(|number| sessions.get_mut(&number));
            let found = known.map(|(session, thumbnail)| (session.clone(), thumbnail.take()));
            match found {
                Some((session, thumbnail)) => self.show(session, thumbnail)?,
                None => self.not_found(id)?,
            }
        }
        Ok(())
    }

    fn show(&mut self, session: Session, thumbnail: Option<SessionThumbnail>) -> Result<(), Abort> {
        let thumbnail = match thumbnail {
            None => return Ok(self.sessions.push(WmsSession::from(session))?),
            Some(Ok(png)) => Some(self.sessions.thumbnail_cell(&png)),
            Some(Err(error)) => {
                let id = session.session_id.to_string();
                let message = crate::cli::output::sentence(&error.error, Some(&id));
                self.fail(&Record::of_failure(&error.error, message, Some((id, "UInt32"))))?;
                None
            }
        };
        Ok(self.sessions.push(WmsSession::from(session).with_thumbnail(thumbnail))?)
    }

    /// Asks before each session that would be acted on.
    async fn confirmed(&mut self, host: &TargetHost, targets: Targets) -> Result<(), Abort> {
        let planned = match self.call_host(host, targets.clone(), true).await {
            Ok(HostAnswer::Outcomes(planned)) => planned,
            other => return self.report_answer(host, &targets, other),
        };
        self.reached = true;
        for outcome in planned {
            match (outcome.result, outcome.session_id) {
                (OutcomeResult::Planned, Some(id)) => {
                    if self.approved(&outcome) {
                        let targets = Targets::Ids(vec![SessionRef::Id(id)]);
                        let answer = self.call_host(host, targets.clone(), false).await;
                        self.report_answer(host, &targets, answer)?;
                    }
                }
                _ => self.report_outcome(outcome)?,
            }
        }
        Ok(())
    }

    fn approved(&mut self, outcome: &Outcome) -> bool {
        if let Some(answer) = self.for_all {
            return answer;
        }
        let lines = [words::text!("ask-sure"), self.performing(outcome)];
        let answer = PromptTerminal::open()
            .and_then(|mut terminal| terminal.choose(&words::text!("ask-confirm"), &lines, &CONFIRM));
        match answer {
            Some(PromptAnswer::Yes) => true,
            Some(PromptAnswer::YesToAll) => *self.for_all.insert(true),
            Some(PromptAnswer::No) => false,
            // The end of input declines everything that was not answered.
            Some(PromptAnswer::NoToAll | PromptAnswer::Suspend) | None => *self.for_all.insert(false),
        }
    }
}

/// The request that a call makes of a host, for a caller who wants to know how it is done.
pub(super) fn trace(call: &Call, host: &TargetHost) -> String {
    let route = action::action(call, Targets::All, false).route();
    host.label().map_or_else(|| route.to_string(), |label| format!("{route} ({label})"))
}
