//! `usher close`

use clap::Args;
use usher_core::outcome::Exit;
use usher_core::request::{CloseRequest, Message, Seconds};

use super::targets::TargetArguments;
use super::{Context, Failure, act};

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
        if confirm && !dry_run {
            act::confirmed(context, request, targets.targets()).await
        } else {
            act::act(context, request(targets.targets(), dry_run)).await
        }
    }
}
