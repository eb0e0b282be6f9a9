//! Trees with the package under test installed, which most tests boot: it would be the same work in every one of them.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::UNIX_EPOCH;

use super::{SUITES, hash, link};
use crate::steps::{Report, Verdict};
use crate::{host, run};

/// How it is installed.
const RECIPE: &str = include_str!("installed.sh");

/// Installs the package in a copy of each tree, side by side.
pub fn prepare(_: &mut Report) -> Verdict {
    if !host::installs() {
        return Verdict::Skipped("test hosts are built by root on Debian".to_owned());
    }
    let packages = match packages() {
        Ok(packages) if packages.is_empty() => {
            return Verdict::Skipped("there are no packages: cargo xtask deb makes them".to_owned());
        }
        Ok(packages) => packages,
        Err(error) => return Verdict::Failed(format!("the packages cannot be read: {error}")),
    };
    let packages = &packages;
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let install = |suite| scope.spawn(move || installed(suite, packages).map_err(|why| format!("{suite}: {why}")));
        let all: Vec<_> = SUITES.into_iter().map(install).collect();
        all.into_iter().filter_map(|one| one.join().map_or(Some("panicked".to_owned()), Result::err)).collect()
    });
    if wrong.is_empty() { Verdict::Passed } else { Verdict::Failed(wrong.join("; ")) }
}

/// One release: installed unless it is there, and linked. What was linked before is removed.
fn installed(suite: &str, packages: &[String]) -> Result<(), String> {
    let say = |error: io::Error| error.to_string();
    let links = run::target().join("hosts");
    let tree = fs::canonicalize(links.join(suite)).map_err(say)?;
    let name = format!("{suite}-installed");
    let target = run::target();
    let ours = [RECIPE, &*target.to_string_lossy()];
    let parts: Vec<&str> = ours.into_iter().chain(packages.iter().map(String::as_str)).collect();
    let copy = beside(&tree, &format!("with-{:016x}", hash(&parts)));
    let before = fs::read_link(links.join(&name)).ok().filter(|before| *before != copy);
    if !copy.exists() {
        install(&tree, &copy)?;
    }
    link(&copy, &links, &name)?;
    before.map_or(Ok(()), |before| removed(&before)).map_err(say)
}

fn install(tree: &Path, copy: &Path) -> Result<(), String> {
    let say = |error: io::Error| error.to_string();
    let (unfinished, log) = (beside(copy, "unfinished"), beside(copy, "log"));
    removed(&unfinished).map_err(say)?;
    let out = File::create(&log).map_err(say)?;
    let mut command = run::program("sh");
    command.args(["-eu", "-c", RECIPE, "installed.sh"]).args([tree, &run::target().join("debian"), &unfinished]);
    let status =
        command.stdin(Stdio::null()).stderr(out.try_clone().map_err(say)?).stdout(out).status().map_err(say)?;
    if !status.success() {
        return Err(format!("{status}: {}", log.display()));
    }
    fs::remove_file(&log).map_err(say)?;
    fs::rename(&unfinished, copy).map_err(say)
}

/// A path with something behind its name.
fn beside(path: &Path, what: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{what}"));
    name.into()
}

/// What tells these packages from others.
fn packages() -> io::Result<Vec<String>> {
    let Ok(entries) = fs::read_dir(run::target().join("debian")) else { return Ok(Vec::new()) };
    let mut debs: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    debs.retain(|path| path.extension() == Some("deb".as_ref()));
    debs.sort();
    debs.iter().map(|deb| stamp(deb)).collect()
}

fn stamp(deb: &Path) -> io::Result<String> {
    let about = deb.metadata()?;
    let changed = about.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(format!("{} {} {}", deb.display(), about.len(), changed.as_nanos()))
}

fn removed(tree: &Path) -> io::Result<()> {
    match fs::remove_dir_all(tree) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
