//! Processes as `/proc` shows them: who belongs to a test's directory, and ending one by its number.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use rustix::process::{Pid, Signal};

/// Sends a signal to one process; one that is gone already gets none.
pub fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// Whether the process lives; a zombie does not.
pub fn alive(pid: u32) -> bool {
    stat(pid).is_some_and(|(state, _)| !matches!(state, 'Z' | 'X'))
}

/// Whether the process is stopped by a signal.
pub fn stopped(pid: u32) -> bool {
    stat(pid).is_some_and(|(state, _)| state == 'T')
}

/// How often the process has given the processor to another (`proc_pid_status(5)`): the same number twice means that it
/// has not run in between.
pub fn switches(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let counts = status.lines().filter_map(|line| line.split_once("voluntary_ctxt_switches:"));
    counts.filter_map(|(_, count)| count.trim().parse::<u64>().ok()).sum()
}

/// The name of the process's program.
pub fn name(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim_end().to_owned()
}

/// The living processes below this one.
pub fn descendants(pid: u32) -> BTreeSet<u32> {
    let parents: Vec<(u32, u32)> = all().filter_map(|p| Some((p, stat(p)?.1))).collect();
    let (mut found, mut unseen) = (BTreeSet::new(), vec![pid]);
    while let Some(parent) = unseen.pop() {
        for (child, _) in parents.iter().filter(|(_, of)| *of == parent) {
            if found.insert(*child) {
                unseen.push(*child);
            }
        }
    }
    found
}

/// The process that listens on a Unix socket with this path.
pub fn listening_on(socket: &Path) -> Option<u32> {
    let table = fs::read_to_string("/proc/net/unix").ok()?;
    // Connections to it have its path too; only the listener accepts (`net/unix` flags).
    let listens = |line: &&str| line.split_whitespace().nth(3) == Some("00010000");
    let mut lines = table.lines().filter(listens);
    let line = lines.find(|line| line.split_whitespace().nth(7) == socket.to_str())?;
    let link = format!("socket:[{}]", line.split_whitespace().nth(6)?);
    all().find(|pid| holds_descriptor(*pid, &link))
}

/// Every living process that belongs to this directory: by its environment, or because it holds a
/// session of a process that does.
pub fn of_directory(directory: &Path) -> BTreeSet<u32> {
    let needle = directory.as_os_str().as_encoded_bytes();
    let named = all()
        .filter(|pid| *pid != std::process::id() && alive(*pid))
        .filter(|pid| fs::read(format!("/proc/{pid}/environ")).is_ok_and(|env| contains(&env, needle)));
    let mut found: BTreeSet<u32> = named.collect();
    for pid in found.clone() {
        let mut current = pid;
        while let Some((_, parent)) = stat(current).filter(|(_, parent)| *parent > 1) {
            if name(parent) == "usher-tty" {
                found.insert(parent);
            }
            current = parent;
        }
    }
    found
}

/// Whether `needle` occurs in `bytes`.
pub fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// The process that started it.
pub fn parent(pid: u32) -> Option<u32> {
    stat(pid).map(|(_, parent)| parent)
}

fn all() -> impl Iterator<Item = u32> {
    fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|e| e.file_name().to_str()?.parse().ok())
}

/// The state and the parent.
fn stat(pid: u32) -> Option<(char, u32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split_ascii_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

fn holds_descriptor(pid: u32, link: &str) -> bool {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| fs::read_link(entry.path()).is_ok_and(|to| to.to_str() == Some(link)))
}
