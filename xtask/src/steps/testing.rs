//! The step that runs the tests, and counts them.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::process::{Command, Stdio};

use super::tally::{Failure, Tally, follow};
use super::{Report, Verdict, skips};
use crate::{host, run, support};

/// Rounds of `kill -9` in the chaos test: many more than in a test run by hand.
const CHAOS_ROUNDS: (&str, &str) = ("USHER_CHAOS_ROUNDS", "200");

/// What was built is run as it is: another choice of packages would be another build of nearly all of them.
const EVERY_TEST: &[&str] = &["test", "--workspace", "--locked", "--no-fail-fast"];

/// So many failed tests at most are tried once more: what breaks more than these is no bad moment of the machine.
const SECOND_TRIES: usize = 3;

/// Every test; that the generated documentation is what the code says is one of them.
pub fn all(report: &mut Report) -> Verdict {
    match tried(report) {
        Ok(verdict) => verdict,
        Err(error) => Verdict::Failed(error),
    }
}

fn tried(report: &mut Report) -> Result<Verdict, String> {
    let shown = support::file().map_err(|error| format!("what tests show cannot be written: {error}"))?;
    // Most tests wait for other programs for most of their time.
    let threads = std::thread::available_parallelism().map_or(1, usize::from) * 2;
    let tests = |threads: usize| {
        let mut tests = run::cargo(EVERY_TEST);
        tests.env(support::VARIABLE, &shown).env("RUST_TEST_THREADS", threads.to_string());
        tests.env(CHAOS_ROUNDS.0, CHAOS_ROUNDS.1);
        tests
    };
    let first = Round::run(&mut tests(threads))?;
    let mut failures = first.tally.failures.clone();
    let told = failures.len();
    if first.whole() && (1..=SECOND_TRIES).contains(&told) {
        println!("    once more, by itself: {}", names(&failures).join(" "));
        let again = Round::run(tests(1).args(["--", "--exact"]).args(names(&failures)))?;
        let (steady, unsteady): (Vec<_>, Vec<_>) = failures.into_iter().partition(|test| again.fails(test));
        // As many as failed have run and passed, if all came to its end.
        let settled = again.whole() && again.tally.passed + again.tally.failed >= told && again.skipped.is_empty();
        failures = if settled { steady } else { first.tally.failures.clone() };
        report.unsteady = if settled { unsteady } else { Vec::new() };
    }
    Ok(first.judge(failures, report))
}

fn names(failures: &[Failure]) -> Vec<&str> {
    failures.iter().map(|failure| failure.test.as_str()).collect()
}

/// One run of `cargo test`, to its end.
struct Round {
    /// Whether all went well, and if not, how it ended.
    ended: Result<(), String>,
    tally: Tally,
    /// Tests that could not do here what they are there for, each with the reason.
    skipped: BTreeMap<String, String>,
}

impl Round {
    /// Runs the tests, and shows what they print.
    fn run(command: &mut Command) -> Result<Self, String> {
        let shown = run::line(command);
        println!("    {shown}");
        let file = skips::file().map_err(|error| format!("the list of skipped tests cannot be written: {error}"))?;
        let started = command.env(skips::VARIABLE, &file).stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut child = started.map_err(|error| format!("`{shown}` cannot be started: {error}"))?;
        let shown_to = std::io::stdout().lock();
        let tally = child.stdout.take().map(|stdout| follow(BufReader::new(stdout), shown_to)).unwrap_or_default();
        let status = child.wait().map_err(|error| format!("`{shown}`: {error}"))?;
        let skipped = skips::read(&file).map_err(|error| format!("`{shown}`: {error}"))?;
        let ended = if status.success() { Ok(()) } else { Err(format!("`{shown}`: {status}")) };
        Ok(Round { ended, tally, skipped })
    }

    /// Whether every program of tests came to its end, and every failed test is told.
    fn whole(&self) -> bool {
        self.tally.unfinished == 0 && self.tally.failures.len() == self.tally.failed
    }

    fn fails(&self, test: &Failure) -> bool {
        self.tally.failures.iter().any(|failure| failure.test == test.test)
    }

    /// Adds it to the report, and says how the step ended where these tests failed for good.
    fn judge(self, failures: Vec<Failure>, report: &mut Report) -> Verdict {
        let Round { ended, tally, skipped } = self;
        let mended = report.unsteady.len();
        let ended = if tally.failed == mended && mended > 0 { Ok(()) } else { ended };
        // A program of tests that was not built, or died, has no line of its own.
        report.failed += (tally.failed - mended).max(usize::from(ended.is_err()));
        report.passed += (tally.passed + mended).saturating_sub(skipped.len());
        report.failures = failures;
        let mendable = skipped.values().any(|reason| skips::mendable(reason)) && host::installs();
        report.skips.extend(skipped.into_iter().map(|(test, reason)| format!("{test}: {reason}")));
        report.skips.extend(tally.ignored);
        match ended {
            Err(how) => Verdict::Failed(how),
            Ok(()) if tally.passed == 0 => {
                report.failed += 1;
                Verdict::Failed("no test was run".to_owned())
            }
            Ok(()) if mendable => {
                Verdict::Failed("tests skipped themselves for want of what this task installs or builds".to_owned())
            }
            Ok(()) => Verdict::Passed,
        }
    }
}
