//! `usher rename`

use clap::Args;
use usher_core::outcome::Exit;
use usher_core::request::{Action, RenameRequest, SessionName, SessionRef};

use super::{CommandError, Context, act};

/// Give a text session another name
///
/// The name stands for the session's ID wherever one is, as long as the session lives. It begins with a letter and
/// does not look like an ID. Two sessions of one user never have the same name.
///
/// A name alone means your own session; another user's session is named by USER/NAME. Operators may rename standard
/// users' sessions, and administrators all.
#[derive(Debug, Args)]
pub struct Rename {
    /// The session's ID, as `usher list` shows it, or its name
    #[arg(value_name = "ID")]
    id: SessionRef,
    /// Its new name
    #[arg(value_name = "NAME")]
    name: SessionName,
}

impl Rename {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        context.hosts.only("rename")?;
        act::act(context, Action::Rename(self.id, RenameRequest { name: self.name })).await
    }
}
