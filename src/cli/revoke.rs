//! `usher revoke`

use clap::Args;
use usher_core::outcome::Exit;
use usher_core::request::{IdentityName, Revocation};

use super::{Context, Failure, output};
use crate::words;

/// Refuse somebody who joined this host, from this moment on, and withdraw their open invitations
#[derive(Debug, Args)]
pub struct Revoke {
    /// Who, as `usher identities` shows them
    #[arg(value_name = "NAME")]
    name: IdentityName,
}

impl Revoke {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let host = context.hosts.only("revoke")?;
        let path = format!("/v1/identities/{}", self.name);
        context.trace(host, &format!("DELETE {path}"));
        let revocation: Revocation = host.client.delete(&path).await?;
        match context.format {
            output::Format::Table | output::Format::List => {
                let key = match (revocation.changed, &revocation.identity) {
                    (true, _) => "revoke-done",
                    (false, Some(_)) => "revoke-was",
                    (false, None) => "revoke-withdrawn",
                };
                eprintln!("{}", words::with(key, &[("name", self.name.as_str())]));
            }
            output::Format::Json | output::Format::Jsonl => {
                output::print(revocation.identity.into_iter().collect(), context.format)?;
            }
        }
        Ok(Exit::Success)
    }
}
