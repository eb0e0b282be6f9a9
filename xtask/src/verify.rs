//! `cargo verify`: every check there is, in this order. A failed step stops none of the others.

use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

use crate::steps::{self, Report, Step, Verdict, Work};
use crate::times::Times;
use crate::{ahead, api, deb, deny, host, hosts, machine, names, rooms, support};

/// What is checked, in this order.
const STEPS: &[Step] = &[
    step("host", "installs the programs that the tests use", 60, host::prepare),
    step("format", "looks at the code's form", 1, steps::format),
    step("rooms", "looks for rooms that use a higher floor", 1, rooms::in_order),
    step("names", "counts types whose name stands for two things", 1, names::few),
    step("clippy", "has clippy read all of the code", 240, steps::clippy),
    step("build", "compiles the programs and their tests", 300, steps::build),
    step("packages", "makes the Debian package that the tests use", 60, deb::packages),
    step("hosts", "builds the file systems of the test hosts", 180, hosts::prepare),
    step("installed", "installs the package in copies of them", 10, hosts::installed::prepare),
    step("tests", "runs every test", 700, steps::testing::all),
    step("machine", "locks a seat in a virtual machine that was made before", 0, machine::smoke::seat),
    step("support", "compares docs/support.md with what the tests have shown", 1, support::as_shown),
    step("features", "compiles the shared words with each of their features by itself", 30, steps::features::alone),
    step("api", "asks a daemon all that the API's document allows and forbids", 60, api::conforms),
    step("rustdoc", "builds the code's documentation", 30, steps::rustdoc),
    step("demo", "plays the tour", 150, steps::demo),
    step("dependencies", "looks at licences and sources of what we depend on", 100, deny::dependencies),
    step("advisories", "looks for known vulnerabilities", 20, deny::advisories),
];

const fn step(name: &'static str, does: &'static str, cold: u64, run: Work) -> Step {
    Step { name, does, cold, run }
}

/// The whole task.
pub fn run(require_hosts: bool) -> ExitCode {
    let began = Instant::now();
    let mut report = Report::default();
    let mut lines = Vec::new();
    let mut failed = 0;
    let mut times = Times::last();
    for (number, step) in STEPS.iter().enumerate() {
        ahead::begin(step.name);
        let expected = times.expected(step.name, step.cold);
        say(&format!("\n==> {} ({} of {}): {}, {expected}", step.name, number + 1, STEPS.len(), step.does));
        let began = Instant::now();
        let verdict = (step.run)(&mut report);
        failed += usize::from(matches!(verdict, Verdict::Failed(_)));
        if verdict == Verdict::Passed {
            times.passed(step.name, began.elapsed().as_secs());
        }
        let line = format!("{:<13}{:>7.1} s  {verdict}", step.name, began.elapsed().as_secs_f64());
        say(&format!("<== {line}"));
        lines.push(line);
    }

    say(&format!("\n==> all of it took {:.1} s", began.elapsed().as_secs_f64()));
    for line in &lines {
        say(line);
    }
    for lack in &report.lacks {
        say(&format!("lacking: {lack}"));
    }
    let (by_hand, skips): (Vec<_>, Vec<_>) = report.skips.iter().partition(|skip| steps::skips::by_hand(skip));
    for test in by_hand {
        say(&format!("not tried here: {test}"));
    }
    for skip in &skips {
        say(&format!("skipped: {skip}"));
    }
    for failure in &report.unsteady {
        say(&format!("unsteady: {failure} (it passed when it was tried again by itself)"));
    }
    for failure in &report.failures {
        say(&format!("failed: {failure}"));
    }
    if require_hosts && !(skips.is_empty() && report.lacks.is_empty()) {
        say("FAILED: --require-hosts lets no test be skipped");
        failed += 1;
    }
    say(&format!("{} passed, {} failed, {} skipped", report.passed, report.failed, skips.len()));
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints a line at once: what the next program prints must come after it. Nobody reading is no reason to stop.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}
