//! The steps that run tests, and count them.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use super::{Report, Verdict, skips};
use crate::{host, run, support};

/// Rounds of `kill -9` in the chaos test: many more than in a test run by hand.
const CHAOS_ROUNDS: (&str, &str) = ("USHER_CHAOS_ROUNDS", "200");

/// Every test; that the generated documentation is what the code says is one of them.
pub fn all(report: &mut Report) -> Verdict {
    let shown = match support::file() {
        Ok(file) => file,
        Err(error) => return Verdict::Failed(format!("what tests show cannot be written: {error}")),
    };
    // Most tests wait for other programs for most of their time.
    let threads = std::thread::available_parallelism().map_or(1, usize::from) + 1;
    // What was built is run as it is: another choice of packages would be another build of nearly all of them.
    let mut tests = run::cargo(&["test", "--workspace", "--locked", "--no-fail-fast"]);
    tests.env(support::VARIABLE, shown).env("RUST_TEST_THREADS", threads.to_string());
    count(tests.env(CHAOS_ROUNDS.0, CHAOS_ROUNDS.1), report)
}

/// What one run of `cargo test` said of its tests.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: usize,
    failed: usize,
    ignored: Vec<String>,
}

impl Tally {
    /// Takes in one line of the test programs' output.
    fn line(&mut self, line: &str) {
        if let Some(result) = line.strip_prefix("test result: ") {
            self.passed += number_before(result, " passed;");
            self.failed += number_before(result, " failed;");
        } else if let Some((test, reason)) = line.strip_prefix("test ").and_then(|line| line.split_once(" ... ignored"))
        {
            self.ignored.push(format!("{test}: ignored{reason}"));
        }
    }
}

fn number_before(text: &str, word: &str) -> usize {
    let number = text.split_once(word).and_then(|(before, _)| before.rsplit([' ', '.']).next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Runs `cargo test`, shows what it prints, and counts.
fn count(command: &mut Command, report: &mut Report) -> Verdict {
    let shown = run::line(command);
    println!("    {shown}");
    let file = match skips::file() {
        Ok(file) => file,
        Err(error) => return Verdict::Failed(format!("the list of skipped tests cannot be written: {error}")),
    };
    let started = command.env(skips::VARIABLE, &file).stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) => return Verdict::Failed(format!("`{shown}` cannot be started: {error}")),
    };
    let shown_to = std::io::stdout().lock();
    let tally = child.stdout.take().map(|stdout| follow(BufReader::new(stdout), shown_to)).unwrap_or_default();
    let (status, skipped) = match (child.wait(), skips::read(&file)) {
        (Ok(status), Ok(skipped)) => (status, skipped),
        (Err(error), _) | (_, Err(error)) => return Verdict::Failed(format!("`{shown}`: {error}")),
    };

    // A program of tests that was not built, or died, has no line of its own.
    let failed = tally.failed.max(usize::from(!status.success()));
    report.passed += tally.passed.saturating_sub(skipped.len());
    report.failed += failed;
    let mendable = skipped.values().any(|reason| skips::mendable(reason)) && host::installs();
    report.skips.extend(skipped.into_iter().map(|(test, reason)| format!("{test}: {reason}")));
    report.skips.extend(tally.ignored);
    if !status.success() {
        Verdict::Failed(format!("`{shown}`: {status}"))
    } else if tally.passed == 0 {
        report.failed += 1;
        Verdict::Failed(format!("`{shown}` ran no test"))
    } else if mendable {
        Verdict::Failed("tests skipped themselves for want of what this task installs or builds".to_owned())
    } else {
        Verdict::Passed
    }
}

/// Shows every line as it comes.
fn follow(mut lines: impl BufRead, mut out: impl Write) -> Tally {
    let mut tally = Tally::default();
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        let _ = out.write_all(&line);
        let _ = out.flush();
        tally.line(&String::from_utf8_lossy(&line).replace('\n', ""));
        line.clear();
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_all_programs_are_added_and_shown() {
        let output = b"running 2 tests\n\
            test a::b ... ok\n\
            test a::c ... ignored, needs a seat\n\
            test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s\n\
            \xff\n\
            test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out";
        let mut shown = Vec::new();
        let tally = follow(&output[..], &mut shown);
        assert_eq!(tally, Tally { passed: 15, failed: 2, ignored: vec!["a::c: ignored, needs a seat".to_owned()] });
        assert_eq!(shown, output);
    }
}
