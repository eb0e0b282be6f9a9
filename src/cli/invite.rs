//! `usher invite`

use std::io::Write;

use clap::{Args, ValueEnum};
use hyper::Method;
use usher_core::outcome::Exit;
use usher_core::request::{Address, IdentityName, IdentityRole, Invitation, InviteRequest};

use super::output::{self, Format};
use super::{Context, Failure};
use crate::words;

/// Print a token with which somebody on another machine joins this host, once and soon
#[derive(Debug, Args)]
pub struct Invite {
    /// Who is invited, such as olga@laptop; whoever has the token chooses a free name if it is left out
    #[arg(value_name = "NAME")]
    name: Option<IdentityName>,
    /// What they may do
    #[arg(long, value_enum, value_name = "ROLE", default_value_t = RoleArgument::Operator)]
    role: RoleArgument,
    /// Where they reach this host, if its name and the numbers of its interfaces are not it
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
    pub(super) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let host = context.hosts.only("invite")?;
        context.trace(host, "POST /v1/identities/invite");
        let role = match self.role {
            RoleArgument::Operator => IdentityRole::Operator,
            RoleArgument::Administrator => IdentityRole::Administrator,
        };
        let request = InviteRequest { name: self.name, role, addresses: self.address };
        let invitation: Invitation = host.client.send_json(Method::POST, "/v1/identities/invite", &request).await?;
        match context.format {
            Format::Table | Format::List => {
                writeln!(std::io::stdout(), "{}", invitation.token)?;
                let addresses: Vec<String> = invitation.addresses.iter().map(ToString::to_string).collect();
                let until = invitation.expires.to_zoned(jiff::tz::TimeZone::system()).strftime("%H:%M:%S").to_string();
                let values = [("role", role.as_str()), ("until", &until), ("addresses", &addresses.join(", "))];
                eprintln!("{}", output::printable(&words::with("invite-what-next", &values)));
            }
            Format::Json | Format::Jsonl => output::print(vec![invitation], context.format)?,
        }
        Ok(Exit::Success)
    }
}
