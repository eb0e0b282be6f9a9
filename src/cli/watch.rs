//! `usher watch`

use std::io::Write;
use std::time::Duration;

use clap::Args;
use futures_util::stream::{FuturesUnordered, StreamExt};
use hyper::body::Bytes;
use serde_json::{Map, Value};
use usher_core::outcome::{Error, ErrorId, Exit};
use usher_core::request::Action;

use super::hosts::{Tally, TargetHost};
use super::{CommandError, Context, output};
use crate::client::{AnswerStream, ClientError};
use crate::words;

/// The longest event; a session's is far below it.
const LONGEST: usize = 1 << 20;
/// How long a daemon may say nothing.
const SILENCE: Duration = Duration::from_secs(60);

/// Print session and lock events as they happen, one JSON object a line
///
/// Each event says what happened, and holds the session or the rule as it is afterwards. Ordinary users see the
/// events of their own sessions.
///
/// If this command is too slow, usherd drops events and sends `lagged`: ask `usher list` for the present state
/// then. The command ends when usherd stops.
#[derive(Debug, Args)]
pub struct Watch {}

impl Watch {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let mut tally = Tally::default();
        // Each goes on until its host ends it: none waits for another's turn.
        let mut all: FuturesUnordered<_> =
            context.hosts.iter().map(|host| async move { (host, follow(context, host).await) }).collect();
        while let Some((host, ended)) = all.next().await {
            match (ended, host.label()) {
                (Err(CommandError::Client(lost)), Some(_)) => {
                    output::print_error(&lost.error);
                    tally.count(host, &Err::<(), _>(*lost));
                }
                (ended, _) => ended?,
            }
        }
        Ok(tally.exit(Exit::Failed))
    }
}

/// Prints what happens on a host until it ends.
async fn follow(context: &Context, host: &TargetHost) -> Result<(), CommandError> {
    context.trace(host, &Action::Watch);
    let mut events = host.client.call_stream(&Action::Watch).await?;
    let mut pending = Vec::new();
    while let Some(bytes) = next_piece(&mut events, host).await? {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            pending.extend_from_slice(piece);
            if pending.len() > LONGEST {
                return Err(no_event(host));
            }
            if pending.ends_with(b"\n") {
                // The other lines of a server-sent event are comments and separators.
                if let Some(json) = pending.strip_prefix(b"data: ") {
                    print(json, host)?;
                }
                pending.clear();
            }
        }
    }
    let stopped = match host.label() {
        Some(label) => words::with!("watch-stopped-there", &[("host", label)]),
        None => words::text!("watch-stopped"),
    };
    Err(ended(stopped))
}

/// The next piece of a stream. A daemon says something every 15 seconds: where nothing is heard for long, nobody is there.
async fn next_piece(events: &mut AnswerStream, host: &TargetHost) -> Result<Option<Bytes>, CommandError> {
    match tokio::time::timeout(SILENCE, events.next()).await {
        Ok(heard) => Ok(heard?),
        Err(_) => Err(ended(words::with!("watch-silent", &[("host", &host.name())]))),
    }
}

/// Prints an event, with the host by the name that the caller gave.
fn print(json: &[u8], host: &TargetHost) -> Result<(), CommandError> {
    let Ok(mut event) = serde_json::from_slice::<Map<String, Value>>(json) else { return Err(no_event(host)) };
    if let Some(label) = host.label() {
        event.insert("host".to_owned(), label.into());
        if let Some(Value::Object(session)) = event.get_mut("session") {
            session.insert("host".to_owned(), label.into());
        }
    }
    let mut out = std::io::stdout().lock();
    output::print_line(&mut out, &event)?;
    out.flush()?;
    Ok(())
}

/// The error for a line that is not one of usherd's events.
fn no_event(host: &TargetHost) -> CommandError {
    ended(words::with!("watch-no-event", &[("host", &host.name())]))
}

fn ended(why: String) -> CommandError {
    let error = Error::new(ErrorId::HostUnreachable, why).hint(words::text!("watch-stopped-hint"));
    CommandError::from(ClientError { error, exit: Exit::Unreachable })
}
