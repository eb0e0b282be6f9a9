//! `usher disconnect`

use clap::Args;
use usher_core::outcome::Exit;
use usher_core::request::DisconnectRequest;

use super::targets::TargetArguments;
use super::{Context, Failure, act};

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
        let request = |targets, dry_run| DisconnectRequest { targets, dry_run };
        let targets = self.targets.targets();
        if self.confirm && !self.dry_run {
            act::confirmed(context, request, targets).await
        } else {
            act::act(context, request(targets, self.dry_run)).await
        }
    }
}
