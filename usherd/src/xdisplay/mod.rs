//! The X displays of the host: where they listen, which process serves them, whose session that is.
//!
//! logind knows little of displays. What is always true: a server listens on a socket of a known
//! name, the kernel tells which process that is, and its control group tells the session. What a user can choose (names of
//! programs and sockets, how many there are) decides nothing about others.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use usher_core::sys::cgroup::Membership;
use usher_core::sys::process::Process;
use usher_core::sys::sockets::{Name, Unix};
use usher_core::sys::{cgroup, diag, peer, proc, sockets};
use usher_core::wire::shield::DisplayProtocol;

use self::managed::SeatPlace;

pub mod authority;
pub mod crowd;
pub mod language;
pub mod managed;
pub mod stations;
pub mod trust;
pub mod unseen;
mod viewers;
pub mod watch;
pub mod wayland;

/// Where X servers listen (`X(7)`, "Display names": the transport `unix`).
pub const SOCKETS: &str = "/tmp/.X11-unix";

/// More sockets of one user's than this are not looked at: those that listen, and other files that may be sockets.
const MOST_OF_USER: usize = 256;

/// The programs that serve X displays, by the names of their files.
const SERVERS: &[&str] = &[
    "Xorg",
    "Xorg.bin",
    "Xvfb",
    "Xvnc",
    "Xtigervnc",
    "Xtightvnc",
    "Xvnc4",
    "Xephyr",
    "Xnest",
    "Xwayland",
    "Xdmx",
    "nxagent",
    "x2goagent",
    "Xfbdev",
    "Xkasmvnc",
    "Xvnc-core",
];

/// One display: an X server, or a Wayland compositor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Display {
    /// What it speaks.
    pub protocol: DisplayProtocol,
    /// Its number: 10 for `:10` and for `wayland-10`.
    pub number: u32,
    /// Where it listens: a path, or with `@` in front an abstract name.
    pub socket: String,
    /// The X server, or the compositor.
    pub server: Process,
    /// The user it runs as.
    pub server_uid: u32,
    /// The file of the server's program.
    pub program: PathBuf,
    /// Whose session it is in.
    pub membership: Membership,
    /// Where it stands, if root started it there outside of every session.
    pub place: Option<SeatPlace>,
}

impl Display {
    /// A server for the windows of a Wayland compositor, which is who shows and locks them. Where its file lies, no user
    /// puts another program.
    pub fn is_xwayland(&self) -> bool {
        is_xwayland(&self.program)
    }

    /// Its program is known to be an X server, or a compositor, by the name of its file.
    pub fn is_known(&self) -> bool {
        if self.is_wayland() { wayland::is_compositor(&self.program) } else { is_server(&self.program) }
    }

    /// It is of X2Go: an X server that draws on a client's display elsewhere.
    pub fn is_x2go(&self) -> bool {
        !self.is_wayland() && [&b"nxagent"[..], b"x2goagent"].contains(&base_name(&self.program))
    }

    /// It is a Wayland compositor's.
    pub fn is_wayland(&self) -> bool {
        self.protocol == DisplayProtocol::Wayland
    }

    /// Its name, as its programs know it.
    pub fn name(&self) -> String {
        if self.is_wayland() { format!("wayland-{}", self.number) } else { format!(":{}", self.number) }
    }
}

/// Whether a program is the host's own Xwayland.
fn is_xwayland(program: &Path) -> bool {
    program.starts_with("/usr") && base_name(program) == b"Xwayland"
}

/// Whether a program's file is named as an X server's.
fn is_server(program: &Path) -> bool {
    SERVERS.iter().any(|known| known.as_bytes() == base_name(program))
}

/// The last part of a program's path. After an upgrade the kernel says that the file was deleted.
fn base_name(program: &Path) -> &[u8] {
    let name = program.file_name().map(OsStr::as_bytes).unwrap_or_default();
    name.strip_suffix(b" (deleted)").unwrap_or(name)
}

/// The displays of a moment.
#[derive(Debug, Default)]
pub struct Found {
    /// Those that answer, one for each server: whoever finds a server under another name, which anybody could make, must
    /// not believe it to be another display. Servers that began earlier come first.
    pub displays: Vec<Display>,
    /// The users who have more sockets than are looked at.
    pub beyond: BTreeSet<u32>,
}

/// A socket that may be a display's.
struct Candidate<'a> {
    number: u32,
    /// A path, or with `@` in front an abstract name.
    socket: String,
    /// Whose it is, as far as the kernel tells.
    uid: Option<u32>,
    /// The listening sockets that it may be; none where it belongs to another network namespace or was renamed.
    listeners: Vec<&'a Unix>,
}

