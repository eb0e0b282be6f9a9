//! The repository's tasks, behind `cargo demo`, `cargo verify` and `cargo xtask`.

use std::process::ExitCode;

mod api;
mod bench;
mod deb;
mod demo;
mod deny;
mod docs;
mod fresh;
mod host;
mod hosts;
mod mutants;
mod names;
mod programs;
mod reader;
mod rooms;
mod run;
mod steps;
mod times;
mod tools;
mod verify;

const USAGE: &str = "\
Usage: cargo xtask TASK

  cargo demo [-- ARGUMENTS]          build what it needs and run `usher demo ARGUMENTS`
  cargo verify [--require-hosts]     every check there is; with --require-hosts nothing may be skipped for want of a host
  cargo xtask api                    ask a daemon everything that the OpenAPI document allows and forbids
  cargo xtask docs                   write the generated files under docs/ again
  cargo xtask deb [--release]        build the Debian package that tests use, or that is shipped, into TARGET/debian
  cargo xtask fresh [SUITE…]         run both commands in a pristine Debian 12 and 13, as root on Debian; --short: no verify;
                                     with `-- COMMAND` another command line there
  cargo xtask host                   install the programs that the tests use, as root on Debian
  cargo xtask hosts                  build the file systems of the test hosts, as root on Debian
  cargo xtask rooms                  hold the use of each room by others against floors.txt
  cargo xtask names                  count the type names that stand for more than one thing
  cargo xtask mutants [MODULE…]      run cargo-mutants over what must be held tightly; goes on where it stopped
  cargo xtask bench [-- ARGUMENTS]   run the benchmarks; with `displays 1 10 20` those of locking displays on a real host
";

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let task = words.next().unwrap_or_default();
    let mut rest: Vec<String> = words.collect();
    // `cargo demo -- --script` hands the `--` on; what a pristine root is to run stands behind its own.
    if task != "fresh" && rest.first().is_some_and(|word| word == "--") {
        rest.remove(0);
    }
    let only = |flags: &[&str]| rest.iter().find(|word| !flags.contains(&word.as_str()));
    let wrong = match task.as_str() {
        "demo" => return demo::run(&rest),
        "bench" => return bench::run(&rest),
        "api" => match only(&[]) {
            None => return api::run(),
            Some(word) => format!("`cargo xtask api` does not know {word}"),
        },
        "docs" => match only(&[]) {
            None => return docs::run(),
            Some(word) => format!("`cargo xtask docs` does not know {word}"),
        },
        "deb" => match only(&["--release"]) {
            None => return deb::run(!rest.is_empty()),
            Some(word) => format!("`cargo xtask deb` does not know {word}"),
        },
        "mutants" => return mutants::run(&rest),
        "fresh" => return fresh::run(&rest),
        "names" => match only(&[]) {
            None => return names::run(),
            Some(word) => format!("`cargo xtask names` does not know {word}"),
        },
        "rooms" => match only(&[]) {
            None => return rooms::run(),
            Some(word) => format!("`cargo xtask rooms` does not know {word}"),
        },
        "host" => match only(&[]) {
            None => return host::run(),
            Some(word) => format!("`cargo xtask host` does not know {word}"),
        },
        "hosts" => match only(&[]) {
            None => return hosts::run(),
            Some(word) => format!("`cargo xtask hosts` does not know {word}"),
        },
        "verify" => match only(&["--require-hosts"]) {
            None => return verify::run(!rest.is_empty()),
            Some(word) => format!("`cargo verify` does not know {word}"),
        },
        "" | "help" | "--help" | "-h" => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        other => format!("there is no task {other}"),
    };
    eprint!("xtask: {wrong}\n\n{USAGE}");
    ExitCode::from(2)
}
