//! Which processes are a user's, and which of them go on while the others are stopped.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::LazyLock;

use usher_core::sys::proc;

use crate::accounts::FIRST_PERSON;

/// The login uid of a process that no login led to (`proc_pid_loginuid(5)`).
const NO_LOGIN: u32 = u32::MAX;
/// The most processes between a leader and what runs before the session begins.
const MOST_BETWEEN: usize = 8;
/// The most bytes of one file of a process.
const MOST: u64 = 64 << 10;

/// Whose processes are to stop, and which of them go on.
#[derive(Debug, Clone, Default)]
pub(super) struct Whose {
    pub(super) uid: u32,
    /// The uids that the user may use in user namespaces.
    pub(super) subordinate: Vec<Range<u32>>,
    /// The leaders of the user's sessions.
    pub(super) leaders: BTreeSet<u32>,
    /// The user's X servers.
    pub(super) servers: BTreeSet<u32>,
}

/// The decision about a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is the user's, and stops.
    Stops,
    /// It is somebody else's, or has to go on.
    GoesOn,
    /// It ended while it was looked at.
    Gone,
}

/// The facts about a process that decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ProcessFacts {
    parent: u32,
    /// Real, effective, saved, of the file system.
    uids: [u32; 4],
    /// The uid that logged in, where a login led to it.
    login_uid: Option<u32>,
    /// It is in a user namespace of its own: the uids that are mapped into that.
    namespace: Option<Vec<Range<u32>>>,
    /// It is in a PID namespace of its own.
    contained: bool,
}

impl Whose {
    /// Judges a process by the facts about it, none where it is gone; `inside` says that it is in the user's own slice.
    pub(super) fn judge_by(&self, pid: u32, facts: Option<&ProcessFacts>, inside: bool) -> Fate {
        if self.leaders.contains(&pid) || self.servers.contains(&pid) {
            return Fate::GoesOn;
        }
        let Some(facts) = facts else { return Fate::Gone };
        let hers = if inside { self.uid == 0 || !facts.is_roots() } else { self.owns(facts) };
        let goes_on = !hers || self.carries_a_connection(pid, facts.parent);
        if goes_on { Fate::GoesOn } else { Fate::Stops }
    }

    /// Judges a process of a session of which everything stops, whoever runs it.
    pub(super) fn judge_whole(&self, pid: u32, facts: Option<&ProcessFacts>) -> Fate {
        // A daemon that somebody started by hand goes on: nobody else would let the session go on again.
        if self.leaders.contains(&pid) || self.servers.contains(&pid) || pid == std::process::id() {
            return Fate::GoesOn;
        }
        match facts {
            None => Fate::Gone,
            Some(facts) if self.carries_a_connection(pid, facts.parent) || self.serves_a_login(facts) => Fate::GoesOn,
            Some(_) => Fate::Stops,
        }
    }

    /// Whether a leader waits for it before there is a session at all, as for what PAM runs (`pam_motd(8)`, `pam_exec(8)`):
    /// root's, and so is everything between the two. What users start as root comes from processes of theirs.
    fn serves_a_login(&self, facts: &ProcessFacts) -> bool {
        // Root's own shell descends from the leader in the same way.
        if self.uid == 0 || !facts.is_roots() {
            return false;
        }
        let mut parent = facts.parent;
        for _ in 0..MOST_BETWEEN {
            if self.leaders.contains(&parent) {
                return true;
            }
            match ProcessFacts::of(parent) {
                Some(facts) if facts.is_roots() && facts.parent > 1 => parent = facts.parent,
                _ => return false,
            }
        }
        false
    }

    /// Whether a process that is not in the user's slice is the user's.
    fn owns(&self, facts: &ProcessFacts) -> bool {
        if facts.is_roots() {
            return false;
        }
        let is_uid = facts.uids.contains(&self.uid);
        let is_subordinate = facts.uids.iter().any(|uid| self.subordinate.iter().any(|range| range.contains(uid)));
        let owns_namespace = facts.namespace.as_ref().is_some_and(|mapped| {
            let overlap = |one: &Range<u32>, other: &Range<u32>| one.start < other.end && other.start < one.end;
            mapped.iter().any(|range| {
                range.contains(&self.uid) || self.subordinate.iter().any(|subordinate| overlap(subordinate, range))
            })
        });
        match facts.login_uid {
            Some(login) if login == self.uid => is_uid || facts.uids.iter().all(|uid| *uid >= FIRST_PERSON),
            // Another person's process with this user's rights can do everything that this user's can.
            Some(_) => is_uid,
            // A container of the system's may use the same number for somebody else.
            None if facts.contained && facts.namespace.is_none() => false,
            None => is_uid || is_subordinate || owns_namespace,
        }
    }

    /// Whether it is the process that carries a session's network connection.
    fn carries_a_connection(&self, pid: u32, parent: u32) -> bool {
        self.leaders.contains(&parent) && carries_connection_of(parent, pid)
    }
}

/// The process that carries the network connection of the session which this process leads, if there is one.
pub(in super::super) fn connection_of(leader: u32) -> Option<u32> {
    proc::children(leader).into_iter().find(|child| carries_connection_of(leader, *child))
}

/// Whether this child of a session's leader is its connection: root's leader started it from its own program, as sshd does
/// with the user's rights, and the kernel keeps it from the user's other processes (`PR_SET_DUMPABLE(2const)`).
fn carries_connection_of(leader: u32, pid: u32) -> bool {
    let program = |pid: u32| std::fs::read_link(format!("/proc/{pid}/exe")).ok();
    let is_kept = || std::fs::metadata(format!("/proc/{pid}/mem")).is_ok_and(|meta| meta.uid() == 0);
    ProcessFacts::of(leader).is_some_and(|facts| facts.is_roots())
        && program(pid).is_some_and(|own| !own.as_os_str().is_empty() && program(leader) == Some(own))
        && is_kept()
}