/// Every display that answers now, but for compositors', which start Xwayland for whoever connects: some crash of that while
/// another virtual terminal is in front. This connects to sockets of users and reads much: not for a thread that serves others.
///
/// # Errors
/// The kernel does not tell which sockets there are.
pub fn find() -> io::Result<Found> {
    let sockets: Vec<Unix> = diag::unix()?.into_iter().filter(|socket| socket.listens).collect();
    let (candidates, beyond) = bounded(candidates(&sockets));
    let uids: BTreeSet<u32> = candidates.iter().filter_map(|candidate| candidate.uid).collect();
    let compositors = if uids.is_empty() { BTreeSet::new() } else { of_programs(&uids, wayland::is_compositor) };
    let wakes = |candidate: &&Candidate<'_>| candidate.listeners.iter().any(|l| compositors.contains(&l.inode));
    let mut found: BTreeMap<Process, Display> = BTreeMap::new();
    for display in candidates.iter().filter(|one| !wakes(one)).filter_map(|candidate| look(candidate, &sockets)) {
        found.entry(display.server).or_insert(display);
    }
    let mut displays: Vec<Display> = found.into_values().collect();
    displays.sort_by_key(|display| (display.server.start, display.server.pid));
    Ok(Found { displays, beyond })
}

/// The sockets that are named as displays' are, paths first.
fn candidates(sockets: &[Unix]) -> Vec<Candidate<'_>> {
    let mut named: HashMap<&Name, Vec<&Unix>> = HashMap::new();
    for socket in sockets {
        if let Some(name) = &socket.name {
            named.entry(name).or_default().push(socket);
        }
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(SOCKETS).into_iter().flatten().flatten() {
        // A link would lead to somebody else's server.
        let is_socket = entry.file_type().is_ok_and(|kind| kind.is_socket());
        let Some(number) = number(entry.file_name().as_bytes()).filter(|_| is_socket) else { continue };
        let socket = format!("{SOCKETS}/X{number}");
        let listeners = named.get(&Name::Path(socket.clone().into_bytes())).cloned().unwrap_or_default();
        // Others may have bound the same name elsewhere; the file is its owner's, whom nobody else can make it look like.
        let uid = entry.metadata().ok().map(|meta| meta.uid());
        found.push(Candidate { number, socket, uid, listeners });
    }
    for (name, listeners) in named {
        let Name::Abstract(name) = name else { continue };
        let digits = name.strip_prefix(SOCKETS.as_bytes()).and_then(|rest| rest.strip_prefix(b"/"));
        let Some(number) = digits.and_then(number) else { continue };
        let uid = listeners.first().and_then(|listener| listener.uid);
        found.push(Candidate { number, socket: format!("@{SOCKETS}/X{number}"), uid, listeners });
    }
    found.sort_by_key(|candidate| (candidate.socket.starts_with('@'), candidate.number));
    found
}

/// Leaves out what one user has too many of, and says which users these are. The sockets of real X servers come first, so
/// that no cap costs a session its own display; then those that listen.
fn bounded(candidates: Vec<Candidate<'_>>) -> (Vec<Candidate<'_>>, BTreeSet<u32>) {
    let mut of_user: BTreeMap<Option<u32>, Vec<Candidate<'_>>> = BTreeMap::new();
    for candidate in candidates {
        of_user.entry(candidate.uid).or_default().push(candidate);
    }
    let mut beyond = BTreeSet::new();
    for (uid, own) in of_user.iter_mut().filter(|(_, own)| own.len() > MOST_OF_USER) {
        let real = uid.map(|uid| of_programs(&BTreeSet::from([uid]), is_server)).unwrap_or_default();
        let is_real = |candidate: &Candidate<'_>| candidate.listeners.iter().any(|l| real.contains(&l.inode));
        own.sort_by_key(|candidate| (!is_real(candidate), candidate.listeners.is_empty(), candidate.number));
        // Files that nobody listens on may be a thousand crashed servers': those are no displays.
        let listening = own.iter().filter(|candidate| !candidate.listeners.is_empty()).count();
        if listening > MOST_OF_USER || own.len() > 16 * MOST_OF_USER {
            beyond.extend(*uid);
        }
        own.truncate(if listening > MOST_OF_USER { MOST_OF_USER } else { 16 * MOST_OF_USER });
    }
    (of_user.into_values().flatten().collect(), beyond)
}

/// The sockets of these users' programs of a kind, by the names of their files.
fn of_programs(uids: &BTreeSet<u32>, is_one: fn(&Path) -> bool) -> BTreeSet<u64> {
    let programs = proc::living_among(|pid| {
        proc::uid(pid).is_some_and(|uid| uids.contains(&uid))
            && proc::program(pid).is_ok_and(|program| program.is_some_and(|p| is_one(&p)))
    });
    programs.unwrap_or_default().into_iter().filter_map(|one| sockets::of_process(one).ok()).flatten().collect()
}

/// `X10` is display 10, `X010` is none.
fn number(name: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(name.strip_prefix(b"X")?).ok()?;
    let number: u32 = digits.parse().ok()?;
    (number.to_string() == digits).then_some(number)
}

