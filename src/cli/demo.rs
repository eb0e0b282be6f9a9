//! `usher demo`: the tour of the README, on a daemon of its own that leaves nothing behind.

use std::io::IsTerminal;

use clap::Args;
use usher_core::outcome::{Error, ErrorId, Exit};

use super::CommandError;
use crate::words;

mod hands_on;
mod script;
mod stage;
mod station;
mod tour;
mod web;

/// Try everything on a daemon of its own, with three sessions to play with
///
/// The demo starts a usherd for itself, opens three sessions, and suggests commands to try. It splits the
/// terminal with tmux if tmux is installed.
///
/// Nothing is left behind: when you leave, the sessions are closed and the daemon ends.
#[derive(Debug, Args)]
pub struct Demo {
    /// Play the whole tour unattended, and succeed only if every step was observed
    #[arg(long)]
    script: bool,
    /// Do not split the terminal with tmux
    #[arg(long, conflicts_with = "script")]
    no_tmux: bool,
    /// Show the sessions as a web page, as `usher dashboard` does
    #[arg(long, conflicts_with_all = ["script", "no_tmux"])]
    web: bool,
    /// With --web: also open the page in the desktop's browser
    #[arg(long, requires = "web")]
    open: bool,
}

impl Demo {
    pub(super) async fn run(self) -> Result<Exit, CommandError> {
        if self.script {
            return Ok(script::play());
        }
        if self.web {
            return Ok(web::tour(self.open)?);
        }
        if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
            let error = Error::new(ErrorId::InvalidRequest, words::text!("demo-needs-terminal"));
            return Err(CommandError::Usage(error.hint(words::text!("demo-needs-terminal-hint"))));
        }
        Ok(hands_on::tour(!self.no_tmux)?)
    }
}
