//! `usher demo`: the tour of the README, on a daemon of its own that leaves nothing behind.

use std::io::IsTerminal;

use clap::Args;
use usher_core::outcome::{Error, ErrorId, Exit};

use super::Failure;

mod hands_on;
mod script;
mod stage;
mod station;

/// Try everything on a daemon of its own, with three sessions to play with; nothing is left behind
#[derive(Debug, Args)]
pub struct Demo {
    /// Play the whole tour unattended; succeeds only if every step was observed
    #[arg(long)]
    script: bool,
    /// Do not split the terminal with tmux
    #[arg(long, conflicts_with = "script")]
    no_tmux: bool,
}

impl Demo {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        if self.script {
            return Ok(script::play());
        }
        if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
            let error = Error::new(ErrorId::InvalidRequest, "the tour needs a terminal");
            return Err(Failure::Usage(error.hint("`usher demo --script` plays it unattended")));
        }
        Ok(hands_on::tour(!self.no_tmux)?)
    }
}
