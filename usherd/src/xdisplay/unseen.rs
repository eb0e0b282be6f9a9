//! Display servers that show a user something, and that no shield covers: X servers without a socket that usherd could find,
//! in namespaces of their own, started by `at` or `cron`, and Wayland compositors beside an X session.
//!
//! A program that calls itself nothing of the kind and listens nowhere is not found: SECURITY.md says so.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;

use usher_core::sys::cgroup::Membership;
use usher_core::sys::process::Process;
use usher_core::sys::sockets::{Name, Unix};
use usher_core::sys::{cgroup, diag, proc, sockets};

use super::{base_name, is_server, is_xwayland, number};

/// The most that is read of a network namespace's list of sockets.
const MOST: u64 = 4 << 20;
/// How often a process is looked at that cannot be looked at, and how long it has between: one that is about to end has lost
/// what there was to look at, and lives for a moment more.
const LOOKS: usize = 5;
const PAUSE: Duration = Duration::from_millis(2);

/// A display server, or what may be one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unseen {
    /// Its process.
    pub process: Process,
    /// Its program's name, as it can be printed.
    pub program: String,
    /// Whose session it is in.
    pub membership: Membership,
}

/// Every display server that runs as this user and is none of those that are `traced`. Where one of those is a compositor
/// (`on_wayland`), the host's own Xwayland shows its windows there. This looks at every process: not for a thread that serves others.
///
/// # Errors
/// It cannot be told.
pub fn of_user(uid: u32, traced: &BTreeSet<Process>, on_wayland: bool) -> io::Result<Vec<Unseen>> {
    // Those who have displays of their own: what they might hand to this user, they could as well show this user themselves.
    let shown = |process: &Process| shown_as(process.pid).filter(|of| *of != uid && *of != 0);
    let others: BTreeSet<u32> = traced.iter().filter_map(shown).collect();
    let mut known = HashSet::new();
    for process in traced.iter().filter(|process| shown(process).is_none()) {
        known.extend(sockets::of_process(*process)?);
    }
    let of_others = |socket: &Unix| socket.uid.is_some_and(|of| others.contains(&of));
    let listening = diag::unix()?.into_iter().filter(|socket| is_displays(socket) && !of_others(socket));
    let suspicious: HashSet<u64> =
        listening.map(|socket| socket.inode).filter(|inode| !known.contains(inode)).collect();
    let mut namespaces = Namespaces::of_ours()?;
    let mut unseen = Vec::new();
    for process in proc::living_among(|pid| runs_as(pid, uid))?.into_iter().filter(|process| !traced.contains(process))
    {
        let is_shown = on_wayland && proc::program(process.pid).is_ok_and(|p| p.is_some_and(|p| is_xwayland(&p)));
        if !is_shown && may_serve(process, || serves(process, &suspicious, &mut namespaces)) {
            unseen.push(Unseen::of(process));
        }
    }
    Ok(unseen)
}

/// Whether a process lives and serves a display by this look at it. One that cannot be looked at may be anything.
fn may_serve(process: Process, mut look: impl FnMut() -> io::Result<bool>) -> bool {
    for _ in 0..LOOKS {
        let looked = look();
        if matches!(looked, Ok(false)) || !process.lives() {
            return false;
        }
        if looked.is_ok() {
            return true;
        }
        std::thread::sleep(PAUSE);
    }
    true
}

/// Whether a process is a display server, or has a socket of one.
fn serves(process: Process, suspicious: &HashSet<u64>, namespaces: &mut Namespaces) -> io::Result<bool> {
    let listens = || Ok::<_, io::Error>(!sockets::of_process(process)?.is_disjoint(suspicious));
    Ok(proc::program(process.pid)?.is_some_and(|program| is_server(&program))
        || (!suspicious.is_empty() && listens()?)
        || namespaces.hides_displays(process)?)
}

