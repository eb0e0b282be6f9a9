//! How long the steps took when they last passed here, kept in the cache: what one may expect of the next run.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::run;

/// What steps took.
#[derive(Debug, Default)]
pub struct Times {
    file: Option<PathBuf>,
    seconds: BTreeMap<String, u64>,
}

impl Times {
    /// Those of the last run, none if there was none.
    pub fn last() -> Self {
        let file = run::cache().map(|cache| cache.join("times"));
        let text = file.as_ref().and_then(|file| fs::read_to_string(file).ok()).unwrap_or_default();
        Times { file, seconds: parse(&text) }
    }

    /// About how long this step takes, in words; `cold` seconds are what it took on a fresh machine of two cores.
    pub fn expected(&self, step: &str, cold: u64) -> String {
        words(self.seconds.get(step).copied().unwrap_or(cold))
    }

    /// A step passed in so many seconds. What cannot be kept is no harm.
    pub fn passed(&mut self, step: &str, seconds: u64) {
        self.seconds.insert(step.to_owned(), seconds);
        let lines: String = self.seconds.iter().map(|(step, seconds)| format!("{step} {seconds}\n")).collect();
        if let Some(file) = &self.file {
            let _ = fs::create_dir_all(file.parent().unwrap_or(file)).and_then(|()| fs::write(file, lines));
        }
    }
}

fn parse(text: &str) -> BTreeMap<String, u64> {
    let line = |line: &str| line.split_once(' ').and_then(|(step, s)| Some((step.to_owned(), s.trim().parse().ok()?)));
    text.lines().filter_map(line).collect()
}

fn words(seconds: u64) -> String {
    match seconds {
        0..10 => "a few seconds".to_owned(),
        10..100 => format!("about {} s", seconds.next_multiple_of(10)),
        _ => format!("about {} min", (seconds + 30) / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_one_tells_them() {
        assert_eq!(
            [3, 41, 95, 150, 700].map(words),
            ["a few seconds", "about 50 s", "about 100 s", "about 3 min", "about 12 min"]
        );
    }

    #[test]
    fn the_last_run_is_better_than_a_guess() {
        let times = Times { file: None, seconds: parse("tests 300\nodd\nclippy x\n") };
        assert_eq!(
            (times.expected("tests", 60), times.expected("clippy", 60)),
            ("about 5 min".into(), "about 60 s".into())
        );
    }
}
