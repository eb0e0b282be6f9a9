//! Programs that a test copies and executes.

use std::path::Path;
use std::process::Command;

/// Copies a program by another process: what this one has open for writing, a child that another thread starts has open as
/// well until it runs its own program, and nobody may execute the file until then.
#[track_caller]
pub fn copy_program(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg(from).arg(to).status();
    assert!(copied.is_ok_and(|status| status.success()), "{} cannot be copied", from.display());
}
