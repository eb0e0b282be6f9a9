//! The programs that the tests use, installed where that is ours to do.

use std::fs;
use std::process::Stdio;

use crate::run;
use crate::steps::{Report, Verdict, passes};

mod programs;

/// What makes an environment of Python's its own pip, which Debian packs by itself.
const VENV: (&str, &str) = ("python3 -m ensurepip", "python3-venv");

/// The versions of Debian whose packages have these names.
const DEBIAN: [&str; 2] = ["12", "13"];

/// Makes the host ready for the tests, or says what it lacks.
pub fn prepare(report: &mut Report) -> Verdict {
    let root = run::is_root();
    if !root {
        report.lacks.push("root: tests that need it skip themselves".to_owned());
    }
    let absent = missing();
    if absent.is_empty() {
        return Verdict::Passed;
    }
    let why = match (is_debian(), root) {
        (true, true) => match install(&absent) {
            Verdict::Passed => "its package was installed, and the program is not there".to_owned(),
            Verdict::Failed(why) | Verdict::Skipped(why) => why,
        },
        (true, false) => "only root can install it".to_owned(),
        (false, _) => format!("this is not Debian {}", DEBIAN.join(" or ")),
    };
    let absent: Vec<&str> = missing().into_iter().map(|(program, _)| program).collect();
    if absent.is_empty() {
        return Verdict::Passed;
    }
    report.lacks.extend(absent.iter().map(|program| format!("{program}: {why}")));
    let lacking = format!("{}: {why}", absent.join(", "));
    // Where every package can be had, nothing excuses its absence.
    if installs() { Verdict::Failed(lacking) } else { Verdict::Skipped(lacking) }
}

/// Installs what one task alone uses.
pub fn provide(program: &'static str, package: &'static str) -> Verdict {
    if run::find(program).is_some() { Verdict::Passed } else { install(&[(program, package)]) }
}

/// Whether this machine is one on which we install what is missing.
pub fn installs() -> bool {
    is_debian() && run::is_root()
}

fn missing() -> Vec<(&'static str, &'static str)> {
    // An absolute path is found as it stands.
    let programs = programs::ALL.iter().copied().filter(|(program, _)| run::find(program).is_none());
    programs.chain(Some(VENV).filter(|_| !has_venv())).collect()
}

fn has_venv() -> bool {
    let probe = run::program("python3").args(["-m", "ensurepip", "--version"]).stdin(Stdio::null()).output();
    probe.is_ok_and(|probe| probe.status.success())
}

fn install(programs: &[(&str, &str)]) -> Verdict {
    let mut install = vec!["install", "--yes", "--no-install-recommends"];
    install.extend(programs.iter().map(|(_, package)| package));
    match apt(&install) {
        Verdict::Passed => Verdict::Passed,
        // A fresh machine has no list of packages, an old one an outdated list.
        _ => match apt(&["update"]) {
            Verdict::Passed => apt(&install),
            verdict => verdict,
        },
    }
}

fn apt(words: &[&str]) -> Verdict {
    let mut apt = run::program("apt-get");
    apt.args(["--quiet", "--option", "DPkg::Lock::Timeout=120"]).args(words);
    passes(apt.env("DEBIAN_FRONTEND", "noninteractive"))
}

/// Whether this is a Debian whose packages we know.
pub fn is_debian() -> bool {
    fs::read_to_string("/etc/os-release").is_ok_and(|text| names_debian(&text))
}

/// Whether what is built here runs in every test host: in the oldest Debian of them it does.
pub fn builds_for_every_host() -> bool {
    fs::read_to_string("/etc/os-release").is_ok_and(|text| value(&text, "VERSION_ID") == DEBIAN[0])
}

fn names_debian(os_release: &str) -> bool {
    value(os_release, "ID") == "debian" && DEBIAN.contains(&value(os_release, "VERSION_ID"))
}

fn value<'t>(os_release: &'t str, name: &str) -> &'t str {
    let line = os_release.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    line.unwrap_or_default().trim_matches(['"', '\''])
}

#[cfg(test)]
mod tests {
    use super::names_debian;

    #[test]
    fn debian_is_known_by_its_own_name() {
        assert!(names_debian("VERSION_ID=\"12\"\nID=debian\n"));
        assert!(names_debian("ID='debian'\nVERSION_ID=13\n"));
        assert!(!names_debian("ID=debian\nVERSION_ID=\"11\"\n"));
        assert!(!names_debian("ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"12\"\n"));
        assert!(!names_debian(""));
    }
}
