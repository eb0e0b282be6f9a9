//! `cargo xtask deb`: the Debian package of what the tests run, written to `TARGET/debian`; with `--release` what is
//! shipped, which takes many times as long.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::steps::{Report, Verdict, built_for_hosts, passes};
use crate::{programs, run, tools};

/// The version of cargo-deb that is installed where there is none.
const VERSION: &str = "3.8.0";

/// What the programs of a package were built for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Tests,
    Release,
}

/// The step of `cargo verify`.
pub fn packages(_: &mut Report) -> Verdict {
    made(Use::Tests)
}

/// The same of what is shipped.
pub fn shipped(_: &mut Report) -> Verdict {
    made(Use::Release)
}

/// The whole task.
pub fn run(release: bool) -> ExitCode {
    let verdict = made(if release { Use::Release } else { Use::Tests });
    println!("packages: {verdict}");
    if verdict != Verdict::Passed {
        return ExitCode::FAILURE;
    }
    let kind = if release { "optimized, as it is shipped" } else { "a test build; --release makes what is shipped" };
    println!("{}: {kind}", run::target().join("debian").display());
    ExitCode::SUCCESS
}

fn made(purpose: Use) -> Verdict {
    if run::find("dpkg-deb").is_none() {
        return Verdict::Skipped("there is no dpkg here".to_owned());
    }
    let tool = match tools::tool("cargo-deb", VERSION) {
        Ok(tool) => tool,
        Err(why) => return Verdict::Skipped(why),
    };
    match built(purpose) {
        Verdict::Passed => packed(&tool, purpose),
        verdict => verdict,
    }
}

fn built(purpose: Use) -> Verdict {
    match purpose {
        Use::Tests => built_for_hosts(programs::TESTED),
        Use::Release => {
            let build = |words: &&[&str]| built_for_hosts(&[&["build", "--release", "--locked"], *words].concat());
            let failed = programs::SHIPPED.iter().map(build).find(|built| *built != Verdict::Passed);
            failed.unwrap_or_else(shield)
        }
    }
}

/// The shield, put where the others are: they are packed from one place.
fn shield() -> Verdict {
    let (profile, package) = (programs::SHIELD, programs::SHIELDS);
    let built = built_for_hosts(&["build", "--locked", "--bins", "--profile", profile, "--package", package]);
    let from = run::target().join(programs::SHIELD).join(programs::SHIELDS);
    match (built, fs::copy(from, run::target().join("release").join(programs::SHIELDS))) {
        (Verdict::Passed, Err(error)) => Verdict::Failed(format!("the shield cannot be put to the others: {error}")),
        (built, _) => built,
    }
}

fn packed(tool: &Path, purpose: Use) -> Verdict {
    let directory = run::target().join("debian");
    // Packages of other versions would be installed along with these.
    let old = fs::read_dir(&directory).into_iter().flatten().flatten().map(|entry| entry.path());
    for package in old.filter(|path| path.extension() == Some("deb".as_ref())) {
        if let Err(error) = fs::remove_file(&package) {
            return Verdict::Failed(format!("{} cannot be removed: {error}", package.display()));
        }
    }
    // Where cargo built is told, not guessed.
    let built = match purpose {
        Use::Tests => staged(),
        Use::Release => Ok(run::target()),
    };
    let built = match built {
        Ok(built) => built,
        Err(error) => return Verdict::Failed(format!("the test build cannot be packed: {error}")),
    };
    let pack = |package: &&str| {
        let mut deb = run::program(tool);
        deb.args(["--package", package, "--no-build", "--locked", "--output"]).arg(&directory);
        // The release build is stripped already.
        deb.args(if purpose == Use::Tests { &["--strip", "--fast"][..] } else { &["--no-strip"] });
        passes(deb.env("CARGO_TARGET_DIR", &built))
    };
    let packed = programs::PACKED.iter().map(pack).find(|packed| *packed != Verdict::Passed);
    match (packed, purpose) {
        (Some(wrong), _) => wrong,
        (None, Use::Release) => Verdict::Passed,
        (None, Use::Tests) => unpressed(&directory).unwrap_or_else(|e| Verdict::Failed(format!("a package: {e}"))),
    }
}

/// Packs the packages again without compression: every host that the tests boot unpacks them.
fn unpressed(directory: &Path) -> std::io::Result<Verdict> {
    let whole = directory.join("unpacked");
    for package in fs::read_dir(directory)?.flatten().map(|entry| entry.path()) {
        if package.extension() != Some("deb".as_ref()) {
            continue;
        }
        if whole.exists() {
            fs::remove_dir_all(&whole)?;
        }
        let unpacked = passes(run::program("dpkg-deb").arg("--raw-extract").args([&package, &whole]));
        let mut pack = run::program("dpkg-deb");
        pack.args(["--build", "--root-owner-group", "-Znone"]).args([&whole, &package]);
        let packed = if unpacked == Verdict::Passed { passes(&mut pack) } else { unpacked };
        fs::remove_dir_all(&whole)?;
        if packed != Verdict::Passed {
            return Ok(packed);
        }
    }
    Ok(Verdict::Passed)
}

/// A target directory whose release build is the test build: cargo-deb packs releases alone.
fn staged() -> std::io::Result<PathBuf> {
    let staged = run::target().join("staged");
    fs::create_dir_all(&staged)?;
    let link = staged.join("release");
    if link.is_symlink() {
        fs::remove_file(&link)?;
    }
    std::os::unix::fs::symlink("../debug", &link)?;
    for library in programs::LIBRARIES {
        fs::copy(link.join("deps").join(library), link.join(library))?;
    }
    Ok(staged)
}
