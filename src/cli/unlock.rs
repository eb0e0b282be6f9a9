//! `usher unlock`

use clap::Args;
use usher_core::outcome::Exit;
use usher_core::request::{Action, UnlockRequest};

use super::targets::TargetArguments;
use super::{CommandError, Context, act};

/// Give locked sessions back to their users
///
/// The cover, which hides the screen of a locked session and holds its input, disappears, and the session is shown as it is now. Keys that were typed while it was locked reach
/// nobody. Unlocking a session that is not locked changes nothing.
///
/// A standing rule, which `usher block` sets, locks every session that it covers. Such a session stays locked: the command fails with StillBlocked and names the rule.
/// Remove the rule with `usher unblock`, or take the session out of every rule with --exempt.
#[derive(Debug, Args)]
pub struct Unlock {
    #[command(flatten)]
    targets: TargetArguments,
    /// Take the sessions out of every standing rule that covers them
    #[arg(long)]
    exempt: bool,
}

impl Unlock {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let request = UnlockRequest { targets: self.targets.targets(), exempt: self.exempt };
        act::act(context, Action::Unlock(request)).await
    }
}
