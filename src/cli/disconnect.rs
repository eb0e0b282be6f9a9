//! `usher disconnect`

use clap::Args;
use usher_core::outcome::Exit;
use usher_core::request::{Action, DisconnectRequest};

use super::targets::TargetArguments;
use super::{CommandError, Context, act};

/// Send away whoever sits at sessions; the sessions live on
///
/// A station is where a person sits at a session: a seat of the host, a remote client, or a terminal that `usher attach`
/// connected. This verb frees it.
///
/// Whoever sits at the session is sent away, and their programs keep running. The user returns to a text
/// session with `usher attach`, and to a remote desktop by logging in again.
///
/// At a seat of the host the display manager's greeter comes to the front, else a login at another virtual terminal. The session lives
/// on behind it, unlocked: whoever switches back, as by Ctrl-Alt-F1, sits at it.
///
/// usher refuses to disconnect a session that nobody could return to, such as a plain ssh login, and says why.
/// You cannot disconnect the session that you call from.
#[derive(Debug, Args)]
pub struct Disconnect {
    #[command(flatten)]
    targets: TargetArguments,
    /// Only show what would be done
    #[arg(long)]
    dry_run: bool,
    /// Ask before each session
    #[arg(long)]
    confirm: bool,
}

impl Disconnect {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let action = |targets, dry_run| Action::Disconnect(DisconnectRequest { targets, dry_run });
        let targets = self.targets.targets();
        if self.confirm && !self.dry_run {
            act::confirmed(context, action, targets).await
        } else {
            act::act(context, action(targets, self.dry_run)).await
        }
    }
}
