//! `usher watch`

use std::io::Write;

use clap::Args;

use super::{Context, Failure};
use crate::outcome::{Error, ErrorId, Exit};
use crate::transport::client::ClientError;
use crate::words;

/// Print session and lock events as they happen, one JSON object a line
#[derive(Debug, Args)]
pub struct Watch {}

impl Watch {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        context.trace("GET /v1/events");
        let mut events = context.client.stream("/v1/events").await?;
        let mut pending = Vec::new();
        let mut out = std::io::stdout();
        while let Some(bytes) = events.next().await? {
            pending.extend_from_slice(&bytes);
            while let Some(end) = pending.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = pending.drain(..=end).collect();
                // The other lines of a server-sent event are comments and separators.
                if let Some(json) = line.strip_prefix(b"data: ") {
                    out.write_all(json)?;
                    out.flush()?;
                }
            }
        }
        let error =
            Error::new(ErrorId::HostUnreachable, words::text("watch-stopped")).hint(words::text("watch-stopped-hint"));
        Err(Failure::from(ClientError { error, exit: Exit::Unreachable }))
    }
}
