//! `cargo xtask bench`: the figures. `cargo xtask bench displays [COUNT…]`: locks of displays, on a real host.
//! `cargo xtask bench servers [SESSIONS]`: other hosts by ssh and TLS, on three real hosts.
//! `cargo xtask bench dashboard [--short]`: what the web page costs, in a real Chromium.

use std::process::ExitCode;

use crate::{programs, run};

/// The whole task.
pub fn run(arguments: &[String]) -> ExitCode {
    if arguments.first().is_some_and(|name| name == "dashboard") {
        return dashboard(&arguments[1..]);
    }
    let (name, arguments) = match arguments.split_first() {
        Some((name, rest)) if ["displays", "servers"].contains(&name.as_str()) => (name.as_str(), rest),
        _ => ("figures", arguments),
    };
    let mut bench = run::cargo(&["bench", "--locked", "--package", programs::MAIN, "--bench", name]);
    if !arguments.is_empty() {
        bench.arg("--").args(arguments);
    }
    run::to_the_end(&mut bench)
}

/// The page's figures are of every program that has a part in it.
fn dashboard(arguments: &[String]) -> ExitCode {
    let mut build = run::cargo(programs::ALL);
    if run::to_the_end(build.arg("--release")) != ExitCode::SUCCESS {
        return ExitCode::FAILURE;
    }
    let mut bench = run::cargo(&["bench", "--locked", "--package", "usher-dashboard", "--bench", "dashboard"]);
    run::to_the_end(bench.arg("--").args(arguments))
}
