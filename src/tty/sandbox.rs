//! What a holder gives up once its session runs, because it reads bytes from a hostile program.

use std::path::Path;

/// Enters the sandbox as far as the kernel has one.
pub(super) fn enter(_socket: &Path) {}
