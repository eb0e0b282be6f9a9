//! What takes longer than `cargo verify` has time for: `cargo xtask dashboard`. Pictures of the page go to
//! `target/dashboard/`, to be looked at.

#[path = "../dashboard/harness/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests of `cargo verify` use more of it")]
mod harness;

mod axe;
mod mouse;
mod parts;
mod shift;
mod shots;
