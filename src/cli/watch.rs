//! `usher watch`

use std::io::Write;

use clap::Args;
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::hosts::{Host, Tally};
use super::{Context, Failure, output};
use crate::outcome::{Error, ErrorId, Exit};
use crate::transport::client::ClientError;
use crate::words;

/// Print session and lock events as they happen, one JSON object a line
#[derive(Debug, Args)]
pub struct Watch {}

impl Watch {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let mut tally = Tally::default();
        // Each goes on until its host ends it: none waits for another's turn.
        let mut all: FuturesUnordered<_> =
            context.hosts.iter().map(|host| async move { (host, follow(context, host).await) }).collect();
        while let Some((host, ended)) = all.next().await {
            match (ended, host.label()) {
                (Err(Failure::Client(lost)), Some(_)) => {
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
async fn follow(context: &Context, host: &Host) -> Result<(), Failure> {
    context.trace(host, "GET /v1/events");
    let mut events = host.client.stream("/v1/events").await?;
    let mut pending = Vec::new();
    while let Some(bytes) = events.next().await? {
        pending.extend_from_slice(&bytes);
        while let Some(end) = pending.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = pending.drain(..=end).collect();
            // The other lines of a server-sent event are comments and separators.
            if let Some(json) = line.strip_prefix(b"data: ") {
                print(json, host.label())?;
            }
        }
    }
    let stopped = match host.label() {
        Some(label) => words::with("watch-stopped-there", &[("host", label)]),
        None => words::text("watch-stopped"),
    };
    let error = Error::new(ErrorId::HostUnreachable, stopped).hint(words::text("watch-stopped-hint"));
    Err(Failure::from(ClientError { error, exit: Exit::Unreachable }))
}

/// Prints an event, with the host by the name that the caller gave.
fn print(json: &[u8], label: Option<&str>) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let event = label.and_then(|label| Some((label, serde_json::from_slice::<serde_json::Value>(json).ok()?)));
    match event {
        Some((label, mut event)) => {
            event["host"] = label.into();
            if event["session"].is_object() {
                event["session"]["host"] = label.into();
            }
            writeln!(out, "{event}")?;
        }
        None => out.write_all(json)?,
    }
    out.flush()?;
    Ok(())
}
