//! How other programs are started.

use std::ffi::OsStr;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};
use std::sync::OnceLock;
use std::{env, fs};

/// The top of the repository.
pub fn root() -> PathBuf {
    let own =
        env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    own.parent().map(Path::to_path_buf).unwrap_or(own)
}

/// Where cargo puts what it builds for the tasks. Tests that root runs start programs as other users: where these cannot
/// get to root's own place, as below `/root`, it is one that they can get to.
pub fn target() -> PathBuf {
    static TARGET: OnceLock<PathBuf> = OnceLock::new();
    TARGET.get_or_init(|| reachable(own_target())).clone()
}

/// The place of what is built in `own`, where those can get to it whom the tests start programs as.
pub fn reachable(own: PathBuf) -> PathBuf {
    reachable_by(own, is_root())
}

/// Where this program lies, which is `TARGET/debug`.
fn own_target() -> PathBuf {
    let own = env::current_exe().unwrap_or_default();
    own.ancestors().nth(2).map_or_else(|| root().join("target"), Path::to_path_buf)
}

fn reachable_by(own: PathBuf, root: bool) -> PathBuf {
    let open = |path: &Path| path.metadata().is_ok_and(|meta| meta.permissions().mode() & 0o001 != 0);
    if !root || own.ancestors().all(open) {
        return own;
    }
    let name = own.iter().skip(1).map(OsStr::to_string_lossy).collect::<Vec<_>>().join("-");
    Path::new("/var/cache/usher").join(name)
}

/// Whether this is root.
pub fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0)
}

/// The cache of this repository's tools, outside of every checkout.
pub fn cache() -> Option<PathBuf> {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))?;
    Some(base.join("usher"))
}

/// A program, started at the top of the repository as the person at the terminal would start it.
pub fn program(path: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(path);
    command.current_dir(root());
    // What `cargo run` adds for this program would make builds differ from those started by hand, and would show in
    // the sessions of the demo.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text == "CARGO" || text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    if target() != own_target() {
        command.env("CARGO_TARGET_DIR", target());
    }
    match libraries(env::var_os("LD_LIBRARY_PATH").as_deref(), &own_target()) {
        Some(kept) => command.env("LD_LIBRARY_PATH", kept),
        None => command.env_remove("LD_LIBRARY_PATH"),
    };
    command
}

/// The library path without what `cargo run` put before it.
fn libraries(path: Option<&OsStr>, target: &Path) -> Option<std::ffi::OsString> {
    let ours = |entry: &PathBuf| entry.starts_with(target) || entry.components().any(|c| c.as_os_str() == "rustlib");
    let kept: Vec<PathBuf> = env::split_paths(path?).filter(|entry| !ours(entry)).collect();
    if kept.is_empty() { None } else { env::join_paths(kept).ok() }
}

/// The cargo that runs this program.
pub fn cargo(words: &[&str]) -> Command {
    let mut command = program(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(words);
    command
}

/// The command as one would type it.
pub fn line(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(name).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// The first program of this name in `$PATH`.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|directory| directory.join(name)).find(|file| file.is_file())
}

/// Runs a command to its end; what it exits with becomes our own exit code.
pub fn to_the_end(command: &mut Command) -> ExitCode {
    match command.status() {
        Ok(status) => code(status),
        Err(error) => {
            eprintln!("xtask: `{}` cannot be started: {error}", line(command));
            ExitCode::FAILURE
        }
    }
}

/// An exit status as an exit code, a deadly signal as 128 and its number.
pub fn code(status: ExitStatus) -> ExitCode {
    use std::os::unix::process::ExitStatusExt;
    let number = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    number.and_then(|number| u8::try_from(number).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_of_cargo_are_left_out() {
        let target = Path::new("/src/target");
        let kept = |path: &str| libraries(Some(OsStr::new(path)), target);
        assert_eq!(kept("/src/target/debug/deps:/home/a/toolchain/lib/rustlib/x86_64/lib"), None);
        assert_eq!(kept("/src/target/debug:/opt/lib:/lib"), Some("/opt/lib:/lib".into()));
        assert_eq!(libraries(None, target), None);
    }

    #[test]
    fn what_root_builds_is_built_where_other_users_can_run_it() {
        let place = std::env::temp_dir().join(format!("xtask-reach-{}", std::process::id()));
        let target = place.join("usher/target");
        fs::create_dir_all(&target).expect("a directory");
        assert_eq!(reachable_by(target.clone(), true), target);
        fs::set_permissions(&place, fs::Permissions::from_mode(0o700)).expect("a mode");
        let elsewhere = reachable_by(target.clone(), true);
        assert_eq!(reachable_by(target.clone(), false), target);
        fs::remove_dir_all(&place).expect("removed");
        assert!(elsewhere.starts_with("/var/cache/usher"));
        assert!(elsewhere.to_string_lossy().ends_with("-usher-target"), "{elsewhere:?}");
    }

    #[test]
    fn commands_are_shown_as_typed() {
        let mut command = Command::new("/usr/bin/cargo");
        command.args(["fmt", "--all"]);
        assert_eq!(line(&command), "cargo fmt --all");
    }
}
