//! What we depend on: licences, sources, bans and known vulnerabilities, by cargo-deny and `deny.toml`.

use std::path::PathBuf;
use std::process::Command;

use crate::steps::{Report, Verdict, passes};
use crate::{run, tools};

/// The version that is installed where there is none.
const VERSION: &str = "0.20.2";

/// Seconds for fetching the advisories.
const FETCH_SECONDS: &str = "120";

/// What installs the tool, if it is missing.
pub fn installation() -> Option<Command> {
    tools::installation("cargo-deny", VERSION)
}

/// Licences, bans and sources.
pub fn dependencies(_: &mut Report) -> Verdict {
    match tools::tool("cargo-deny", VERSION) {
        Ok(tool) => passes(deny(&tool).args(["check", "--hide-inclusion-graph", "licenses", "bans", "sources"])),
        Err(why) => Verdict::Skipped(why),
    }
}

/// Known vulnerabilities, where the list of them can be had. Being out of reach is no failure; finding one is.
pub fn advisories(_: &mut Report) -> Verdict {
    let tool = match tools::tool("cargo-deny", VERSION) {
        Ok(tool) => tool,
        Err(why) => return Verdict::Skipped(why),
    };
    let mut fetch = run::program("timeout");
    fetch.arg(FETCH_SECONDS).arg(&tool).args(["fetch", "db"]);
    match passes(fetch.env("GIT_TERMINAL_PROMPT", "0")) {
        // Offline: the list is there now, and the crates since the step before.
        Verdict::Passed => passes(deny(&tool).args(["--offline", "check", "advisories"])),
        Verdict::Failed(why) | Verdict::Skipped(why) => {
            Verdict::Skipped(format!("the list of advisories is out of reach: {why}"))
        }
    }
}

fn deny(tool: &PathBuf) -> Command {
    let mut command = run::program(tool);
    command.args(["--locked", "--workspace", "--all-features"]);
    command
}
