//! Wayland compositors: where they listen, which process that is, whose session it is in.
//!
//! They listen below `/run/user/UID`, which is the user's own place: what lies there may be a file system of the user's, which
//! never answers. So the kernel is asked which sockets listen, and a process of its own connects to one (`slow`).

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use usher_core::sys::process::Process;
use usher_core::sys::sockets::{Name, Unix};
use usher_core::sys::{cgroup, diag, peer, proc, sockets};
use usher_core::wire::shield::DisplayProtocol;

use super::Display;
use crate::slow;

/// More sockets of one user's than this are not looked at.
const MOST_OF_USER: usize = 16;

/// The programs that are compositors, by the names of their files.
const COMPOSITORS: &[&str] = &[
    "Hyprland",
    "cage",
    "cosmic-comp",
    "gnome-shell",
    "gnome-kiosk",
    "hyprland",
    "kwin_wayland",
    "labwc",
    "mutter",
    "niri",
    "phoc",
    "river",
    "sway",
    "wayfire",
    "weston",
];

/// Whether a program's file is named as a compositor's.
pub fn is_compositor(program: &std::path::Path) -> bool {
    COMPOSITORS.iter().any(|known| known.as_bytes() == super::base_name(program))
}

/// The compositors that give their pictures to PipeWire: who shows them to others has no connection to the compositor.
const BY_PIPEWIRE: &[&str] = &["gnome-kiosk", "gnome-shell", "kwin_wayland", "mutter"];

/// Whether a compositor gives its pictures to PipeWire.
pub(super) fn shows_by_pipewire(program: &std::path::Path) -> bool {
    BY_PIPEWIRE.iter().any(|known| known.as_bytes() == super::base_name(program))
}

/// A socket that listens where compositors do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    uid: u32,
    number: u32,
    inode: u64,
}

/// The sockets of a moment, of each user, and the users who have more than are looked at.
pub type Spots = (BTreeMap<u32, Vec<Spot>>, BTreeSet<u32>);

/// Where users' compositors listen.
///
/// # Errors
/// The kernel does not tell.
pub fn spots() -> io::Result<Spots> {
    Ok(bounded(diag::unix()?.iter().filter_map(spot)))
}

fn bounded(found: impl Iterator<Item = Spot>) -> Spots {
    let (mut of_user, mut beyond) = (BTreeMap::<u32, Vec<Spot>>::new(), BTreeSet::new());
    for spot in found {
        of_user.entry(spot.uid).or_default().push(spot);
    }
    for (uid, spots) in &mut of_user {
        spots.sort_by_key(|spot| (spot.number, spot.inode));
        if spots.len() > MOST_OF_USER {
            beyond.insert(*uid);
            spots.truncate(MOST_OF_USER);
        }
    }
    (of_user, beyond)
}

/// `/run/user/1001/wayland-0` is display 0 of user 1001, if that user's.
fn spot(socket: &Unix) -> Option<Spot> {
    let Some(Name::Path(path)) = socket.name.as_ref().filter(|_| socket.listens) else { return None };
    let rest = std::str::from_utf8(path).ok()?.strip_prefix("/run/user/")?;
    let (uid, name) = rest.split_once('/')?;
    let digits = name.strip_prefix("wayland-")?;
    let (uid, number) = (uid.parse::<u32>().ok()?, digits.parse::<u32>().ok()?);
    let spot = Spot { uid, number, inode: socket.inode };
    // A name that is spelled otherwise would be another file.
    let same = spot.path().as_os_str().as_encoded_bytes() == path.as_slice();
    (same && socket.uid.is_none_or(|owner| owner == uid)).then_some(spot)
}

impl Spot {
    fn path(&self) -> PathBuf {
        PathBuf::from(format!("/run/user/{}/wayland-{}", self.uid, self.number))
    }

    /// Whether this process listens there.
    pub fn is_of(&self, server: Process) -> bool {
        sockets::of_process(server).is_ok_and(|open| open.contains(&self.inode))
    }
}

/// Connects there and asks the kernel who listens.
pub async fn look(spot: Spot) -> Option<Display> {
    let connection = slow::connect(spot.uid, &spot.path()).await.ok()?;
    tokio::task::spawn_blocking(move || traced(&spot, &connection)).await.ok()?
}

/// Whoever is named must be that user's, and have the listening socket open: the process that made it may have ended, and its number
/// be a stranger's.
fn traced(spot: &Spot, connection: &OwnedFd) -> Option<Display> {
    let peer = peer::of(connection).ok()?;
    let server = peer.process()?;
    if peer.uid != spot.uid || !spot.is_of(server) {
        return None;
    }
    let membership = cgroup::membership(&cgroup::of(server.pid).ok()??);
    let display = Display {
        protocol: DisplayProtocol::Wayland,
        number: spot.number,
        socket: spot.path().to_string_lossy().into_owned(),
        server,
        server_uid: peer.uid,
        program: proc::program(server.pid).ok()??,
        membership,
        place: None,
    };
    // What was read is of who had the number then.
    server.lives().then_some(display)
}

/// A connection to a compositor, for its shield.
///
/// # Errors
/// It does not answer, or another process does.
pub async fn connect(display: &Display) -> io::Result<OwnedFd> {
    let connection = slow::connect(display.server_uid, display.socket.as_ref()).await?;
    match peer::of(&connection)?.process() {
        Some(server) if server == display.server => Ok(connection),
        _ => Err(io::Error::other("another process listens in its place")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket(name: &[u8], uid: u32) -> Unix {
        Unix {
            name: Some(Name::Path(name.to_vec())),
            file: None,
            listens: true,
            connected: false,
            inode: 7,
            peer: None,
            uid: Some(uid),
        }
    }

    #[test]
    fn a_compositor_is_where_its_user_may_listen() {
        let found = spot(&socket(b"/run/user/1001/wayland-12", 1001)).unwrap();
        assert_eq!((found.uid, found.number), (1001, 12));
        for name in ["/run/user/1001/wayland-", "/run/user/1001/wayland-01", "/run/user/1001/a/wayland-1", "/wayland-1"]
        {
            assert_eq!(spot(&socket(name.as_bytes(), 1001)), None, "{name}");
        }
        assert_eq!(spot(&socket(b"/run/user/1001/wayland-\xff", 1001)), None);
        assert_eq!(spot(&socket(b"/run/user/1001/wayland-1", 1002)), None, "somebody else's");
        let connected = Unix { listens: false, ..socket(b"/run/user/1001/wayland-1", 1001) };
        assert_eq!(spot(&connected), None);
    }

    #[test]
    fn one_users_many_sockets_are_not_looked_at() {
        let many = |uid, count| (0..count).map(move |number| Spot { uid, number, inode: 1 });
        let (of_user, beyond) = bounded(many(1, 100).chain(many(2, 3)));
        assert_eq!((of_user[&1].len(), of_user[&2].len()), (MOST_OF_USER, 3));
        assert_eq!(beyond, BTreeSet::from([1]));
    }
}
