//! `usher unlock`

use clap::Args;
use hyper::Method;

use super::targets::TargetArguments;
use super::{Context, Failure, output};
use crate::outcome::{Exit, Outcome};
use crate::request::UnlockRequest;

/// Give locked sessions back to their users
#[derive(Debug, Args)]
pub struct Unlock {
    #[command(flatten)]
    targets: TargetArguments,
    /// Take the sessions out of every standing rule that covers them
    #[arg(long)]
    exempt: bool,
}

impl Unlock {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        context.trace("POST /v1/sessions/unlock");
        let request = UnlockRequest { targets: self.targets.targets(), exempt: self.exempt };
        let outcomes: Vec<Outcome> = context.client.send_json(Method::POST, "/v1/sessions/unlock", &request).await?;
        Ok(output::answer(&outcomes, || output::print(&outcomes, context.format), context.format)?)
    }
}
