//! The X displays of the host: where they listen, which process serves them, whose session that is.
//!
//! logind knows little of displays. What is always true: a server listens on a socket of a known
//! name, the kernel tells which process that is, and its control group tells the session.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use usher_core::sys::cgroup::Membership;
use usher_core::sys::{cgroup, peer, proc, sockets};

pub mod authority;
pub mod language;
pub mod stations;
pub mod watch;

/// Where X servers listen (`X(7)`, "Display names": the transport `unix`).
pub const SOCKETS: &str = "/tmp/.X11-unix";

/// More displays than any host has; what is beyond is not looked at.
const MOST: usize = 1024;

/// One X display.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Display {
    /// Its number: 10 for `:10`.
    pub number: u32,
    /// Where it listens: a path, or with `@` in front an abstract name.
    pub socket: String,
    /// The X server's process.
    pub server_pid: u32,
    /// That process's start time in clock ticks since boot.
    pub server_start: u64,
    /// The user it runs as.
    pub server_uid: u32,
    /// The server's program, as `ps` names it.
    pub program: String,
    /// Whose session it is in.
    pub membership: Membership,
}

impl Display {
    /// A server for the windows of a Wayland compositor, which is who shows and locks them.
    pub fn is_xwayland(&self) -> bool {
        self.program.starts_with("Xwayland")
    }

    /// The very process that was found is still there.
    pub fn lives(&self) -> bool {
        proc::parent_and_start(self.server_pid).is_some_and(|(_, start)| start == self.server_start)
    }
}

/// Every display that answers now, one for each server: whoever finds a server under another name, which
/// anybody could make, must not believe it to be another display.
pub fn find() -> Vec<Display> {
    let mut found: BTreeMap<u32, Display> = BTreeMap::new();
    for (number, socket) in names().into_iter().take(MOST) {
        if let Some(display) = look(number, socket) {
            found.entry(display.server_pid).or_insert(display);
        }
    }
    found.into_values().collect()
}

/// The sockets, paths first.
fn names() -> Vec<(u32, String)> {
    let entries = std::fs::read_dir(SOCKETS).into_iter().flatten().flatten();
    // A link would lead to somebody else's server.
    let sockets = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_socket()));
    let paths = sockets.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        Some((number(&name)?, format!("{SOCKETS}/{name}")))
    });
    let prefix = format!("@{SOCKETS}/");
    let listening = sockets::unix().into_iter().filter(|socket| socket.listens);
    let abstracts = listening.filter_map(|socket| Some((number(socket.name.strip_prefix(&prefix)?)?, socket.name)));
    paths.chain(abstracts).collect()
}

/// `X10` is display 10.
fn number(name: &str) -> Option<u32> {
    let digits = name.strip_prefix('X')?;
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// Asks the kernel who listens there. Nothing is said to the server.
fn look(number: u32, socket: String) -> Option<Display> {
    let connection = connect(&socket).ok()?;
    let server = peer::of(&connection).ok()?;
    let (_, server_start) = proc::parent_and_start(server.pid)?;
    let membership = cgroup::membership(&cgroup::of(server.pid)?);
    let program = proc::name(server.pid)?;
    Some(Display { number, socket, server_pid: server.pid, server_start, server_uid: server.uid, program, membership })
}

/// Connects without waiting: a server whose queue is full does not answer now.
fn connect(socket: &str) -> std::io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let descriptor = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    let address = match socket.strip_prefix('@') {
        Some(name) => SocketAddrUnix::new_abstract_name(name.as_bytes())?,
        None => SocketAddrUnix::new(Path::new(socket))?,
    };
    rustix::net::connect(&descriptor, &address)?;
    Ok(descriptor)
}

#[cfg(test)]
mod tests {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::SocketAddr;

    use super::*;

    #[test]
    fn a_display_is_a_number_behind_an_x() {
        assert_eq!(number("X10"), Some(10));
        assert_eq!(number("X0"), Some(0));
        for name in ["X", "X-1", "X+1", "X1.0", "Y1", "X4294967296", "x1"] {
            assert_eq!(number(name), None, "{name}");
        }
    }

    #[test]
    fn who_listens_under_an_abstract_name_is_found_too() {
        let name = format!("{SOCKETS}/X{}", 900_000 + std::process::id() % 90_000);
        let address = SocketAddr::from_abstract_name(name.as_bytes()).unwrap();
        let _listener = std::os::unix::net::UnixListener::bind_addr(&address).unwrap();
        let socket = format!("@{name}");
        let display = find().into_iter().find(|display| display.socket == socket).unwrap();
        assert_eq!((display.server_pid, display.lives()), (std::process::id(), true));
    }
}
