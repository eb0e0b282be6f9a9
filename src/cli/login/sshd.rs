//! Having sshd run `usher login` for the members of groups (`sshd_config(5)`, ForceCommand).

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Output};

use nix::unistd::Group;
use usher_core::outcome::{ErrorId, Exit};

use super::{failed, refused, require_root, said};
use crate::cli::CommandError;
use crate::words;

/// Early in the alphabet: sshd takes the first value that it reads.
const FILE: &str = "/etc/ssh/sshd_config.d/50-usher-login.conf";
const SSHD: &str = "/usr/sbin/sshd";
const COMMAND: &str = "/usr/bin/usher login";
/// What stands above what is written.
const HEAD: &str = include_str!("../../../packaging/sshd/usher-login.conf");

/// Has sshd do it for this group too.
pub(super) fn enable(group: &str) -> Result<Exit, CommandError> {
    require_root()?;
    let wrong = |key: words::Key| Err(refused(ErrorId::InvalidRequest, key.text(&[("group", group)])));
    if group.is_empty() || !group.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-+@".contains(&b)) {
        return wrong(words::key!("login-group-name"));
    }
    let Some(found) = Group::from_name(group).ok().flatten() else { return wrong(words::key!("login-no-group")) };
    let before = read()?;
    let mut groups = groups(before.as_deref().unwrap_or_default());
    if !groups.iter().any(|known| known == group) {
        groups.push(group.to_owned());
    }
    let taken = write(Some(&text(&groups))).map_err(CommandError::Output).and_then(|()| take_effect(found.mem.first()));
    if taken.is_err() {
        write(before.as_deref())?;
    }
    taken?;
    reload()?;
    Ok(Exit::Success)
}

/// Has sshd do it for nobody.
pub(super) fn disable() -> Result<Exit, CommandError> {
    require_root()?;
    if read()?.is_some() {
        write(None)?;
        reload()?;
    }
    Ok(Exit::Success)
}

/// sshd reads the file, and does for a member what it says.
fn take_effect(member: Option<&String>) -> Result<(), CommandError> {
    let checked = sshd(&["-t"])?;
    if !checked.status.success() {
        return Err(failed(words::with!("login-sshd-refuses", &[("why", &said(&checked.stderr))])));
    }
    let Some(member) = member else { return Ok(()) };
    let asked = sshd(&["-T", "-C", &format!("user={member},host=localhost,addr=127.0.0.1")])?;
    let answer = String::from_utf8_lossy(&asked.stdout).into_owned();
    if !asked.status.success() || answer.lines().any(|line| line == format!("forcecommand {COMMAND}")) {
        return Ok(());
    }
    Err(failed(words::with!("login-sshd-ignores", &[("file", FILE), ("user", member)])))
}

fn sshd(arguments: &[&str]) -> Result<Output, CommandError> {
    Command::new(SSHD)
        .args(arguments)
        .output()
        .map_err(|error| failed(words::with!("login-not-executed", &[("program", SSHD), ("why", &error.to_string())])))
}

/// A daemon that does not run reads the file when it starts; one that is started for each connection needs no word.
fn reload() -> Result<(), CommandError> {
    let mut systemctl = Command::new("systemctl");
    let told = systemctl.args(["try-reload-or-restart", "ssh.service"]).output()?;
    if told.status.success() {
        return Ok(());
    }
    Err(failed(words::with!("login-no-reload", &[("why", &said(&told.stderr))])))
}

/// What the file has in it; none if it is not there.
fn read() -> io::Result<Option<String>> {
    match fs::read_to_string(FILE) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Replaces the file whole, or removes it.
fn write(text: Option<&str>) -> io::Result<()> {
    match text {
        Some(text) => {
            let directory = Path::new(FILE).parent().unwrap_or(Path::new("/"));
            fs::create_dir_all(directory)?;
            let mut new = tempfile::NamedTempFile::new_in(directory)?;
            io::Write::write_all(&mut new, text.as_bytes())?;
            new.as_file().sync_all()?;
            new.persist(FILE).map(drop).map_err(|error| error.error)
        }
        None => match fs::remove_file(FILE) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        },
    }
}

/// The groups that a file of ours names.
fn groups(text: &str) -> Vec<String> {
    let named = text.lines().find_map(|line| line.strip_prefix("Match Group "));
    named.into_iter().flat_map(|names| names.trim().split(',')).map(str::to_owned).collect()
}

fn text(groups: &[String]) -> String {
    format!("{HEAD}\nMatch Group {}\n    ForceCommand {COMMAND}\nMatch all\n", groups.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_again_and_the_example_names_nobody() {
        let two = ["pupils".to_owned(), "lab+users".to_owned()];
        assert_eq!(groups(&text(&two)), two);
        assert!(groups(HEAD).is_empty() && HEAD.lines().all(|line| line.is_empty() || line.starts_with('#')));
    }
}
