//! Who looks at a compositor: the viewers of programs that show it to others, such as wayvnc and gnome-remote-desktop.

use std::collections::HashSet;
use std::io;

use usher_core::sys::proc;
use usher_core::sys::process::Process;
use usher_core::sys::sockets::{Name, Tcp, Unix};

use super::stations::{Client, Moment};
use super::{Display, wayland};

/// A TCP socket at which connections come in.
struct Door {
    port: u16,
    inode: u64,
    /// It is the user's whose compositor this is.
    own: bool,
}

/// Connections that came in over TCP, to the compositor itself or to a program that gets its pictures: a client of it, as wayvnc is, or
/// of PipeWire, where the compositor gives them to that. What such a program connects to elsewhere, as a browser does, is no viewer. A
/// program that plays sound by PipeWire and lets others in, as MPD does, is taken for one that shows pictures.
///
/// # Errors
/// It cannot be told: that is not the same as none.
pub(super) fn of_compositor(moment: &Moment, display: &Display) -> io::Result<Vec<Client>> {
    served_by(moment, display, || proc::living_among(|pid| proc::uid(pid) == Some(display.server_uid)))
}

/// The viewers whom the compositor or one of these processes of its user's serves.
fn served_by(
    moment: &Moment,
    display: &Display,
    processes: impl FnOnce() -> io::Result<Vec<Process>>,
) -> io::Result<Vec<Client>> {
    let by_pipewire = wayland::shows_by_pipewire(&display.program);
    let is_own = |tcp: &Tcp| tcp.uid == display.server_uid;
    // gnome-remote-desktop lets clients in as a user of its own, and hands each on to the user who has logged in.
    let counts = |tcp: &&Tcp| by_pipewire || is_own(tcp);
    let sockets = || moment.tcp().map(|all| all.iter().filter(counts));
    let doors: Vec<Door> = sockets()?
        .filter(|tcp| tcp.listens)
        .map(|tcp| Door { port: tcp.local.1, inode: tcp.inode, own: is_own(tcp) })
        .collect();
    let came_in = |tcp: &&Tcp| tcp.established && doors.iter().any(|door| door.port == tcp.local.1);
    let mut came_in = sockets()?.filter(came_in).peekable();
    if came_in.peek().is_none() {
        return Ok(Vec::new());
    }
    let compositor = moment.open(display.server)?;
    let gives = |end: &&Unix| compositor.contains(&end.inode) || (by_pipewire && is_of_pipewire(end));
    let takers: HashSet<u64> = moment.unix()?.iter().filter(gives).filter_map(|end| end.peer).collect();
    let mut shown_by = Vec::new();
    for process in processes()? {
        let open = moment.open(process)?;
        if process == display.server || open.iter().any(|inode| takers.contains(inode)) {
            shown_by.push(open);
        }
    }
    let viewers = came_in.filter(|tcp| shown_by.iter().any(|open| serves(open, tcp, &doors)));
    Ok(viewers.cloned().map(Client::Viewer).collect())
}

/// Whether a process with these sockets open serves a connection: it let it in itself, or got it from who did.
fn serves(open: &HashSet<u64>, tcp: &Tcp, doors: &[Door]) -> bool {
    let let_in = |door: &Door| door.port == tcp.local.1 && (!door.own || open.contains(&door.inode));
    open.contains(&tcp.inode) && doors.iter().any(let_in)
}

/// PipeWire's end of a connection. It listens as `pipewire-0` and `pipewire-0-manager` unless it was told otherwise (`pipewire.conf(5)`,
/// `core.name`).
fn is_of_pipewire(end: &Unix) -> bool {
    let (Some(Name::Path(name) | Name::Abstract(name)), true) = (&end.name, end.connected) else { return false };
    name.rsplit(|byte| *byte == b'/').next().is_some_and(|last| last.starts_with(b"pipewire-"))
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::path::PathBuf;
    use std::process::Command;

    use usher_core::sys::cgroup::Membership;
    use usher_core::wire::shield::DisplayProtocol;

    use super::*;

    /// The viewers of a compositor that is another process, as this one serves them.
    fn seen(program: &str) -> Vec<Client> {
        let mut other = Command::new("sleep").arg("60").spawn().unwrap();
        let display = Display {
            protocol: DisplayProtocol::Wayland,
            number: 0,
            socket: String::new(),
            server: Process::of(other.id()).unwrap().unwrap(),
            server_uid: rustix::process::geteuid().as_raw(),
            program: PathBuf::from(program),
            membership: Membership::Other,
            place: None,
        };
        let this = || Ok(Process::of(std::process::id())?.into_iter().collect());
        let seen = served_by(&Moment::now(), &display, this).unwrap();
        other.kill().unwrap();
        other.wait().unwrap();
        seen
    }

    #[test]
    fn a_viewer_is_who_came_in_to_a_client_of_pipewire_where_the_compositor_shows_by_that() {
        let door = TcpListener::bind("127.0.0.1:0").unwrap();
        let viewer = TcpStream::connect(door.local_addr().unwrap()).unwrap();
        let (_accepted, _) = door.accept().unwrap();
        let from = viewer.local_addr().unwrap();
        let is_seen = |program| {
            seen(program).iter().any(|c| matches!(c, Client::Viewer(tcp) if tcp.remote == (from.ip(), from.port())))
        };
        assert!(!is_seen("/usr/bin/gnome-shell"), "nothing is shown here");

        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pipewire-0");
        let service = UnixListener::bind(&path).unwrap();
        let _client = UnixStream::connect(&path).unwrap();
        let (_end, _) = service.accept().unwrap();
        assert!(is_seen("/usr/bin/gnome-shell"));
        assert!(!is_seen("/usr/bin/sway"), "its pictures are given to nobody but its clients");
    }

    #[test]
    fn a_connection_is_served_by_who_let_it_in_or_got_it_from_another_user() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let _viewer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (_accepted, from) = listener.accept().unwrap();
        let moment = Moment::now();
        let tcp = moment.tcp().unwrap().iter().find(|tcp| tcp.remote == (from.ip(), from.port())).unwrap();
        let door = |own| [Door { port: tcp.local.1, inode: 7, own }];
        let open = HashSet::from([tcp.inode]);
        assert!(serves(&open, tcp, &door(false)), "gnome-remote-desktop handed it on");
        assert!(!serves(&open, tcp, &door(true)), "another program of the user's let it in");
        assert!(serves(&HashSet::from([tcp.inode, 7]), tcp, &door(true)));
        assert!(!serves(&HashSet::from([7]), tcp, &door(false)), "it has the listening socket, not the connection");
    }
}
