//! The caller's login shell, which takes this program's place.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::unistd::{Uid, User};
use usher_core::login_shells::true_shell;

use super::not_executed;
use crate::cli::CommandError;

/// sshd's word for a server that it has inside, where a subsystem is forced through a command (`sshd_config(5)`).
const INTERNAL_SFTP: &[u8] = b"internal-sftp";
/// Where systems have the same as a program.
const SFTP_SERVERS: [&str; 4] = [
    "/usr/lib/openssh/sftp-server",
    "/usr/libexec/openssh/sftp-server",
    "/usr/libexec/sftp-server",
    "/usr/lib/ssh/sftp-server",
];

pub(super) struct LoginShell {
    path: PathBuf,
    /// Its name without directories.
    name: OsString,
}

impl LoginShell {
    /// The caller's, by the user database, or the one before `usher login` became it; `/bin/sh` where that has none.
    pub(super) fn own() -> LoginShell {
        let account = User::from_uid(Uid::current()).ok().flatten();
        let path = account.map_or_else(|| PathBuf::from("/bin/sh"), |user| true_shell(&user.name, user.shell));
        let name = path.file_name().unwrap_or(path.as_os_str()).to_owned();
        LoginShell { path, name }
    }

    /// Runs a command as sshd would. Returns only if that cannot be done.
    pub(super) fn run(&self, command: &OsStr) -> CommandError {
        let server = SFTP_SERVERS.iter().map(Path::new).find(|path| path.exists());
        let error = self.command().arg0(&self.name).arg("-c").arg(mapped(command, server)).exec();
        not_executed(&self.path.to_string_lossy(), &error)
    }

    /// Becomes a plain login. Returns only if that cannot be done.
    pub(super) fn log_in(&self) -> CommandError {
        self.instead(true, &[])
    }

    /// Becomes the shell with these arguments, as it would have been started. Returns only if that cannot be done.
    pub(super) fn instead(&self, logs_in: bool, arguments: &[OsString]) -> CommandError {
        let mut zeroth = OsString::from(if logs_in { "-" } else { "" });
        zeroth.push(&self.name);
        let error = self.command().arg0(zeroth).args(arguments).exec();
        not_executed(&self.path.to_string_lossy(), &error)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        // Without usher there would be none.
        command.env_remove("SSH_ORIGINAL_COMMAND").env("SHELL", &self.path);
        command
    }
}

/// The command with sshd's own sftp server as a program.
fn mapped(command: &OsStr, server: Option<&Path>) -> OsString {
    let arguments = command.as_bytes().strip_prefix(INTERNAL_SFTP);
    let arguments = arguments.filter(|rest| rest.first().is_none_or(|byte| *byte == b' '));
    let (Some(arguments), Some(server)) = (arguments, server) else { return command.to_owned() };
    let mut mapped = OsString::from("exec ");
    mapped.push(server);
    mapped.push(OsStr::from_bytes(arguments));
    mapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_internal_sftp_server_becomes_a_program() {
        let server = Some(Path::new("/usr/lib/sftp-server"));
        for (command, expected) in [
            ("internal-sftp", "exec /usr/lib/sftp-server"),
            ("internal-sftp -f AUTH -l INFO", "exec /usr/lib/sftp-server -f AUTH -l INFO"),
            ("internal-sftpx", "internal-sftpx"),
            ("echo internal-sftp", "echo internal-sftp"),
        ] {
            assert_eq!(mapped(OsStr::new(command), server), expected);
        }
        assert_eq!(mapped(OsStr::new("internal-sftp"), None), "internal-sftp");
    }
}
