//! Space kept back for a full disk: a file of real blocks that is given up when an unlock, an
//! expiry or a close must be written and nothing else is left.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use rustix::fs::FallocateFlags;

/// As much as the log of a few thousand small transactions needs.
const BYTES: u64 = 1 << 20;

#[derive(Debug)]
pub(super) struct Reserve {
    path: PathBuf,
}

impl Reserve {
    pub(super) fn in_directory(directory: &Path) -> Self {
        Reserve { path: directory.join("reserve") }
    }

    /// The directory that it is in.
    pub(super) fn directory(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    /// Whether the space is held.
    pub(super) fn is_held(&self) -> bool {
        std::fs::metadata(&self.path).is_ok_and(|meta| meta.len() >= BYTES)
    }

    /// Takes the space, where the disk has as much again left for others. True if it is held.
    pub(super) fn take_space(&self) -> bool {
        self.is_held() || (self.free_bytes().is_some_and(leaves_room) && self.allocate().is_ok())
    }

    /// Gives the space up. True if there was any.
    pub(super) fn release_space(&self) -> bool {
        std::fs::remove_file(&self.path).is_ok()
    }

    /// Whether no file can be made beside it, because the disk is read-only. Some file systems that became so after an error
    /// still open files for writing, so that a new one is tried.
    pub(super) fn is_on_read_only_disk(&self) -> bool {
        let probe = self.path.with_extension("probe");
        let made = std::fs::File::create(&probe);
        let _ = std::fs::remove_file(&probe);
        made.is_err_and(|error| error.kind() == std::io::ErrorKind::ReadOnlyFilesystem)
    }

    /// What the disk has left for everybody.
    fn free_bytes(&self) -> Option<u64> {
        let disk = rustix::fs::statvfs(self.directory()).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    fn allocate(&self) -> std::io::Result<()> {
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(&self.path)?;
        let allocated = rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, BYTES);
        if allocated.is_err() {
            // Half a reserve looks like a whole one later: better none.
            let _ = std::fs::remove_file(&self.path);
        }
        Ok(allocated?)
    }
}

/// Whether a disk that has so many bytes left can spare the space and still has as much again, and room to write it.
fn leaves_room(free: u64) -> bool {
    free >= 3 * BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_is_nearly_full_is_left_to_others() {
        assert!(leaves_room(3 << 20) && !leaves_room((3 << 20) - 1));
    }

    #[test]
    fn what_is_left_is_counted_in_bytes() {
        let directory = tempfile::tempdir().unwrap();
        let free = Reserve::in_directory(directory.path()).free_bytes().unwrap();
        let df =
            std::process::Command::new("df").args(["--output=avail", "--block-size=1"]).arg(directory.path()).output();
        let told: u64 = String::from_utf8(df.unwrap().stdout).unwrap().lines().last().unwrap().trim().parse().unwrap();
        // Others write to this disk meanwhile.
        assert!(free / 2 < told && told / 2 < free, "{free} beside {told}");
    }
}
