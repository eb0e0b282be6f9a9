//! `usher lock`

use clap::Args;
use usher_core::outcome::Exit;
use usher_core::request::{LockRequest, Message, Seconds};

use super::targets::TargetArguments;
use super::{Context, Failure, act};

/// Cover sessions with a message that their users cannot dismiss
#[derive(Debug, Args)]
pub struct Lock {
    #[command(flatten)]
    targets: TargetArguments,
    /// What the user reads: 1 to 1000 characters of any script
    #[arg(long, value_name = "TEXT")]
    message: Message,
    /// Unlock by itself after this time, such as 90s, 10m or 1h30m
    #[arg(long = "for", value_name = "DURATION")]
    duration: Option<Seconds>,
    /// Also stop the user's other processes until the session is unlocked
    #[arg(long)]
    freeze: bool,
}

impl Lock {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let request = LockRequest {
            targets: self.targets.targets(),
            message: self.message,
            duration: self.duration,
            freeze: self.freeze,
        };
        act::act(context, request).await
    }
}
