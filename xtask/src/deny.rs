//! What we depend on: licences, sources, bans and known vulnerabilities, by cargo-deny and `deny.toml`.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::run;
use crate::steps::{Report, Verdict, passes};

/// The version that is installed where there is none.
const VERSION: &str = "0.20.2";

/// Seconds for fetching the advisories.
const FETCH_SECONDS: &str = "120";

/// Licences, bans and sources.
pub fn dependencies(_: &mut Report) -> Verdict {
    match tool() {
        Ok(tool) => passes(deny(&tool).args(["check", "--hide-inclusion-graph", "licenses", "bans", "sources"])),
        Err(why) => Verdict::Skipped(why),
    }
}

/// Known vulnerabilities, where the list of them can be had. Being out of reach is no failure; finding one is.
pub fn advisories(_: &mut Report) -> Verdict {
    let tool = match tool() {
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

/// cargo-deny: the one in `$PATH`, else our own, installed when first needed.
fn tool() -> Result<PathBuf, String> {
    if let Some(tool) = run::find("cargo-deny") {
        return Ok(tool);
    }
    let cache = run::cache().ok_or("cargo-deny is not installed, and there is no home directory for it")?;
    let root = cache.join("tools");
    let tool = root.join("bin/cargo-deny");
    if version(&tool).is_some_and(|version| version == VERSION) {
        return Ok(tool);
    }
    println!("    cargo-deny is not installed; it goes to {}", root.display());
    // Unoptimized it is built sooner, and quick enough. What it is built in is not our target directory.
    let mut install = run::cargo(&["install", "cargo-deny", "--version", VERSION, "--locked", "--debug", "--root"]);
    install.arg(&root).env_remove("CARGO_TARGET_DIR").env("CARGO_PROFILE_DEV_DEBUG", "false");
    match passes(&mut install) {
        Verdict::Passed => Ok(tool),
        Verdict::Failed(why) | Verdict::Skipped(why) => Err(format!("cargo-deny cannot be installed: {why}")),
    }
}

fn version(tool: &PathBuf) -> Option<String> {
    let output = run::program(tool).arg("--version").stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split_whitespace().nth(1).map(str::to_owned)
}
