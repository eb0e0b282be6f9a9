//! Patience. Nothing is asserted about how long anything took.

use std::time::{Duration, Instant};

/// How long anything may take before a test gives up.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until `probe` finds something; gives up with `what` after [`PATIENCE`].
#[track_caller]
pub fn wait_for<T>(what: &str, probe: impl FnMut() -> Option<T>) -> T {
    wait_within(PATIENCE, what, probe)
}

/// Waits so long at most until `probe` finds something.
#[track_caller]
pub fn wait_within<T>(patience: Duration, what: &str, probe: impl FnMut() -> Option<T>) -> T {
    wait_telling(patience, || format!("waited in vain until {what}"), probe)
}

/// The same, where what there is instead is told at the end.
#[track_caller]
pub fn wait_telling<T>(patience: Duration, told: impl Fn() -> String, mut probe: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(found) = probe() {
            return found;
        }
        assert!(Instant::now() < deadline, "{}", told());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Waits until `probe` says yes.
#[track_caller]
pub fn wait_until(what: &str, mut probe: impl FnMut() -> bool) {
    wait_for(what, || probe().then_some(()));
}
