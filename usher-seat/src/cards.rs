//! The seat's graphics cards: who may draw on them, and what they show by the kernel's own word.

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use drm::control::{Device as _, connector, framebuffer};
use drm::{ClientCapability, Device as _};
use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};
use usher_core::sys::cards::{device_of, seat_of};
use usher_core::sys::process::Process;

/// How often the right to draw is taken from those who have it.
const TRIES: usize = 20;

/// A card of which we are the master.
#[derive(Debug)]
pub struct Card {
    file: OwnedFd,
    device: u64,
}

impl AsFd for Card {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl drm::Device for Card {}
impl drm::control::Device for Card {}

/// The seat's cards that have connectors.
pub fn of(seat: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir("/dev/dri") else { return Vec::new() };
    let is_card = |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"card"));
    let mut cards: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_card).collect();
    cards.retain(|path| std::fs::metadata(path).is_ok_and(|meta| seat_of(meta.rdev()) == seat));
    cards.sort();
    cards
}

/// How large the screens of a seat are, as far as the kernel says without being asked to look (`Documentation/ABI`, `sysfs-class-drm`): each
/// connected one's modes begin with the one that it likes best.
pub fn sizes(seat: &str) -> Vec<(u16, u16)> {
    let cards = of(seat);
    let names: Vec<&str> = cards.iter().filter_map(|card| card.file_name()?.to_str()).collect();
    let is_ours = |name: &str| name.split_once('-').is_some_and(|(card, _)| names.contains(&card));
    let connectors = std::fs::read_dir("/sys/class/drm").into_iter().flatten().flatten();
    let ours = connectors.filter(|entry| entry.file_name().to_str().is_some_and(is_ours));
    let read = |entry: &std::fs::DirEntry, file| std::fs::read_to_string(entry.path().join(file)).unwrap_or_default();
    let mut sizes: Vec<(u16, u16)> = ours
        .filter(|entry| read(entry, "status").trim() == "connected")
        .filter_map(|entry| size(read(&entry, "modes").lines().next()?))
        .collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

/// `1920x1080`, with an `i` behind it where it is interlaced.
fn size(mode: &str) -> Option<(u16, u16)> {
    let (width, height) = mode.trim_end_matches('i').split_once('x')?;
    Some((width.parse().ok()?, height.parse().ok()?))
}

impl Card {
    /// Opens a card and becomes its master: by what a painter of ours has open already, so that nobody else is it for an instant,
    /// else by taking it from whoever is.
    pub fn take(path: &Path, painter: Option<Process>) -> io::Result<Self> {
        let device = std::fs::metadata(path)?.rdev();
        let kept = painter.filter(|p| p.lives()).into_iter().flat_map(|painter| opened_by(painter.pid, device));
        let kept = kept.map(|file| Card { file, device }).find(|card| card.acquire_master_lock().is_ok());
        let card = match kept {
            Some(card) => card,
            None => Card { file: File::options().read(true).write(true).open(path)?.into(), device },
        };
        card.master()?;
        // Without it the kernel tells of the planes alone that lie above the picture.
        let _ = card.set_client_capability(ClientCapability::UniversalPlanes, true);
        Ok(card)
    }

    /// Sees that we are the master, or become it again.
    pub fn master(&self) -> io::Result<()> {
        for _ in 0..TRIES {
            if self.acquire_master_lock().is_ok() {
                return Ok(());
            }
            others(self.device).for_each(|other| {
                let _ = other.release_master_lock();
            });
        }
        self.acquire_master_lock()
    }

    /// Nobody is master from here on until somebody asks.
    pub fn give_up(&self) {
        let _ = self.release_master_lock();
    }

    /// It has something to show on.
    pub fn has_connectors(&self) -> bool {
        self.resource_handles().is_ok_and(|all| !all.connectors().is_empty())
    }

    /// Every connector to which a screen is connected shows a picture of ours, and nothing of anybody else's lies on a screen.
    pub fn shows_ours(&self) -> io::Result<bool> {
        let all = self.resource_handles()?;
        // The kernel lists those that were made by this very open file.
        let ours: HashSet<framebuffer::Handle> = all.framebuffers().iter().copied().collect();
        for handle in self.plane_handles()? {
            if self.get_plane(handle)?.framebuffer().is_some_and(|shown| !ours.contains(&shown)) {
                return Ok(false);
            }
        }
        for handle in all.connectors() {
            let connector = self.get_connector(*handle, false)?;
            if connector.state() == connector::State::Connected && !self.shows(&connector, &ours)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn shows(&self, connector: &connector::Info, ours: &HashSet<framebuffer::Handle>) -> io::Result<bool> {
        let Some(encoder) = connector.current_encoder() else { return Ok(false) };
        let Some(crtc) = self.get_encoder(encoder)?.crtc() else { return Ok(false) };
        Ok(self.get_crtc(crtc)?.framebuffer().is_some_and(|shown| ours.contains(&shown)))
    }
}

/// What other processes have open of this device.
fn others(device: u64) -> impl Iterator<Item = Card> {
    let own = std::process::id();
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let files = processes.filter(move |pid| *pid != own).flat_map(move |pid| opened_by(pid, device));
    files.map(move |file| Card { file, device })
}

/// What one process has open of this device.
fn opened_by(pid: u32, device: u64) -> Vec<OwnedFd> {
    let Ok(entries) = std::fs::read_dir(format!("/proc/{pid}/fd")) else { return Vec::new() };
    let is_it = |path: &Path| device_of(path) == Some(device);
    let numbers = entries.flatten().map(|entry| entry.path()).filter(|path| is_it(path));
    let numbers: Vec<i32> = numbers.filter_map(|path| path.file_name()?.to_str()?.parse().ok()).collect();
    if numbers.is_empty() {
        return Vec::new();
    }
    let process = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let Some(process) = process.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok()) else { return Vec::new() };
    let files = numbers.into_iter().filter_map(|number| pidfd_getfd(&process, number, PidfdGetfdFlags::empty()).ok());
    files.collect()
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn a_mode_says_how_large_it_is() {
        assert_eq!((size("1920x1080"), size("1920x1080i")), (Some((1920, 1080)), Some((1920, 1080))));
        assert_eq!((size(""), size("x1080"), size("99999x1")), (None, None, None));
    }
}
