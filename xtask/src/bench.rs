//! `cargo xtask bench`: the figures. `cargo xtask bench displays [COUNT…]`: locks of displays, on a real host.

use std::process::ExitCode;

use crate::run;

/// The whole task.
pub fn run(arguments: &[String]) -> ExitCode {
    let displays = arguments.first().is_some_and(|word| word == "displays");
    let (name, arguments) = if displays { ("displays", &arguments[1..]) } else { ("figures", arguments) };
    let mut bench = run::cargo(&["bench", "--locked", "--package", "usher", "--bench", name]);
    if !arguments.is_empty() {
        bench.arg("--").args(arguments);
    }
    run::to_the_end(&mut bench)
}
