//! `usher audit`

use std::io::Write;

use clap::Args;
use jiff::{Timestamp, civil};
use usher_core::audit::AuditRecord;
use usher_core::clock;
use usher_core::outcome::Exit;
use usher_core::request::{Action, AuditQuery, Name, Seconds, Verb};

use super::hosts::TargetHost;
use super::output::{OutputFormat, Passing, Placed};
use super::{CommandError, Context, read};
use crate::words::key;

/// Show who did what, when, from where and with what result
///
/// The log has a record of every request that would change something or look at a screen, also of those that
/// were refused. Only administrators may read it.
///
/// Without options, every record is shown, the oldest first. The settings of usherd say for how long records
/// are kept.
#[derive(Debug, Args)]
pub struct Audit {
    /// Show only records from this time on: an RFC 3339 time, a date, or a duration back from now such as 2h
    #[arg(long, value_name = "T", value_parser = moment)]
    since: Option<Timestamp>,
    /// Show only records of what this user did, or what was done to their sessions, by name or uid
    #[arg(long, value_name = "NAME")]
    user: Option<Name>,
    /// Show only records of this action, such as lock, close or expire
    #[arg(long, value_name = "A")]
    action: Option<Verb>,
}

impl Audit {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let Audit { since, user, action } = self;
        let query = Action::Audit(AuditQuery { since, user, action });
        if context.format == OutputFormat::Json && !context.hosts.are_named() {
            return print_array(context, &query).await;
        }
        let all = |_: &TargetHost, records: Vec<AuditRecord>| (records, Exit::Success);
        read::rows(context, &query, all, Placed::on, key!("none-records")).await
    }
}

/// The answer is the array already, however long it is.
async fn print_array(context: &Context, query: &Action) -> Result<Exit, CommandError> {
    let host = context.hosts.only("audit")?;
    context.trace(host, query);
    let mut stream = host.client.call_stream(query).await?;
    let mut out = std::io::stdout();
    let mut passing = Passing::default();
    while let Some(bytes) = stream.next().await? {
        passing.write(&mut out, &bytes)?;
    }
    out.flush()?;
    Ok(Exit::Success)
}

/// A point in time as people write one.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    if let Ok(span) = text.parse::<Seconds>() {
        return clock::now().checked_sub(span.as_duration()).map_err(|e| e.to_string());
    }
    let date = text.parse::<civil::DateTime>();
    let zoned = date.ok().and_then(|date| date.to_zoned(jiff::tz::TimeZone::system()).ok());
    zoned.map(|time| time.timestamp()).ok_or_else(|| {
        "write it as 2026-03-02T09:41:00Z, as 2026-03-02, or as a duration back from now such as 2h".to_owned()
    })
}
