//! Which seats of this host can be locked.

use std::path::Path;
use std::sync::OnceLock;

use usher_core::sys::cards::FIRST_SEAT;

/// Whether a seat is the first.
pub(in super::super) fn is_first(seat: &str) -> bool {
    seat == FIRST_SEAT
}

/// Whether a seat has virtual terminals.
pub(in super::super) fn has_terminals(seat: &str) -> bool {
    is_first(seat) && refusal(seat).is_none()
}

/// The virtual terminal in front, by the kernel's word.
pub(in super::super) fn terminal_in_front() -> Option<u32> {
    std::fs::read_to_string("/sys/class/tty/tty0/active").ok()?.trim().strip_prefix("tty")?.parse().ok()
}

/// Why a seat cannot be locked, if it cannot; the reason completes "session 3 …".
pub(in super::super) fn refusal(seat: &str) -> Option<&'static str> {
    static REFUSAL: OnceLock<Option<&'static str>> = OnceLock::new();
    if !is_first(seat) {
        return Some("is at a seat without virtual terminals");
    }
    *REFUSAL.get_or_init(|| {
        if Path::new("/run/systemd/container").exists() {
            return Some("is at a seat of a container, whose screen and keyboard are another host's");
        }
        // This process has devices of its own.
        let is_there = Path::new("/proc/1/root/dev/tty0").exists() && Path::new("/sys/class/tty/tty0/active").exists();
        (!is_there).then_some("is at a seat, and this host has no virtual terminals")
    })
}
