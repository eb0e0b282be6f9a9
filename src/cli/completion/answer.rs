//! What can stand at the cursor, a line for each: the candidate, a tabulator, and what it is.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::ValueEnum;
use usher_core::outcome::Exit;

use super::known::KnownWords;
use super::line::Line;
use super::{Shell, cmdlets, verbs};
use crate::cli::output::printable;

/// This hidden argument makes `usher` answer a script: `usher __complete SHELL INDEX -- WORD…`.
pub(in crate::cli) const ANSWER: &str = "__complete";

/// The most that is offered. Nobody chooses from more.
const MOST: usize = 500;
/// The longest explanation.
const LONGEST: usize = 100;

/// What can stand at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Suggestion {
    pub(super) value: String,
    pub(super) about: String,
}

/// What a shell gets to choose from.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Suggestions {
    Of(Vec<Suggestion>),
    /// The shell itself knows files.
    Files,
    /// The shell itself completes the line of another program, which begins at this word.
    Command(usize),
}

/// The whole program. A shell is not told what goes wrong: it would write that between somebody's keys.
pub(in crate::cli) fn answer(arguments: impl Iterator<Item = String>) -> ExitCode {
    if let Some(text) = answered(arguments) {
        let _ = io::stdout().write_all(text.as_bytes());
    }
    Exit::Success.into()
}

fn answered(mut arguments: impl Iterator<Item = String>) -> Option<String> {
    let shell = Shell::from_str(&arguments.next()?, false).ok()?;
    let at: usize = arguments.next()?.parse().ok().filter(|at| *at < 10_000)?;
    let line = Line::of(shell, at, arguments.skip_while(|word| word == "--").collect());
    let known = KnownWords::new(&line.words)?;
    let choice = match cmdlets::named(&line.words) {
        Some(at) => cmdlets::choice(&line, at, &known),
        None => verbs::choice(&line, known),
    };
    Some(written(&choice, &line))
}

fn written(choice: &Suggestions, line: &Line) -> String {
    match choice {
        Suggestions::Files => ":files\t\n".to_owned(),
        Suggestions::Command(at) => format!(":command\t{at}\n"),
        Suggestions::Of(candidates) => {
            let plain = |candidate: &&Suggestion| !candidate.value.starts_with('-');
            // Options are offered to whoever begins one, or where nothing else can stand.
            let options = line.current().starts_with('-') || !candidates.iter().any(|candidate| plain(&candidate));
            let offered = candidates.iter().filter(|candidate| options || plain(candidate)).take(MOST);
            offered.fold(String::new(), |mut text, candidate| {
                let value = candidate.value.get(line.stays..).unwrap_or_default();
                // A name that a terminal would obey is nobody's to type.
                if printable(value) == value && !value.is_empty() {
                    let about: String = printable(&candidate.about).chars().take(LONGEST).collect();
                    let _ = writeln!(text, "{value}\t{about}");
                }
                text
            })
        }
    }
}
