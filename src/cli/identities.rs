//! `usher identities`

use clap::Args;
use usher_core::outcome::Exit;
use usher_core::request::{Action, Identity};

use super::hosts::TargetHost;
use super::output::Placed;
use super::{CommandError, Context, read};
use crate::words::key;

/// Show who joined this host from other machines
///
/// The table shows each identity's role, since when it is known, who invited it, and when it was revoked. Only
/// administrators may see it, on the host itself.
///
/// `usher invite` makes an invitation, and `usher revoke` refuses an identity from then on.
#[derive(Debug, Args)]
pub struct ListIdentities {}

impl ListIdentities {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let all = |_: &TargetHost, identities: Vec<Identity>| (identities, Exit::Success);
        read::rows(context, &Action::Identities, all, Placed::on, key!("none-identities")).await
    }
}
