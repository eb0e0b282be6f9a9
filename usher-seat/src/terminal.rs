//! The virtual terminal in front while the seat is locked.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::time::{Duration, Instant};

use crate::ffi;

/// Those that logind leaves to whoever asks lie beyond the ones on which it starts logins (`logind.conf(5)`, NAutoVTs).
const FREE: std::ops::RangeInclusive<u16> = 8..=15;
/// How long a program may take to let go of the terminal in front.
const LEAVE: Duration = Duration::from_millis(1000);
/// `K_OFF`: keys reach nobody.
const OFF: i32 = 0x04;
/// `K_UNICODE`, with which a terminal begins.
const UNICODE: i32 = 0x03;

/// The seat's terminals, and the one of them that is ours.
#[derive(Debug)]
pub struct FrontTerminal {
    console: File,
    own: File,
    number: u16,
}

/// Opens a terminal without making it this process's own.
fn open(path: &str) -> io::Result<File> {
    let flags = rustix::fs::OFlags::NOCTTY.bits().cast_signed();
    OpenOptions::new().read(true).write(true).custom_flags(flags).open(path)
}

/// The number of the terminal in front.
pub fn active() -> io::Result<u16> {
    let name = std::fs::read_to_string("/sys/class/tty/tty0/active")?;
    number_of(&name).ok_or_else(|| io::Error::other(format!("no virtual terminal is in front but {name:?}")))
}

fn number_of(name: &str) -> Option<u16> {
    name.trim().strip_prefix("tty")?.parse().ok()
}

/// The last terminal of those that are free which nobody has open.
fn free(open: u16) -> Option<u16> {
    FREE.rev().find(|number| open & (1 << number) == 0)
}

/// A terminal for the lock.
pub fn choose() -> io::Result<u16> {
    let state = ffi::state(open("/dev/tty0")?)?;
    free(state.open).ok_or_else(|| io::Error::other("no virtual terminal is free"))
}

/// Puts the terminal with this number in front, past a program that does not let go of the one that is there.
pub fn put_in_front(number: u16) -> io::Result<()> {
    come_to_front(&open("/dev/tty0")?, number)
}

/// Switches, past a program that does not let go of the terminal in front.
fn come_to_front(console: &File, number: u16) -> io::Result<()> {
    ffi::activate(console, number)?;
    if becomes(number) {
        return Ok(());
    }
    let hindered = open(&format!("/dev/tty{}", active()?))?;
    ffi::leave_at_once(&hindered)?;
    ffi::draw_text(&hindered, true)?;
    ffi::activate(console, number)?;
    let late = || io::Error::new(io::ErrorKind::TimedOut, "the kernel does not switch virtual terminals");
    becomes(number).then_some(()).ok_or_else(late)
}

impl FrontTerminal {
    /// Opens the one with this number.
    pub fn open(number: u16) -> io::Result<Self> {
        Ok(FrontTerminal { console: open("/dev/tty0")?, own: open(&format!("/dev/tty{number}"))?, number })
    }

    /// Puts it in front, for as long as the kernel knows of no other order. Nobody who types gets through from here on.
    pub fn take(&self) -> io::Result<()> {
        ffi::set_keyboard(&self.own, OFF)?;
        if active()? != self.number {
            // Left from an earlier warden, whose terminal was another one.
            ffi::withhold_switching(&self.console, false)?;
            come_to_front(&self.console, self.number)?;
        }
        ffi::withhold_switching(&self.console, true)?;
        if self.is_in_front() { Ok(()) } else { Err(io::Error::other("the virtual terminal did not stay in front")) }
    }

    /// Once more what keeps others out: nobody is told who changes it.
    pub fn keep(&self) -> io::Result<()> {
        if ffi::keyboard(&self.own)? != OFF {
            ffi::set_keyboard(&self.own, OFF)?;
        }
        match self.is_in_front() {
            true => ffi::withhold_switching(&self.console, true),
            false => self.take(),
        }
    }

    /// The kernel says that it is in front.
    pub fn is_in_front(&self) -> bool {
        active().is_ok_and(|number| number == self.number)
    }

    /// Keys reach nobody.
    pub fn takes_no_keys(&self) -> bool {
        ffi::keyboard(&self.own).is_ok_and(|mode| mode == OFF)
    }

    /// From now on somebody else draws it, or the kernel does.
    pub fn draw_text(&self, text: bool) -> io::Result<()> {
        ffi::draw_text(&self.own, text)
    }

    /// Shows lines of text alone, of characters that every terminal has.
    pub fn show(&self, lines: &[String]) -> io::Result<()> {
        let text = |line: &String| line.chars().filter(|c| !c.is_control()).collect::<String>();
        let lines: Vec<String> = lines.iter().map(text).collect();
        (&self.own).write_all(format!("\x1bc\x1b[?25l\r\n  {}\r\n", lines.join("\r\n  ")).as_bytes())
    }

    /// Gives the seat back to who was in front.
    pub fn give_back(self, before: u16) -> io::Result<()> {
        let _ = (&self.own).write_all(b"\x1bc");
        ffi::draw_text(&self.own, true)?;
        ffi::set_keyboard(&self.own, UNICODE)?;
        ffi::withhold_switching(&self.console, false)?;
        if active()? == self.number {
            come_to_front(&self.console, before)?;
        }
        let FrontTerminal { console, own, number } = self;
        drop(own);
        // It is of no more use; who has it open keeps it.
        let _ = ffi::disallocate(&console, number);
        Ok(())
    }
}

/// Whether this terminal comes to the front in time.
fn becomes(number: u16) -> bool {
    let until = Instant::now() + LEAVE;
    loop {
        if active().is_ok_and(|now| now == number) {
            return true;
        }
        if Instant::now() >= until {
            return false;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_free_terminal_is_chosen_and_none_of_those_for_logins() {
        assert_eq!(free(0b1000_0000_1000_0011), Some(14));
        assert_eq!(free(0b0000_0000_0000_0011), Some(15));
        assert_eq!(free(0b1111_1111_0000_0011), None);
    }

    #[test]
    fn a_terminal_in_front_has_a_number() {
        assert_eq!(number_of("tty15\n"), Some(15));
        assert_eq!(number_of("ttyS0\n"), None);
        assert_eq!(number_of(""), None);
    }
}
