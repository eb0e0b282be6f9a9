//! Locks of seats in a whole machine: a virtual one, with a kernel, a screen and a keyboard of its own.
//!
//! `cargo xtask machine` makes it and runs these tests; without that they skip themselves. Each test has a machine of its own,
//! which goes on from a state in which alice is logged in at its first virtual terminal.

#[allow(dead_code, reason = "each test program uses a part of it")]
mod harness;

mod console;
mod console_login;
mod desktop;
mod disconnect;
mod figures;
mod greeter;
mod hostile;
mod meanwhile;
mod reboot;
mod remote;
mod second;
mod second_x11;
mod suspend;
