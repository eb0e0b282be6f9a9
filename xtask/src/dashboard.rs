//! `cargo xtask dashboard`: the web page in a real Chromium, at every size and in both languages, and its script read by
//! TypeScript where that is installed.

use std::process::ExitCode;

use crate::steps::{Verdict, passes};
use crate::{programs, run, tools};

/// What looks for hindrances in the page.
const AXE: &str = "4.10.3";

/// The whole task.
pub fn run() -> ExitCode {
    let mut tests = run::cargo(&["test", "--locked", "--package", "usher-dashboard", "--test", "room"]);
    tests.args(["--", "--test-threads=1"]);
    match tools::node("axe-core", AXE, "axe.min.js") {
        Ok(axe) => _ = tests.env("USHER_AXE", axe),
        Err(why) => println!("{why}: nobody looks for hindrances in the page"),
    }
    for verdict in [passes(&mut run::cargo(programs::ALL)), typed(), passes(&mut tests)] {
        if let Verdict::Failed(why) = verdict {
            eprintln!("xtask: dashboard: {why}");
            return ExitCode::FAILURE;
        }
    }
    println!("look at the pictures in {}", run::root().join("target/dashboard").display());
    ExitCode::SUCCESS
}

fn typed() -> Verdict {
    let Some(tsc) = run::find("tsc") else {
        println!("tsc is not installed (Debian: node-typescript): the script's types are not checked");
        return Verdict::Skipped("tsc is not installed".to_owned());
    };
    passes(run::program(tsc).args(["-p", "usher-dashboard/assets/tsconfig.json"]))
}
