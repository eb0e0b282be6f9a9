//! `usher blocks`

use clap::Args;

use super::{Context, Failure, output};
use crate::outcome::Exit;
use crate::session::Rule;

/// Show the standing rules: who set them, since when, until when
#[derive(Debug, Args)]
pub struct Blocks {}

impl Blocks {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        context.trace("GET /v1/blocks");
        let rules: Vec<Rule> = context.client.get("/v1/blocks").await?;
        output::print(&rules, context.format)?;
        Ok(Exit::Success)
    }
}
