//! The web page in a real Chromium, against real hosts. It takes longer than `cargo verify` has time for:
//! `cargo xtask dashboard`.

#[allow(dead_code, unused_imports, reason = "the tests on hosts stand on it, and this uses a part of it")]
#[path = "../host/harness/mod.rs"]
mod harness;
#[allow(dead_code, reason = "the tests on hosts stand on it, and this uses a part of it")]
#[path = "../host/who.rs"]
mod who;

mod browser;
mod certificate;
mod hands;
mod room;
mod sign_in;
mod signed_in;
