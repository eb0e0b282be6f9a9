//! `cargo demo`: the tour of the README, from a fresh clone.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use crate::run;

/// Builds the programs as they are meant to be used.
pub fn build() -> Command {
    run::cargo(&["build", "--release", "--locked", "--package", "usher", "--bins"])
}

/// `usher demo`, as [`build`] left it.
pub fn tour(arguments: &[String]) -> Command {
    let mut tour = run::program(run::target().join("release/usher"));
    tour.arg("demo").args(arguments);
    tour
}

/// The whole task. The demo takes this program's place: signals and the terminal are its own.
pub fn run(arguments: &[String]) -> ExitCode {
    match build().status() {
        Ok(status) if status.success() => {}
        Ok(status) => return run::code(status),
        Err(error) => {
            eprintln!("xtask: cargo cannot be started: {error}");
            return ExitCode::FAILURE;
        }
    }
    let mut tour = tour(arguments);
    if let Ok(here) = std::env::current_dir() {
        tour.current_dir(here);
    }
    let error = tour.exec();
    eprintln!("xtask: {} cannot be started: {error}", tour.get_program().to_string_lossy());
    ExitCode::FAILURE
}
