//! Patience with emulated processors.

use std::time::Duration;

pub use super::common::wait::wait_within;

/// How long anything may take before a test gives up.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// How long a machine may take to boot.
pub const BOOT: Duration = Duration::from_secs(600);

/// Waits until `probe` finds something; gives up with `what` after [`PATIENCE`].
#[track_caller]
pub fn wait_for<T>(what: &str, probe: impl FnMut() -> Option<T>) -> T {
    wait_within(PATIENCE, what, probe)
}

/// Waits until `probe` says yes.
#[track_caller]
pub fn wait_until(what: &str, mut probe: impl FnMut() -> bool) {
    wait_for(what, || probe().then_some(()));
}
