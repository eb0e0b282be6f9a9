//! Control groups, version 2 (`cgroups(7)`, and the kernel's `admin-guide/cgroup-v2`).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::process::none_if_gone;

/// Where the unified hierarchy is mounted: alone, or beside version 1.
pub fn mount() -> PathBuf {
    let alone = Path::new("/sys/fs/cgroup");
    if alone.join("cgroup.controllers").exists() { alone.to_owned() } else { alone.join("unified") }
}

/// The group of a process, as a path that begins with `/`; none if there is no such process.
///
/// # Errors
/// It cannot be told.
pub fn of(pid: u32) -> io::Result<Option<String>> {
    let Some(list) = none_if_gone(fs::read(format!("/proc/{pid}/cgroup")))? else { return Ok(None) };
    // Below their own, users give groups any names. What counts is above those.
    let group = parse(&String::from_utf8_lossy(&list));
    group.map(Some).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// The unified hierarchy's line is `0::PATH`; on hosts that use version 1 for services, systemd's own
/// hierarchy names the group.
fn parse(text: &str) -> Option<String> {
    let unified = text.lines().find_map(|line| line.strip_prefix("0::"));
    let named = || text.lines().find_map(|line| line.split_once(":name=systemd:").map(|(_, path)| path));
    unified.filter(|path| *path != "/").or_else(named).or(unified).map(str::to_owned)
}

/// What a group says of whose it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Membership {
    /// Of the login session with this native ID.
    Session(String),
    /// Of the service manager of this uid, which all sessions of that user share.
    UserManager(u32),
    /// Of no user's session.
    Other,
}

/// Whose a group is, from the names that logind gives (`session-3.scope`, `user@1001.service`). The
/// first such name counts: what follows it is made by the session itself.
pub fn membership(path: &str) -> Membership {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    if parts.next() != Some("user.slice") {
        return Membership::Other;
    }
    for part in parts {
        if let Some(id) = part.strip_prefix("session-").and_then(|rest| rest.strip_suffix(".scope")) {
            return Membership::Session(id.to_owned());
        }
        let manager = part.strip_prefix("user@").and_then(|rest| rest.strip_suffix(".service"));
        if let Some(uid) = manager.and_then(|uid| uid.parse().ok()) {
            return Membership::UserManager(uid);
        }
    }
    Membership::Other
}

/// The user in whose slice a group is.
pub fn user_of(path: &str) -> Option<u32> {
    path.strip_prefix("/user.slice/user-")?.split_once(".slice")?.0.parse().ok()
}

/// One group below the mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group(PathBuf);

impl Group {
    /// The group at a path as `/proc/PID/cgroup` spells it.
    pub fn at(path: &str) -> Group {
        Group(mount().join(path.trim_start_matches('/')))
    }

    /// The group of a session's scope.
    pub fn of_scope(uid: u32, scope: &str) -> Group {
        Group::at(&format!("/user.slice/user-{uid}.slice/{scope}"))
    }

    /// The group of a user's service manager.
    pub fn of_user_manager(uid: u32) -> Group {
        Group::at(&format!("/user.slice/user-{uid}.slice/user@{uid}.service"))
    }

    /// A group below this one.
    pub fn child(&self, name: &str) -> Group {
        Group(self.0.join(name))
    }

    /// Whether it is there.
    pub fn exists(&self) -> bool {
        self.0.is_dir()
    }

    /// Whether it or a group below it has a living process.
    pub fn populated(&self) -> bool {
        let events = fs::read_to_string(self.0.join("cgroup.events")).unwrap_or_default();
        events.lines().any(|line| line == "populated 1")
    }

    /// Its own processes, without those of groups below it.
    pub fn processes(&self) -> Vec<u32> {
        let list = fs::read_to_string(self.0.join("cgroup.procs")).unwrap_or_default();
        list.lines().filter_map(|line| line.parse().ok()).filter(|pid| *pid > 0).collect()
    }

    /// The groups right below it.
    pub fn children(&self) -> Vec<Group> {
        let Ok(entries) = fs::read_dir(&self.0) else { return Vec::new() };
        entries.flatten().filter(|entry| entry.file_type().is_ok_and(|t| t.is_dir())).map(|e| Group(e.path())).collect()
    }

    /// Makes it if it is not there.
    ///
    /// # Errors
    /// Of `mkdir(2)`.
    pub fn make(&self) -> std::io::Result<()> {
        match fs::create_dir(&self.0) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }

    /// Removes it; it must be empty.
    ///
    /// # Errors
    /// Of `rmdir(2)`.
    pub fn remove(&self) -> std::io::Result<()> {
        fs::remove_dir(&self.0)
    }

    /// Moves a process into it.
    ///
    /// # Errors
    /// The process is gone, or the group takes none.
    pub fn take(&self, pid: u32) -> std::io::Result<()> {
        fs::write(self.0.join("cgroup.procs"), pid.to_string())
    }

    /// Stops everything in it and below it, or lets it go on.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn freeze(&self, frozen: bool) -> std::io::Result<()> {
        fs::write(self.0.join("cgroup.freeze"), if frozen { "1" } else { "0" })
    }

    /// Whether everything in it and below it has stopped.
    pub fn frozen(&self) -> bool {
        let events = fs::read_to_string(self.0.join("cgroup.events")).unwrap_or_default();
        events.lines().any(|line| line == "frozen 1")
    }

    /// Its name, without those of the groups above it.
    pub fn name(&self) -> String {
        self.0.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The group above it; none above the topmost.
    pub fn parent(&self) -> Option<Group> {
        (self.0 != mount()).then(|| self.0.parent().map(|above| Group(above.to_owned())))?
    }

    /// Whether it is this group or one below it.
    pub fn is_within(&self, other: &Group) -> bool {
        self.0.starts_with(&other.0)
    }

    /// Kills everything in it and below it with SIGKILL (since Linux 5.14).
    ///
    /// # Errors
    /// The kernel has no `cgroup.kill`.
    pub fn kill(&self) -> std::io::Result<()> {
        fs::write(self.0.join("cgroup.kill"), "1")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_is_read_from_whichever_hierarchy_names_it() {
        let unified = "0::/user.slice/user-1001.slice/session-3.scope\n";
        let beside = "12:pids:/\n1:name=systemd:/user.slice/user-1001.slice/session-c2.scope\n0::/\n";
        assert_eq!(parse(unified).unwrap(), "/user.slice/user-1001.slice/session-3.scope");
        assert_eq!(parse(beside).unwrap(), "/user.slice/user-1001.slice/session-c2.scope");
        assert_eq!(parse("0::/\n").unwrap(), "/");
    }

    #[test]
    fn a_group_tells_whose_it_is_and_a_session_cannot_pretend() {
        for (path, expected) in [
            ("/user.slice/user-1001.slice/session-3.scope", Membership::Session("3".to_owned())),
            ("/user.slice/user-1001.slice/session-3.scope/session-4.scope", Membership::Session("3".to_owned())),
            ("/user.slice/user-1001.slice/user@1001.service/app.slice/session-4.scope", Membership::UserManager(1001)),
            ("/system.slice/ssh.service", Membership::Other),
            ("/system.slice/session-3.scope", Membership::Other),
            ("/", Membership::Other),
        ] {
            assert_eq!(membership(path), expected, "{path}");
        }
        assert_eq!(user_of("/user.slice/user-1001.slice/session-3.scope"), Some(1001));
        assert_eq!(user_of("/system.slice/user-1001.slice"), None);
    }
}
