//! What the database tells of itself. Nothing is written: everybody may ask, as often as they like.

use std::path::Path;

use rustix::fs::{Access, access};
use usher_core::status::{HostTrouble, StoreStatus};

use super::database::Database;
use super::fault::Fault;
use super::schema;

/// The database at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreLook {
    /// Where it is and how large.
    pub status: StoreStatus,
    /// What is wrong with it.
    pub trouble: Option<HostTrouble>,
}

/// The files of a database (`sqlite.org/wal.html`).
const FILES: [&str; 3] = ["usher.db", "usher.db-wal", "usher.db-shm"];

impl Database {
    pub(super) fn look(&self) -> StoreLook {
        let directory = self.reserve.directory();
        let size = |name: &str| std::fs::metadata(directory.join(name)).map_or(0, |meta| meta.len());
        let status = StoreStatus {
            directory: directory.display().to_string(),
            schema: schema::VERSION,
            bytes: FILES.into_iter().map(size).sum(),
        };
        let trouble = match self.last_trouble {
            None if !is_writable(directory) => Some(HostTrouble::StoreReadOnly),
            None if !self.reserve.is_held() => Some(HostTrouble::StoreFull),
            last => last,
        };
        StoreLook { status, trouble }
    }
}

/// Whether the database and its directory may be written, which nobody may on a file system that is mounted read-only.
fn is_writable(directory: &Path) -> bool {
    access(directory, Access::WRITE_OK).is_ok() && access(directory.join(FILES[0]), Access::WRITE_OK).is_ok()
}

/// What a fault of a write says of the database; a later write that succeeds takes it back.
pub(super) fn trouble_of(fault: &Fault) -> HostTrouble {
    match fault {
        Fault::Full(_) => HostTrouble::StoreFull,
        Fault::ReadOnly(_) => HostTrouble::StoreReadOnly,
        Fault::Corrupt(_) | Fault::Failing(_) | Fault::Newer(_) | Fault::Other(_) => HostTrouble::StoreFailing,
    }
}
