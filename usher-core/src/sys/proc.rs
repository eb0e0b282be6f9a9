//! What `/proc` tells of processes (`proc(5)`). Names are their users' choice: everything is read as bytes. What cannot be
//! read is an error, and never as if it were not there.

use std::fs;
use std::io::{self, Read};

use super::process::{Process, none_if_gone};

/// No line or list that is read here is larger.
const MOST: u64 = 64 << 20;
/// A line of descent longer than this is not followed.
const LONGEST_LINE: usize = 4096;
/// What changes while it is read is read again, at most so often.
const TRIES: usize = 16;

/// The whole of a file of the kernel's, which has no size beforehand: read with few calls, not with many small ones.
fn contents(path: &str, about: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(about);
    fs::File::open(path)?.take(MOST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What the kernel says of a process in one line (`proc_pid_stat(5)`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// Its parent.
    pub parent: u32,
    /// The leader of its session (`setsid(2)`).
    pub session: u32,
    /// A terminal controls it.
    pub has_terminal: bool,
    /// Its start time in clock ticks since boot.
    pub start: u64,
    /// It has ended, and nobody has collected it yet.
    pub ended: bool,
}

/// The line of a process, collected or not; none if there is no such process.
///
/// # Errors
/// It cannot be read, or is not as the kernel writes it.
pub fn stat(pid: u32) -> io::Result<Option<Stat>> {
    for _ in 0..TRIES {
        let Some(line) = none_if_gone(contents(&format!("/proc/{pid}/stat"), 1024))? else { return Ok(None) };
        // The number may be another process's since, or another thread's of the same one (`execve(2)`).
        if !was_collected(&line) {
            return parse_stat(&line).map(Some).ok_or_else(|| io::ErrorKind::InvalidData.into());
        }
    }
    Err(io::Error::other("the process changes while it is looked at"))
}

/// Whether a process was collected between the kernel's finding it and writing its line: that has no threads, and -1 for
/// its session.
fn was_collected(line: &[u8]) -> bool {
    fields(line).is_some_and(|fields| fields.get(17) == Some(&"0"))
}

/// The second field is the program's name in parentheses, and may contain anything. What follows it are numbers.
fn fields(line: &[u8]) -> Option<Vec<&str>> {
    let name_ends = line.iter().rposition(|byte| *byte == b')')?;
    Some(std::str::from_utf8(&line[name_ends + 1..]).ok()?.split_ascii_whitespace().collect())
}

fn parse_stat(line: &[u8]) -> Option<Stat> {
    let fields = fields(line)?;
    let number = |nth: usize| fields.get(nth)?.parse::<u64>().ok();
    let pid = |nth: usize| number(nth)?.try_into().ok();
    let threads = number(17)?;
    Some(Stat {
        parent: pid(1)?,
        session: pid(3)?,
        has_terminal: number(4).is_some_and(|terminal| terminal != 0),
        start: number(19)?,
        // A process whose first thread has ended lives on in its others.
        ended: matches!(*fields.first()?, "Z" | "X") && threads <= 1,
    })
}

/// The numbers of all processes.
///
/// # Errors
/// Of `readdir(3)`.
pub fn all() -> io::Result<Vec<u32>> {
    let mut pids = Vec::new();
    for entry in fs::read_dir("/proc")? {
        pids.extend(entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()));
    }
    Ok(pids)
}

/// The living children of all threads of a process (`CONFIG_PROC_CHILDREN`).
pub fn children(pid: u32) -> Vec<u32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let mut children = Vec::new();
    for thread in threads.flatten() {
        if let Ok(list) = fs::read_to_string(thread.path().join("children")) {
            children.extend(list.split_ascii_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
        }
    }
    children
}

/// The living processes whose session (`setsid(2)`) has this leader, the leader included. A process
/// older than the leader's start is a stranger with a number used before.
///
/// # Errors
/// A process cannot be looked at.
pub fn members_of_session(leader: Process) -> io::Result<Vec<Process>> {
    living(|_, stat| stat.session == leader.pid && stat.start >= leader.start)
}

/// The living processes of which this is so.
///
/// # Errors
/// A process cannot be looked at.
pub fn living(is_so: impl Fn(u32, &Stat) -> bool) -> io::Result<Vec<Process>> {
    let mut found = Vec::new();
    for pid in all()? {
        let stat = stat(pid)?.filter(|stat| !stat.ended && is_so(pid, stat));
        found.extend(stat.map(|stat| Process { pid, start: stat.start }));
    }
    Ok(found)
}

/// The living processes of whose numbers this is so. It is asked first: where few are meant, half as much is read.
///
/// # Errors
/// A process cannot be looked at.
pub fn living_among(is_so: impl Fn(u32) -> bool) -> io::Result<Vec<Process>> {
    let mut found = Vec::new();
    for pid in all()?.into_iter().filter(|pid| is_so(*pid)) {
        let stat = stat(pid)?.filter(|stat| !stat.ended);
        found.extend(stat.map(|stat| Process { pid, start: stat.start }));
    }
    Ok(found)
}

/// The process and its ancestors, nearest first, whether they have ended or not; nothing if there is no such process.
///
/// # Errors
/// The line cannot be followed to its end.
pub fn ancestry(pid: u32) -> io::Result<Vec<Process>> {
    for _ in 0..TRIES {
        if let Some(line) = followed(pid)? {
            return Ok(line);
        }
    }
    Err(io::Error::other("the processes change while they are looked at"))
}

/// One try at it: none if an ancestor ended meanwhile, so that another one has its child now.
fn followed(pid: u32) -> io::Result<Option<Vec<Process>>> {
    let mut line: Vec<Process> = Vec::new();
    let mut current = pid;
    while current > 0 {
        if line.len() >= LONGEST_LINE {
            return Err(io::Error::other("the process has too many ancestors"));
        }
        let Some(stat) = stat(current)? else { return Ok(line.is_empty().then_some(line)) };
        // A parent is older than its child: a younger one has the number of one that ended.
        if line.last().is_some_and(|child| child.start < stat.start) {
            return Ok(None);
        }
        line.push(Process { pid: current, start: stat.start });
        current = stat.parent;
    }
    Ok(Some(line))
}

/// The uid a process runs as; `None` if there is no such process.
pub fn uid(pid: u32) -> Option<u32> {
    uids(pid).ok()?.map(|uids| uids[1])
}

/// The uids of a process: real, effective, saved, of the file system (`proc_pid_status(5)`); none if there is no such
/// process.
///
/// # Errors
/// It cannot be told.
pub fn uids(pid: u32) -> io::Result<Option<[u32; 4]>> {
    let Some(value) = status(pid, "Uid:")? else { return Ok(None) };
    let uids: Vec<u32> = value.split_ascii_whitespace().filter_map(|uid| uid.parse().ok()).collect();
    uids.try_into().map(Some).map_err(|_| io::ErrorKind::InvalidData.into())
}

/// The group a process runs as (its effective gid); none if there is no such process.
///
/// # Errors
/// It cannot be told.
pub fn gid(pid: u32) -> io::Result<Option<u32>> {
    let Some(value) = status(pid, "Gid:")? else { return Ok(None) };
    value
        .split_ascii_whitespace()
        .nth(1)
        .and_then(|gid| gid.parse().ok())
        .map(Some)
        .ok_or(io::ErrorKind::InvalidData.into())
}

/// The process that traces a process (`ptrace(2)`), if one does.
///
/// # Errors
/// It cannot be told.
pub fn tracer(pid: u32) -> io::Result<Option<u32>> {
    let tracer = status(pid, "TracerPid:")?.map(|value| value.trim().parse::<u32>());
    let tracer = tracer.transpose().map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
    Ok(tracer.filter(|tracer| *tracer != 0))
}

/// A field of a process's status, which is made of lines; a name has no line break there.
fn status(pid: u32, field: &str) -> io::Result<Option<String>> {
    let Some(status) = none_if_gone(contents(&format!("/proc/{pid}/status"), 2048))? else { return Ok(None) };
    let value = status.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(field.as_bytes()));
    let value = value.and_then(|value| std::str::from_utf8(value).ok());
    value.map(|value| Some(value.to_owned())).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// The name of a process's program, as `ps` shows it. Its user chooses it: control characters and bytes that are no text
/// are escaped.
pub fn name(pid: u32) -> Option<String> {
    // The kernel ends it with a line break.
    let name = contents(&format!("/proc/{pid}/comm"), 64).ok()?;
    Some(escaped(name.strip_suffix(b"\n").unwrap_or(&name)))
}

fn escaped(name: &[u8]) -> String {
    let mut text = String::new();
    for chunk in name.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() { text.extend(c.escape_default()) } else { text.push(c) }
        }
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    text
}

