//! Where the packages under test are built. What is linked on a newer Debian needs a newer C library than the oldest test
//! hosts have: there cargo runs in the tree of the oldest, with this machine's Rust toolchain.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{OLDEST, ready};
use crate::{host, run};

/// How a command runs in a tree.
const INSIDE: &str = include_str!("builder.sh");

/// Cargo, for what is to run in every test host.
///
/// # Errors
/// There is no tree to run it in.
pub fn cargo(words: &[&str]) -> Result<Command, String> {
    if host::builds_for_every_host() || !host::installs() {
        return Ok(run::cargo(words));
    }
    let (tree, toolchain) = (ready(OLDEST)?, toolchain()?);
    let mut command = run::program("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-c", "eval \"$INSIDE\"", "builder.sh"]).arg(tree);
    command.env("INSIDE", INSIDE);
    command.args([&run::root(), &run::target(), &toolchain, &cargo_home()]).args(["--", "cargo"]).args(words);
    let path = env::var_os("PATH").unwrap_or_default();
    let first = [toolchain.join("bin")].into_iter().chain(env::split_paths(&path));
    command.env("PATH", env::join_paths(first).map_err(|error| error.to_string())?);
    Ok(command)
}

/// The toolchain that runs this task.
///
/// # Errors
/// There is none with cargo in it.
pub fn toolchain() -> Result<PathBuf, String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = run::program(rustc).args(["--print", "sysroot"]).stdin(Stdio::null()).output();
    let said = said.map_err(|error| format!("rustc cannot be started: {error}"))?;
    let path = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    if Path::new(&path).join("bin/cargo").is_file() { Ok(path.into()) } else { Err(format!("no cargo below {path:?}")) }
}

/// Where cargo keeps what it downloaded, and its configuration.
pub fn cargo_home() -> PathBuf {
    let home = || env::var_os("HOME").map(|home| Path::new(&home).join(".cargo").into_os_string());
    env::var_os("CARGO_HOME").or_else(home).map_or_else(PathBuf::new, |path: OsString| path.into())
}
