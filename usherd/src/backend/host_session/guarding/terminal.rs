//! A terminal in root's hands: taken from its user while it is covered, and given back as it was.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use rustix::process::{Gid, Uid};
use rustix::termios::{
    Action, InputModes, LocalModes, OptionalActions, OutputModes, QueueSelector, SpecialCodeIndex, tcgetattr,
    tcgetwinsize, tcsetattr, tcsetwinsize,
};
use serde::{Deserialize, Serialize};

/// Nobody but root opens a terminal with this mode.
const TAKEN: u32 = 0o600;

/// Rows and columns of a serial line's terminal, which tells nobody how large it is.
const USUAL: (u16, u16) = (24, 80);

/// What is changed about a terminal while it is covered (`termios(3)`, `inode(7)`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TerminalSettings {
    input: u32,
    output: u32,
    local: u32,
    least: u8,
    time: u8,
    mode: u32,
}

/// A session's terminal, open.
pub(super) struct OpenTerminal {
    file: File,
    uid: u32,
}

impl OpenTerminal {
    /// Opens a terminal of this user's, or one that was taken from that user.
    ///
    /// # Errors
    /// It is not there, or is somebody else's.
    pub(super) fn open(name: &str, uid: u32) -> io::Result<Self> {
        let path = Path::new("/dev").join(name);
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::open(&path, flags, Mode::empty())?);
        let meta = file.metadata()?;
        let theirs = meta.uid() == uid || meta.uid() == 0;
        if !meta.file_type().is_char_device() || !theirs {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        Ok(OpenTerminal { file, uid })
    }

    pub(super) fn settings(&self) -> io::Result<TerminalSettings> {
        let now = tcgetattr(&self.file)?;
        Ok(TerminalSettings {
            input: now.input_modes.bits(),
            output: now.output_modes.bits(),
            local: now.local_modes.bits(),
            least: now.special_codes[SpecialCodeIndex::VMIN],
            time: now.special_codes[SpecialCodeIndex::VTIME],
            mode: self.file.metadata()?.mode() & 0o777,
        })
    }

    /// Takes it from its user: no other login opens it, what is typed comes as it is, is not shown and acts on nothing. Output
    /// that was held with Ctrl-S goes on.
    ///
    /// # Errors
    /// The kernel refuses.
    pub(super) fn take(&self) -> io::Result<()> {
        rustix::fs::fchown(&self.file, Some(Uid::ROOT), None)?;
        self.file.set_permissions(std::fs::Permissions::from_mode(TAKEN))?;
        let mut raw = tcgetattr(&self.file)?;
        raw.input_modes -= InputModes::IGNBRK | InputModes::BRKINT | InputModes::PARMRK | InputModes::ISTRIP;
        raw.input_modes -= InputModes::INLCR | InputModes::IGNCR | InputModes::ICRNL | InputModes::IXON;
        raw.output_modes -= OutputModes::OPOST;
        raw.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG;
        raw.local_modes -= LocalModes::IEXTEN | LocalModes::TOSTOP;
        raw.special_codes[SpecialCodeIndex::VMIN] = 1;
        raw.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(&self.file, OptionalActions::Now, &raw)?;
        Ok(rustix::termios::tcflow(&self.file, Action::OOn)?)
    }

    /// Takes it again where somebody gave it to its user meanwhile, as `login(1)` does with a session that is on the books
    /// already.
    ///
    /// # Errors
    /// The kernel refuses.
    pub(super) fn keep(&self) -> io::Result<()> {
        if self.file.metadata()?.uid() == 0 { Ok(()) } else { self.take() }
    }

