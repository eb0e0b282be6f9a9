//! An ssh login's own processes and terminals: what its leader has open, and who carries its connection.

use std::fs::File;
use std::io::{self, Read};

use usher_core::sys::proc;
use usher_core::sys::process::Process;
use usher_core::wire::guard::MOST_TERMINALS;

/// The most open files of a leader that are looked at.
const MOST_FILES: usize = 1024;
/// The most bytes of what the kernel tells of one of them.
const MOST: u64 = 4096;

/// The names of the pseudoterminals whose other end a session's leader has open. Only root's word counts: a leader of the
/// user's own has no terminal that would be root's to take away.
///
/// # Errors
/// They cannot be told, or are more than can be guarded.
pub(super) fn terminals(leader: Process) -> io::Result<Vec<String>> {
    if !leader.lives() || proc::uids(leader.pid)? != Some([0; 4]) {
        return Ok(Vec::new());
    }
    let mut numbers = Vec::new();
    for (count, entry) in std::fs::read_dir(format!("/proc/{}/fdinfo", leader.pid))?.enumerate() {
        if count >= MOST_FILES {
            return Err(io::Error::other("the session's leader has too many files open"));
        }
        let mut facts = Vec::new();
        // One that was closed meanwhile is no terminal's.
        if let Ok(file) = File::open(entry?.path()) {
            file.take(MOST).read_to_end(&mut facts)?;
        }
        numbers.extend(terminal_number(&facts));
    }
    numbers.sort_unstable();
    numbers.dedup();
    if !leader.lives() {
        return Ok(Vec::new());
    }
    if numbers.len() > MOST_TERMINALS {
        return Err(io::Error::other(format!("the session has more than {MOST_TERMINALS} terminals")));
    }
    Ok(numbers.into_iter().map(|number| format!("pts/{number}")).collect())
}

/// The number of the terminal whose other end an open file is (`proc_pid_fdinfo(5)`, `pts(4)`).
fn terminal_number(facts: &[u8]) -> Option<u32> {
    let number = facts.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"tty-index:"))?;
    std::str::from_utf8(number).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_end_of_a_terminal_tells_its_number() {
        assert_eq!(terminal_number(b"pos:\t0\nflags:\t02\nmnt_id:\t26\nino:\t2\ntty-index:\t17\n"), Some(17));
        for other in
            [&b"pos:\t0\nflags:\t02\n"[..], b"tty-index:\t-1\n", b"x tty-index:\t3\n", b"tty-index:\t\xff\n", b""]
        {
            assert_eq!(terminal_number(other), None, "{other:?}");
        }
    }

    #[test]
    fn terminals_of_a_process_are_found_and_those_of_one_that_is_gone_are_none() {
        let me = Process::of(std::process::id()).unwrap().unwrap();
        assert_eq!(terminals(Process { start: me.start - 1, ..me }).unwrap(), Vec::<String>::new());
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let flags = rustix::pty::OpenptFlags::RDWR | rustix::pty::OpenptFlags::NOCTTY;
        let master = rustix::pty::openpt(flags).unwrap();
        let name = rustix::pty::ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        assert!(terminals(me).unwrap().contains(&name.trim_start_matches("/dev/").to_owned()));
    }
}
