//! `cargo demo`: the tour of the README, from a fresh clone.

use std::io::IsTerminal;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use crate::{programs, run};

/// Builds the programs of the tour. Not optimized: what somebody waits for who tries usher is the compiler.
pub fn build(arguments: &[String]) -> Command {
    let mut build = run::cargo(&["build", "--locked"]);
    build.args(programs::DEMO);
    if arguments.iter().any(|word| word == "--web") {
        build.args(programs::WEB_DEMO);
    }
    build
}

/// `usher demo`, as [`build`] left it.
pub fn tour(arguments: &[String]) -> Command {
    let mut tour = run::program(run::target().join("demo/usher"));
    tour.arg("demo").args(arguments);
    tour
}

/// The whole task. The demo takes this program's place: signals and the terminal are its own.
pub fn run(arguments: &[String]) -> ExitCode {
    let mut build = build(arguments);
    let first = !run::target().join("demo/usher").exists();
    if first {
        eprintln!("xtask: the demo's programs are built; the first time this takes about two minutes");
    }
    // On a terminal cargo shows how far it is.
    if !std::io::stderr().is_terminal() {
        build.arg("--quiet");
    }
    match build.status() {
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
