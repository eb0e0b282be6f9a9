//! Commands, timed from exec to exit by this very program, which runs where the operator sits.

use std::process::{Command, Stdio};
use std::time::Instant;

use super::harness::{Host, School};

/// The argument that tells this program to time the command that follows, and nothing else.
pub const INSIDE: &str = "--time";
/// Where this program is on a host.
const OWN: &str = "/usr/local/bin/bench-servers";

/// Puts this program where it is needed.
pub fn prepare(school: &School) {
    let own = std::env::current_exe().expect("this program's path");
    for host in school.hosts.iter().chain([&school.desk]) {
        std::fs::copy(&own, host.path(OWN)).expect("a copy of this program");
    }
}

/// The milliseconds of each of so many runs at the operator's machine.
pub fn at_desk(school: &School, runs: usize, command: &str) -> Vec<f64> {
    numbers(&school.shell(&format!("{OWN} {INSIDE} {runs} {command}")).succeeds())
}

/// The same on a host, as its root.
pub fn on_host(host: &Host, runs: usize, command: &str) -> Vec<f64> {
    numbers(&host.root(&format!("{OWN} {INSIDE} {runs} {command}")).succeeds())
}

fn numbers(said: &str) -> Vec<f64> {
    said.lines().filter_map(|line| line.parse().ok()).collect()
}

/// This program's part there: prints the milliseconds of each run.
pub fn inside(arguments: &[String]) {
    let runs: usize = arguments[0].parse().expect("a number of runs");
    for _ in 0..runs {
        let begun = Instant::now();
        let mut run = Command::new(&arguments[1]);
        let status = run.args(&arguments[2..]).stdin(Stdio::null()).stdout(Stdio::null()).status();
        let took = begun.elapsed();
        // What is left out of a selection, such as the login by which one asks, is no failure.
        assert!(status.is_ok_and(|status| status.success()), "{arguments:?} fails");
        println!("{}", took.as_secs_f64() * 1e3);
    }
}