impl ProcessFacts {
    /// Reads them; none where the process has ended.
    pub(super) fn of(pid: u32) -> Option<Self> {
        let (mut parent, mut uids) = (None, None);
        for line in read(pid, "status")?.lines() {
            if let Some(value) = line.strip_prefix("PPid:") {
                parent = value.trim().parse().ok();
            } else if let Some(value) = line.strip_prefix("Uid:") {
                let list: Vec<u32> = value.split_ascii_whitespace().filter_map(|uid| uid.parse().ok()).collect();
                uids = list.try_into().ok();
            }
        }
        let (parent, uids) = (parent?, uids?);
        if uids == [0; 4] {
            return Some(ProcessFacts { parent, uids, login_uid: None, namespace: None, contained: false });
        }
        // A kernel without CONFIG_AUDIT has no such file.
        let login_uid = read(pid, "loginuid").and_then(|text| text.trim().parse().ok()).filter(|uid| *uid != NO_LOGIN);
        let [user, processes] = &*FIRST;
        let own = |kind, first: &Option<PathBuf>| {
            namespace(pid, kind).zip(first.as_ref()).is_some_and(|(its, first)| its != *first)
        };
        let mapped = || parse_map(&read(pid, "uid_map").unwrap_or_default());
        let (namespace, contained) = (own(USER, user).then(mapped), own(PID, processes));
        Some(ProcessFacts { parent, uids, login_uid, namespace, contained })
    }

    fn is_roots(&self) -> bool {
        self.uids == [0; 4]
    }
}

/// Lines of the first uid inside, the first outside, and their count (`user_namespaces(7)`).
fn parse_map(map: &str) -> Vec<Range<u32>> {
    let range = |line: &str| {
        let numbers: Vec<u32> = line.split_ascii_whitespace().filter_map(|number| number.parse().ok()).collect();
        let [_, first, count] = numbers[..] else { return None };
        Some(first..first.saturating_add(count))
    };
    map.lines().filter_map(range).collect()
}

/// The kinds of namespaces that decide (`proc_pid_ns(5)`), and the host's own ones.
const USER: &str = "user";
const PID: &str = "pid";
static FIRST: LazyLock<[Option<PathBuf>; 2]> = LazyLock::new(|| [USER, PID].map(|kind| namespace(1, kind)));

fn namespace(pid: u32, kind: &str) -> Option<PathBuf> {
    std::fs::read_link(format!("/proc/{pid}/ns/{kind}")).ok()
}

fn read(pid: u32, file: &str) -> Option<String> {
    // A status fits: each try to read beyond the end costs a call.
    let mut bytes = Vec::with_capacity(4 << 10);
    File::open(format!("/proc/{pid}/{file}")).ok()?.take(MOST).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init, reason = "these are ranges of uids")]
mod tests {
    use super::*;

    fn alice() -> Whose {
        Whose { uid: 1001, subordinate: vec![100_000..165_536], ..Whose::default() }
    }

    fn process(uid: u32, login_uid: Option<u32>) -> ProcessFacts {
        ProcessFacts { parent: 1, uids: [uid; 4], login_uid, namespace: None, contained: false }
    }

    #[test]
    fn jobs_and_processes_with_subordinate_uids_are_the_users() {
        for mine in [
            process(1001, Some(1001)),
            process(1001, None),
            process(1001, Some(1002)),
            process(1002, Some(1001)),
            process(100_007, Some(1001)),
            process(100_007, None),
            ProcessFacts { uids: [1001, 0, 0, 0], ..process(0, Some(1001)) },
            ProcessFacts { namespace: Some(vec![1001..1002]), ..process(700_000, None) },
        ] {
            assert!(alice().owns(&mine), "{mine:?}");
        }
    }

    #[test]
    fn daemons_other_people_and_the_systems_containers_are_not() {
        for other in [
            process(0, None),
            process(0, Some(1001)),
            process(33, Some(1001)),
            process(33, None),
            process(1002, Some(1002)),
            process(1002, None),
            process(100_007, Some(1002)),
            ProcessFacts { contained: true, ..process(1001, None) },
            ProcessFacts { namespace: Some(vec![200_000..265_536]), contained: true, ..process(200_000, None) },
        ] {
            assert!(!alice().owns(&other), "{other:?}");
        }
    }

    #[test]
    fn a_container_that_the_user_made_is_the_users_also_where_logins_are_not_counted() {
        let inside = ProcessFacts { namespace: Some(vec![1001..1002]), contained: true, ..process(1001, None) };
        assert!(alice().owns(&inside));
    }

    #[test]
    fn the_map_of_a_namespace_tells_the_uids_outside() {
        assert_eq!(parse_map("0 1001 1\n1 100000 65536\n"), [1001..1002, 100_000..165_536]);
        assert_eq!(parse_map(" 0 0 4294967295\n"), [0..u32::MAX]);
    }

    #[test]
    fn this_process_is_its_uids_and_one_that_ended_is_gone() {
        let me = rustix::process::getuid().as_raw();
        assert_eq!(ProcessFacts::of(std::process::id()).unwrap().uids[0], me);
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        assert_eq!(alice().judge_by(child.id(), ProcessFacts::of(child.id()).as_ref(), true), Fate::Gone);
    }
}
