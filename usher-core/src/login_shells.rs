//! The login shells of users who log in at consoles by `usher login`: the user database names a program of usher's for
//! them, and a file says which shell it named before.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::files;

/// What the user database names as their login shell: a link to `usher`.
pub const LOGIN_SHELL: &str = "/usr/lib/usher/usher-login";

/// Which shells they had, a line `USER:SHELL` each, as `passwd(5)` has its fields. Root's file.
pub const RECORD: &str = "/etc/usher/login-shells";

/// No host has so many accounts of its own that this is not enough.
const LONGEST_RECORD: u64 = 1 << 20;

/// The shell that this user's programs run in, where the user database names `shell`: that one, or the one before it became
/// [`LOGIN_SHELL`]; `/bin/sh` where nobody knows.
pub fn true_shell(user: &str, shell: PathBuf) -> PathBuf {
    let shell = if shell == Path::new(LOGIN_SHELL) {
        read(Path::new(RECORD)).unwrap_or_default().shell_of(user).map(Path::to_path_buf).unwrap_or_default()
    } else {
        shell
    };
    if shell.as_os_str().is_empty() { PathBuf::from("/bin/sh") } else { shell }
}

/// Whose login shells were replaced, each with the shell of before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoginShells(Vec<(String, PathBuf)>);

/// Reads the file; nobody is in one that is not there.
///
/// # Errors
/// It cannot be read, or is longer than any of ours.
pub fn read(file: &Path) -> io::Result<LoginShells> {
    let mut text = String::new();
    match fs::File::open(file) {
        Ok(file) => file.take(LONGEST_RECORD + 1).read_to_string(&mut text)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(LoginShells::default()),
        Err(error) => return Err(error),
    };
    if text.len() as u64 > LONGEST_RECORD {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let pairs = text.lines().filter_map(|line| line.split_once(':'));
    Ok(LoginShells(pairs.map(|(user, shell)| (user.to_owned(), PathBuf::from(shell))).collect()))
}

impl LoginShells {
    /// The shell that this user had.
    pub fn shell_of(&self, user: &str) -> Option<&Path> {
        self.0.iter().find(|(known, _)| known == user).map(|(_, shell)| shell.as_path())
    }

    /// Everyone, with the shell that they had.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.0.iter().map(|(user, shell)| (user.as_str(), shell.as_path()))
    }

    /// Remembers this user's shell, or forgets it.
    pub fn set(&mut self, user: &str, shell: Option<&Path>) {
        self.0.retain(|(known, _)| known != user);
        self.0.extend(shell.map(|shell| (user.to_owned(), shell.to_path_buf())));
    }

    /// Writes the file whole; one of nobody is removed.
    ///
    /// # Errors
    /// The disk's.
    pub fn write(&self, file: &Path) -> io::Result<()> {
        if self.0.is_empty() {
            return match fs::remove_file(file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        let lines: String = self.iter().map(|(user, shell)| format!("{user}:{}\n", shell.display())).collect();
        files::replace(file, lines.as_bytes(), 0o644)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_again_and_one_of_nobody_is_gone() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("login-shells");
        let mut shells = read(&file).unwrap();
        assert_eq!(shells, LoginShells::default());
        shells.set("alice", Some(Path::new("/bin/bash")));
        shells.set("bob", Some(Path::new("/usr/bin/fish")));
        shells.set("alice", Some(Path::new("/bin/dash")));
        shells.write(&file).unwrap();
        let again = read(&file).unwrap();
        assert_eq!(again, shells);
        assert_eq!(again.shell_of("alice"), Some(Path::new("/bin/dash")));
        assert_eq!(again.shell_of("carol"), None);
        shells.set("alice", None);
        shells.set("bob", None);
        shells.write(&file).unwrap();
        assert!(!file.exists());
    }

    #[test]
    fn everybody_has_a_shell() {
        assert_eq!(true_shell("alice", "/bin/bash".into()), Path::new("/bin/bash"));
        assert_eq!(true_shell("alice", "".into()), Path::new("/bin/sh"));
        assert_eq!(true_shell("nobody of the record", LOGIN_SHELL.into()), Path::new("/bin/sh"));
    }
}
