//! The cost of a service on the host: its processes' running time and memory.

use std::fs;
use std::path::PathBuf;

use super::harness::{Host, Screen};

/// A service's control group.
#[derive(Debug, Clone)]
pub struct Unit(PathBuf);

impl Unit {
    /// A service by its name.
    pub fn of(host: &Host, name: &str) -> Unit {
        Unit(host.path("/sys/fs/cgroup/system.slice").join(name))
    }

    /// The processes, as this program sees them, the oldest first.
    pub fn pids(&self) -> Vec<u32> {
        let list = fs::read_to_string(self.0.join("cgroup.procs")).unwrap_or_default();
        let mut pids: Vec<u32> = list.lines().filter_map(|pid| pid.parse().ok()).collect();
        pids.sort_unstable();
        pids
    }

    /// The milliseconds that its processes have run so far.
    pub fn cpu(&self) -> f64 {
        let stat = fs::read_to_string(self.0.join("cpu.stat")).unwrap_or_default();
        let usage = stat.lines().find_map(|line| line.strip_prefix("usage_usec "));
        usage.and_then(|usage| usage.parse::<f64>().ok()).unwrap_or(0.0) / 1000.0
    }

    /// The MiB of its processes, shared pages divided among all that share them.
    pub fn pss(&self) -> f64 {
        self.pids().into_iter().filter_map(pss).sum::<f64>() / 1024.0
    }
}

/// The proportional set size of a process in KiB.
fn pss(pid: u32) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = text.lines().find(|line| line.starts_with("Pss:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// The service of the shield of a session's display.
pub fn shield(host: &Host, screen: &Screen) -> Option<Unit> {
    let entries = fs::read_dir(host.path("/sys/fs/cgroup/system.slice")).ok()?;
    let of_the_display = format!("-{}-", screen.number);
    entries.flatten().map(|entry| entry.path()).find_map(|path| {
        let name = path.file_name()?.to_str()?.strip_prefix("usher-shield-")?.to_owned();
        name.contains(&of_the_display).then_some(Unit(path))
    })
}
