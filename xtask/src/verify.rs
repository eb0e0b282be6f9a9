//! `cargo verify`: every check there is, in this order. A failed step stops none of the others.

use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

use crate::steps::{self, Report, Step, Verdict};
use crate::{api, deb, deny, host, hosts};

/// What is checked, in this order.
const STEPS: &[Step] = &[
    Step { name: "host", run: host::prepare },
    Step { name: "format", run: steps::format },
    Step { name: "clippy", run: steps::clippy },
    Step { name: "build", run: steps::build },
    Step { name: "packages", run: deb::packages },
    Step { name: "hosts", run: hosts::prepare },
    Step { name: "tests", run: steps::testing::all },
    Step { name: "chaos", run: steps::testing::chaos },
    Step { name: "api", run: api::conforms },
    Step { name: "rustdoc", run: steps::rustdoc },
    Step { name: "demo", run: steps::demo },
    Step { name: "dependencies", run: deny::dependencies },
    Step { name: "advisories", run: deny::advisories },
];

/// The whole task.
pub fn run(require_hosts: bool) -> ExitCode {
    let began = Instant::now();
    let mut report = Report::default();
    let mut lines = Vec::new();
    let mut failed = 0;
    for step in STEPS {
        say(&format!("\n==> {}", step.name));
        let began = Instant::now();
        let verdict = (step.run)(&mut report);
        failed += usize::from(matches!(verdict, Verdict::Failed(_)));
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
    for skip in &report.skips {
        say(&format!("skipped: {skip}"));
    }
    if require_hosts && !(report.skips.is_empty() && report.lacks.is_empty()) {
        say("FAILED: --require-hosts lets no test be skipped");
        failed += 1;
    }
    say(&format!("{} passed, {} failed, {} skipped", report.passed, report.failed, report.skips.len()));
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints a line at once: what the next program prints must come after it. Nobody reading is no reason to stop.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}
