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
        mebibytes(&self.pids())
    }

    /// The same of a shield's processes: of those that stay, and of that which draws.
    pub fn pss_apart(&self) -> (f64, f64) {
        let (drawing, staying): (Vec<u32>, Vec<u32>) = self.pids().into_iter().partition(|pid| draws(*pid));
        (mebibytes(&staying), mebibytes(&drawing))
    }
}

fn mebibytes(pids: &[u32]) -> f64 {
    pids.iter().copied().filter_map(pss).fold(0.0, |sum, pss| sum + pss) / 1024.0
}

fn draws(pid: u32) -> bool {
    let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    words.split(|byte| *byte == 0).nth(1) == Some(b"draw")
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
