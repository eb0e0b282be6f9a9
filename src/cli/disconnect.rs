//! `usher disconnect`

use clap::Args;
use hyper::Method;

use super::confirm::{self, Approval};
use super::targets::TargetArguments;
use super::{Context, Failure, output};
use crate::outcome::{Exit, Outcome};
use crate::request::{DisconnectRequest, Targets};

/// Free the stations of sessions; the sessions live on and can be resumed
#[derive(Debug, Args)]
pub struct Disconnect {
    #[command(flatten)]
    targets: TargetArguments,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Ask before each session
    #[arg(long)]
    confirm: bool,
}

impl Disconnect {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let targets = self.targets.targets();
        let outcomes = if self.confirm && !self.dry_run {
            confirm::require_terminal()?;
            let planned = send(context, targets, true).await?;
            let Approval { approved, mut outcomes } = confirm::ask(planned)?;
            if !approved.is_empty() {
                outcomes.extend(send(context, Targets::Ids(approved), false).await?);
            }
            outcomes
        } else {
            send(context, targets, self.dry_run).await?
        };
        Ok(output::answer(&outcomes, || output::print(&outcomes, context.format), context.format)?)
    }
}

async fn send(context: &Context, targets: Targets, dry_run: bool) -> Result<Vec<Outcome>, Failure> {
    context.trace("POST /v1/sessions/disconnect");
    let request = DisconnectRequest { targets, dry_run };
    let path = "/v1/sessions/disconnect";
    Ok(context.client.send_json(Method::POST, path, &request).await?)
}
