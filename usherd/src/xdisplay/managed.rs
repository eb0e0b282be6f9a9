//! Where a display manager's X server stands. LightDM and SDDM run it as root, outside of the session that it shows; what it was
//! started with names its seat (`Xorg(1)`, `-seat` and `vtXX`), and nobody but root chose that. What logind says of a session's seat
//! and terminal, its user may have had a hand in (`pam_systemd(8)`, XDG_SEAT and XDG_VTNR). So the session's leader has to be a child
//! of the very process that started the server.

use std::fs::File;
use std::io::Read;

use usher_core::sys::cards::FIRST_SEAT;
use usher_core::sys::proc;
use usher_core::sys::process::Process;

/// The most bytes of arguments.
const MOST: u64 = 64 << 10;

/// A place for an X server: a seat, and which of its virtual terminals where it has any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatPlace {
    /// logind's name of the seat.
    pub seat: String,
    /// The number of the virtual terminal; 0 at a seat without them.
    pub terminal: u32,
    /// The display manager, which started the server.
    pub manager: Process,
}

impl SeatPlace {
    /// Whether the display manager let in the session that this process leads.
    pub fn let_in(&self, leader: u32) -> bool {
        parent_of(leader) == Some(self.manager.pid) && self.manager.lives()
    }
}

/// Where this X server stands; none for one that somebody else than root started, or that does not say.
pub fn place_of(server: Process) -> Option<SeatPlace> {
    if proc::uids(server.pid).ok()?? != [0; 4] {
        return None;
    }
    let mut arguments = Vec::new();
    File::open(format!("/proc/{}/cmdline", server.pid)).ok()?.take(MOST).read_to_end(&mut arguments).ok()?;
    let (seat, terminal) = said_by(&arguments)?;
    let manager = Process::of(parent_of(server.pid)?).ok()??;
    Some(SeatPlace { seat, terminal, manager })
}

/// The parent of a process, where that is not the one that all orphans have.
fn parent_of(pid: u32) -> Option<u32> {
    proc::stat(pid).ok()?.map(|stat| stat.parent).filter(|parent| *parent > 1)
}

fn said_by(arguments: &[u8]) -> Option<(String, u32)> {
    let words: Vec<&str> =
        arguments.split(|byte| *byte == 0).filter_map(|word| std::str::from_utf8(word).ok()).collect();
    let named = words.iter().position(|word| *word == "-seat").and_then(|at| words.get(at + 1));
    // Whoever names none is at the first.
    let seat = named.map_or(FIRST_SEAT, |seat| *seat).to_owned();
    let terminal = words.iter().filter_map(|word| word.strip_prefix("vt")?.parse().ok()).next_back().unwrap_or(0);
    (terminal > 0 || seat != FIRST_SEAT).then_some((seat, terminal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_name_the_seat_and_the_terminal() {
        let place = |words: &str| said_by(words.replace(' ', "\0").as_bytes());
        let at = |seat: &str, terminal| Some((seat.to_owned(), terminal));
        let lightdm = "/usr/lib/xorg/Xorg :0 -seat seat0 -auth /var/run/lightdm/root/:0 -nolisten tcp vt7 -novtswitch";
        assert_eq!(place(lightdm), at("seat0", 7));
        let sddm = "/usr/lib/xorg/Xorg -nolisten tcp -background none -seat seat0 vt2 -auth /run/sddm/x -displayfd 16";
        assert_eq!(place(sddm), at("seat0", 2));
        assert_eq!(place("X :1 -seat seat1 -sharevts"), at("seat1", 0));
        assert_eq!(place("X :0 vt8"), at("seat0", 8));
        assert_eq!((place("Xvfb :1"), place("X -seat"), place("")), (None, None, None));
    }

    #[test]
    fn one_that_names_no_place_stands_nowhere() {
        let own = Process::of(std::process::id()).unwrap().unwrap();
        assert_eq!(place_of(own), None);
    }

    #[test]
    fn only_the_managers_own_children_lead_its_sessions() {
        let own = Process::of(std::process::id()).unwrap().unwrap();
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let place = SeatPlace { seat: "seat1".to_owned(), terminal: 0, manager: own };
        assert!(place.let_in(child.id()) && !place.let_in(own.pid) && !place.let_in(1));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!place.let_in(child.id()));
    }
}
