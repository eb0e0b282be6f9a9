//! What was taken from the host, in a file of root's: whoever comes after can give it back.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use usher_core::sys::process::Process;

use crate::switches::Switches;

/// What was taken. What is not there was not taken yet.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SeatRecord {
    /// The virtual terminal that was in front.
    pub before: Option<u16>,
    /// Ours.
    pub own: Option<u16>,
    /// How the kernel's switches were set.
    pub switches: Option<Switches>,
    /// The painter's number and start, which has the cards' descriptors as well.
    pub painter: Option<(u32, u64)>,
}

impl SeatRecord {
    /// The record in this file; an empty one where there is none that can be read.
    pub fn read(path: &Path) -> Self {
        std::fs::read(path).ok().and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default()
    }

    /// Writes it whole or not at all, and sees it on the disk. A reboot takes the record and what was taken alike.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let new = path.with_extension("new");
        let mut file = File::create(&new)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.sync_all()?;
        std::fs::rename(new, path)
    }

    /// The painter.
    pub fn painter(&self) -> Option<Process> {
        self.painter.map(|(pid, start)| Process { pid, start })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written_and_garbage_is_none() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("seat0.taken");
        assert_eq!(SeatRecord::read(&path), SeatRecord::default());
        let record = SeatRecord {
            before: Some(1),
            own: Some(15),
            switches: Some(Switches { sysrq: "438".to_owned(), cad_pid: "1".to_owned() }),
            painter: Some((7, 8)),
        };
        record.write(&path).unwrap();
        assert_eq!(SeatRecord::read(&path), record);
        std::fs::write(&path, "{\"before\":\"x").unwrap();
        assert_eq!(SeatRecord::read(&path), SeatRecord::default());
    }
}
