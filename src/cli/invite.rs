//! `usher invite`

use std::io::Write;

use clap::{Args, ValueEnum};
use usher_core::outcome::Exit;
use usher_core::request::{Action, Address, IdentityName, IdentityRole, Invitation, InviteRequest};

use super::output::{self, OutputFormat};
use super::{CommandError, Context};
use crate::words;

/// Print a token with which somebody joins this host from another machine
///
/// The token works once, within 15 minutes. It is as good as a password: send it as you would send one. Whoever
/// joins with it gets the role that --role names.
///
/// The first invitation starts usher-gateway, which listens on the network from then on. Without NAME, the
/// person who has the token chooses a free name.
#[derive(Debug, Args)]
pub struct Invite {
    /// The name of the invited person, such as olga@laptop [default: the person who has the token chooses]
    #[arg(value_name = "NAME")]
    name: Option<IdentityName>,
    /// The role of whoever joins with the token
    #[arg(long, value_enum, value_name = "ROLE", default_value_t = RoleArgument::Operator)]
    role: RoleArgument,
    /// Where the other machine reaches this host [default: its name and the addresses of its interfaces]
    #[arg(long, value_name = "HOST[:PORT]")]
    address: Vec<Address>,
}

/// A role as the command line names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RoleArgument {
    /// Manages standard users' sessions
    Operator,
    /// Manages every session
    Administrator,
}

impl Invite {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let host = context.hosts.only("invite")?;
        let role = match self.role {
            RoleArgument::Operator => IdentityRole::Operator,
            RoleArgument::Administrator => IdentityRole::Administrator,
        };
        let action = Action::Invite(InviteRequest { name: self.name, role, addresses: self.address });
        context.trace(host, &action);
        let invitation: Invitation = host.client.call(&action).await?;
        match context.format {
            OutputFormat::Table | OutputFormat::List => {
                writeln!(std::io::stdout(), "{}", invitation.token)?;
                let addresses: Vec<String> = invitation.addresses.iter().map(ToString::to_string).collect();
                let until =
                    invitation.expires.to_zoned(usher_core::clock::local_zone()).strftime("%H:%M:%S").to_string();
                let values = [("role", role.as_str()), ("until", &until), ("addresses", &addresses.join(", "))];
                eprintln!("{}", output::printable(&words::with!("invite-what-next", &values)));
            }
            OutputFormat::Json | OutputFormat::Jsonl => output::print(vec![invitation], context.format)?,
        }
        Ok(Exit::Success)
    }
}
