//! `usher lock`

use clap::Args;
use usher_core::outcome::Exit;
use usher_core::request::{Action, LockRequest, Message, Seconds};

use super::targets::TargetArguments;
use super::{CommandError, Context, act};

/// Cover sessions with a message that their users cannot dismiss
///
/// The message covers the whole screen, and keys and clicks reach no program until the session is unlocked.
/// Programs keep running; --freeze stops the user's other processes as well. Locking a session again replaces
/// its message.
///
/// The result is `done` only if the session was seen to be covered and its input to be held. The lock survives
/// a restart of usherd and a connection from another station (a seat, a remote client, an attached terminal).
/// You cannot lock the session that you call from.
#[derive(Debug, Args)]
pub struct Lock {
    #[command(flatten)]
    targets: TargetArguments,
    /// The message that the user sees: 1 to 1000 characters of any script
    #[arg(short, long, value_name = "TEXT")]
    message: Message,
    /// Unlock automatically after this time, such as 90s, 10m or 1h30m
    #[arg(long = "for", value_name = "DURATION")]
    duration: Option<Seconds>,
    /// Also stop the user's other processes until the session is unlocked
    #[arg(long)]
    freeze: bool,
}

impl Lock {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let request = LockRequest {
            targets: self.targets.targets(),
            message: self.message,
            duration: self.duration,
            freeze: self.freeze,
        };
        act::act(context, Action::Lock(request)).await
    }
}