/// Asks the kernel who listens there. Nothing is said to the server. Whoever is named must have the listening socket open:
/// the process that made it may have ended, and its number be a stranger's.
fn look(candidate: &Candidate<'_>, sockets: &[Unix]) -> Option<Display> {
    let connection = connect(&candidate.socket).ok()?;
    let peer = peer::of(&connection).ok()?;
    let server = peer.process()?;
    let open = sockets::of_process(server).ok()?;
    let path = Path::new(&candidate.socket);
    let holds = |listener: &Unix| open.contains(&listener.inode);
    // One that was renamed is known by its file.
    let renamed = || sockets.iter().any(|listener| holds(listener) && sockets::is_bound_to(listener, path));
    if !candidate.listeners.iter().any(|listener| holds(listener)) && !renamed() {
        return None;
    }
    let membership = cgroup::membership(&cgroup::of(server.pid).ok()??);
    let program = proc::program(server.pid).ok()??;
    let is_managed = membership == Membership::Other && is_server(&program);
    let place = if is_managed { managed::place_of(server) } else { None };
    let display = Display {
        protocol: DisplayProtocol::X11,
        number: candidate.number,
        socket: candidate.socket.clone(),
        server,
        server_uid: peer.uid,
        program,
        membership,
        place,
    };
    // What was read is of who had the number then.
    server.lives().then_some(display)
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
    use std::process::Command;
    use std::sync::{Mutex, PoisonError};

    use super::*;

    /// Whoever looks for displays connects to what listens: these tests would find each other's.
    static ALONE: Mutex<()> = Mutex::new(());

    #[test]
    fn a_display_is_a_number_behind_an_x() {
        assert_eq!(number(b"X10"), Some(10));
        assert_eq!(number(b"X0"), Some(0));
        for name in ["X", "X-1", "X+1", "X1.0", "Y1", "X4294967296", "x1", "X01"] {
            assert_eq!(number(name.as_bytes()), None, "{name}");
        }
        assert_eq!(number(b"X\xff"), None);
    }

    #[test]
    fn a_program_is_an_x_server_by_its_file() {
        assert!(is_server(Path::new("/usr/bin/Xvfb")) && is_server(Path::new("/home/a/Xvfb (deleted)")));
        assert!(!is_server(Path::new("/usr/bin/sleep")) && !is_server(Path::new(OsStr::from_bytes(b"/\xff"))));
    }

    #[test]
    fn who_listens_under_an_abstract_name_is_found_too() {
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let name = format!("{SOCKETS}/X{}", 900_000 + std::process::id() % 90_000);
        let address = SocketAddr::from_abstract_name(name.as_bytes()).unwrap();
        let _listener = std::os::unix::net::UnixListener::bind_addr(&address).unwrap();
        let socket = format!("@{name}");
        let display = find().unwrap().displays.into_iter().find(|display| display.socket == socket).unwrap();
        assert_eq!((display.server.pid, display.server.lives()), (std::process::id(), true));
        assert!(!display.is_known());
    }

    #[test]
    fn nobody_connects_to_where_a_compositor_listens_for_x11_programs() {
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("sway");
        assert!(Command::new("cp").arg("/bin/sleep").arg(&program).status().unwrap().success());
        let socket = format!("{SOCKETS}/X{}", 800_000 + std::process::id() % 90_000);
        let address = SocketAddr::from_abstract_name(socket.as_bytes()).unwrap();
        let listener = std::os::unix::net::UnixListener::bind_addr(&address).unwrap();
        listener.set_nonblocking(true).unwrap();
        let mut child =
            Command::new(&program).arg("60").stdin(OwnedFd::from(listener.try_clone().unwrap())).spawn().unwrap();
        while !proc::program(child.id()).unwrap().is_some_and(|now| wayland::is_compositor(&now)) {
            std::thread::yield_now();
        }
        let found = find().unwrap().displays;
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!found.iter().any(|display| display.socket == format!("@{socket}")));
        assert!(listener.accept().is_err(), "nobody connected");
    }

    #[test]
    fn what_one_user_has_too_many_of_hides_nobody_elses() {
        let candidate = |number: u32, uid: u32| Candidate {
            number,
            socket: format!("{SOCKETS}/X{number}"),
            uid: Some(uid),
            listeners: Vec::new(),
        };
        let listening = Unix {
            name: None,
            file: None,
            listens: true,
            connected: false,
            inode: 1,
            peer: None,
            uid: Some(4_000_001),
        };
        let heard = |number| Candidate { listeners: vec![&listening], ..candidate(number, 4_000_001) };
        let flood: Vec<_> = (0..5000).map(|number| candidate(number, 4_000_002)).collect();
        let few = [candidate(5001, 4_000_003)];
        let (kept, beyond) = bounded(flood.into_iter().chain(few).chain([heard(5002)]).collect());
        assert_eq!(beyond, BTreeSet::from([4_000_002]));
        assert!(kept.iter().any(|one| one.number == 5001) && kept.iter().any(|one| one.number == 5002));

        // Files that nobody listens on come after those that somebody does.
        let dead = (0..1000).map(|number| candidate(number, 4_000_001));
        let (kept, beyond) = bounded(dead.chain([heard(5002)]).collect());
        assert_eq!((kept[0].number, kept.len(), beyond.len()), (5002, 1001, 0));
    }
}
