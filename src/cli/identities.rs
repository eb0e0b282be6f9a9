//! `usher identities`

use clap::Args;
use usher_core::outcome::Exit;
use usher_core::request::Identity;

use super::hosts::Host;
use super::output::Placed;
use super::{Context, Failure, read};

/// Show who joined this host from other machines: their roles, since when, and who was revoked
#[derive(Debug, Args)]
pub struct Identities {}

impl Identities {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let all = |_: &Host, identities: Vec<Identity>| (identities, Exit::Success);
        read::rows(context, "/v1/identities", all, Placed::on).await
    }
}
