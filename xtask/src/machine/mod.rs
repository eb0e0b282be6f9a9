//! `cargo xtask machine [RELEASE] [TEST…]`: whole machines for the tests of seats: virtual ones, with a kernel, a screen and a
//! keyboard of their own. One is made of each release's tree and booted once; its state is kept in the cache, and each test goes on
//! from there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use crate::steps::{Report, Verdict, passes};
use crate::{deb, host, hosts, run, support};

mod boot;
pub mod smoke;

/// How a machine is made.
const RECIPE: &str = include_str!("image.sh");
/// Beside what its tree has: a kernel, what starts it, a display server for real screens, and desktops.
const PACKAGES: &[&str] = &[
    "busybox",
    "gdm3",
    "gnome-remote-desktop",
    "gnome-shell",
    "initramfs-tools",
    "kbd",
    "kwin-wayland",
    "lightdm",
    "lightdm-gtk-greeter",
    "linux-image-amd64",
    "physlock",
    "sddm",
    "swaylock",
    "udev",
    "weston",
    "xserver-xorg-core",
    "xserver-xorg-input-libinput",
    "xserver-xorg-legacy",
    "zstd",
];
/// What the tests read: where the machine is.
const VARIABLE: &str = "USHER_MACHINE";

/// The whole task. The words go to the test program; the first may name the one release that is to be tried.
pub fn run(arguments: &[String]) -> ExitCode {
    let named = arguments.first().and_then(|word| hosts::SUITES.into_iter().find(|suite| suite == word));
    let verdict = match named {
        Some(suite) => tried(&[suite], &arguments[1..]),
        None => tried(&hosts::SUITES, arguments),
    };
    if verdict == Verdict::Passed {
        return ExitCode::SUCCESS;
    }
    eprintln!("xtask: machine: {verdict}");
    ExitCode::FAILURE
}

fn tried(suites: &[&str], tests: &[String]) -> Verdict {
    if !host::installs() {
        return Verdict::Skipped("machines are made by root on Debian".to_owned());
    }
    let emulator = host::provide("qemu-system-x86_64", "qemu-system-x86");
    if emulator != Verdict::Passed {
        return emulator;
    }
    // What is kept for a release is of what is shipped, which an emulated processor also runs quicker. It takes longer to make.
    let packages = if tests.is_empty() { deb::shipped } else { deb::packages };
    for step in [host::prepare, hosts::prepare, packages] {
        let verdict = step(&mut Report::default());
        if verdict != Verdict::Passed {
            return verdict;
        }
    }
    let shown = run::target().join("shown-on-machines.txt");
    let _ = fs::remove_file(&shown);
    // What fails in one release does not keep the next from being tried.
    let wrong: Vec<String> = suites.iter().filter_map(|suite| in_machine(suite, tests, &shown).err()).collect();
    if !wrong.is_empty() {
        return Verdict::Failed(wrong.join("; "));
    }
    // A part of the tests shows a part.
    if tests.is_empty() && suites == hosts::SUITES { keep(&shown) } else { Verdict::Passed }
}

/// Runs these tests in the machine of a release.
fn in_machine(suite: &str, words: &[String], shown: &Path) -> Result<(), String> {
    let machine = machine(suite)?;
    let mut tests = run::cargo(&["test", "--workspace", "--locked", "--test", "machine", "--"]);
    // Each emulates processors: one after the other is quicker.
    tests.arg("--test-threads=1").args(words).env(VARIABLE, machine);
    match passes(tests.env(support::VARIABLE, shown)) {
        Verdict::Passed => Ok(()),
        verdict => Err(format!("{suite}: {verdict}")),
    }
}

/// Keeps what the tests have shown with the sources.
fn keep(shown: &Path) -> Verdict {
    let text = fs::read_to_string(shown).unwrap_or_default();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines.dedup();
    match fs::write(support::kept(), lines.join("\n") + "\n") {
        Ok(()) => Verdict::Passed,
        Err(error) => Verdict::Failed(format!("what the tests showed cannot be kept: {error}")),
    }
}

/// Where the machine of a release is once it was made.
fn place(suite: &str) -> Result<PathBuf, String> {
    let cache = run::cache().ok_or("there is no home directory to keep machines in")?;
    let tree = tree(suite)?;
    let name = format!("{:016x}", hosts::hash(&[RECIPE, boot::RECIPE, &tree.to_string_lossy(), &PACKAGES.join(" ")]));
    Ok(cache.join("machine").join(format!("{suite}-{name}")))
}

fn tree(suite: &str) -> Result<PathBuf, String> {
    fs::canonicalize(run::target().join("hosts").join(suite)).map_err(|e| format!("the tree: {e}"))
}

/// The directory of the machine of a release, which is made unless it is there.
fn machine(suite: &str) -> Result<PathBuf, String> {
    let directory = place(suite)?;
    if directory.exists() {
        println!("    the machine is there: {}", directory.display());
        return Ok(directory);
    }
    let unfinished = directory.with_extension("unfinished");
    let _ = fs::remove_dir_all(&unfinished);
    fs::create_dir_all(&unfinished).map_err(|error| format!("{}: {error}", unfinished.display()))?;
    println!("    the machine is made, and booted once: {}", unfinished.display());
    build(suite, &unfinished)?;
    boot::bake(&unfinished)?;
    fs::rename(&unfinished, &directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    Ok(directory)
}

fn build(suite: &str, directory: &Path) -> Result<(), String> {
    let cache = run::cache().ok_or("there is no home directory to keep packages in")?;
    let (tree, debs) = (tree(suite)?, cache.join("hosts/debs").join(suite));
    let mirror = hosts::mirror().ok_or("apt knows no mirror of Debian")?;
    fs::create_dir_all(debs.join("partial")).map_err(|error| error.to_string())?;
    let log = fs::File::create(directory.join("log")).map_err(|error| error.to_string())?;
    let mut command: Command = run::program("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-c", RECIPE, "image.sh"]);
    command.arg(tree).arg(directory).arg(debs).arg(mirror).args(PACKAGES);
    command.stdin(Stdio::null()).stdout(log.try_clone().map_err(|error| error.to_string())?).stderr(log);
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{status}: {} says why", directory.join("log").display())),
        Err(error) => Err(error.to_string()),
    }
}
