//! What the tests on real hosts need: file systems of Debian releases, kept in the cache, and the packages under test.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::steps::{Report, Verdict, passes};
use crate::{host, run};

pub mod builder;
pub mod installed;
mod packages;

pub use packages::{OLDEST, SUITES};

/// How a tree is built.
const RECIPE: &str = include_str!("tree.sh");

/// Makes the trees of all releases ready, side by side, and links to them from `TARGET/hosts`, where the tests look.
pub fn prepare(_: &mut Report) -> Verdict {
    if !host::installs() {
        return Verdict::Skipped("test hosts are built by root on Debian".to_owned());
    }
    let (Some(cache), Some(mirror)) = (run::cache(), mirror()) else {
        return Verdict::Failed("there is no home directory, or apt knows no mirror of Debian".to_owned());
    };
    let cache = cache.join("hosts");
    let (cache, mirror) = (&cache, &mirror);
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let build =
            |suite| scope.spawn(move || tree(suite, cache, mirror).map(drop).map_err(|why| format!("{suite}: {why}")));
        let all: Vec<_> = SUITES.into_iter().map(build).collect();
        all.into_iter().filter_map(|one| one.join().map_or(Some("panicked".to_owned()), Result::err)).collect()
    });
    if wrong.is_empty() { Verdict::Passed } else { Verdict::Failed(wrong.join("; ")) }
}

/// The tree of a release, which is made ready where it is not.
///
/// # Errors
/// It cannot be had here.
pub fn ready(suite: &str) -> Result<PathBuf, String> {
    let cache = run::cache().ok_or("there is no home directory")?.join("hosts");
    tree(suite, &cache, &mirror().ok_or("apt knows no mirror of Debian")?)
}

/// One release: built unless it is there, and linked.
fn tree(suite: &str, cache: &Path, mirror: &str) -> Result<PathBuf, String> {
    let list = packages::of(suite);
    let tree = cache.join(format!("{suite}-{:016x}", hash(&[RECIPE, suite, &list.join(" ")])));
    let say = |error: io::Error| error.to_string();
    fs::create_dir_all(cache.join("debs")).map_err(say)?;
    // Who comes second waits, and then finds it built.
    let lock = File::create(cache.join(format!("{suite}.lock"))).map_err(say)?;
    lock.lock().map_err(say)?;
    if tree.exists() {
        println!("    {suite} is there: {}", tree.display());
    } else {
        build(suite, &tree, &cache.join("debs"), mirror, &list)?;
    }
    link(&tree, &run::target().join("hosts"), suite)?;
    Ok(tree)
}

/// Puts a link to a tree where the tests look, in the place of the one before.
fn link(tree: &Path, links: &Path, name: &str) -> Result<(), String> {
    let (link, new) = (links.join(name), links.join(format!("{name}.new")));
    let _ = fs::remove_file(&new);
    let linked = fs::create_dir_all(links).and_then(|()| std::os::unix::fs::symlink(tree, &new));
    linked.and_then(|()| fs::rename(&new, &link)).map_err(|error| error.to_string())
}

/// Builds beside the place where it is to be, and puts it there when it is whole.
fn build(suite: &str, tree: &Path, debs: &Path, mirror: &str, list: &[&str]) -> Result<(), String> {
    let unfinished = tree.with_extension("unfinished");
    let log = tree.with_extension("log");
    let say = |error: io::Error| error.to_string();
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(say)?;
    }
    // Each release downloads for itself: two at once in one directory would hinder each other.
    let debs = debs.join(suite);
    fs::create_dir_all(debs.join("partial")).map_err(say)?;
    println!("    {suite} is built from {mirror}: {}", log.display());
    let out = File::create(&log).map_err(say)?;
    let mut command = run::program("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-c", RECIPE, "tree.sh", suite]);
    command.arg(&unfinished).arg(&debs).arg(mirror).args(list);
    command.env_remove("TMPDIR").stdin(Stdio::null()).stderr(out.try_clone().map_err(say)?).stdout(out);
    let status = command.status().map_err(say)?;
    if !status.success() {
        let told = fs::read_to_string(&log).unwrap_or_default();
        let last: Vec<&str> = told.lines().rev().take(5).collect();
        return Err(format!("{status}: {}", last.into_iter().rev().collect::<Vec<_>>().join(" | ")));
    }
    fs::rename(&unfinished, tree).map_err(say)
}

/// The mirror that this machine's own apt uses.
pub fn mirror() -> Option<String> {
    let ask = || {
        let mut ask = run::program("apt-get");
        ask.args(["indextargets", "--format", "$(LABEL) $(COMPONENT) $(REPO_URI)", "Created-By: Packages"]);
        let said = ask.stdin(Stdio::null()).output().ok()?;
        chosen(&String::from_utf8_lossy(&said.stdout))
    };
    // A fresh machine does not know yet what its mirrors hold.
    ask().or_else(|| (passes(&mut update()) == Verdict::Passed).then(ask)?)
}

fn update() -> Command {
    let mut update = run::program("apt-get");
    update.args(["--quiet", "update"]);
    update
}

fn chosen(targets: &str) -> Option<String> {
    targets.lines().find_map(|line| line.strip_prefix("Debian main ")).map(|url| url.trim_end_matches('/').to_owned())
}

/// FNV-1a: the same on every machine and with every compiler.
pub fn hash(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirror_is_debians_and_not_that_of_its_security_updates() {
        let said = "Debian-Security main http://security.example/debian-security/\n\
                    Debian contrib http://mirror.example/debian/\n\
                    Debian main http://mirror.example/debian/\n";
        assert_eq!(chosen(said).as_deref(), Some("http://mirror.example/debian"));
        assert_eq!(chosen(" main http://unknown.example/\n"), None);
    }

    #[test]
    fn another_list_is_another_tree() {
        assert_ne!(hash(&["a", "b"]), hash(&["ab"]));
        assert_eq!(hash(&["a", "b"]), hash(&["a", "b"]));
    }
}
