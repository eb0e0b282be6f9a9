//! `usher blocks`

use clap::Args;
use usher_core::outcome::Exit;
use usher_core::session::Rule;

use super::hosts::Host;
use super::output::Placed;
use super::{Context, Failure, read};

/// Show the standing rules: who set them, since when, until when
#[derive(Debug, Args)]
pub struct Blocks {}

impl Blocks {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let all = |_: &Host, rules: Vec<Rule>| (rules, Exit::Success);
        read::rows(context, "/v1/blocks", all, Placed::on).await
    }
}
