//! `usher unlock`

use clap::Args;
use usher_core::outcome::Exit;
use usher_core::request::UnlockRequest;

use super::targets::TargetArguments;
use super::{Context, Failure, act};

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
        let request = UnlockRequest { targets: self.targets.targets(), exempt: self.exempt };
        act::act(context, request).await
    }
}
