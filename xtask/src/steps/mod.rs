//! The steps of `cargo verify`, and what they tell.

use std::collections::BTreeSet;
use std::fmt;
use std::process::{Command, ExitCode, Stdio};

use crate::hosts::builder;
use crate::{demo as tour, programs, run};

pub mod features;
pub mod skips;
mod tally;
pub mod testing;

/// What a step does.
pub type Work = fn(&mut Report) -> Verdict;

/// One step of `cargo verify`.
pub struct Step {
    /// What it is called.
    pub name: &'static str,
    /// What it does, in words.
    pub does: &'static str,
    /// Seconds that it took on a fresh machine of two cores.
    pub cold: u64,
    /// What it does.
    pub run: Work,
}

/// How a step ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All was well.
    Passed,
    /// Something was wrong.
    Failed(String),
    /// It could not be done here.
    Skipped(String),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Passed => f.write_str("passed"),
            Verdict::Failed(why) => write!(f, "FAILED: {why}"),
            Verdict::Skipped(why) => write!(f, "skipped: {why}"),
        }
    }
}

/// What the steps counted.
#[derive(Debug, Default)]
pub struct Report {
    /// Tests that passed, and did what they are there for.
    pub passed: usize,
    /// Tests that failed; a program of tests that did not come to its end counts as one.
    pub failed: usize,
    /// Those that failed.
    pub failures: Vec<tally::Failure>,
    /// Those that failed beside the others and passed by themselves: something is wrong, and nobody knows what.
    pub unsteady: Vec<tally::Failure>,
    /// Tests that could not do here what they are there for, as `TEST: REASON`.
    pub skips: BTreeSet<String>,
    /// What the host lacks for some tests, as `LACK: REASON`.
    pub lacks: Vec<String>,
}

/// Runs one step by itself.
pub fn alone(name: &str, step: Work) -> ExitCode {
    let verdict = step(&mut Report::default());
    println!("{name}: {verdict}");
    if verdict == Verdict::Passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs a command whose success is the verdict. Nothing here reads from the terminal.
pub fn passes(command: &mut Command) -> Verdict {
    println!("    {}", run::line(command));
    match command.stdin(Stdio::null()).status() {
        Ok(status) if status.success() => Verdict::Passed,
        Ok(status) => Verdict::Failed(format!("`{}`: {status}", run::line(command))),
        Err(error) => Verdict::Failed(format!("`{}` cannot be started: {error}", run::line(command))),
    }
}

/// The code is formatted.
pub fn format(_: &mut Report) -> Verdict {
    passes(&mut run::cargo(&["fmt", "--all", "--check"]))
}

/// The compiler and clippy have nothing to say.
pub fn clippy(_: &mut Report) -> Verdict {
    passes(&mut run::cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"]))
}

/// Everything compiles.
pub fn build(_: &mut Report) -> Verdict {
    built_for_hosts(programs::TESTED)
}

/// Has cargo build what is to run in every test host.
pub fn built_for_hosts(words: &[&str]) -> Verdict {
    builder::cargo(words).map_or_else(Verdict::Failed, |mut cargo| passes(&mut cargo))
}

/// The documentation of the code has no broken links.
pub fn rustdoc(_: &mut Report) -> Verdict {
    passes(&mut documentation())
}

/// What builds the documentation of the code.
pub fn documentation() -> Command {
    let mut doc = run::cargo(&["doc", "--workspace", "--no-deps", "--locked"]);
    doc.env("RUSTDOCFLAGS", "--deny warnings");
    doc
}

/// The whole tour, unattended, with the programs that `cargo demo` builds.
pub fn demo(_: &mut Report) -> Verdict {
    let script = ["--script".to_owned()];
    match passes(&mut tour::build(&script)) {
        Verdict::Passed => passes(&mut tour::tour(&script)),
        verdict => verdict,
    }
}
