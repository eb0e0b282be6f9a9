//! Sockets, and who has them open.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::process::{Process, none_if_gone};

/// A process with more descriptors than this is not looked through.
const MOST: usize = 64 << 10;

/// The name of a Unix socket. Whoever binds it chooses it, any bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Name {
    /// A path, as it was given to `bind(2)`.
    Path(Vec<u8>),
    /// A name of the abstract namespace, without the zero in front.
    Abstract(Vec<u8>),
}

/// One socket of the Unix domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unix {
    /// Its name; a socket that a listening one gave has that one's.
    pub name: Option<Name>,
    /// The device and inode of its file, the latter's lower 32 bits.
    pub file: Option<(u32, u32)>,
    /// It listens for connections.
    pub listens: bool,
    /// It is one end of a connection.
    pub connected: bool,
    /// Its inode, which a descriptor's link names.
    pub inode: u64,
    /// The inode of the other end.
    pub peer: Option<u64>,
    /// Whose it is; unknown to kernels before 5.3.
    pub uid: Option<u32>,
}

/// One TCP socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tcp {
    /// The own end.
    pub local: (IpAddr, u16),
    /// The other end.
    pub remote: (IpAddr, u16),
    /// It listens for connections.
    pub listens: bool,
    /// It is an end of a connection that stands.
    pub established: bool,
    /// Whose it is.
    pub uid: u32,
    /// Its inode; 0 while nobody has accepted it.
    pub inode: u64,
    /// Its family, and what tells it from every other (`struct inet_diag_sockid`).
    pub(super) family: u8,
    pub(super) id: [u8; 48],
}

/// Whether a socket is the one that stands at a path: by its file, or where the file system shows other numbers than it
/// has, by its name.
pub fn is_bound_to(socket: &Unix, path: &Path) -> bool {
    let named = matches!(&socket.name, Some(Name::Path(name)) if name == path.as_os_str().as_bytes());
    named || socket.file.is_some_and(|file| fs::symlink_metadata(path).is_ok_and(|meta| file == of_file(&meta)))
}

/// The kernel's own form of a device's number has 20 bits for the minor one.
fn of_file(meta: &fs::Metadata) -> (u32, u32) {
    let device = meta.dev();
    let number = rustix::fs::major(device) << 20 | rustix::fs::minor(device);
    (number, u32::try_from(meta.ino() & u64::from(u32::MAX)).unwrap_or_default())
}

/// The inodes of the sockets that a process has open; none if it is gone.
///
/// # Errors
/// It cannot be told, or it has very many descriptors open.
pub fn of_process(process: Process) -> io::Result<HashSet<u64>> {
    let mut inodes = HashSet::new();
    let Some(entries) = none_if_gone(fs::read_dir(format!("/proc/{}/fd", process.pid)))? else { return Ok(inodes) };
    for (nth, entry) in entries.enumerate() {
        if nth >= MOST {
            return Err(io::Error::other(format!("process {} has too many descriptors open", process.pid)));
        }
        // One that was closed meanwhile is open no more; with a process that ended meanwhile all are.
        let Some(entry) = none_if_gone(entry)? else { continue };
        let Some(link) = none_if_gone(fs::read_link(entry.path()))? else { continue };
        let digits = link.to_str().and_then(|link| link.strip_prefix("socket:[")?.strip_suffix(']'));
        let inode = digits.and_then(|digits| digits.parse::<u64>().ok());
        inodes.extend(inode);
    }
    // What was read is of who has the number now.
    Ok(if process.is_gone() { HashSet::new() } else { inodes })
}
