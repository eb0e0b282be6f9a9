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

/// A program that lies beside `usher`.
pub fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_usher")).with_file_name(name)
}

/// How an installed program was built, in a sentence.
#[allow(dead_code, reason = "not every benchmark installs anything")]
pub fn how(installed: &Path, name: &str) -> &'static str {
    let same = std::fs::read(installed).ok().zip(std::fs::read(beside(name)).ok()).is_some_and(|(a, b)| a == b);
    if same { "the shipped build" } else { "another build than the shipped one: run `cargo xtask deb --release` first" }
}
