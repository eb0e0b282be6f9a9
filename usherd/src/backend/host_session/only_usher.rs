//! Logins in which nothing runs but what logged the user in and `usher`, as where `usher login` sits at a text session.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use usher_core::sys::cgroup::Group;
use usher_core::sys::proc;
use usher_core::sys::program::beside_this_program;

use crate::logind::Login;

/// More processes than a login and a station have.
const MOST: usize = 64;

/// Whether only `usher` and sshd or `login(1)` run in this login, and `usher` does. What cannot be told of a process makes it
/// another.
pub(super) fn runs(login: &Login) -> bool {
    let group = Group::of_scope(login.uid, &login.scope);
    let processes = group.processes();
    // Whatever is in a group below is somebody's doing.
    if processes.len() > MOST || group.children().iter().any(Group::populated) {
        return false;
    }
    let programs: Vec<Program> = processes.into_iter().map(program).collect();
    programs.contains(&Program::Usher) && !programs.contains(&Program::Other)
}

#[derive(Debug, PartialEq, Eq)]
enum Program {
    /// sshd, or `login(1)` of a console.
    Door,
    Usher,
    Other,
}

fn program(pid: u32) -> Program {
    // In a namespace of its own a user can put any file at any path.
    let here = fs::read_link("/proc/1/ns/mnt").ok();
    let in_host = || here.is_some() && fs::read_link(format!("/proc/{pid}/ns/mnt")).ok() == here;
    match (proc::program(pid), proc::tracer(pid)) {
        (Ok(Some(path)), Ok(None)) if in_host() => of_path(&path, &beside_this_program("usher")),
        _ => Program::Other,
    }
}

fn of_path(path: &Path, usher: &Path) -> Program {
    // The kernel calls it so after an upgrade.
    let path = path.as_os_str().as_bytes();
    let path = Path::new(OsStr::from_bytes(path.strip_suffix(b" (deleted)").unwrap_or(path)));
    let name = path.file_name().unwrap_or_default().as_bytes();
    match path {
        path if path == usher => Program::Usher,
        path if path == Path::new("/usr/bin/login") => Program::Door,
        path if path.starts_with("/usr") && !path.starts_with("/usr/local") && name.starts_with(b"sshd") => {
            Program::Door
        }
        _ => Program::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_known_by_a_path_that_only_root_fills() {
        let of = |path: &str| of_path(Path::new(path), Path::new("/usr/bin/usher"));
        assert_eq!(of("/usr/bin/usher"), Program::Usher);
        assert_eq!(of("/usr/bin/usher (deleted)"), Program::Usher);
        assert_eq!(of("/usr/sbin/sshd"), Program::Door);
        assert_eq!(of("/usr/lib/openssh/sshd-session"), Program::Door);
        assert_eq!(of("/usr/bin/login"), Program::Door);
        for other in
            ["/home/a/usher", "/home/a/sshd", "/usr/local/bin/sshd", "/home/a/login", "/bin/bash", "/usr/bin/usher2"]
        {
            assert_eq!(of(other), Program::Other, "{other}");
        }
    }
}
