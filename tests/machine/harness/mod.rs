//! What the tests in a whole machine stand on.

#[path = "../../common/mod.rs"]
mod common;
#[path = "../../host/harness/cover.rs"]
mod cover;
mod machine;
mod monitor;
mod patience;
#[path = "../../host/harness/picture.rs"]
mod picture;
#[path = "../../host/harness/ran.rs"]
mod ran;

pub use common::skip::skip;
pub use cover::covered;
pub use machine::{Machine, ready};
pub use patience::{BOOT, PATIENCE, wait_for, wait_until, wait_within};
pub use picture::Picture;
pub use ran::Ran;

/// A machine of the test's own, or the test skips itself. One with other hardware is booted, by arguments that a function changes.
#[macro_export]
macro_rules! machine {
    () => {
        match $crate::harness::ready() {
            Ok(place) => $crate::harness::Machine::start(&place),
            Err(reason) => return $crate::harness::skip(&reason),
        }
    };
    ($change:expr) => {
        match $crate::harness::ready() {
            Ok(place) => $crate::harness::Machine::boot(&place, $change),
            Err(reason) => return $crate::harness::skip(&reason),
        }
    };
}
