//! `cargo demo`: the tour of the README, from a fresh clone.

use std::io::IsTerminal;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::{programs, run};

/// Builds the programs of the tour. Not optimized: what somebody waits for who tries usher is the compiler. What other builds
/// have compiled is used again; the programs come into a directory of their own, so that nobody takes this usherd for the
/// whole one.
pub fn build(arguments: &[String]) -> Command {
    let mut build = run::cargo(&["build", "--locked"]);
    // The Cargo Book, "Build cache": older cargos do not know the directory of a build, and compile all of it again.
    build.env("CARGO_BUILD_BUILD_DIR", run::target()).env("CARGO_TARGET_DIR", run::target().join("demo"));
    // Whoever runs it for the first time waits for it; what makes the next build quick makes this one slower.
    build.env("CARGO_INCREMENTAL", "0").args(programs::DEMO);
    if arguments.iter().any(|word| word == "--web") {
        build.args(programs::WEB_DEMO);
    }
    build
}

/// Where [`build`] puts the program of the tour; the others are beside it.
fn usher() -> PathBuf {
    run::target().join("demo/debug/usher")
}

/// `usher demo`, as [`build`] left it.
pub fn tour(arguments: &[String]) -> Command {
    let mut tour = run::program(usher());
    tour.arg("demo").args(arguments);
    tour
}

/// The whole task. The demo takes this program's place: signals and the terminal are its own.
pub fn run(arguments: &[String]) -> ExitCode {
    let mut build = build(arguments);
    let first = !usher().exists();
    if first {
        eprintln!("xtask: the demo's programs are built; the first time this takes a minute or two");
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
