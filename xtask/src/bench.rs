//! `cargo xtask bench`: the figures.

use std::process::ExitCode;

use crate::run;

/// The whole task.
pub fn run(arguments: &[String]) -> ExitCode {
    let mut bench = run::cargo(&["bench", "--locked", "--package", "usher", "--bench", "figures"]);
    if !arguments.is_empty() {
        bench.arg("--").args(arguments);
    }
    run::to_the_end(&mut bench)
}
