//! Commands that ran to their end.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::common::run::{Finished, run_bounded};

/// A command that ended.
#[derive(Debug, Clone)]
#[must_use = "whether the command succeeded must be looked at: call `exits`"]
pub struct Ran {
    /// The command.
    pub what: String,
    /// Its exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it complained.
    pub stderr: String,
}

impl Ran {
    /// Checks the exit code and gives what was printed.
    #[track_caller]
    pub fn exits(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{}\nstdout: {}\nstderr: {}", self.what, self.stdout, self.stderr);
        self.stdout
    }

    /// Checks that it succeeded and gives what was printed.
    #[track_caller]
    pub fn succeeds(self) -> String {
        self.exits(0)
    }

    /// What was printed as JSON, whatever the exit code.
    #[track_caller]
    pub fn json(&self) -> Value {
        let Ran { what, stdout, stderr, .. } = self;
        serde_json::from_str(stdout).unwrap_or_else(|e| panic!("{what}: no JSON ({e}): {stdout:?}\nstderr: {stderr}"))
    }

    /// The elements of the JSON array that was printed, whatever the exit code.
    #[track_caller]
    pub fn array(&self) -> Vec<Value> {
        let Value::Array(values) = self.json() else { panic!("no array: {self:?}") };
        values
    }
}

/// Runs a command to its end. One that does not end is killed, and the test fails.
#[track_caller]
pub fn run(command: &mut Command, input: &[u8], patience: Duration) -> Ran {
    let Finished { what, code, stdout, stderr } = run_bounded(command, input, patience);
    Ran { what, code, stdout, stderr }
}
