//! Whether hosts can be had here, and what of them is there: trees and packages, which `cargo verify` makes.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A release of Debian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suite {
    /// Debian 12.
    Bookworm,
    /// Debian 13.
    Trixie,
}

impl Suite {
    /// Its name, as Debian writes it.
    pub fn name(self) -> &'static str {
        match self {
            Suite::Bookworm => "bookworm",
            Suite::Trixie => "trixie",
        }
    }

    /// The tree that its hosts are booted from.
    pub fn tree(self) -> PathBuf {
        target().join("hosts").join(self.name())
    }

    /// The same with the package under test, as `cargo xtask hosts` installed it; none if there is a newer one.
    pub fn installed_tree(self) -> Option<PathBuf> {
        let tree = target().join("hosts").join(format!("{}-installed", self.name()));
        let made = tree.symlink_metadata().and_then(|link| link.modified()).ok()?;
        let newest = packages().ok()?.iter().filter_map(|deb| changed(deb)).max()?;
        (made >= newest).then_some(tree)
    }
}

/// What stands in the way of hosts of this release here.
pub fn ready(suite: Suite) -> Result<(), String> {
    if !rustix::process::geteuid().is_root() {
        return Err("this needs root".to_owned());
    }
    for program in ["systemd-nspawn", "nsenter", "unshare", "setpriv", "setsid", "ip"] {
        let path = std::env::var_os("PATH").unwrap_or_default();
        if !std::env::split_paths(&path).any(|dir| dir.join(program).is_file()) {
            return Err(format!("{program} is not installed: cargo verify installs it on Debian"));
        }
    }
    if !suite.tree().join("usr/lib/systemd/systemd").exists() {
        return Err(format!("there is no tree of {}: cargo xtask hosts makes it", suite.name()));
    }
    packages().map(drop)
}

/// The packages under test; an error if there are none, or the sources have changed since.
pub fn packages() -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(target().join("debian")).into_iter().flatten().flatten();
    let debs: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| path.extension() == Some("deb".as_ref())).collect();
    let Some(built) = debs.iter().filter_map(|deb| changed(deb)).min() else {
        return Err("there are no packages: cargo xtask deb makes them".to_owned());
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    match sources(root).iter().find_map(|source| newer(source, built)) {
        None => Ok(debs),
        Some(source) => {
            let name = source.strip_prefix(root).unwrap_or(&source).display();
            Err(format!("{name} is newer than the packages: cargo xtask deb makes them again"))
        }
    }
}

/// What the packages are made of: every package's sources but the tasks', and what is packed.
fn sources(root: &Path) -> Vec<PathBuf> {
    let packages = fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
    let packages = packages.filter(|path| path.join("Cargo.toml").is_file() && !path.ends_with("xtask"));
    let own = ["src", "locales", "packaging", "Cargo.toml", "Cargo.lock"].map(|name| root.join(name));
    packages.flat_map(|package| [package.join("src"), package.join("Cargo.toml")]).chain(own).collect()
}

/// The tests' own directory of what cargo builds: this program lies in `TARGET/debug/deps`.
fn target() -> PathBuf {
    let own = std::env::current_exe().expect("this program's path");
    own.ancestors().nth(3).expect("a target directory").to_owned()
}

fn newer(path: &Path, than: SystemTime) -> Option<PathBuf> {
    if path.is_dir() {
        return fs::read_dir(path).ok()?.flatten().find_map(|entry| newer(&entry.path(), than));
    }
    changed(path).filter(|changed| *changed > than).map(|_| path.to_owned())
}

fn changed(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|metadata| metadata.modified()).ok()
}
