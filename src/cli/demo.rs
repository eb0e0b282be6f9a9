//! `usher demo`

use clap::Args;

use super::Failure;
use crate::outcome::Exit;

/// x
#[derive(Debug, Args)]
pub struct Demo {}

impl Demo {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        Ok(Exit::Success)
    }
}
