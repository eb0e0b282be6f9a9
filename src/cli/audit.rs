//! `usher audit`

use std::io::Write;

use clap::Args;
use jiff::{Timestamp, civil};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use usher_core::audit::AuditRecord;
use usher_core::clock;
use usher_core::outcome::Exit;
use usher_core::request::{Name, Seconds, Verb};

use super::hosts::Host;
use super::output::{Format, Passing, Placed};
use super::{Context, Failure, read};

/// Show who did what, when, from where, to which sessions, with what result
#[derive(Debug, Args)]
pub struct Audit {
    /// Only records of this time or later: an RFC 3339 time, a date, or a duration back from now such as 2h
    #[arg(long, value_name = "T", value_parser = moment)]
    since: Option<Timestamp>,
    /// Only records by this user or about their sessions
    #[arg(long, value_name = "NAME")]
    user: Option<Name>,
    /// Only records of this action, such as lock, close or expire
    #[arg(long, value_name = "A")]
    action: Option<Verb>,
}

impl Audit {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let since = self.since.map(|time| format!("since={}", encoded(&time.to_string())));
        let user = self.user.map(|name| format!("user={}", encoded(name.as_str())));
        let action = self.action.map(|verb| format!("action={verb}"));
        let query: Vec<String> = since.into_iter().chain(user).chain(action).collect();
        let path = format!("/v1/audit?{}", query.join("&"));
        if context.format == Format::Json && !context.hosts.are_named() {
            return print_array(context, &path).await;
        }
        let all = |_: &Host, records: Vec<AuditRecord>| (records, Exit::Success);
        read::rows(context, &path, all, Placed::on).await
    }
}

/// The answer is the array already, however long it is.
async fn print_array(context: &Context, path: &str) -> Result<Exit, Failure> {
    let host = context.hosts.only("audit")?;
    context.trace(host, &format!("GET {path}"));
    let mut stream = host.client.stream(path).await?;
    let mut out = std::io::stdout();
    let mut passing = Passing::default();
    while let Some(bytes) = stream.next().await? {
        passing.write(&mut out, &bytes)?;
    }
    out.flush()?;
    Ok(Exit::Success)
}

/// A point in time as people write one.
fn moment(text: &str) -> Result<Timestamp, String> {
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
