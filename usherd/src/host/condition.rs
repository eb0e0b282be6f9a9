//! What of the daemon's own parts does not work as it should.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use usher_core::status::{HostTrouble, StoreStatus};
use usher_core::sys::program::beside_this_program;

use super::Host;
use crate::paths::Mode;

/// How old a look may be: however often somebody asks, nobody looks more often.
const A_MOMENT: Duration = Duration::from_millis(500);
/// How long the disks may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// Where fonts are (`fonts-conf(5)`).
const FONTS: [&str; 2] = ["/usr/share/fonts", "/usr/local/share/fonts"];
/// The most directories that are searched for a font.
const MOST_DIRECTORIES: usize = 500;

/// The daemon's parts at one moment.
#[derive(Debug, Clone, Default)]
pub struct Condition {
    /// The database; none where it does not answer.
    pub store: Option<StoreStatus>,
    /// What is wrong, of the parts that are looked at here.
    pub troubles: Vec<HostTrouble>,
}

/// The last look.
#[derive(Debug, Default)]
pub(super) struct LastLook(Mutex<Option<(Instant, Condition)>>);

impl Host {
    /// Looks at the daemon's own parts, unless somebody has lately enough.
    pub async fn look_at_condition(&self) {
        let mut last = self.condition.0.lock().await;
        if last.as_ref().is_none_or(|(when, _)| when.elapsed() >= A_MOMENT) {
            *last = Some((Instant::now(), self.looked_at().await));
        }
    }

    /// What the last look saw.
    pub fn condition(&self) -> Condition {
        let last = self.condition.0.try_lock();
        last.ok().and_then(|last| last.as_ref().map(|(_, condition)| condition.clone())).unwrap_or_default()
    }

    async fn looked_at(&self) -> Condition {
        let (store, trouble) = match tokio::time::timeout(PATIENCE, self.store.look()).await {
            Ok(Ok(look)) => (Some(look.status), look.trouble),
            Ok(Err(_)) | Err(_) => (None, Some(HostTrouble::StoreSilent)),
        };
        let system = self.daemon.mode == Mode::System;
        let here = tokio::task::spawn_blocking(move || lacking(system, &FONTS.map(PathBuf::from)));
        // A disk that hangs is no proof that something is missing.
        let missing = tokio::time::timeout(PATIENCE, here).await.ok().and_then(Result::ok).unwrap_or_default();
        Condition { store, troubles: missing.into_iter().chain(trouble).collect() }
    }
}

/// What is not installed that this daemon needs.
fn lacking(system: bool, fonts: &[PathBuf]) -> Vec<HostTrouble> {
    let lacks = |program| !beside_this_program(program).is_file();
    let holder = lacks("usher-tty").then_some(HostTrouble::NoHolder);
    let shield = (system && lacks("usher-shield")).then_some(HostTrouble::NoShield);
    let font = (system && !have_font(fonts)).then_some(HostTrouble::NoFont);
    [holder, shield, font].into_iter().flatten().collect()
}

/// Whether there is a font somewhere below. These directories are root's.
fn have_font(directories: &[PathBuf]) -> bool {
    let mut waiting = directories.to_vec();
    let mut searched = 0;
    while let Some(directory) = waiting.pop() {
        searched += 1;
        if searched > MOST_DIRECTORIES {
            // So many directories are there for something.
            return true;
        }
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            let path = entry.path();
            if is_font(&path) {
                return true;
            }
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                waiting.push(path);
            }
        }
    }
    false
}

fn is_font(path: &Path) -> bool {
    let kind = path.extension().and_then(|kind| kind.to_str()).unwrap_or_default();
    ["ttf", "otf", "ttc", "otc"].iter().any(|known| known.eq_ignore_ascii_case(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_font_is_found_however_deep_it_lies_and_other_files_are_none() {
        let directory = tempfile::tempdir().unwrap();
        let deep = directory.path().join("a/b/c");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(deep.join("README"), "").unwrap();
        let places = [directory.path().to_owned(), PathBuf::from("/nowhere")];
        assert!(!have_font(&places) && lacking(true, &places).contains(&HostTrouble::NoFont));
        std::fs::write(deep.join("Plain.TTF"), "").unwrap();
        assert!(have_font(&places) && !lacking(true, &places).contains(&HostTrouble::NoFont));
        assert!(!lacking(false, &[]).contains(&HostTrouble::NoFont), "text sessions need none");
    }
}
