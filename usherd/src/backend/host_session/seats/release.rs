//! `usherd --release-all`, for seats whose warden is dead.

use std::path::Path;
use std::process::Command;

use super::{record, seats_in};

/// Gives back every seat of this directory that no warden gave back. The seats that stay taken.
pub(crate) fn give_seats_back(directory: &Path) -> Vec<String> {
    let taken = seats_in(directory).into_iter().filter(|seat| record(directory, seat).exists());
    taken.filter(|seat| !give_back(&record(directory, seat))).collect()
}

fn give_back(record: &Path) -> bool {
    let program = usher_core::sys::program::beside_this_program("usher-seat");
    Command::new(program).arg("release").arg(record).status().is_ok_and(|status| status.success())
}
