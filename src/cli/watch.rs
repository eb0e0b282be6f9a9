//! `usher watch`

use std::io::Write;
use std::time::Duration;

use clap::Args;
use futures_util::stream::{FuturesUnordered, StreamExt};
use hyper::body::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value};
use usher_core::clock;
use usher_core::outcome::{Error, ErrorId, Exit};
use usher_core::request::{Action, WatchQuery};

use super::hosts::{Tally, TargetHost};
use super::output::{self, EventRows};
use super::{CommandError, Context, moment};
use crate::client::events::{EventReader, SILENCE};
use crate::client::{AnswerStream, ClientError};
use crate::words;

/// How long to wait before a daemon that is gone is tried again: at first, and at most.
const RETRY: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(3)];

/// Show what happens to sessions and rules, as it happens
///
/// A rule is what `usher block` sets. On a terminal this is a table. In a pipe, and with --output jsonl, it is one JSON object a line, which says what
/// happened and holds the session or the rule as it is afterwards. Ordinary users see the events of their own sessions.
///
/// When usherd ends, or the connection to its host, this command waits for it and goes on. What happened meanwhile is
/// told as far as usherd has kept it. Where something is missing, as after a restart of usherd or when this command reads
/// too slowly, the event is `lagged`: ask `usher list` for the present state then.
#[derive(Debug, Args)]
pub struct Watch {
    /// First show what happened from this time on, as far as usherd has kept it: an RFC 3339 time, a date, or a duration back from now such as 10m
    #[arg(long, value_name = "TIME", value_parser = moment::moment)]
    since: Option<Timestamp>,
}

impl Watch {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let mut tally = Tally::default();
        let rows = EventRows::new(context.event_format(), context.hosts.iter().filter_map(TargetHost::label));
        let rows = &std::cell::RefCell::new(rows);
        let since = self.since;
        // Each goes on until its host refuses: none waits for another's turn.
        let mut all: FuturesUnordered<_> = context
            .hosts
            .iter()
            .map(|host| async move { (host, Follower::new(context, host, since).go_on(rows).await) })
            .collect();
        while let Some((host, ended)) = all.next().await {
            match (ended, host.label()) {
                (CommandError::Client(lost), Some(_)) => {
                    output::print_error(&lost.error);
                    tally.count(host, &Err::<(), _>(*lost));
                }
                (ended, _) => return Err(ended),
            }
        }
        Ok(tally.exit(Exit::Failed))
    }
}

/// How following a host came to an end.
enum Stop {
    /// The host is not there at the moment.
    Lost(ClientError),
    /// It is there and will not do it, or nobody reads what it says.
    Over(CommandError),
}

impl From<ClientError> for Stop {
    fn from(error: ClientError) -> Self {
        match error.error.id {
            ErrorId::HostUnreachable | ErrorId::OutcomeUnknown => Stop::Lost(error),
            _ => Stop::Over(error.into()),
        }
    }
}

/// Whoever follows one host.
struct Follower<'c> {
    context: &'c Context,
    host: &'c TargetHost,
    query: WatchQuery,
    /// The host was reached once.
    reached: bool,
    /// How long to wait before the next try.
    wait: Duration,
}

impl<'c> Follower<'c> {
    fn new(context: &'c Context, host: &'c TargetHost, since: Option<Timestamp>) -> Self {
        Follower { context, host, query: WatchQuery { since, ..WatchQuery::default() }, reached: false, wait: RETRY[0] }
    }

    /// Prints what happens on the host, also after it was away, until it refuses or cannot be reached at first.
    async fn go_on(mut self, rows: &std::cell::RefCell<EventRows>) -> CommandError {
        let mut complaint = None;
        loop {
            let lost = match self.follow(rows, &mut complaint).await {
                Stop::Over(error) => return error,
                Stop::Lost(error) if !self.reached => return error.into(),
                Stop::Lost(error) => error.error,
            };
            // What is wrong is said once for as long as it stays so.
            if complaint.as_ref() != Some(&lost.message) {
                let values = [("host", self.host.name()), ("why", lost.message.clone())];
                let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
                eprintln!("usher: {}", output::printable(&words::with!("watch-waits", &values)));
                complaint = Some(lost.message);
            }
            tokio::time::sleep(self.wait).await;
            self.wait = (self.wait * 2).min(RETRY[1]);
        }
    }

