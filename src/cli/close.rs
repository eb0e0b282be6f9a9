//! `usher close`

use clap::Args;
use usher_core::outcome::Exit;
use usher_core::request::{Action, CancelCloseRequest, CloseRequest, Message, Seconds};

use super::targets::TargetArguments;
use super::{CommandError, Context, act};

/// End sessions and see that all of their programs are gone
///
/// The programs of the session are asked to end, and those that do not are killed after a grace period. The
/// result is `done` once every process of the session was seen gone. Unsaved work is lost.
///
/// With --notice, the user first sees a countdown, and the command waits for its end. The countdown belongs to usherd:
/// it goes on when this command is interrupted, and when usherd is started again. `usher list` shows what is left of it,
/// and --cancel calls it off.
///
/// Only administrators may close the sessions of administrators and operators. You cannot close the session that you
/// call from.
#[derive(Debug, Args)]
pub struct Close {
    #[command(flatten)]
    targets: TargetArguments,
    /// Only show what would be done
    #[arg(long)]
    dry_run: bool,
    /// Ask before each session
    #[arg(long)]
    confirm: bool,
    /// First show the user a countdown of this length, such as 90s or 10m
    #[arg(long, value_name = "DURATION")]
    notice: Option<Seconds>,
    /// Call off the closes whose countdown runs
    #[arg(long, conflicts_with_all = ["dry_run", "confirm", "notice", "message"])]
    cancel: bool,
    /// The message beside the countdown
    #[arg(short, long, value_name = "TEXT", requires = "notice")]
    message: Option<Message>,
}

impl Close {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let Close { targets, dry_run, confirm, notice, cancel, message } = self;
        if cancel {
            let request = CancelCloseRequest { targets: targets.targets() };
            return act::act(context, Action::CancelClose(request)).await;
        }
        let action =
            |targets, dry_run| Action::Close(CloseRequest { targets, dry_run, notice, message: message.clone() });
        if confirm && !dry_run {
            act::confirmed(context, action, targets.targets()).await
        } else {
            act::act(context, action(targets.targets(), dry_run)).await
        }
    }
}
