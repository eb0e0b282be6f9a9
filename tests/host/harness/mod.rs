//! What the tests on real hosts stand on: hosts, people with sessions on them, what their screens show, what they type.
//!
//! ```text
//! let host = host!(Bookworm);               // or the test skips itself, and says why
//! let alice = host.x11(&host.user("alice"), X11::Xvfb);
//! alice.type_keys("hello");
//! wait_until("her terminal got it", || alice.typed() == "hello");
//! ```

use std::time::{Duration, Instant};

mod cover;
mod desk;
mod display;
mod host;
mod lab;
mod picture;
mod ran;
mod ready;
mod remote;
mod school;
mod shell;
mod watch;

pub use cover::{GROUND, covered};
pub use desk::{DESKTOP, Screen, X11};
pub use display::Display;
pub use host::{Host, Options, User};
pub use lab::Lab;
pub use picture::Picture;
pub use ran::Ran;
pub use ready::{Suite, ready, skip};
pub use school::School;
pub use watch::Watch;

/// How long anything may take before a test gives up. Nothing is asserted about how long it took.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The host of this release that all tests of this program share, or the test skips itself.
#[macro_export]
macro_rules! host {
    ($suite:ident) => {
        match $crate::harness::Host::shared($crate::harness::Suite::$suite) {
            Ok(host) => host,
            Err(reason) => return $crate::harness::skip(&reason),
        }
    };
}

/// Waits until `look` finds something; gives up with `what` after [`PATIENCE`].
#[track_caller]
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Waits until `look` says yes.
#[track_caller]
pub fn wait_until(what: &str, mut look: impl FnMut() -> bool) {
    wait_for(what, || look().then_some(()));
}
