//! What `cargo test` says of its tests.

use std::fmt;
use std::io::{BufRead, Write};

/// What one run of `cargo test` said of its tests.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub passed: usize,
    pub failed: usize,
    /// Those marked `#[ignore]`, as `TEST: REASON`.
    pub ignored: Vec<String>,
    /// Those of the failed ones that said why.
    pub failures: Vec<Failure>,
    /// Programs of tests that began and have not come to their end.
    pub unfinished: usize,
    /// The next line is what the last failure said.
    told_next: bool,
}

/// A test that failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failure {
    /// Its name.
    pub test: String,
    /// The first line of what it said when it gave up; nothing where it said nothing.
    pub why: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = if self.why.is_empty() { "it did not say why" } else { &self.why };
        write!(f, "{}: {why}", self.test)
    }
}

impl Tally {
    /// Takes in one line of the test programs' output.
    fn line(&mut self, line: &str) {
        let told = std::mem::take(&mut self.told_next);
        if let Some(result) = line.strip_prefix("test result: ") {
            self.passed += number_before(result, " passed;");
            self.failed += number_before(result, " failed;");
            self.unfinished = self.unfinished.saturating_sub(1);
        } else if begins(line) {
            self.unfinished += 1;
        } else if let Some((test, reason)) = line.strip_prefix("test ").and_then(|line| line.split_once(" ... ignored"))
        {
            self.ignored.push(format!("{test}: ignored{reason}"));
        } else if let Some(test) = line.strip_prefix("---- ").and_then(|line| line.strip_suffix(" stdout ----")) {
            self.failures.push(Failure { test: test.to_owned(), why: String::new() });
        } else if let Some(failure) = self.failures.last_mut().filter(|failure| failure.why.is_empty()) {
            self.told_next = line.starts_with("thread '") && line.contains(" panicked at ");
            if told {
                failure.why = line.to_owned();
            }
        }
    }
}

/// Shows every line as it comes.
pub fn follow(mut lines: impl BufRead, mut out: impl Write) -> Tally {
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

/// Whether a program of tests says how many it has.
fn begins(line: &str) -> bool {
    let number = line.strip_prefix("running ").and_then(|line| line.split_once(" test"));
    number.is_some_and(|(number, rest)| number.parse::<usize>().is_ok() && ["", "s"].contains(&rest))
}

fn number_before(text: &str, word: &str) -> usize {
    let number = text.split_once(word).and_then(|(before, _)| before.rsplit([' ', '.']).next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
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
        let ignored = vec!["a::c: ignored, needs a seat".to_owned()];
        assert_eq!(tally, Tally { passed: 15, failed: 2, ignored, ..Tally::default() });
        assert_eq!(shown, output);
    }

    #[test]
    fn a_program_that_died_is_known() {
        let tally =
            follow(&b"running 1 test\ntest result: ok. 1 passed; 0 failed;\nrunning 2 tests\n"[..], std::io::sink());
        assert_eq!((tally.passed, tally.unfinished), (1, 1));
    }

    #[test]
    fn failed_tests_are_told_with_the_first_line_that_they_said() {
        let output = b"test a::b ... FAILED\n\nfailures:\n\n\
            ---- a::b stdout ----\n\
            what it printed before\n\n\
            thread 'a::b' (71) panicked at tests/a.rs:8:11:\n\
            waited in vain\n\
            stack backtrace:\n\
            thread 'another' (72) panicked at tests/a.rs:9:1:\n\
            later\n\n\
            ---- a::c stdout ----\n\
            Error: \"gone\"\n\n\n\
            failures:\n    a::b\n    a::c\n\n\
            test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out\n";
        let failure = |test: &str, why: &str| Failure { test: test.to_owned(), why: why.to_owned() };
        let tally = follow(&output[..], std::io::sink());
        assert_eq!(tally.failures, [failure("a::b", "waited in vain"), failure("a::c", "")]);
    }
}
