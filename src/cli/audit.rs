//! `usher audit`

use std::io::Write;

use clap::Args;
use jiff::{Timestamp, civil};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::output::{self, Format};
use super::{Context, Failure};
use crate::clock;
use crate::outcome::{Error, ErrorId, Exit};
use crate::request::{Name, Seconds, Verb};
use crate::store::AuditRecord;
use crate::transport::client::ClientError;

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
        context.trace(&format!("GET {path}"));
        let mut stream = context.client.stream(&path).await?;
        if context.format == Format::Json {
            // The answer is the array already, however long it is.
            let mut out = std::io::stdout();
            while let Some(bytes) = stream.next().await? {
                out.write_all(&bytes)?;
            }
            return Ok(Exit::Success);
        }
        let mut text = Vec::new();
        while let Some(bytes) = stream.next().await? {
            text.extend_from_slice(&bytes);
        }
        let records: Vec<AuditRecord> = serde_json::from_slice(&text).map_err(|e| {
            let error = Error::new(ErrorId::OutcomeUnknown, format!("the audit log cannot be read: {e}"));
            Failure::from(ClientError { error, exit: Exit::Unreachable })
        })?;
        output::print(&records, context.format)?;
        Ok(Exit::Success)
    }
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
