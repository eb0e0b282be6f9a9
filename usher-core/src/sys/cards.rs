//! Graphics cards: of which seat they are, and who has them open.

use std::fs;
use std::io;
use std::path::Path;

use super::process::{Process, none_if_gone};

/// The first seat, which alone has virtual terminals: that of every device of which udev says nothing (`sd-login(3)`).
pub const FIRST_SEAT: &str = "seat0";
/// The kernel's number of graphics cards, and how many numbers of it are those that screens hang on (`Documentation/admin-guide/devices.txt`).
const CARDS: (u32, u32) = (226, 64);
/// So many of a process's open files are looked at. A display server opens its card before anybody comes to it.
const MOST_FILES: usize = 1024;

/// udev's word of a device's seat.
#[must_use]
pub fn seat_of(device: u64) -> String {
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    let said = fs::read_to_string(format!("/run/udev/data/c{major}:{minor}")).unwrap_or_default();
    said.lines().find_map(|line| line.strip_prefix("E:ID_SEAT=")).unwrap_or(FIRST_SEAT).to_owned()
}

/// The device that an open file is, asked of nobody but the kernel: a user's file system may never answer.
#[must_use]
pub fn device_of(path: &Path) -> Option<u64> {
    let flags = rustix::fs::AtFlags::STATX_DONT_SYNC;
    let told = rustix::fs::statx(rustix::fs::CWD, path, flags, rustix::fs::StatxFlags::TYPE).ok()?;
    Some(rustix::fs::makedev(told.stx_rdev_major, told.stx_rdev_minor))
}

/// Whether a process has a graphics card of this seat open, among its first files.
///
/// # Errors
/// It cannot be told.
pub fn has_open(process: Process, seat: &str) -> io::Result<bool> {
    let Some(entries) = none_if_gone(fs::read_dir(format!("/proc/{}/fd", process.pid)))? else { return Ok(false) };
    let is_card = |device: &u64| (rustix::fs::major(*device), rustix::fs::minor(*device) / CARDS.1) == (CARDS.0, 0);
    let mut cards = entries.flatten().take(MOST_FILES).filter_map(|entry| device_of(&entry.path())).filter(is_card);
    // What was read is of who has the number now.
    Ok(cards.any(|card| seat_of(card) == seat) && process.lives())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_which_device_it_is_and_whoever_has_no_card_open_has_none() {
        let null = fs::File::open("/dev/null").unwrap();
        let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&null));
        assert_eq!(device_of(Path::new(&path)), Some(rustix::fs::makedev(1, 3)));
        let own = Process::of(std::process::id()).unwrap().unwrap();
        assert!(!has_open(own, "seat0").unwrap() && !has_open(own, "seat1").unwrap());
    }
}
