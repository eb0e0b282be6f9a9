//! What the commands in a pristine root said of themselves, and when.

use std::fmt;
use std::io::Write;
use std::time::{Duration, Instant};

/// One command.
#[derive(Debug, PartialEq, Eq)]
pub struct Timed {
    /// What it is called.
    pub name: String,
    /// When its first line came.
    pub first_line: Option<Duration>,
    /// When it ended.
    pub end: Duration,
    /// What it exited with.
    pub status: i32,
    /// Its last line.
    pub last_line: String,
}

impl fmt::Display for Timed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.name)?;
        if let Some(first) = self.first_line {
            write!(f, "first line after {:.1} s, ", first.as_secs_f64())?;
        }
        write!(f, "end after {:.1} s, exit {}: {}", self.end.as_secs_f64(), self.status, self.last_line)
    }
}

/// Shows every line as it comes. `@@begin NAME` and `@@end STATUS` stand around the lines of a command.
pub fn follow(lines: impl Iterator<Item = Vec<u8>>, mut out: impl Write) -> Vec<Timed> {
    let mut all = Vec::new();
    let mut running: Option<(Instant, Timed)> = None;
    for line in lines {
        let _ = out.write_all(&line).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush());
        let line = String::from_utf8_lossy(&line);
        if let Some(name) = line.strip_prefix("@@begin ") {
            running = Some((Instant::now(), begun(name)));
        } else if let Some(status) = line.strip_prefix("@@end ") {
            if let Some((began, mut command)) = running.take() {
                command.end = began.elapsed();
                command.status = status.trim().parse().unwrap_or(-1);
                all.push(command);
            }
        } else if let Some((began, command)) = &mut running {
            command.first_line.get_or_insert_with(|| began.elapsed());
            if !line.trim().is_empty() {
                command.last_line = line.into_owned();
            }
        }
    }
    all
}

fn begun(name: &str) -> Timed {
    Timed { name: name.to_owned(), first_line: None, end: Duration::ZERO, status: -1, last_line: String::new() }
}

/// What of these should not be: a command that failed or did not come, a test that was skipped.
pub fn wrong(all: &[Timed], expected: usize) -> Vec<String> {
    let failed = all.iter().filter(|one| one.status != 0).map(|one| format!("{} exited with {}", one.name, one.status));
    let skips = |one: &&Timed| one.name.starts_with("cargo verify") && !one.last_line.ends_with(" 0 skipped");
    let skipped = all.iter().filter(skips).map(|one| format!("{} skipped tests, or did not say", one.name));
    let missing = (all.len() < expected).then(|| format!("only {} of {expected} commands came to an end", all.len()));
    failed.chain(skipped).chain(missing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<Timed> {
        // Not to where a pristine root's own marks would be read.
        follow(text.lines().map(|line| line.as_bytes().to_vec()), std::io::sink())
    }

    #[test]
    fn commands_are_told_apart_by_their_marks() {
        let all = told("made\n@@begin cargo demo\nhello\nbye\n\n@@end 0\n@@begin cargo verify, cold\n@@end 101\n");
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].status, all[0].last_line.as_str(), all[0].first_line.is_some()), (0, "bye", true));
        assert_eq!((all[1].status, all[1].first_line), (101, None));
    }

    #[test]
    fn a_skipped_test_is_wrong() {
        let verify = |last: &str| told(&format!("@@begin cargo verify, cold\n{last}\n@@end 0\n"));
        assert_eq!(wrong(&verify("604 passed, 0 failed, 0 skipped"), 1), Vec::<String>::new());
        assert_eq!(wrong(&verify("604 passed, 0 failed, 30 skipped"), 1).len(), 1);
        assert_eq!(wrong(&verify("Killed"), 2).len(), 2);
    }
}
