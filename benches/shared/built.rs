//! The build that is measured: cargo's release build, which `cargo xtask deb --release` ships.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds these packages' programs beside `usher`. Cargo builds a benchmark's own package alone, and what lies beside
/// could be of another day.
#[track_caller]
pub fn programs(packages: &[&str]) {
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into()));
    build.args(["build", "--release", "--locked", "--bins"]);
    for package in packages {
        build.args(["--package", package]);
    }
    let built = build.current_dir(env!("CARGO_MANIFEST_DIR")).status().expect("cargo runs");
    assert!(built.success(), "{packages:?} cannot be built");
}

/// Builds the shield as it is shipped, by its own profile, and puts it beside `usher`.
#[allow(dead_code, reason = "not every benchmark has displays")]
#[track_caller]
pub fn shield() {
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into()));
    build.args(["build", "--profile", "shield", "--locked", "--bins", "--package", "usher-shield"]);
    let built = build.current_dir(env!("CARGO_MANIFEST_DIR")).status().expect("cargo runs");
    assert!(built.success(), "the shield cannot be built");
    let beside = beside("usher-shield");
    let own = beside.ancestors().nth(2).expect("a target directory").join("shield/usher-shield");
    std::fs::copy(own, beside).expect("a copy of the shield");
}

/// A program that lies beside `usher`.
pub fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_usher")).with_file_name(name)
}
