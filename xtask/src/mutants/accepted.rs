//! The mutants that may live, each with its reason: the table of `docs/mutants.md`.

use std::collections::BTreeMap;

/// The reason why each may live.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Accepted(BTreeMap<String, String>);

impl Accepted {
    /// Reads the table's lines: `` | `FILE: MUTATION` | REASON | ``.
    ///
    /// # Errors
    /// A mutant has no reason.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut all = BTreeMap::new();
        for line in text.lines().filter(|line| line.starts_with("| `")) {
            let (mutant, reason) = line[3..].split_once("` |").ok_or_else(|| format!("no row of two cells: {line}"))?;
            let reason = reason.trim().trim_end_matches('|').trim();
            if reason.is_empty() {
                return Err(format!("docs/mutants.md says no reason for {mutant}"));
            }
            all.insert(mutant.replace("\\|", "|"), reason.to_owned());
        }
        Ok(Accepted(all))
    }

    /// Those of cargo-mutants' lines that have no reason.
    pub fn unexplained<'a>(&self, missed: &'a str) -> Vec<&'a str> {
        missed.lines().filter(|line| !line.is_empty() && !self.0.contains_key(&placeless(line))).collect()
    }

    /// Rows about these files whose mutant does not live any more.
    pub fn outdated(&self, missed: &str, is_of: impl Fn(&str) -> bool) -> Vec<&str> {
        let living: Vec<String> = missed.lines().map(placeless).collect();
        let dead = self.0.keys().filter(|mutant| !living.contains(mutant));
        dead.map(String::as_str).filter(|mutant| is_of(mutant.split(": ").next().unwrap_or_default())).collect()
    }
}

/// `FILE:LINE:COLUMN: MUTATION` without line and column, which other changes move.
pub fn placeless(line: &str) -> String {
    let Some((place, mutation)) = line.split_once(": ") else { return line.to_owned() };
    format!("{}: {mutation}", place.split(':').next().unwrap_or(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "# Mutants\n\n| mutant | why |\n|---|---|\n\
        | `src/a.rs: replace f -> bool with true` | only a hint for the log |\n\
        | `src/b.rs: replace \\| with & in g` | both are 0 |\n";

    #[test]
    fn a_survivor_without_a_reason_is_told() {
        let accepted = Accepted::read(TABLE).expect("a table");
        let missed = "src/a.rs:12:5: replace f -> bool with true\nsrc/a.rs:13:5: replace h with ()\n";
        assert_eq!(accepted.unexplained(missed), ["src/a.rs:13:5: replace h with ()"]);
        assert_eq!(accepted.outdated(missed, |_| true), ["src/b.rs: replace | with & in g"]);
        assert!(accepted.outdated(missed, |file| file == "src/a.rs").is_empty());
    }

    #[test]
    fn a_row_needs_a_reason() {
        assert!(Accepted::read("| `src/a.rs: replace f with ()` |  |").is_err());
    }
}
