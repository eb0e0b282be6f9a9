//! The dashboard as browsers and attackers meet it: real usherd, real `usher dashboard`, plain bytes over loopback, as any
//! user. Whoever is to be another user is played by one.

#[allow(dead_code, reason = "the tests by hand use more of it")]
mod harness;

mod browser;
mod door;
mod ending;
mod hosts;
mod log;
mod neighbours;
mod pictures;
mod verbs;
