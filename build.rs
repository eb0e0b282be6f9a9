//! Takes what unwinds after a panic into the programs.

use std::env;

fn main() {
    // A short command spends a tenth of its time on loading libgcc_s.so, which Rust's library would take it from. The archive is
    // beside that library wherever somebody can link.
    if env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|env| env == "gnu") {
        println!("cargo:rustc-link-lib=static:-bundle=gcc_eh");
    }
    println!("cargo:rerun-if-changed=build.rs");
}
