//! The repository's tasks, behind `cargo demo`, `cargo verify` and `cargo xtask`.

use std::process::ExitCode;

use steps::Work;

mod ahead;
mod api;
mod bench;
mod dashboard;
mod deb;
mod demo;
mod deny;
mod docs;
mod fresh;
mod host;
mod hosts;
mod machine;
mod mutants;
mod names;
mod programs;
mod reader;
mod rooms;
mod run;
mod steps;
mod support;
mod times;
mod tools;
mod upgrade;
mod verify;

const USAGE: &str = "\
Usage: cargo xtask TASK

  cargo demo [-- ARGUMENTS]          build what it needs and run `usher demo ARGUMENTS`
  cargo verify [--require-hosts]     every check there is; with --require-hosts nothing may be skipped for want of a host
  cargo xtask api                    ask a daemon everything that the OpenAPI document allows and forbids
  cargo xtask dashboard              try the web page in Chromium by mouse and keys, and take its pictures at every size
  cargo xtask docs                   write the generated files under docs/ again
  cargo xtask deb [--release]        build the Debian package that tests use, or that is shipped, into TARGET/debian
  cargo xtask fresh [SUITE…]         run both commands in a pristine Debian 12 and 13, as root on Debian; --short: no verify;
                                     with `-- COMMAND` another command line there
  cargo xtask host                   install the programs that the tests use, as root on Debian
  cargo xtask hosts                  build the file systems of the test hosts, as root on Debian
  cargo xtask installed              install the package in copies of them; without, each test that needs it installs it
  cargo xtask machine [RELEASE] [TEST…]
                                     try locks of seats in virtual machines, as root on Debian; what is made is kept
  cargo xtask rooms                  hold the use of each room by others against floors.txt
  cargo xtask support                write docs/support.md from what the tests of the last `cargo verify` showed
  cargo xtask names                  count the type names that stand for more than one thing
  cargo xtask mutants [MODULE…]      run cargo-mutants over what must be held tightly; goes on where it stopped
  cargo xtask upgrade [COMMIT|--record]
                                     upgrade test hosts from the package of an earlier commit, with sessions open and locked
  cargo xtask bench [-- ARGUMENTS]   run the benchmarks; with `displays 1 10 20` those of locking displays on a real host
";

/// Steps of `cargo verify` that are also tasks by themselves.
const STEPS: &[(&str, Work)] = &[
    ("api", api::conforms),
    ("host", host::prepare),
    ("hosts", hosts::prepare),
    ("installed", hosts::installed::prepare),
    ("names", names::few),
    ("rooms", rooms::in_order),
];

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let task = words.next().unwrap_or_default();
    let mut rest: Vec<String> = words.collect();
    // `cargo demo -- --script` hands the `--` on; what a pristine root is to run stands behind its own.
    if task != "fresh" && rest.first().is_some_and(|word| word == "--") {
        rest.remove(0);
    }
    let flags: &[&str] = match task.as_str() {
        "demo" => return demo::run(&rest),
        "bench" => return bench::run(&rest),
        "fresh" => return fresh::run(&rest),
        "machine" => return machine::run(&rest),
        "mutants" => return mutants::run(&rest),
        "upgrade" => return upgrade::run(&rest),
        "deb" => &["--release"],
        "verify" => &["--require-hosts"],
        _ => &[],
    };
    if let Some(word) = rest.iter().find(|word| !flags.contains(&word.as_str())) {
        return wrong(&format!("`{task}` does not know {word}"));
    }
    let step = STEPS.iter().find(|(name, _)| *name == task);
    match (task.as_str(), step) {
        (name, Some((_, run))) => steps::alone(name, *run),
        ("dashboard", _) => dashboard::run(),
        ("docs", _) => docs::run(),
        ("support", _) => support::run(),
        ("deb", _) => deb::run(!rest.is_empty()),
        ("verify", _) => verify::run(!rest.is_empty()),
        ("" | "help" | "--help" | "-h", _) => {
            print!("{USAGE}");
            ExitCode::SUCCESS
        }
        (other, _) => wrong(&format!("there is no task {other}")),
    }
}

fn wrong(why: &str) -> ExitCode {
    eprint!("xtask: {why}\n\n{USAGE}");
    ExitCode::from(2)
}