    /// Gives it back: what was typed until now is forgotten.
    ///
    /// # Errors
    /// The kernel refuses.
    pub(super) fn give_back(&self, before: &TerminalSettings) -> io::Result<()> {
        let mut settings = tcgetattr(&self.file)?;
        settings.input_modes = InputModes::from_bits_retain(before.input);
        settings.output_modes = OutputModes::from_bits_retain(before.output);
        settings.local_modes = LocalModes::from_bits_retain(before.local);
        settings.special_codes[SpecialCodeIndex::VMIN] = before.least;
        settings.special_codes[SpecialCodeIndex::VTIME] = before.time;
        tcsetattr(&self.file, OptionalActions::Now, &settings)?;
        rustix::termios::tcflush(&self.file, QueueSelector::IFlush)?;
        // Root of its own may set a mode; usherd has no right to anybody else's.
        rustix::fs::fchown(&self.file, Some(Uid::ROOT), None)?;
        self.file.set_permissions(std::fs::Permissions::from_mode(before.mode & 0o777))?;
        Ok(rustix::fs::fchown(&self.file, Some(Uid::from_raw(self.uid)), None::<Gid>)?)
    }

    /// A descriptor of it for the guard.
    pub(super) fn descriptor(&self) -> io::Result<OwnedFd> {
        self.file.as_fd().try_clone_to_owned()
    }

    /// Makes it one row smaller, or gives it a size where it has none. A program that draws the whole screen then draws it
    /// anew.
    pub(super) fn shrink(&self) -> io::Result<()> {
        let mut size = tcgetwinsize(&self.file)?;
        match size.ws_row {
            0 => (size.ws_row, size.ws_col) = USUAL,
            1 => return Ok(()),
            rows => size.ws_row = rows - 1,
        }
        Ok(tcsetwinsize(&self.file, size)?)
    }

    /// Makes it as large as it was before [`shrink`](Self::shrink), unless its person has given it another size since.
    pub(super) fn grow(&self, rows: u16) -> io::Result<()> {
        let mut size = tcgetwinsize(&self.file)?;
        match rows {
            0 if (size.ws_row, size.ws_col) == USUAL => (size.ws_row, size.ws_col) = (0, 0),
            2.. if size.ws_row == rows - 1 => size.ws_row = rows,
            _ => return Ok(()),
        }
        Ok(tcsetwinsize(&self.file, size)?)
    }

    pub(super) fn rows(&self) -> u16 {
        tcgetwinsize(&self.file).map_or(0, |size| size.ws_row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_that_is_given_back_is_as_it_was() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let flags = rustix::pty::OpenptFlags::RDWR | rustix::pty::OpenptFlags::NOCTTY;
        let master = rustix::pty::openpt(flags).unwrap();
        rustix::pty::unlockpt(&master).unwrap();
        let name = rustix::pty::ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        std::os::unix::fs::chown(&name, Some(12_345), None).unwrap();
        let short = name.trim_start_matches("/dev/");
        assert!(OpenTerminal::open(short, 54_321).is_err(), "somebody else's");
        let terminal = OpenTerminal::open(short, 12_345).unwrap();
        let before = terminal.settings().unwrap();
        terminal.take().unwrap();
        let taken = std::fs::metadata(&name).unwrap();
        assert_eq!((taken.uid(), taken.mode() & 0o777), (0, TAKEN));
        assert!(!tcgetattr(&terminal.file).unwrap().local_modes.intersects(LocalModes::ECHO | LocalModes::ISIG));
        for rows in [0, 1, 2, 24] {
            tcsetwinsize(&terminal.file, rustix::termios::Winsize { ws_row: rows, ..tcgetwinsize(&master).unwrap() })
                .unwrap();
            terminal.shrink().unwrap();
            assert_eq!(terminal.rows() == rows, rows == 1, "a program at {rows} rows is told of another size");
            terminal.grow(rows).unwrap();
            assert_eq!(terminal.rows(), rows);
        }
        std::os::unix::fs::chown(&name, Some(12_345), None).unwrap();
        let again = OpenTerminal::open(short, 12_345).unwrap();
        again.keep().unwrap();
        assert_eq!(std::fs::metadata(&name).unwrap().uid(), 0, "whoever gave it to its user");
        again.give_back(&before).unwrap();
        assert_eq!(again.settings().unwrap(), before);
        assert_eq!(std::fs::metadata(&name).unwrap().uid(), 12_345);
    }
}
