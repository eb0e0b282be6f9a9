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
    use super::parse;

    #[test]
    fn a_test_is_counted_once() {
        let skips =
            parse("skipped: lock::as_root: not root\nskipped: a::b: htop is missing\nskipped: a::b: no tmux\n\n");
        let listed: Vec<_> = skips.iter().map(|(test, reason)| format!("{test}: {reason}")).collect();
        assert_eq!(listed, ["a::b: htop is missing; no tmux", "lock::as_root: not root"]);
    }

    #[test]
    fn a_line_of_another_form_is_not_lost() {
        assert_eq!(parse("somewhat odd").get("somewhat odd").map(String::as_str), Some("no reason given"));
    }
}
