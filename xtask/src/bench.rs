//! `cargo xtask bench`: the figures. `cargo xtask bench displays [COUNT…]`: locks of displays, on a real host.
//! `cargo xtask bench servers [SESSIONS]`: other hosts by ssh and TLS, on three real hosts.

use std::process::ExitCode;

use crate::{programs, run};

/// The whole task.
pub fn run(arguments: &[String]) -> ExitCode {
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
