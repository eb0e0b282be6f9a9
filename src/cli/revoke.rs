//! `usher revoke`

use clap::Args;
use usher_core::outcome::Exit;
use usher_core::request::{Action, IdentityName, Revocation};

use super::{CommandError, Context, output};
use crate::words;

/// Refuse a remote identity from now on
///
/// The host refuses the identity's next request, ends what it is watching, and withdraws its unused
/// invitations. The files on the other machine become worthless.
///
/// To let the person in again, invite them by the same name.
#[derive(Debug, Args)]
pub struct Revoke {
    /// The identity, as `usher identities` shows it
    #[arg(value_name = "NAME")]
    name: IdentityName,
}

impl Revoke {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let host = context.hosts.only("revoke")?;
        let action = Action::Revoke(self.name.clone());
        context.trace(host, &action);
        let revocation: Revocation = host.client.call(&action).await?;
        match context.format {
            output::OutputFormat::Table | output::OutputFormat::List => {
                let key = match (revocation.changed, &revocation.identity) {
                    (true, _) => words::key!("revoke-done"),
                    (false, Some(_)) => words::key!("revoke-was"),
                    (false, None) => words::key!("revoke-withdrawn"),
                };
                eprintln!("{}", key.text(&[("name", self.name.as_str())]));
            }
            output::OutputFormat::Json | output::OutputFormat::Jsonl => {
                output::print(revocation.identity.into_iter().collect(), context.format)?;
            }
        }
        Ok(Exit::Success)
    }
}
