//! `usher audit`

use std::io::Write;
use std::num::NonZeroU32;

use clap::Args;
use jiff::Timestamp;
use usher_core::audit::AuditRecord;
use usher_core::outcome::Exit;
use usher_core::request::{Action, AuditQuery, Name, SessionRef, Verb};

use super::hosts::TargetHost;
use super::moment::moment;
use super::output::{OutputFormat, Passing, Placed};
use super::{CommandError, Context, choices, read};
use crate::words::key;

mod follow;

/// Show who did what, when, from where and with what result
///
/// The log has a record of every request that would change something or look at a screen, also of those that
/// were refused. Only administrators may read it.
///
/// Without options, every record is shown, the oldest first. The settings of usherd say for how long records
/// are kept.
#[derive(Debug, Args)]
pub struct Audit {
    /// Show only records from this time on: 2026-03-02 09:41, a date, a time of day, yesterday, or a duration back from now such as 2h
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Timestamp>,
    /// Show only records up to this time
    #[arg(long, value_name = "TIME", value_parser = moment, conflicts_with = "follow")]
    until: Option<Timestamp>,
    /// Show only records of what this user did, or what was done to their sessions, by name or uid
    #[arg(short, long, value_name = "NAME")]
    user: Option<Name>,
    /// Show only records about this session
    #[arg(long, value_name = "ID")]
    session: Option<SessionRef>,
    /// Show only records of this action, such as lock, close or expire
    #[arg(long, value_name = "ACTION", value_parser = choices::audited(), hide_possible_values = true)]
    action: Option<Verb>,
    /// Show only so many records, the newest
    #[arg(short = 'n', long = "lines", value_name = "N")]
    last: Option<NonZeroU32>,
    /// Then show records as they come; without -n or --since, begin with the last ten
    #[arg(short, long)]
    follow: bool,
}

impl Audit {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let Audit { since, until, user, session, action, last, follow } = self;
        let query = AuditQuery { since, until, user, session, action, last };
        if follow {
            return follow::follow(context, query).await;
        }
        let query = Action::Audit(query);
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
