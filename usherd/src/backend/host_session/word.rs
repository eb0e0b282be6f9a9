//! A shield is an unprivileged process that reads a user's X server: each of its messages is bounded and checked before it
//! goes anywhere.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use usher_core::wire::shield::{FromShield, Status};

/// The most characters of one sentence, name or title.
const MOST_CHARACTERS: usize = 1000;
/// The most sentences of one answer.
const MOST_NOTES: usize = 8;
/// The most processes that are said to crowd a display.
const MOST_MEMBERS: usize = 4;
/// For how long after `usherd --release-all` began shields may be freed by it.
const RELEASING: Duration = Duration::from_secs(60);

/// Where `usherd --release-all` leaves word that it freed the shields of this directory.
pub(crate) fn release_record(shields: &Path) -> PathBuf {
    shields.with_extension("released")
}

/// A message within bounds, without control characters, and without a release that nobody made.
pub(super) fn checked(message: FromShield, shields: &Path) -> FromShield {
    match message {
        FromShield::Hello(mut hello) => {
            hello.status = status(std::mem::take(&mut hello.status), shields);
            hello.version = line(&hello.version);
            hello.pids.truncate(16);
            FromShield::Hello(hello)
        }
        FromShield::Status(said) => FromShield::Status(status(said, shields)),
        FromShield::Covered { seq, superseded, notes, held_micros } => {
            let notes = notes.iter().take(MOST_NOTES).map(|note| line(note)).collect();
            FromShield::Covered { seq, superseded, notes, held_micros }
        }
        FromShield::Pictured { seq, error, unsupported, watched } => {
            FromShield::Pictured { seq, error: error.as_deref().map(line), unsupported, watched }
        }
        FromShield::Incident { what, uncovered_micros } => FromShield::Incident { what: line(&what), uncovered_micros },
        FromShield::WantsConnection => FromShield::WantsConnection,
        FromShield::ScreenChanged => FromShield::ScreenChanged,
        mut failed @ FromShield::Failed { .. } => {
            if let FromShield::Failed { message, .. } = &mut failed {
                *message = line(message);
            }
            failed
        }
    }
}

fn status(mut status: Status, shields: &Path) -> Status {
    status.title = status.title.as_deref().map(line);
    status.crowd.iter_mut().for_each(|crowd| crowd.members.truncate(MOST_MEMBERS));
    status.hindrance = status.hindrance.as_deref().map(line);
    if let Some((by, at)) = &status.released
        && !was_released(shields, by, *at)
    {
        tracing::warn!("a shield says that {} freed it, which did not happen", line(by));
        status.released = None;
    }
    status
}

/// Whether the record confirms it: the same user owns it, and it was made just before.
/// Whether root left word that it freed the shields of this directory just before, by this name.
pub(super) fn was_released(shields: &Path, by: &str, at: Timestamp) -> bool {
    is_confirmed(&release_record(shields), by, at)
}

fn is_confirmed(record: &Path, by: &str, at: Timestamp) -> bool {
    let Ok(meta) = std::fs::symlink_metadata(record) else { return false };
    let me = rustix::process::geteuid().as_raw();
    let began = meta.modified().ok().and_then(|time| Timestamp::try_from(time).ok());
    let while_releasing = began.is_some_and(|began| {
        // File systems tell the time of the kernel's last tick.
        let after = at.duration_since(began) + jiff::SignedDuration::from_secs(1);
        Duration::try_from(after).is_ok_and(|after| after <= RELEASING)
    });
    meta.is_file() && meta.uid() == me && by == format!("uid {me}") && while_releasing
}

/// A line within bounds, without control characters.
pub(super) fn line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MOST_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn released(shields: &Path, by: &str, at: Timestamp) -> bool {
        let said = Status { released: Some((by.to_owned(), at)), ..Status::default() };
        matches!(checked(FromShield::Status(said), shields), FromShield::Status(said) if said.released.is_some())
    }

    #[test]
    fn a_release_is_believed_only_where_one_was_made() {
        let directory = tempfile::tempdir().unwrap();
        let shields = directory.path().join("shields");
        let (now, me) = (Timestamp::now(), format!("uid {}", rustix::process::geteuid().as_raw()));
        assert!(!released(&shields, &me, now), "nobody released anything");
        std::fs::write(release_record(&shields), "").unwrap();
        assert!(released(&shields, &me, Timestamp::now()));
        assert!(!released(&shields, "uid 4711", Timestamp::now()), "by somebody else");
        assert!(!released(&shields, "root\u{1b}[2J", Timestamp::now()));
        assert!(!released(&shields, &me, now - jiff::SignedDuration::from_secs(60)), "before that");
        assert!(!released(&shields, &me, now + jiff::SignedDuration::from_secs(600)), "long after that");
    }

    #[test]
    fn sentences_are_bounded_and_carry_no_control_sequences() {
        let notes = vec!["\u{1b}[2Jgone\r\n".repeat(1000); 100];
        let said = FromShield::Covered { seq: 1, superseded: false, notes, held_micros: None };
        let FromShield::Covered { notes, .. } = checked(said, Path::new("/nowhere")) else { panic!() };
        assert_eq!(notes.len(), MOST_NOTES);
        assert!(notes.iter().all(|n| n.chars().count() == MOST_CHARACTERS && !n.chars().any(char::is_control)));
    }
}
