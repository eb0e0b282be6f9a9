//! Who sits at a virtual display: the VNC viewers of an Xvnc, the client that xrdp serves, the viewers of a server such as wayvnc
//! that shows a compositor. logind knows none of them.
//!
//! Names and ports prove nothing, because anybody may choose them: what counts is which process has a connection open.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::io;
use std::net::IpAddr;
use std::rc::Rc;

use usher_core::sys::cgroup::Membership;
use usher_core::sys::process::Process;
use usher_core::sys::sockets::{Name, Tcp, Unix};
use usher_core::sys::{cgroup, diag, proc, sockets};

use super::{Display, base_name, viewers};

/// The sockets of one moment.
#[derive(Debug, Default)]
pub struct Moment {
    /// Read when first needed: the kernel walks large tables for them.
    tcp: OnceCell<io::Result<Vec<Tcp>>>,
    unix: OnceCell<io::Result<Vec<Unix>>>,
    open: RefCell<HashMap<Process, Rc<HashSet<u64>>>>,
}

/// A client of a display.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Client {
    /// A viewer that is connected to the X server itself, or to what shows a compositor.
    Viewer(Tcp),
    /// A connection of xrdp's to the X server.
    Xrdp {
        /// The inode of the X server's end.
        inode: u64,
    },
}

impl Moment {
    /// Looks at the host's sockets, when they are asked for.
    pub fn now() -> Moment {
        Moment::default()
    }

    pub(super) fn tcp(&self) -> io::Result<&[Tcp]> {
        as_read(self.tcp.get_or_init(diag::tcp))
    }

    pub(super) fn unix(&self) -> io::Result<&[Unix]> {
        as_read(self.unix.get_or_init(diag::unix))
    }

    /// The sockets that a process has open.
    pub(super) fn open(&self, process: Process) -> io::Result<Rc<HashSet<u64>>> {
        if let Some(known) = self.open.borrow().get(&process) {
            return Ok(Rc::clone(known));
        }
        let open = Rc::new(sockets::of_process(process)?);
        self.open.borrow_mut().insert(process, Rc::clone(&open));
        Ok(open)
    }

    /// The clients of a display: the connections that its server has open, but for those of X11 itself over TCP, whose
    /// port is 6000 and the display's number (`X(7)`).
    ///
    /// # Errors
    /// It cannot be told: that is not the same as none.
    pub fn clients(&self, display: &Display) -> io::Result<Vec<Client>> {
        if display.is_wayland() {
            return viewers::of_compositor(self, display);
        }
        let x11 = display.number.saturating_add(6000);
        let viewers = self
            .tcp()?
            .iter()
            .filter(|tcp| tcp.established && tcp.uid == display.server_uid && u32::from(tcp.local.1) != x11);
        let suffix = format!("/xrdp_display_{}", display.number);
        let xrdp = self.unix()?.iter().filter(|socket| socket.connected && is_at(socket, suffix.as_bytes()));
        let viewers = viewers.map(|tcp| (tcp.inode, Client::Viewer(tcp.clone())));
        let all = viewers.chain(xrdp.map(|socket| (socket.inode, Client::Xrdp { inode: socket.inode })));
        let mut clients = Vec::new();
        for (inode, client) in all {
            if self.open(display.server)?.contains(&inode) {
                clients.push(client);
            }
        }
        Ok(clients)
    }

    /// The process of the xrdp service that has the other end of this connection of a display's server, and the address of
    /// its client; none if there is no such process.
    ///
    /// # Errors
    /// It cannot be told.
    pub fn xrdp_process(&self, inode: u64, server_uid: u32) -> io::Result<Option<(Process, Option<IpAddr>)>> {
        let end = self.unix()?.iter().find(|socket| socket.inode == inode);
        let Some(peer) = end.and_then(|socket| socket.peer) else { return Ok(None) };
        for process in proc::living_among(|pid| is_xrdp(pid, server_uid))? {
            let open = self.open(process)?;
            if open.contains(&peer) {
                let mut established = self.tcp()?.iter().filter(|tcp| tcp.established && open.contains(&tcp.inode));
                return Ok(Some((process, established.next().map(|tcp| tcp.remote.0))));
            }
        }
        Ok(None)
    }
}

/// An error is not kept whole; what it was is said again to each that asks.
fn as_read<T>(read: &io::Result<Vec<T>>) -> io::Result<&[T]> {
    read.as_deref().map_err(|error| io::Error::new(error.kind(), error.to_string()))
}

fn is_at(socket: &Unix, suffix: &[u8]) -> bool {
    matches!(&socket.name, Some(Name::Path(path)) if path.ends_with(suffix))
}

/// A process of the xrdp service: its program is that of xrdp, it is in no session, and it is not the user's own, who may
/// call any program anything.
fn is_xrdp(pid: u32, server_uid: u32) -> bool {
    proc::program(pid).is_ok_and(|program| program.is_some_and(|program| base_name(&program) == b"xrdp"))
        && proc::uid(pid).is_some_and(|uid| uid != server_uid)
        && cgroup::of(pid).is_ok_and(|group| group.is_some_and(|g| cgroup::membership(&g) == Membership::Other))
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::path::PathBuf;
    use std::process::{Command, Stdio};

    use super::*;

    fn display(server: Process) -> Display {
        Display {
            protocol: usher_core::wire::shield::DisplayProtocol::X11,
            number: 77,
            socket: String::new(),
            server,
            server_uid: rustix::process::geteuid().as_raw(),
            program: PathBuf::from("/usr/bin/Xvnc"),
            membership: Membership::Other,
            place: None,
        }
    }

    #[test]
    fn a_viewer_is_who_the_server_itself_is_connected_to() {
        let me = Process::of(std::process::id()).unwrap().unwrap();
        let mut other = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let other_process = Process::of(other.id()).unwrap().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let viewer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (_accepted, _) = listener.accept().unwrap();
        let seen = Moment::now().clients(&display(me)).unwrap();
        let from = viewer.local_addr().unwrap();
        let is_viewer =
            |client: &Client| matches!(client, Client::Viewer(tcp) if tcp.remote == (from.ip(), from.port()));
        assert!(seen.iter().any(is_viewer));
        // The same port and the same user, and another process.
        assert!(!Moment::now().clients(&display(other_process)).unwrap().iter().any(is_viewer));
        other.kill().unwrap();
        other.wait().unwrap();
    }

    #[test]
    fn a_socket_of_somebody_elses_name_is_nobodys_client() {
        let me = Process::of(std::process::id()).unwrap().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("xrdp_display_77");
        let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let _near = std::os::unix::net::UnixStream::connect(&path).unwrap();
        let (_far, _) = listener.accept().unwrap();
        let xrdp = |server| {
            let clients = Moment::now().clients(&display(server)).unwrap();
            clients.into_iter().filter(|client| matches!(client, Client::Xrdp { .. })).collect::<Vec<_>>()
        };
        let own = xrdp(me);
        assert_eq!(own.len(), 1);
        let Client::Xrdp { inode } = own[0] else { unreachable!() };
        assert_eq!(Moment::now().xrdp_process(inode, 4711).unwrap(), None, "a process of another name");
        let mut other = Command::new("sleep").arg("60").spawn().unwrap();
        assert_eq!(xrdp(Process::of(other.id()).unwrap().unwrap()), []);
        other.kill().unwrap();
        other.wait().unwrap();
    }
}
