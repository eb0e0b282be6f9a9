//! The programs that stand beside the running one.

use std::path::{Path, PathBuf};

/// The program of this name in the directory of the running one.
pub fn beside_this_program(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    // After an upgrade the running program's file is gone; its directory is not.
    own.parent().unwrap_or(Path::new("/usr/bin")).join(name)
}
