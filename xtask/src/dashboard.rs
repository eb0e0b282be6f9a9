//! `cargo xtask dashboard`: the web page in a real Chromium, at every size and in both languages, and its script read by
//! TypeScript where that is installed.

use std::process::ExitCode;

use crate::steps::{Report, Verdict, passes};
use crate::{deb, hosts, programs, run, tools};

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
    let mut room = run::cargo(&["test", "--locked", "--package", programs::MAIN, "--test", "dashboard"]);
    room.args(["--", "--test-threads=1", "--skip", "harness"]);
    let mut steps: [Box<dyn FnMut() -> Verdict>; 6] = [
        Box::new(|| passes(&mut run::cargo(programs::ALL))),
        Box::new(typed),
        Box::new(|| passes(&mut tests)),
        Box::new(|| hosts::prepare(&mut Report::default())),
        Box::new(|| deb::packages(&mut Report::default())),
        Box::new(|| passes(&mut room)),
    ];
    for step in &mut steps {
        match step() {
            Verdict::Failed(why) => {
                eprintln!("xtask: dashboard: {why}");
                return ExitCode::FAILURE;
            }
            Verdict::Skipped(why) => println!("skipped: {why}"),
            Verdict::Passed => {}
        }
    }
    println!("look at the pictures in {}", run::root().join("target/dashboard").display());
    ExitCode::SUCCESS
}

/// TypeScript, which reads the types that the script's comments say. Nothing else needs it.
const TYPESCRIPT: &str = "5.9.3";

fn typed() -> Verdict {
    let mut reading = match (run::find("tsc"), run::find("node"), tools::node("typescript", TYPESCRIPT, "lib/tsc.js")) {
        (Some(tsc), ..) => run::program(tsc),
        (None, Some(node), Ok(tsc)) => {
            let mut reading = run::program(node);
            reading.arg(tsc);
            reading
        }
        (None, None, _) => {
            return Verdict::Skipped("there is no tsc and no node: the script's types are not read".to_owned());
        }
        (None, Some(_), Err(why)) => return Verdict::Skipped(format!("{why}: the script's types are not read")),
    };
    passes(reading.args(["-p", "usher-dashboard/assets/tsconfig.json"]))
}
