//! What begins before its own step, beside others that wait for a part of their time. Its step finds it done, waits for it, or
//! does it again and tells how that went.

use std::process::{Command, Stdio};

use crate::steps::{self, Report};
use crate::{deny, hosts};

/// Before this step file systems are begun.
const HOSTS: &str = "clippy";

/// Before this one, what comes after it: tests wait for other programs.
const LATER: &str = "tests";

/// Begins what is begun before this step.
pub fn begin(step: &str) {
    match step {
        HOSTS => drop(std::thread::spawn(|| hosts::prepare(&mut Report::default()))),
        LATER => drop(std::thread::spawn(|| {
            let checks = steps::features::checks().unwrap_or_default();
            for command in checks.into_iter().chain([steps::documentation()]).chain(deny::installation()) {
                // What went wrong goes wrong again in its own step, which says so.
                let _ = unhurried(&command).status();
            }
        })),
        _ => {}
    }
}

/// The command where nothing else has something to do, unheard.
fn unhurried(command: &Command) -> Command {
    let mut nice = Command::new("nice");
    nice.args(["-n", "19"]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => nice.env(name, value),
            None => nice.env_remove(name),
        };
    }
    command.get_current_dir().map(|directory| nice.current_dir(directory));
    nice.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    nice
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_stays_what_it_is() {
        let mut command = Command::new("sh");
        command.args(["-c", "[ \"$A\" = b ] && [ \"$PWD\" = / ] && [ -z \"$HOME\" ] && [ \"$(nice)\" = 19 ]"]);
        command.env("A", "b").env_remove("HOME").current_dir("/");
        assert!(unhurried(&command).status().is_ok_and(|status| status.success()));
    }
}
