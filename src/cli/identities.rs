//! `usher identities`

use clap::Args;
use usher_core::outcome::Exit;
use usher_core::request::{Action, Identity, WebSignIn, WhichSignIn};

use super::hosts::TargetHost;
use super::output::{self, OutputFormat, Placed};
use super::{CommandError, Context, read};
use crate::words::key;

/// Show who joined this host from other machines, or is signed in on its web page
///
/// The table shows each identity's role, since when it is known, who invited it, and when it was revoked. Only
/// administrators may see it, on the host itself.
///
/// `usher invite` makes an invitation, and `usher revoke` refuses an identity from then on.
///
/// With --web the table shows who is signed in on the web page that `usher dashboard enable` serves. --end ends a
/// sign-in: the person's next request is refused, and what they are watching ends.
#[derive(Debug, Args)]
pub struct ListIdentities {
    /// Show who is signed in on the web page
    #[arg(long)]
    web: bool,
    /// End this sign-in
    #[arg(long, value_name = "ID", requires = "web")]
    end: Option<u32>,
}

impl ListIdentities {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        if let Some(id) = self.end {
            return end(context, id).await;
        }
        if self.web {
            let all = |_: &TargetHost, sign_ins: Vec<WebSignIn>| (sign_ins, Exit::Success);
            return read::rows(context, &Action::SignIns, all, Placed::on, key!("none-sign-ins")).await;
        }
        let all = |_: &TargetHost, identities: Vec<Identity>| (identities, Exit::Success);
        read::rows(context, &Action::Identities, all, Placed::on, key!("none-identities")).await
    }
}

async fn end(context: &Context, id: u32) -> Result<Exit, CommandError> {
    let host = context.hosts.only("identities")?;
    let action = Action::SignOut(WhichSignIn::Number(id));
    context.trace(host, &action);
    let ended: Vec<WebSignIn> = host.client.call(&action).await?;
    match context.format {
        OutputFormat::Table | OutputFormat::List => {
            for WebSignIn { user, .. } in ended {
                eprintln!("{}", key!("sign-in-ended").text(&[("user", &user)]));
            }
        }
        OutputFormat::Json | OutputFormat::Jsonl => output::print(ended, context.format)?,
    }
    Ok(Exit::Success)
}
