//! Tests that cannot do here what they are there for say so in the file named by `$USHER_SKIPS`.
//!
//! CONTRIBUTING.md describes the convention: one line `skipped: TEST: REASON` for each.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The variable that names the file.
pub const VARIABLE: &str = "USHER_SKIPS";

/// The file, emptied for the next run of tests.
///
/// # Errors
/// It cannot be written.
pub fn file() -> io::Result<PathBuf> {
    let file = crate::run::target().join("skips.txt");
    fs::write(&file, "")?;
    Ok(file)
}

/// The tests that were skipped, each with its reasons.
///
/// # Errors
/// It cannot be read.
pub fn read(file: &Path) -> io::Result<BTreeMap<String, String>> {
    fs::read_to_string(file).map(|text| parse(&text))
}

/// What test programs say where a package, or what we build ourselves, would have let the test run.
const MENDABLE: [&str; 4] = ["there is no ", "there are no ", "not installed", "not built"];

/// Whether a test was skipped for a reason that `cargo verify` mends where it may install packages.
pub fn mendable(reason: &str) -> bool {
    MENDABLE.iter().any(|words| reason.contains(words)) || reason.contains("newer than the packages")
}

/// What is tried by a command of its own, because it takes long.
const BY_HAND: &str = "by hand: ";

/// Whether a skipped test is none that `cargo verify` is there for: a line of its list.
pub fn by_hand(skip: &str) -> bool {
    skip.contains(BY_HAND)
}

fn parse(text: &str) -> BTreeMap<String, String> {
    let mut skips: BTreeMap<String, String> = BTreeMap::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let told = line.strip_prefix("skipped:").unwrap_or(line).trim();
        let (test, reason) = told.split_once(": ").unwrap_or((told, "no reason given"));
        let reasons = skips.entry(test.to_owned()).or_default();
        if !reasons.split("; ").any(|known| known == reason) {
            if !reasons.is_empty() {
                reasons.push_str("; ");
            }
            reasons.push_str(reason);
        }
    }
    skips
}

#[cfg(test)]
mod tests {
    use super::{mendable, parse};

    #[test]
    fn a_test_is_counted_once() {
        let skips =
            parse("skipped: lock::as_root: not root\nskipped: a::b: htop is missing\nskipped: a::b: no tmux\n\n");
        let listed: Vec<_> = skips.iter().map(|(test, reason)| format!("{test}: {reason}")).collect();
        assert_eq!(listed, ["a::b: htop is missing; no tmux", "lock::as_root: not root"]);
    }

    #[test]
    fn what_a_package_mends_is_no_reason() {
        for reason in ["there is no jq here", "Xvnc is not installed", "usher-shield is not built: cargo build"] {
            assert!(mendable(reason), "{reason}");
        }
        for reason in ["this needs root", "nothing can be mounted here"] {
            assert!(!mendable(reason), "{reason}");
        }
    }

    #[test]
    fn a_line_of_another_form_is_not_lost() {
        assert_eq!(parse("somewhat odd").get("somewhat odd").map(String::as_str), Some("no reason given"));
    }
}
