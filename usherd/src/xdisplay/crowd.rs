//! Who has the places that an X server has for clients, by the kernel's word: the server is its user's, and may name anybody.

use std::collections::HashSet;
use std::io;

use usher_core::sys::process::Process;
use usher_core::sys::sockets::{Name, Unix};
use usher_core::sys::{proc, sockets};
use usher_core::wire::shield::{Crowd, Member};

use super::Display;
use super::stations::Moment;

/// How many processes are named.
const NAMED: usize = 4;

/// Which processes of this user's have how many connections to a display's server, the greediest first. This looks at every
/// process: not for a thread that serves others.
///
/// # Errors
/// It cannot be told.
pub fn of_display(display: &Display, uid: u32) -> io::Result<Crowd> {
    let ends = other_ends(display)?;
    let of_user = |pid| proc::uids(pid).is_ok_and(|uids| uids.is_some_and(|uids| uids.contains(&uid)));
    let mut members = Vec::new();
    for process in proc::living_among(of_user)? {
        members.extend(member(process, uid, &ends));
    }
    members.sort_by_key(|member| std::cmp::Reverse(member.clients));
    members.truncate(NAMED);
    Ok(Crowd { clients: count(ends.len()), members })
}

/// A process, if it has some of these ends. One that cannot be looked through is not named.
fn member(process: Process, uid: u32, ends: &HashSet<u64>) -> Option<Member> {
    let open = sockets::of_process(process).ok()?;
    let clients = count(open.intersection(ends).count());
    (clients > 0).then_some(Member { pid: process.pid, uid: Some(uid), clients })
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The inodes of the other ends of the X11 connections that a display's server has open, also of those by TCP.
fn other_ends(display: &Display) -> io::Result<HashSet<u64>> {
    let moment = Moment::now();
    let open = moment.open(display.server)?;
    let suffix = format!("/.X11-unix/X{}", display.number);
    let accepted = moment.unix()?.iter().filter(|socket| socket.connected && is_at(socket, suffix.as_bytes()));
    let mut ends: HashSet<u64> = accepted.filter(|s| open.contains(&s.inode)).filter_map(|s| s.peer).collect();
    let x11 = display.number.saturating_add(6000);
    let tcp = moment.tcp()?;
    for accepted in tcp.iter().filter(|tcp| u32::from(tcp.local.1) == x11 && open.contains(&tcp.inode)) {
        let other =
            tcp.iter().find(|tcp| tcp.established && (tcp.local, tcp.remote) == (accepted.remote, accepted.local));
        ends.extend(other.map(|other| other.inode));
    }
    Ok(ends)
}

fn is_at(socket: &Unix, suffix: &[u8]) -> bool {
    matches!(&socket.name, Some(Name::Path(name) | Name::Abstract(name)) if name.ends_with(suffix))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::path::PathBuf;

    use usher_core::sys::cgroup::Membership;

    use super::*;

    #[test]
    fn whoever_has_connections_to_the_server_is_named_by_its_own_descriptors() {
        let me = std::process::id();
        let uid = rustix::process::geteuid().as_raw();
        let directory = tempfile::tempdir().unwrap();
        let sockets = directory.path().join(".X11-unix");
        std::fs::create_dir(&sockets).unwrap();
        let connect = |name: &str, times: usize| -> Vec<(UnixStream, UnixStream)> {
            let path = sockets.join(name);
            let listener = UnixListener::bind(&path).unwrap();
            (0..times).map(|_| (UnixStream::connect(&path).unwrap(), listener.accept().unwrap().0)).collect()
        };
        let (_own, _others) = (connect("X4077", 3), connect("X4078", 5));
        let display = Display {
            protocol: usher_core::wire::shield::DisplayProtocol::X11,
            number: 4077,
            socket: String::new(),
            server: Process::of(me).unwrap().unwrap(),
            server_uid: uid,
            program: PathBuf::from("/usr/bin/Xvfb"),
            membership: Membership::Other,
            place: None,
        };
        let crowd = of_display(&display, uid).unwrap();
        assert_eq!(crowd, Crowd { clients: 3, members: vec![Member { pid: me, uid: Some(uid), clients: 3 }] });
        assert_eq!(of_display(&display, 4_000_123).unwrap().members, [], "nobody else's processes are named");
    }
}
