//! `cargo xtask deb`: every Debian package, written to `TARGET/debian`.

use std::fs;
use std::process::ExitCode;

use crate::steps::{Report, Verdict, passes};
use crate::{run, tools};

/// The version of cargo-deb that is installed where there is none.
const VERSION: &str = "3.8.0";

/// What is built for the packages. One after the other: together they would have other features, and not be what
/// `cargo demo` builds.
const PROGRAMS: [&[&str]; 3] = [
    &["--package", "usher", "--bins"],
    &["--package", "usher-shield", "--bins"],
    &["--package", "usher-gateway", "--bins"],
];

/// The step of `cargo verify`.
pub fn packages(_: &mut Report) -> Verdict {
    if run::find("dpkg-deb").is_none() {
        return Verdict::Skipped("there is no dpkg here".to_owned());
    }
    match tools::tool("cargo-deb", VERSION) {
        Ok(tool) => build(&tool),
        Err(why) => Verdict::Skipped(why),
    }
}

/// The whole task.
pub fn run() -> ExitCode {
    let verdict = packages(&mut Report::default());
    println!("packages: {verdict}");
    if verdict == Verdict::Passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn build(tool: &std::path::Path) -> Verdict {
    for program in PROGRAMS {
        let built = passes(run::cargo(&["build", "--release", "--locked"]).args(program));
        if built != Verdict::Passed {
            return built;
        }
    }
    let directory = run::target().join("debian");
    // Packages of other versions would be installed along with these.
    let old = fs::read_dir(&directory).into_iter().flatten().flatten().map(|entry| entry.path());
    for package in old.filter(|path| path.extension() == Some("deb".as_ref())) {
        if let Err(error) = fs::remove_file(&package) {
            return Verdict::Failed(format!("{} cannot be removed: {error}", package.display()));
        }
    }
    let mut deb = run::program(tool);
    deb.args(["--package", "usher", "--no-build", "--no-strip", "--locked", "--output"]).arg(&directory);
    // Where cargo builds is told, not guessed.
    passes(deb.env("CARGO_TARGET_DIR", run::target()))
}