/// The path of a process's program, as the kernel knows it: what a user calls it changes nothing. None if there is no
/// such process, or if it has no program, as the kernel's own have none.
///
/// # Errors
/// It cannot be told.
pub fn program(pid: u32) -> io::Result<Option<std::path::PathBuf>> {
    none_if_gone(fs::read_link(format!("/proc/{pid}/exe")))
}

/// The kernel's boot ID, which changes with every boot.
pub fn boot_id() -> std::io::Result<String> {
    // A container has one of its own, mounted over the machine's. A service whose kernel settings are protected
    // (`ProtectKernelTunables=`, `systemd.exec(5)`) sees the machine's again; its first process does not.
    let place = "/proc/sys/kernel/random/boot_id";
    let text = fs::read_to_string(format!("/proc/1/root{place}")).or_else(|_| fs::read_to_string(place))?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::process::Command;

    use super::*;

    #[test]
    fn a_process_descends_from_its_parent() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let line = ancestry(child.id()).unwrap();
        let me = std::process::id();
        assert_eq!([line[0].pid, line[1].pid], [child.id(), me]);
        assert!(line[0].start >= line[1].start && children(me).contains(&child.id()));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!((stat(child.id()).unwrap(), ancestry(child.id()).unwrap()), (None, Vec::new()));
    }

    #[test]
    fn of_the_processes_that_are_asked_for_those_are_found_that_live() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let (pid, found) =
            (child.id(), || living_among(|pid| [child.id(), std::process::id()].contains(&pid)).unwrap());
        let mut pids: Vec<u32> = found().iter().map(|process| process.pid).collect();
        pids.sort_unstable();
        let mut both = [pid, std::process::id()];
        both.sort_unstable();
        assert_eq!(pids, both);
        assert!(found().contains(&Process::of(pid).unwrap().unwrap()));
        child.kill().unwrap();
        // It has ended, and nobody has taken its exit status.
        let ended = |stat: Option<Stat>| stat.is_none_or(|stat| stat.ended);
        while !ended(stat(pid).unwrap()) {
            std::thread::yield_now();
        }
        assert_eq!(living_among(|of| of == pid).unwrap(), []);
        child.wait().unwrap();
    }

    #[test]
    fn a_name_that_is_no_text_hides_nothing_of_a_process() {
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join(OsStr::from_bytes(b"e) Z 1\xff\n"));
        // A copy would be busy for as long as a child of another test has it open for writing.
        std::os::unix::fs::symlink("/bin/sleep", &program).unwrap();
        let mut child = Command::new(&program).arg("60").spawn().unwrap();
        let process = Process::of(child.id()).unwrap().unwrap();
        while super::name(child.id()).as_deref() != Some("e) Z 1\\xff\\n") {
            std::thread::yield_now();
        }
        assert!(process.lives());
        assert_eq!(ancestry(child.id()).unwrap()[1].pid, std::process::id());
        assert_eq!(uids(child.id()).unwrap().unwrap()[1], rustix::process::geteuid().as_raw());
        assert_eq!(tracer(child.id()).unwrap(), None);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_process_whose_first_thread_ended_is_still_there() {
        let line = |state: &str, threads: u32| {
            let line = format!("7 (a) b) {state} 5 7 6 0 -1 4 1 2 3 4 5 6 7 8 20 0 {threads} 0 4711 9 9");
            parse_stat(line.as_bytes()).unwrap()
        };
        assert_eq!(line("S", 1), Stat { parent: 5, session: 6, has_terminal: false, start: 4711, ended: false });
        assert!(line("Z", 1).ended && !line("Z", 2).ended);
        assert_eq!(parse_stat(b"7 (a) S 5"), None);
    }

    #[test]
    fn a_process_that_is_collected_while_it_is_read_is_read_again() {
        let rest = "4227084 123 0 0 0 0 0 0 0 20 0";
        let line = |state: &str, ids: &str, threads: u32| format!("7 (a) {state} {ids} 0 -1 {rest} {threads} 0 4711 0");
        assert!(was_collected(line("X", "0 -1 -1", 0).as_bytes()));
        for living in [line("S", "1 7 7", 1), line("Z", "1 7 7", 1), "7 (a 0) S".to_owned()] {
            assert!(!was_collected(living.as_bytes()), "{living}");
        }
    }
}
