//! Programs of cargo's that the tasks need: those in `$PATH`, else our own, installed when first needed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::run;
use crate::steps::{Verdict, passes};

/// A tool: the one in `$PATH`, else our own of this version.
///
/// # Errors
/// It is not there and cannot be installed; says why.
pub fn tool(name: &str, version: &str) -> Result<PathBuf, String> {
    if let Some(tool) = run::find(name) {
        return Ok(tool);
    }
    let root = root().ok_or_else(|| format!("{name} is not installed, and there is no home directory for it"))?;
    if let Some(mut install) = installation(name, version) {
        println!("    {name} is not installed; it goes to {}", root.display());
        if let Verdict::Failed(why) | Verdict::Skipped(why) = passes(&mut install) {
            return Err(format!("{name} cannot be installed: {why}"));
        }
    }
    Ok(root.join("bin").join(name))
}

/// What installs a tool, if it is missing.
pub fn installation(name: &str, version: &str) -> Option<Command> {
    let root = root()?;
    let there = || installed(&root.join("bin").join(name)).is_some_and(|installed| installed == version);
    if run::find(name).is_some() || there() {
        return None;
    }
    // Unoptimized it is built sooner, and quick enough. What it is built in is not our target directory.
    let mut install = run::cargo(&["install", name, "--version", version, "--locked", "--debug", "--root"]);
    install.arg(&root).env_remove("CARGO_TARGET_DIR").env("CARGO_PROFILE_DEV_DEBUG", "false");
    Some(install)
}

/// Where our own are.
fn root() -> Option<PathBuf> {
    run::cache().map(|cache| cache.join("tools"))
}

/// A program of Python's, in an environment of its own: pip brings it there when it is first needed.
///
/// # Errors
/// There is no Python, or pip cannot reach what it needs; says why.
pub fn python(name: &str, version: &str) -> Result<PathBuf, String> {
    let cache = run::cache().ok_or_else(|| format!("there is no home directory for {name}"))?;
    let environment = cache.join("tools").join(format!("{name}-{version}"));
    let tool = environment.join("bin").join(name);
    if installed(&tool).is_some_and(|installed| installed == version) {
        return Ok(tool);
    }
    let python = run::find("python3").ok_or_else(|| format!("{name} needs Python, and there is no python3 here"))?;
    println!("    {name} is not installed; it goes to {}", environment.display());
    let mut make = run::program(&python);
    make.args(["-m", "venv", "--clear"]).arg(&environment);
    let mut install = run::program(environment.join("bin/pip"));
    install.args(["install", "--quiet", "--disable-pip-version-check"]).arg(format!("{name}=={version}"));
    for command in [&mut make, &mut install] {
        if let Verdict::Failed(why) | Verdict::Skipped(why) = passes(command) {
            return Err(format!("{name} cannot be installed: {why}"));
        }
    }
    Ok(tool)
}

/// A file of a package of Node's, which npm brings there when it is first needed.
///
/// # Errors
/// There is no npm, or it cannot reach what it needs; says why.
pub fn node(package: &str, version: &str, file: &str) -> Result<PathBuf, String> {
    let cache = run::cache().ok_or_else(|| format!("there is no home directory for {package}"))?;
    let directory = cache.join("tools").join(format!("{package}-{version}"));
    let file = directory.join("node_modules").join(package).join(file);
    if file.is_file() {
        return Ok(file);
    }
    let npm = run::find("npm").ok_or_else(|| format!("{package} is brought by npm, which is not installed"))?;
    println!("    {package} is not installed; it goes to {}", directory.display());
    let mut install = run::program(npm);
    install.args(["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", "--prefix"]);
    install.arg(&directory).arg(format!("{package}@{version}"));
    match passes(&mut install) {
        Verdict::Passed if file.is_file() => Ok(file),
        Verdict::Passed => Err(format!("{package} has no {}", file.display())),
        Verdict::Failed(why) | Verdict::Skipped(why) => Err(format!("{package} cannot be installed: {why}")),
    }
}

/// `NAME VERSION` is how some tools answer, `VERSION` how others do.
fn installed(tool: &Path) -> Option<String> {
    let output = run::program(tool).arg("--version").stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().next()?.split_whitespace().last().map(str::to_owned)
}
