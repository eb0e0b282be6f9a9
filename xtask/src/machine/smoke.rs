//! The step of `cargo verify` that locks a seat: what no test host has, a virtual machine does. To make one takes minutes, so that it
//! is tried where `cargo xtask machine` has made one.

use std::path::Path;

use super::{VARIABLE, place};
use crate::steps::{Report, Verdict, passes, skips};
use crate::{host, hosts, run};

/// The lock of a whole seat; the other mechanisms are tried in test hosts.
const TEST: &str = "console::a_locked_console_shows_the_message_and_takes_no_key";

/// Tries it in one machine, from the state that it was kept in.
pub fn seat(report: &mut Report) -> Verdict {
    let made = hosts::SUITES.iter().filter_map(|suite| place(suite).ok()).find(|machine| machine.exists());
    let Some(machine) = made.filter(|_| host::installs()) else {
        return Verdict::Skipped("there is no machine yet: `cargo xtask machine` makes them, in minutes".to_owned());
    };
    let emulator = host::provide("qemu-system-x86_64", "qemu-system-x86");
    if emulator != Verdict::Passed {
        return emulator;
    }
    let verdict = tried(&machine);
    match verdict {
        Verdict::Passed => report.passed += 1,
        _ => report.failed += 1,
    }
    report.skips.retain(|skip| !skip.starts_with(TEST));
    verdict
}

/// A test that skips itself passes for cargo, and has shown nothing.
fn tried(machine: &Path) -> Verdict {
    let file = match skips::file() {
        Ok(file) => file,
        Err(error) => return Verdict::Failed(format!("the list of skipped tests cannot be written: {error}")),
    };
    let mut test = run::cargo(&["test", "--workspace", "--locked", "--test", "machine", "--", "--exact", TEST]);
    let verdict = passes(test.env(VARIABLE, machine).env(skips::VARIABLE, &file));
    match skips::read(&file) {
        Ok(skipped) if skipped.is_empty() => verdict,
        Ok(skipped) => Verdict::Failed(skipped.into_values().collect::<Vec<_>>().join("; ")),
        Err(error) => Verdict::Failed(format!("the list of skipped tests cannot be read: {error}")),
    }
}