impl Unseen {
    fn of(process: Process) -> Unseen {
        let program = proc::program(process.pid).ok().flatten().map(|program| printable(&program));
        let program = program.or_else(|| proc::name(process.pid)).unwrap_or_else(|| "?".to_owned());
        let group = cgroup::of(process.pid).ok().flatten().unwrap_or_default();
        Unseen { process, program, membership: cgroup::membership(&group) }
    }
}

/// Some uid of the process is this one. What cannot be told of a process is told of those that it may belong to.
fn runs_as(pid: u32, uid: u32) -> bool {
    let may = shown_as(pid).is_none_or(|shown| shown == 0 || shown == uid);
    may && proc::uids(pid).map_or(true, |uids| uids.is_some_and(|uids| uids.contains(&uid)))
}

/// The user whom the kernel shows a process to belong to, where that can be told. It is another one than root only where the
/// process runs as that user and lets that user look into it (`proc_pid(5)`), which no process does that has several uids by a
/// program's mode. This is much cheaper to ask than all uids.
fn shown_as(pid: u32) -> Option<u32> {
    std::fs::metadata(format!("/proc/{pid}")).ok().map(|meta| meta.uid())
}

/// A socket that listens where X servers do, or under a name that Wayland compositors give theirs.
fn is_displays(socket: &Unix) -> bool {
    socket.listens
        && match &socket.name {
            Some(Name::Path(name) | Name::Abstract(name)) => is_displays_name(name),
            None => false,
        }
}

fn is_displays_name(name: &[u8]) -> bool {
    let last = name.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let x11 = name.windows(9).any(|part| part == b".X11-unix") && number(last).is_some();
    let digits = last.strip_prefix(b"wayland-").unwrap_or_default();
    x11 || (!digits.is_empty() && digits.iter().all(u8::is_ascii_digit))
}

fn printable(program: &std::path::Path) -> String {
    String::from_utf8_lossy(base_name(program)).chars().filter(|c| !c.is_control()).take(64).collect()
}

/// The network namespaces of a user's processes, each looked into once.
struct Namespaces {
    ours: PathBuf,
    known: BTreeMap<PathBuf, bool>,
}

impl Namespaces {
    fn of_ours() -> io::Result<Self> {
        Ok(Namespaces { ours: std::fs::read_link("/proc/self/ns/net")?, known: BTreeMap::new() })
    }

    /// Whether somebody listens as display servers do in the network namespace of this process, which is not ours. What is
    /// read there is text, which names may forge lines of: those are the user's own, and hide no line.
    fn hides_displays(&mut self, process: Process) -> io::Result<bool> {
        let place = format!("/proc/{}", process.pid);
        let namespace = match std::fs::read_link(format!("{place}/ns/net")) {
            Ok(namespace) => namespace,
            Err(_) if process.is_gone() => return Ok(false),
            Err(error) => return Err(error),
        };
        if namespace == self.ours {
            return Ok(false);
        }
        if let Some(known) = self.known.get(&namespace) {
            return Ok(*known);
        }
        let mut list = Vec::new();
        match File::open(format!("{place}/net/unix")).and_then(|file| file.take(MOST).read_to_end(&mut list)) {
            Ok(read) if u64::try_from(read).is_ok_and(|read| read >= MOST) => {
                return Err(io::Error::other(format!("process {} hides among too many sockets", process.pid)));
            }
            Err(error) if !process.is_gone() => return Err(error),
            _ => {}
        }
        let hides = list.split(|byte| *byte == b'\n').any(lists_display);
        self.known.insert(namespace, hides);
        Ok(hides)
    }
}

