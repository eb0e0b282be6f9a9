//! The build that is measured: cargo's release build, as `cargo xtask deb --release` ships it.

use std::path::PathBuf;
use std::process::Command;

/// Builds these packages' programs, each by itself as it is shipped: together they would have each other's features.
/// What cargo built along with the benchmark is not what is shipped, and gives way.
#[track_caller]
pub fn programs(packages: &[&str]) {
    for package in packages {
        cargo(&["--release", "--package", package]);
    }
}

/// Builds the shield as it is shipped, by its own profile, and puts it beside the others.
#[allow(dead_code, reason = "not every benchmark has displays")]
#[track_caller]
pub fn shield() {
    cargo(&["--profile", "shield", "--package", "usher-shield"]);
    let beside = beside("usher-shield");
    let own = beside.ancestors().nth(2).expect("a target directory").join("shield/usher-shield");
    std::fs::copy(own, beside).expect("a copy of the shield");
}

#[track_caller]
fn cargo(arguments: &[&str]) {
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into()));
    build.args(["build", "--locked", "--bins"]).args(arguments);
    let built = build.current_dir(env!("CARGO_MANIFEST_DIR")).status().expect("cargo runs");
    assert!(built.success(), "{arguments:?} cannot be built");
}

/// A program of the measured build: this one lies in the directory below theirs.
pub fn beside(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("the path of this program");
    own.ancestors().nth(2).expect("a target directory").join(name)
}
