//! `cargo xtask upgrade [COMMIT]`: an upgrade from the package of an earlier commit, on test hosts. The package is built
//! outside of the checkout, once, and kept in the cache.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use crate::steps::{Report, Verdict, passes};
use crate::{deb, hosts, run};

/// The last commit with one package for all programs: its holder, its shield and its database are of other versions than
/// today's.
const EARLIER: &str = "41b24088a2f6cc846dc8daa6d414eb1ef6ff4f39";

/// What the tests read: where the packages are, and where their programs.
const VARIABLES: [&str; 2] = ["USHER_EARLIER_PACKAGES", "USHER_EARLIER_PROGRAMS"];

/// Where the tests write what programs of both versions say to each other, with `--record`.
const RECORDED: (&str, &str) = ("USHER_RECORD", "tests/recorded");

/// How earlier commits build releases, without what makes that take a quarter of an hour.
const QUICKLY: [(&str, &str); 3] = [
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "256"),
];

/// The whole task.
pub fn run(arguments: &[String]) -> ExitCode {
    let (commit, records) = match arguments {
        [] => (EARLIER, false),
        [option] if option == "--record" => (EARLIER, true),
        [commit] if !commit.starts_with('-') => (commit.as_str(), false),
        _ => {
            eprintln!("xtask: `cargo xtask upgrade` takes one commit, or --record");
            return ExitCode::from(2);
        }
    };
    match upgraded(commit, records) {
        Verdict::Passed => ExitCode::SUCCESS,
        verdict => {
            eprintln!("xtask: upgrade: {verdict}");
            ExitCode::FAILURE
        }
    }
}

fn upgraded(commit: &str, records: bool) -> Verdict {
    let earlier = match packages(commit).and_then(|earlier| Ok([programs(&earlier)?, earlier])) {
        Ok([programs, earlier]) => [earlier, programs],
        Err(why) => return Verdict::Failed(why),
    };
    for step in [hosts::prepare, deb::packages] {
        let verdict = step(&mut Report::default());
        if verdict != Verdict::Passed {
            return verdict;
        }
    }
    for package in ["usher", "usher-gateway"] {
        let mut tests = run::cargo(&["test", "--package", package, "--locked", "--test", "upgrade"]);
        tests.envs(VARIABLES.into_iter().zip(&earlier));
        if records {
            tests.env(RECORDED.0, run::root().join(RECORDED.1));
        }
        let verdict = passes(&mut tests);
        if verdict != Verdict::Passed {
            return verdict;
        }
    }
    Verdict::Passed
}

/// The directory of the programs of packages, which need no host to run.
fn programs(packages: &Path) -> Result<PathBuf, String> {
    let unpacked = packages.join("programs");
    for package in debs(packages) {
        output(run::program("dpkg-deb").arg("--extract").arg(package).arg(&unpacked))?;
    }
    Ok(unpacked.join("usr/bin"))
}

/// The directory of a commit's packages, which are built if they are not there.
fn packages(commit: &str) -> Result<PathBuf, String> {
    let named = output(
        run::program("git").args(["rev-parse", "--verify", "--end-of-options"]).arg(format!("{commit}^{{commit}}")),
    )?;
    let cache = run::cache().ok_or("there is no home directory to keep packages in")?;
    let kept = cache.join("upgrade").join(named.trim());
    if debs(&kept).is_empty() {
        println!("    {}: built once, which takes some minutes", kept.display());
        let source = kept.join("source");
        unpack(named.trim(), &source)?;
        build(&source, &kept)?;
        fs::remove_dir_all(&source).map_err(|error| format!("{}: {error}", source.display()))?;
    }
    Ok(kept)
}

/// Writes a commit's files there. What an earlier run left is built on.
fn unpack(commit: &str, source: &Path) -> Result<(), String> {
    fs::create_dir_all(source).map_err(|error| format!("{}: {error}", source.display()))?;
    let archive = source.with_extension("tar");
    output(run::program("git").arg("archive").arg(format!("--output={}", archive.display())).arg(commit))?;
    output(run::program("tar").arg("--extract").arg("--file").arg(&archive).arg("--directory").arg(source))?;
    fs::remove_file(&archive).map_err(|error| format!("{}: {error}", archive.display()))
}

/// Builds the packages as that commit says, and keeps them.
fn build(source: &Path, kept: &Path) -> Result<(), String> {
    let mut deb = run::cargo(&["xtask", "deb"]);
    deb.current_dir(source).env_remove("CARGO_TARGET_DIR").envs(QUICKLY);
    match passes(&mut deb) {
        Verdict::Passed => {}
        Verdict::Failed(why) | Verdict::Skipped(why) => return Err(why),
    }
    let target = source.join("target");
    // Some commits build what root builds elsewhere.
    let built: Vec<PathBuf> = [&target, &run::reachable(target.clone())]
        .into_iter()
        .flat_map(|target| debs(&target.join("debian")))
        .collect();
    if built.is_empty() {
        return Err(format!("{}: no package was built", target.display()));
    }
    for package in built {
        let to = kept.join(package.file_name().unwrap_or_default());
        fs::copy(&package, &to).map_err(|error| format!("{}: {error}", to.display()))?;
    }
    Ok(())
}

fn debs(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| path.extension() == Some(OsStr::new("deb"))).collect()
}

/// What a command that succeeds prints.
fn output(command: &mut Command) -> Result<String, String> {
    let shown = run::line(command);
    let ran = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().map_err(|e| format!("`{shown}`: {e}"))?;
    if !ran.status.success() {
        return Err(format!("`{shown}`: {}", ran.status));
    }
    String::from_utf8(ran.stdout).map_err(|_| format!("`{shown}` prints no text"))
}
