//! The step that compiles the shared words as each program takes them. The other steps build the whole workspace, where every
//! program has the features that the others want, and a module that lacks one of its own is not noticed.

use std::fs;
use std::process::Command;

use super::{Report, Verdict, passes};
use crate::{programs, run};

/// Without features, and with each by itself.
pub fn alone(_: &mut Report) -> Verdict {
    match checks() {
        Ok(all) => all.into_iter().map(|mut check| passes(&mut check)).find(failed).unwrap_or(Verdict::Passed),
        Err(why) => Verdict::Failed(why),
    }
}

fn failed(checked: &Verdict) -> bool {
    *checked != Verdict::Passed
}

/// What compiles them so.
///
/// # Errors
/// The manifest has no features that can be read.
pub fn checks() -> Result<Vec<Command>, String> {
    let manifest = run::root().join(programs::SHARED).join("Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(|error| format!("{}: {error}", manifest.display()))?;
    let all = features(&text);
    if all.is_empty() {
        return Err(format!("{} has no features that this step can read", manifest.display()));
    }
    let check = |feature: &str| {
        let mut check = run::cargo(&["check", "--locked", "--package", programs::SHARED]);
        check.args(["--features", feature]);
        check
    };
    Ok(std::iter::once("").chain(all).map(check).collect())
}

/// The names of a manifest's features.
fn features(manifest: &str) -> Vec<&str> {
    let mut lines = manifest.lines().skip_while(|line| line.trim() != "[features]").skip(1);
    let section = lines.by_ref().take_while(|line| !line.starts_with('['));
    section
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| name.trim())
        .filter(|name| !name.starts_with('#'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_read_and_nothing_else_is() {
        let manifest = "[package]\nname = \"x\"\n\n[features]\n# Of files = many.\nfiles = [\"dep:y\"]\nhelp = []\n\n[dependencies]\ny = \"1\"\n";
        assert_eq!(features(manifest), ["files", "help"]);
        assert_eq!(features("[package]\nname = \"x\"\n"), Vec::<&str>::new());
    }
}
