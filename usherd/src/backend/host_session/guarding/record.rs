//! What was taken from a session, in a file of root's: whoever comes after this daemon can give it back.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use usher_core::sys::process::Process;
use usher_core::wire::guard::ScreenBefore;

use super::terminal::TerminalSettings;

/// The ending of such a file's name.
const ENDING: &str = "taken";

/// What was taken from one session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TakenRecord {
    pub(super) uid: u32,
    leader_pid: u32,
    leader_start: u64,
    /// The terminal of a console, which its getty has for as long as the leader lives.
    #[serde(default)]
    pub(super) line: Option<String>,
    /// By name.
    pub(super) terminals: BTreeMap<String, TakenTerminal>,
}

/// What was taken of one terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TakenTerminal {
    pub(super) settings: TerminalSettings,
    /// What its guard learned of its screen.
    pub(super) screen: Option<ScreenBefore>,
}

impl TakenRecord {
    pub(super) fn new(uid: u32, leader: Process) -> Self {
        TakenRecord { uid, leader_pid: leader.pid, leader_start: leader.start, line: None, terminals: BTreeMap::new() }
    }

    pub(super) fn leader(&self) -> Process {
        Process { pid: self.leader_pid, start: self.leader_start }
    }

    /// The record in this file; none if there is none that can be read.
    pub(super) fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    }

    /// Writes it whole or not at all. Nobody but root has the directory; a reboot takes sessions and records alike.
    pub(super) fn write(&self, path: &Path) -> std::io::Result<()> {
        let new = path.with_extension("new");
        std::fs::write(&new, serde_json::to_vec(self)?)?;
        std::fs::rename(new, path)
    }
}

/// Where the record of a session is.
pub(super) fn place(guards: &Path, native_id: &str) -> PathBuf {
    guards.join(format!("{native_id}.{ENDING}"))
}

/// Every record.
pub(super) fn all(guards: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(guards) else { return Vec::new() };
    entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == ENDING)).collect()
}
