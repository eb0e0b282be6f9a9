//! What `/proc` tells of processes (`proc(5)`).

use std::fs;
use std::io::Read;

/// The whole of a file of the kernel's, which has no size beforehand: read with few calls, not with many small ones.
pub(super) fn contents(path: &str, about: usize) -> std::io::Result<String> {
    let mut text = String::with_capacity(about);
    fs::File::open(path)?.take(MOST).read_to_string(&mut text)?;
    Ok(text)
}

/// No file that is read here is larger.
const MOST: u64 = 64 << 20;

/// The process's parent and start time in clock ticks since boot; `None` if there is no such process.
pub fn parent_and_start(pid: u32) -> Option<(u32, u64)> {
    let stat = contents(&format!("/proc/{pid}/stat"), 1024).ok()?;
    // The second field is the program's name in parentheses, and may contain anything.
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    let parent = fields.next()?.parse().ok()?;
    let start = fields.nth(17)?.parse().ok()?;
    Some((parent, start))
}

/// The living children of all threads of a process (`CONFIG_PROC_CHILDREN`).
pub fn children(pid: u32) -> Vec<u32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let mut children = Vec::new();
    for thread in threads.flatten() {
        if let Ok(list) = fs::read_to_string(thread.path().join("children")) {
            children.extend(list.split_ascii_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
        }
    }
    children
}

/// The living processes whose session (`setsid(2)`) has this leader, the leader included. A process
/// older than the leader's start is a stranger with a number used before.
pub fn members_of_session(leader: u32, leader_start: u64) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| session_and_start(*pid).is_some_and(|(sid, start)| sid == leader && start >= leader_start))
        .collect()
}

/// The living processes that were executed with every one of these `NAME=VALUE` in their environment,
/// as far as we may read it.
pub fn with_environment(marks: &[String]) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let marked = |pid: &u32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        !environment.is_empty()
            && marks.iter().all(|mark| environment.split(|byte| *byte == 0).any(|entry| entry == mark.as_bytes()))
            && parent_and_start(*pid).is_some()
    };
    pids.filter(marked).collect()
}

fn session_and_start(pid: u32) -> Option<(u32, u64)> {
    let (_, start) = parent_and_start(pid)?;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    Some((rest.split_ascii_whitespace().nth(3)?.parse().ok()?, start))
}

/// The process and its ancestors, nearest first.
pub fn ancestry(pid: u32) -> Vec<u32> {
    let mut line = Vec::new();
    let mut current = pid;
    // A chain longer than this is no chain but processes changing while we look.
    while current > 1 && line.len() < 256 {
        line.push(current);
        match parent_and_start(current) {
            Some((parent, _)) => current = parent,
            None => break,
        }
    }
    line
}

/// The uid a process runs as; `None` if there is no such process.
pub fn uid(pid: u32) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok();
    let effective = status.as_deref().and_then(|text| text.lines().find_map(|line| line.strip_prefix("Uid:")));
    let effective = effective.and_then(|uids| uids.split_ascii_whitespace().nth(1)?.parse().ok());
    effective.or_else(|| fs::metadata(format!("/proc/{pid}")).ok().map(|meta| meta.uid()))
}

/// The living processes whose program has this name.
pub fn named(wanted: &str) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| name(*pid).as_deref() == Some(wanted)).collect()
}

/// The name of a process's program, as `ps` shows it.
pub fn name(pid: u32) -> Option<String> {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(name.chars().filter(|c| !c.is_control()).collect())
}

/// The kernel's boot ID, which changes with every boot.
pub fn boot_id() -> std::io::Result<String> {
    // A container has one of its own, mounted over the machine's. A service whose kernel settings are protected
    // (`ProtectKernelTunables=`, `systemd.exec(5)`) sees the machine's again; its first process does not.
    let place = "/proc/sys/kernel/random/boot_id";
    let text = fs::read_to_string(format!("/proc/1/root{place}")).or_else(|_| fs::read_to_string(place))?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_descends_from_its_parent() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let line = ancestry(child.id());
        let (me, start) = (std::process::id(), parent_and_start(child.id()).unwrap().1);
        assert_eq!(line[..2], [child.id(), me]);
        assert!(start > 0 && children(me).contains(&child.id()));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(parent_and_start(child.id()), None);
    }
}
