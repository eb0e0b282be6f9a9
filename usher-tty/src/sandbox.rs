//! A holder gives up most of its rights once its session runs.
//!
//! The holder reads bytes from a program that may be hostile. After the start it makes the system calls of a list
//! ([`calls`]) and no others: it starts no program and no thread, opens no socket, and runs no code that was not there before. It
//! touches no file except its own socket and `/proc`. The session itself was started before and gives up nothing.
//!
//! Where the kernel has no Landlock or no seccomp, the holder goes on without: it never has more
//! rights than the session's user in `--user` mode, and in system mode its unit has taken them.

use std::path::Path;

use landlock::{ABI, Access, AccessFs, BitFlags, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr};

mod calls;

/// Enters the sandbox, as far as the kernel has one. The socket is the holder's own to remove, if it made it.
pub(super) fn enter(socket: Option<&Path>) {
    // Each is worth having without the other.
    let _ = confine_files(socket);
    let _ = confine_calls();
}

/// Allows reading `/proc` and removing the holder's own socket. No other file can be opened or changed.
fn confine_files(socket: Option<&Path>) -> Result<(), Box<dyn std::error::Error>> {
    let abi = ABI::V5;
    let read: BitFlags<AccessFs> = AccessFs::ReadFile | AccessFs::ReadDir;
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_all(abi))?
        .create()?
        .add_rule(PathBeneath::new(PathFd::new("/proc")?, read))?;
    if let Some(socket) = socket {
        let directory = socket.parent().unwrap_or(Path::new("/"));
        rules = rules.add_rule(PathBeneath::new(PathFd::new(directory)?, AccessFs::RemoveFile))?;
    }
    rules.restrict_self()?;
    Ok(())
}

fn confine_calls() -> Result<(), Box<dyn std::error::Error>> {
    seccompiler::apply_filter(&calls::filter(std::process::id())?)?;
    Ok(())
}

#[cfg(test)]
mod tests;
