//! `cargo xtask bench`: the figures. `cargo xtask bench displays [COUNT…]`: locks of displays, on a real host.
//! `cargo xtask bench servers [SESSIONS]`: other hosts by ssh and TLS, on three real hosts.
//! `cargo xtask bench dashboard [--short]`: what the web page costs, in a real Chromium, and its pictures beside Epoptes'.

use std::process::ExitCode;

use crate::{programs, run};

/// The whole task.
pub fn run(arguments: &[String]) -> ExitCode {
    let (benches, arguments): (&[(&str, &str)], _) = match arguments.split_first() {
        Some((name, rest)) if name == "dashboard" => {
            (&[(programs::DASHBOARD, "dashboard"), (programs::MAIN, "tiles")], rest)
        }
        Some((name, rest)) if name == "displays" => (&[(programs::MAIN, "displays")], rest),
        Some((name, rest)) if name == "servers" => (&[(programs::MAIN, "servers")], rest),
        _ => (&[(programs::MAIN, "figures")], arguments),
    };
    for (package, name) in benches {
        let mut bench = run::cargo(&["bench", "--locked", "--package", package, "--bench", name]);
        if !arguments.is_empty() {
            bench.arg("--").args(arguments);
        }
        let code = run::to_the_end(&mut bench);
        if code != ExitCode::SUCCESS {
            return code;
        }
    }
    ExitCode::SUCCESS
}