    /// Prints what happens on the host for as long as one connection lasts.
    async fn follow(&mut self, rows: &std::cell::RefCell<EventRows>, complaint: &mut Option<String>) -> Stop {
        match self.follow_once(rows, complaint).await {
            Ok(never) => match never {},
            Err(stop) => stop,
        }
    }

    async fn follow_once(
        &mut self,
        rows: &std::cell::RefCell<EventRows>,
        complaint: &mut Option<String>,
    ) -> Result<std::convert::Infallible, Stop> {
        let action = Action::Watch(self.query.clone());
        self.context.trace(self.host, &action);
        let mut events = self.host.client.call_stream(&action).await?;
        if self.query.since.is_some() {
            self.host.client.require_understood(&events, "--since").await?;
        }
        if complaint.take().is_some() {
            eprintln!("usher: {}", output::printable(&words::with!("watch-back", &[("host", &self.host.name())])));
        }
        // A daemon that numbers nothing cannot tell what was missed.
        if self.reached && self.query.after.is_none() {
            self.print(rows, lagged())?;
        }
        (self.reached, self.wait, self.query.since) = (true, RETRY[0], None);
        let mut block = EventReader::default();
        while let Some(bytes) = next_piece(&mut events, self.host).await? {
            for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
                if !block.take(piece) {
                    return Err(Stop::Over(no_event(self.host)));
                }
                let Some(whole) = block.whole() else { continue };
                if let Some(json) = whole.data {
                    let event = serde_json::from_slice(&json).map_err(|_| Stop::Over(no_event(self.host)))?;
                    if whole.denied {
                        return Err(denied(event));
                    }
                    self.print(rows, event)?;
                }
                // Only what was printed is not asked for again.
                self.query.after = whole.id.or(self.query.after);
            }
        }
        Err(gone(words::text!("watch-stopped")))
    }

    /// Prints an event, with the host by the name that the caller gave.
    fn print(&self, rows: &std::cell::RefCell<EventRows>, mut event: Map<String, Value>) -> Result<(), Stop> {
        if let Some(label) = self.host.label() {
            event.insert("host".to_owned(), label.into());
            if let Some(Value::Object(session)) = event.get_mut("session") {
                session.insert("host".to_owned(), label.into());
            }
        }
        let printed = rows.borrow_mut().push(event).and_then(|()| std::io::stdout().flush());
        printed.map_err(|error| Stop::Over(error.into()))
    }
}

/// The event that says that something is missing.
fn lagged() -> Map<String, Value> {
    let members = [("time", clock::now().to_string().into()), ("event", "lagged".into())];
    let nothing = [("session", Value::Null), ("rule", Value::Null)];
    members.into_iter().chain(nothing).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The host's word that it tells this caller nothing more.
fn denied(body: Map<String, Value>) -> Stop {
    let unsaid = || Error::new(ErrorId::AccessDenied, words::text!("watch-stopped"));
    let error = body.get("error").and_then(|error| serde_json::from_value(error.clone()).ok()).unwrap_or_else(unsaid);
    Stop::Over(ClientError { error, exit: Exit::Failed }.into())
}

/// The next piece of a stream. A daemon says something every 15 seconds: where nothing is heard for long, nobody is there.
async fn next_piece(events: &mut AnswerStream, host: &TargetHost) -> Result<Option<Bytes>, Stop> {
    match tokio::time::timeout(SILENCE, events.next()).await {
        Ok(heard) => Ok(heard?),
        Err(_) => Err(gone(words::with!("watch-silent", &[("host", &host.name())]))),
    }
}

fn gone(why: String) -> Stop {
    Stop::Lost(ClientError { error: Error::new(ErrorId::HostUnreachable, why), exit: Exit::Unreachable })
}

/// The error for a line that is not one of usherd's events.
fn no_event(host: &TargetHost) -> CommandError {
    let why = words::with!("watch-no-event", &[("host", &host.name())]);
    let error = Error::new(ErrorId::HostUnreachable, why).hint(words::text!("watch-stopped-hint"));
    CommandError::from(ClientError { error, exit: Exit::Unreachable })
}
