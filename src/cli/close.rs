//! `usher close`

use std::time::Duration;

use clap::Args;
use hyper::Method;

use super::confirm::{self, Approval};
use super::targets::TargetArguments;
use super::{Context, Failure, output};
use crate::outcome::{Exit, Outcome};
use crate::request::{CloseRequest, Message, Seconds, Targets};

/// End sessions: their programs are asked to go, killed if they do not, and seen gone
#[derive(Debug, Args)]
pub struct Close {
    #[command(flatten)]
    targets: TargetArguments,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Ask before each session
    #[arg(long)]
    confirm: bool,
    /// Show the user a countdown of this length first, such as 90s or 10m
    #[arg(long, value_name = "DURATION")]
    notice: Option<Seconds>,
    /// What the countdown says
    #[arg(long, value_name = "TEXT", requires = "notice")]
    message: Option<Message>,
}

impl Close {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let Close { targets, dry_run, confirm, notice, message } = self;
        let request = |targets, dry_run| CloseRequest { targets, dry_run, notice, message: message.clone() };
        let targets = targets.targets();
        let outcomes = if confirm && !dry_run {
            confirm::require_terminal()?;
            let planned = send(context, request(targets, true)).await?;
            let Approval { approved, mut outcomes } = confirm::ask(planned)?;
            if !approved.is_empty() {
                outcomes.extend(send(context, request(Targets::Ids(approved), false)).await?);
            }
            outcomes
        } else {
            send(context, request(targets, dry_run)).await?
        };
        Ok(output::answer(&outcomes, || output::print(&outcomes, context.format), context.format)?)
    }
}

async fn send(context: &Context, request: CloseRequest) -> Result<Vec<Outcome>, Failure> {
    context.trace("POST /v1/sessions/close");
    // The daemon answers when the notice has passed, and the programs were asked, killed and seen gone.
    let notice = request.notice.map_or(Duration::ZERO, Seconds::as_duration);
    let longer = Duration::from_secs(30).saturating_add(notice);
    Ok(context.client.send_json_patiently(Method::POST, "/v1/sessions/close", &request, longer).await?)
}
