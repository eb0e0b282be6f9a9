//! `docs/support.md`: which verb does what on which kind of session, as tests on real hosts saw it.
//!
//! A test that has seen it writes a line to the file named by `$USHER_SHOWN`. Nothing else gets into the table.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::{fs, io};

use crate::run;
use crate::steps::{Report, Verdict};

mod table;

/// The variable that names the file.
pub const VARIABLE: &str = "USHER_SHOWN";

/// What one test has shown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Shown {
    kind: String,
    verb: String,
    suite: String,
    result: String,
    how: String,
    file: String,
    test: String,
}

/// What tests in virtual machines have shown when they last ran, by hand: kept with the sources.
pub fn kept() -> PathBuf {
    run::root().join("tests/machine/shown.tsv")
}

/// The file, emptied for the next run of tests.
///
/// # Errors
/// It cannot be written.
pub fn file() -> io::Result<PathBuf> {
    let path = path();
    fs::write(&path, "")?;
    Ok(path)
}

fn path() -> PathBuf {
    run::target().join("shown.txt")
}

fn document() -> PathBuf {
    run::root().join("docs/support.md")
}

/// The step of `cargo verify`: the table says what the tests have just shown.
pub fn as_shown(_: &mut Report) -> Verdict {
    match composed() {
        Ok(None) => Verdict::Skipped("no test on a real host ran".to_owned()),
        Ok(Some(text)) if fs::read_to_string(document()).is_ok_and(|written| written == text) => Verdict::Passed,
        Ok(Some(_)) => Verdict::Failed(
            "docs/support.md is not what the tests showed: `cargo xtask support` writes what they did".to_owned(),
        ),
        Err(why) => Verdict::Failed(why),
    }
}

/// The task: writes the table from what the last whole run of the tests showed.
pub fn run() -> ExitCode {
    match composed().and_then(|text| text.ok_or("no test on a real host ran: `cargo verify` runs them".to_owned())) {
        Ok(text) => match fs::write(document(), text) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&error.to_string()),
        },
        Err(why) => failed(&why),
    }
}

fn failed(why: &str) -> ExitCode {
    eprintln!("xtask: {why}");
    ExitCode::FAILURE
}

/// The document; none if no test has shown anything.
fn composed() -> Result<Option<String>, String> {
    let text = fs::read_to_string(path()).unwrap_or_default();
    let shown: BTreeSet<Shown> = text.lines().map(parsed).collect::<Result<_, String>>()?;
    if shown.is_empty() {
        return Ok(None);
    }
    let by_hand = fs::read_to_string(kept()).unwrap_or_default();
    let by_hand: BTreeSet<Shown> = by_hand.lines().map(parsed).collect::<Result<_, String>>()?;
    table::of(&shown.union(&by_hand).cloned().collect()).map(Some)
}

/// A line as tests write it: what it shows, and the test, with tabs between.
fn parsed(line: &str) -> Result<Shown, String> {
    let parts: Vec<String> = line.split('\t').map(str::to_owned).collect();
    let [kind, verb, suite, result, how, file, test]: [String; 7] =
        parts.try_into().map_err(|_| format!("no test writes `{line}`"))?;
    Ok(Shown { kind, verb, suite, result, how, file, test })
}
