//! One process, which no other can be taken for: the kernel gives numbers again, and with the start time they are one of a
//! kind (`proc_pid_stat(5)`, field 22).

use std::io::{self, ErrorKind};

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal};

use super::proc::{self, Stat};

/// A process by its number and its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// Its start time in clock ticks since boot.
    pub start: u64,
}

impl Process {
    /// The living process that has this number now; none if there is no such process.
    ///
    /// # Errors
    /// It cannot be told.
    pub fn of(pid: u32) -> io::Result<Option<Process>> {
        Ok(proc::stat(pid)?.filter(|stat| !stat.ended).map(|stat| Process { pid, start: stat.start }))
    }

    /// The very process was seen to be there.
    pub fn lives(self) -> bool {
        self.seen().is_ok_and(|stat| stat.is_some())
    }

    /// The very process was seen to be gone; where nobody can tell it is not.
    pub fn is_gone(self) -> bool {
        self.seen().is_ok_and(|stat| stat.is_none())
    }

    /// What the kernel says of it now; none once it has ended.
    ///
    /// # Errors
    /// It cannot be told.
    pub fn seen(self) -> io::Result<Option<Stat>> {
        Ok(proc::stat(self.pid)?.filter(|stat| stat.start == self.start && !stat.ended))
    }

    /// Signals the very process. One that is gone already is no error.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn signal(self, signal: Signal) -> io::Result<()> {
        let Some(pid) = i32::try_from(self.pid).ok().and_then(Pid::from_raw) else { return Ok(()) };
        // The descriptor comes first: if the process is still the same after that, the descriptor is of it.
        let sent = match rustix::process::pidfd_open(pid, PidfdFlags::empty()) {
            Ok(_) | Err(Errno::NOSYS) if !self.lives() => return Ok(()),
            Ok(process) => rustix::process::pidfd_send_signal(process, signal),
            Err(Errno::NOSYS) => rustix::process::kill_process(pid, signal),
            Err(error) => Err(error),
        };
        match sent {
            Err(Errno::SRCH) | Ok(()) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// What is said of a process that is gone is nothing; every other error leaves it open.
pub(super) fn none_if_gone<T>(read: io::Result<T>) -> io::Result<Option<T>> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) if error.raw_os_error() == Some(Errno::SRCH.raw_os_error()) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_number_that_was_used_before_is_another_process() {
        let me = Process::of(std::process::id()).unwrap().unwrap();
        assert!(me.lives() && !me.is_gone());
        let before = Process { start: me.start - 1, ..me };
        assert!(before.is_gone() && !before.lives());
        before.signal(Signal::KILL).unwrap();
        assert!(me.lives(), "who has the number now is not signalled");
    }

    #[test]
    fn a_process_that_was_signalled_is_gone_before_anybody_collects_it() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let process = Process::of(child.id()).unwrap().unwrap();
        process.signal(Signal::KILL).unwrap();
        while !process.is_gone() {
            std::thread::yield_now();
        }
        child.wait().unwrap();
        assert_eq!(Process::of(child.id()).unwrap(), None);
    }
}
