//! `cargo xtask docs`: the reference, the manual pages, the completions and the API, written again from the code.

use std::process::ExitCode;

use crate::{programs, run};

/// The whole task: the test that compares these files also writes them.
pub fn run() -> ExitCode {
    let mut test = run::cargo(&["test", "--locked", "--package", programs::MAIN, "--test", "docs"]);
    run::to_the_end(test.env("UPDATE_DOCS", "1"))
}
