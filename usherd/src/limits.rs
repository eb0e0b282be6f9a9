//! How many processes a process's user may have once it starts another one (`getrlimit(2)`, RLIMIT_NPROC).
//!
//! Setting that for another process takes CAP_SYS_RESOURCE, which root of a container may lack. The process's own user may
//! lower it too, so there a process with that user's rights does it.

use std::io;
use std::process::ExitCode;

use rustix::io::Errno;
use rustix::process::{Pid, Resource, Rlimit};
use usher_core::sys::process::Process;

/// The first argument of the process that sets it with its user's rights.
pub const MODE: &str = "--limit-processes";

/// The soft and the hard limit; none where there is none.
pub type ProcessLimit = (Option<u64>, Option<u64>);

/// The limit of a process, as the kernel tells it.
///
/// # Errors
/// It cannot be told, or the process is gone.
pub fn of(process: Process) -> io::Result<ProcessLimit> {
    let text = std::fs::read(format!("/proc/{}/limits", process.pid))?;
    let limit = parse(&String::from_utf8_lossy(&text)).ok_or(io::ErrorKind::InvalidData)?;
    if process.lives() { Ok(limit) } else { Err(Errno::SRCH.into()) }
}

fn parse(text: &str) -> Option<ProcessLimit> {
    let line = text.lines().find_map(|line| line.strip_prefix("Max processes"))?;
    let mut values = line.split_ascii_whitespace();
    let mut next = || match values.next()? {
        "unlimited" => Some(None),
        number => number.parse().ok().map(Some),
    };
    Some((next()?, next()?))
}

/// Sets the limit of a process.
///
/// # Errors
/// The kernel refuses.
pub fn set(process: Process, (soft, hard): ProcessLimit) -> io::Result<()> {
    let pid = i32::try_from(process.pid).ok().and_then(Pid::from_raw).ok_or(Errno::SRCH)?;
    if !process.lives() {
        return Err(Errno::SRCH.into());
    }
    rustix::process::prlimit(Some(pid), Resource::Nproc, Rlimit { current: soft, maximum: hard })?;
    Ok(())
}

/// The arguments of a process that sets the limit with its own rights.
pub fn arguments(process: Process, limit: ProcessLimit) -> Vec<String> {
    let word = |value: Option<u64>| value.map_or("unlimited".to_owned(), |number| number.to_string());
    vec![MODE.to_owned(), process.pid.to_string(), process.start.to_string(), word(limit.0), word(limit.1)]
}

/// The whole life of such a process; none if this process is something else.
pub fn serve() -> Option<ExitCode> {
    let arguments: Vec<String> = std::env::args_os().skip(1).filter_map(|word| word.into_string().ok()).collect();
    if arguments.first().is_none_or(|mode| mode != MODE) {
        return None;
    }
    let done = asked(&arguments).ok_or(io::Error::from(Errno::INVAL)).and_then(|(process, limit)| set(process, limit));
    Some(if done.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn asked(arguments: &[String]) -> Option<(Process, ProcessLimit)> {
    let [_, pid, start, soft, hard] = arguments else { return None };
    let value = |word: &str| if word == "unlimited" { Some(None) } else { word.parse().ok().map(Some) };
    let process = Process { pid: pid.parse().ok()?, start: start.parse().ok()? };
    Some((process, (value(soft)?, value(hard)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_read_as_the_kernel_writes_it() {
        let line = |soft: &str, hard: &str| {
            format!("Limit  Soft Limit\nMax processes             {soft:<20} {hard:<20} processes \n")
        };
        assert_eq!(parse(&line("0", "31353")), Some((Some(0), Some(31353))));
        assert_eq!(parse(&line("unlimited", "unlimited")), Some((None, None)));
        assert_eq!(parse("Max cpu time unlimited unlimited seconds\n"), None);
        assert_eq!(parse(&line("-1", "")), None);
    }

    #[test]
    fn a_process_of_the_same_user_is_limited_and_let_go() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let process = Process::of(child.id()).unwrap().unwrap();
        let before = of(process).unwrap();
        set(process, (Some(0), before.1)).unwrap();
        assert_eq!(of(process).unwrap().0, Some(0));
        set(process, before).unwrap();
        assert_eq!(of(process).unwrap(), before);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(of(process).is_err() && set(process, before).is_err());
    }

    #[test]
    fn what_is_asked_arrives_as_it_was() {
        let (process, limit) = (Process { pid: 7, start: 11 }, (Some(0), None));
        assert_eq!(asked(&arguments(process, limit)), Some((process, limit)));
        assert_eq!(asked(&["x".to_owned()]), None);
    }
}
