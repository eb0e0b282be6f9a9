//! `usherd --release-all`, for seats whose warden is dead, and the word of it that is left for the next daemon.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::Timestamp;

use super::super::HostSessionBackend;
use super::{record, seats_in};

/// The ending of the name of a file that says that a seat was freed, and when.
const FREED: &str = "freed";

/// Gives back every seat of this directory that no warden gave back. The seats that stay taken.
pub(crate) fn give_seats_back(directory: &Path) -> Vec<String> {
    let taken = seats_in(directory).into_iter().filter(|seat| record(directory, seat).exists());
    taken.filter(|seat| !give_back(directory, seat)).collect()
}

fn give_back(directory: &Path, seat: &str) -> bool {
    // First: a daemon that runs would take the seat again at once.
    if let Err(error) = std::fs::write(word(directory, seat), "") {
        tracing::warn!("that {seat} was freed cannot be recorded, and a daemon may lock it again: {error}");
    }
    let program = usher_core::sys::program::beside_this_program("usher-seat");
    Command::new(program).arg("release").arg(record(directory, seat)).status().is_ok_and(|status| status.success())
}

fn word(directory: &Path, seat: &str) -> PathBuf {
    directory.join(format!("{seat}.{FREED}"))
}

/// Who freed a seat whose warden was dead, and when.
pub(super) fn freed(directory: &Path, seat: &str) -> Option<(String, Timestamp)> {
    let meta = std::fs::symlink_metadata(word(directory, seat)).ok()?;
    let me = rustix::process::geteuid().as_raw();
    let at = Timestamp::try_from(meta.modified().ok()?).ok()?;
    (meta.is_file() && meta.uid() == me).then(|| (format!("uid {me}"), at))
}

/// Another lock came after it.
pub(super) fn forget(directory: &Path, seat: &str) {
    let _ = std::fs::remove_file(word(directory, seat));
}

impl HostSessionBackend {
    /// Takes in what was freed without a daemon, before anything is covered.
    pub(in super::super) fn hear_of_freed_seats(&self) {
        let directory = self.seats_directory();
        for seat in seats_in(&directory) {
            if let Some(freed) = freed(&directory, &seat) {
                self.state().seats.entry(seat).or_default().status.released = Some(freed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_was_freed_where_word_of_it_lies_until_it_is_locked_again() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(freed(directory.path(), "seat0"), None);
        std::fs::write(word(directory.path(), "seat0"), "").unwrap();
        let (by, at) = freed(directory.path(), "seat0").unwrap();
        assert!(by.starts_with("uid ") && at <= Timestamp::now());
        assert_eq!(seats_in(directory.path()), ["seat0"]);
        forget(directory.path(), "seat0");
        assert_eq!(freed(directory.path(), "seat0"), None);
    }
}