/// `Num: RefCount Protocol Flags Type St Inode Path`, where Flags has 0x10000 for a listening socket (`proc_net_unix(5)`).
fn lists_display(line: &[u8]) -> bool {
    let mut fields = line.splitn(8, |byte| *byte == b' ').filter(|field| !field.is_empty());
    let flags = fields.nth(3).and_then(|flags| u32::from_str_radix(std::str::from_utf8(flags).ok()?, 16).ok());
    flags.is_some_and(|flags| flags & 0x10000 != 0) && fields.last().is_some_and(is_displays_name)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command};

    use super::*;

    fn me() -> u32 {
        rustix::process::geteuid().as_raw()
    }

    fn finds(process: &Child, traced: &BTreeSet<Process>) -> bool {
        of_user(me(), traced, false).unwrap().iter().any(|unseen| unseen.process.pid == process.id())
    }

    fn end(mut child: Child) {
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_server_that_listens_nowhere_is_found_by_its_program() {
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("Xvfb");
        // By another process: children of other threads would have it open for writing until they run their own programs.
        assert!(Command::new("cp").arg("/bin/sleep").arg(&program).status().unwrap().success());
        let child = Command::new(&program).arg0(OsStr::from_bytes(b"e\xffvil")).arg("60").spawn().unwrap();
        let process = Process::of(child.id()).unwrap().unwrap();
        while !finds(&child, &BTreeSet::new()) {
            std::thread::yield_now();
        }
        assert!(!finds(&child, &BTreeSet::from([process])), "one that is covered");
        end(child);
    }

    #[test]
    fn a_process_with_several_uids_is_looked_at_for_each_of_them() {
        if me() != 0 {
            return;
        }
        // The real uid alone is the other user's: the kernel shows such a process to be root's.
        let mut child = Command::new("setpriv").args(["--ruid=4711", "sleep", "60"]).spawn().unwrap();
        let pid = child.id();
        while proc::name(pid).as_deref() != Some("sleep") {
            std::thread::yield_now();
        }
        assert_eq!([4711, 0, 4712].map(|uid| runs_as(pid, uid)), [true, true, false]);
        child.kill().unwrap();
        child.wait().unwrap();
        let mut child = Command::new("sleep").arg("60").uid(4711).spawn().unwrap();
        assert_eq!([4711, 0, 4712].map(|uid| runs_as(child.id(), uid)), [true, false, false]);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_process_that_cannot_be_looked_at_serves_a_display_unless_it_is_about_to_end() {
        let child = Command::new("sleep").arg("60").spawn().unwrap();
        let process = Process::of(child.id()).unwrap().unwrap();
        let fails = || Err(io::ErrorKind::NotFound.into());
        assert!(may_serve(process, fails));
        assert!(may_serve(process, || Ok(true)) && !may_serve(process, || Ok(false)));
        let (mut child, mut looks) = (Some(child), 0);
        let ends = || {
            looks += 1;
            child.take_if(|_| looks == 2).into_iter().for_each(end);
            fails()
        };
        assert!(!may_serve(process, ends));
        assert!(!may_serve(process, || Ok(true)), "whatever was seen of it before it ended");
    }

    #[test]
    fn a_name_of_a_display_is_known_wherever_it_is_bound() {
        for name in ["/tmp/.X11-unix/X7", "/home/a/.X11-unix/X7", "/run/user/1001/wayland-0", "wayland-1"] {
            assert!(is_displays_name(name.as_bytes()), "{name}");
        }
        for name in ["/tmp/.X11-unix/Xa", "/run/user/1001/bus", "/run/user/1001/wayland-0.lock", "wayland-"] {
            assert!(!is_displays_name(name.as_bytes()), "{name}");
        }
        let line = b"0000000000000000: 00000002 00000000 00010000 0001 01 33812 /tmp/.X11-unix/X10";
        assert!(lists_display(line));
        assert!(!lists_display(b"0000000000000000: 00000003 00000000 00000000 0001 03 33812 /tmp/.X11-unix/X10"));
        assert!(!lists_display(b"\xff\xfe: 1"));
    }

    #[test]
    fn a_program_of_any_name_can_be_printed() {
        assert_eq!(printable(OsStr::from_bytes(b"/a/e\xff\x1bvil (deleted)").as_ref()), "e\u{fffd}vil");
    }
}
