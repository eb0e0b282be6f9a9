//! What the tests on real hosts stand on: hosts, people with sessions on them, what their screens show, what they type.
//!
//! ```text
//! let host = host!(Bookworm);               // or the test skips itself, and says why
//! let alice = host.x11(&host.user("alice"), X11::Xvfb);
//! alice.type_keys("hello");
//! wait_until("her terminal got it", || alice.typed() == "hello");
//! ```

#[path = "../../common/mod.rs"]
pub mod common;
#[path = "../../common/copy.rs"]
mod copy;
mod cover;
mod desk;
mod display;
mod host;
mod lab;
mod login;
mod picture;
mod ran;
mod ready;
mod remote;
mod school;
mod shell;
mod support;
mod terminal;
mod watch;
mod wayland;
mod x2go;

pub use common::skip::skip;
pub use common::wait::{PATIENCE, wait_for, wait_telling, wait_until};
pub use copy::copy_program;
pub use cover::{GROUND, covered};
pub use desk::{DESKTOP, Screen, X11};
pub use display::Display;
pub use host::{Host, Options, User};
pub use lab::Lab;
pub use login::Login;
pub use picture::Picture;
pub use ran::Ran;
pub use ready::{Suite, ready};
pub use remote::Client;
pub use school::School;
pub use terminal::{Terminal, run_here};
pub use watch::Watch;
pub use wayland::{Compositor, Desk};

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
