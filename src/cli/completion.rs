//! `usher completion`, and what its scripts ask while somebody types.

use std::io::{self, Write};

use clap::{Args, ValueEnum};
use usher_core::outcome::Exit;

use super::CommandError;
use crate::cmdlet::{ALL, Cmdlet};

mod answer;
mod cmdlets;
mod known;
mod line;
mod verbs;

pub(super) use answer::{ANSWER, answer};

/// Print the script that completes usher's command lines in a shell
///
/// The script asks usher for what can stand at the cursor: verbs and options, and what there is at the moment: sessions
/// with their users, rules, groups, and the hosts that --server knows. It does not wait long for an answer. The Debian
/// package installs it for all three shells.
///
/// In bash, write `eval "$(usher completion bash)"` into ~/.bashrc; in zsh, `source <(usher completion zsh)` behind
/// `compinit` in ~/.zshrc; in fish, `usher completion fish | source` into ~/.config/fish/config.fish.
#[derive(Debug, Args)]
pub struct Completion {
    /// The shell: bash, zsh or fish
    #[arg(value_enum, value_name = "SHELL", hide_possible_values = true)]
    shell: Shell,
}

/// The shells that have a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// bash 4.4 and later
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
}

impl Completion {
    pub(super) fn run(self) -> Result<Exit, CommandError> {
        io::stdout().write_all(script(self.shell).as_bytes())?;
        Ok(Exit::Success)
    }
}

/// A shell's script, for usher and for the cmdlets' links.
pub fn script(shell: Shell) -> String {
    let text = match shell {
        Shell::Bash => include_str!("completion/usher.bash"),
        Shell::Zsh => include_str!("completion/usher.zsh"),
        Shell::Fish => include_str!("completion/usher.fish"),
    };
    let links: Vec<String> = ALL.into_iter().flat_map(Cmdlet::links).collect();
    text.replace("@LINKS@", &links.join(" "))
}
