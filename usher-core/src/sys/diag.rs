//! The host's sockets as the kernel lists them, and ending connections, over netlink (`sock_diag(7)`).
//!
//! Messages are built and read as bytes in the kernel's layout: `struct nlmsghdr` (16 bytes), then the
//! request or answer, then attributes of length, type and value. Nothing of it is text that a name could break.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::OwnedFd;

use rustix::net::netlink::{self, SocketAddrNetlink};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

use super::sockets::{Name, Tcp, Unix};

const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const SOCK_DESTROY: u16 = 21;
const NLM_F_REQUEST: u16 = 1;
const NLM_F_ACK: u16 = 4;
const NLM_F_DUMP: u16 = 0x300;
const AF_UNIX: u8 = 1;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
/// `UDIAG_SHOW_NAME`, `UDIAG_SHOW_VFS`, `UDIAG_SHOW_PEER`, `UDIAG_SHOW_UID`.
const UNIX_SHOWN: u32 = 1 | 2 | 4 | 0x40;
const UNIX_DIAG_NAME: u16 = 0;
const UNIX_DIAG_VFS: u16 = 1;
const UNIX_DIAG_PEER: u16 = 2;
const UNIX_DIAG_UID: u16 = 7;
const IPPROTO_TCP: u8 = 6;
/// `TCP_ESTABLISHED` and `TCP_LISTEN`, which Unix sockets have too.
const ESTABLISHED: u8 = 1;
const LISTEN: u8 = 10;
const HEADER: usize = 16;

/// Every Unix socket of our network namespace.
///
/// # Errors
/// The kernel has no `unix_diag`, or an answer is cut off.
pub fn unix() -> io::Result<Vec<Unix>> {
    // struct unix_diag_req: family, protocol, padding, states, inode, what to show, cookie.
    let mut request = vec![AF_UNIX, 0, 0, 0];
    request.extend(u32::MAX.to_ne_bytes());
    request.extend(0u32.to_ne_bytes());
    request.extend(UNIX_SHOWN.to_ne_bytes());
    request.extend([0; 8]);
    let socket = ask(SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, &request)?;
    let mut found = Vec::new();
    answers(&socket, |body| found.extend(unix_socket(body)))?;
    Ok(found)
}

/// `struct unix_diag_msg`: family, type, state, padding, inode, cookie: 16 bytes.
fn unix_socket(body: &[u8]) -> Option<Unix> {
    let state = *body.get(2)?;
    let attributes = body.get(16..)?;
    let number = |kind| attribute(attributes, kind).and_then(|value| word(value, 0));
    // struct unix_diag_vfs: inode and device as the kernel has them, 12 bits of which are the minor number.
    let file = attribute(attributes, UNIX_DIAG_VFS).and_then(|value| Some((word(value, 4)?, word(value, 0)?)));
    Some(Unix {
        name: attribute(attributes, UNIX_DIAG_NAME).and_then(name),
        file,
        listens: state == LISTEN,
        connected: state == ESTABLISHED,
        inode: word(body, 4)?.into(),
        peer: number(UNIX_DIAG_PEER).map(u64::from),
        uid: number(UNIX_DIAG_UID),
    })
}

/// A path is ended by a zero, an abstract name begins with one (`unix(7)`).
fn name(address: &[u8]) -> Option<Name> {
    match address {
        [] => None,
        [0, rest @ ..] => Some(Name::Abstract(rest.to_vec())),
        path => Some(Name::Path(path.split(|byte| *byte == 0).next().unwrap_or_default().to_vec())),
    }
}

/// Every TCP socket of our network namespace that listens or is an end of a connection that stands.
///
/// # Errors
/// The kernel has no `inet_diag`, or an answer is cut off.
pub fn tcp() -> io::Result<Vec<Tcp>> {
    let mut found = Vec::new();
    for family in [AF_INET, AF_INET6] {
        let request = tcp_request(family, 1 << ESTABLISHED | 1 << LISTEN, &[0; 48]);
        let socket = ask(SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, &request)?;
        answers(&socket, |body| found.extend(tcp_socket(body)))?;
    }
    Ok(found)
}

/// `struct inet_diag_req_v2`: family, protocol, extensions, padding, states, `struct inet_diag_sockid`.
fn tcp_request(family: u8, states: u32, socket: &[u8; 48]) -> Vec<u8> {
    let mut request = vec![family, IPPROTO_TCP, 0, 0];
    request.extend(states.to_ne_bytes());
    request.extend(socket);
    request
}

/// `struct inet_diag_msg`: family, state, timer, retransmissions, the socket's ID (ports and addresses in network order,
/// interface, cookie: 48 bytes), expiry, two queues, uid, inode.
fn tcp_socket(body: &[u8]) -> Option<Tcp> {
    let (family, state) = (*body.first()?, *body.get(1)?);
    let id: [u8; 48] = *body.get(4..)?.first_chunk()?;
    let port = |at: usize| Some(u16::from_be_bytes(*id.get(at..)?.first_chunk()?));
    let address = |at: usize| -> Option<IpAddr> {
        let bytes: [u8; 16] = *id.get(at..)?.first_chunk()?;
        let [a, b, c, d, ..] = bytes;
        let v6 = || Ipv6Addr::from(bytes).to_canonical();
        Some(if family == AF_INET { Ipv4Addr::new(a, b, c, d).into() } else { v6() })
    };
    Some(Tcp {
        local: (address(4)?, port(0)?),
        remote: (address(20)?, port(2)?),
        listens: state == LISTEN,
        established: state == ESTABLISHED,
        uid: word(body, 64)?,
        inode: word(body, 68)?.into(),
        family,
        id,
    })
}

/// Ends this very TCP connection, told from others by its cookie: both ends see it aborted. Takes CAP_NET_ADMIN, and a
/// kernel with `CONFIG_INET_DIAG_DESTROY`.
///
/// # Errors
/// The kernel refuses or cannot; a connection that is gone already is no error.
pub fn destroy(connection: &Tcp) -> io::Result<()> {
    let request = tcp_request(connection.family, 1 << ESTABLISHED, &connection.id);
    let socket = ask(SOCK_DESTROY, NLM_F_REQUEST | NLM_F_ACK, &request)?;
    match answers(&socket, |_| {}) {
        // A socket of that address with another cookie is another connection.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn ask(kind: u16, flags: u16, request: &[u8]) -> io::Result<OwnedFd> {
    let socket = rustix::net::socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        Some(netlink::SOCK_DIAG),
    )?;
    let length = u32::try_from(HEADER + request.len()).unwrap_or(u32::MAX);
    let mut message = length.to_ne_bytes().to_vec();
    message.extend(kind.to_ne_bytes());
    message.extend(flags.to_ne_bytes());
    message.extend([0; 8]);
    message.extend(request);
    rustix::net::sendto(&socket, &message, SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
    Ok(socket)
}

/// Reads answers until the kernel says that there are no more.
fn answers(socket: &OwnedFd, mut each: impl FnMut(&[u8])) -> io::Result<()> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let (count, whole) = rustix::net::recv(socket, buffer.as_mut_slice(), RecvFlags::TRUNC)?;
        let mut rest = &buffer[..count];
        if whole > count || count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        while let (Some(length), Some(kind)) = (word(rest, 0), half(rest, 4)) {
            let length = usize::try_from(length).unwrap_or(0);
            let Some(body) = rest.get(HEADER..length) else { return Err(io::ErrorKind::InvalidData.into()) };
            match kind {
                NLMSG_DONE => return Ok(()),
                NLMSG_ERROR => return verdict(body),
                _ => each(body),
            }
            rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
    }
}

/// `struct nlmsgerr` begins with a negative error number, or 0.
fn verdict(body: &[u8]) -> io::Result<()> {
    match word(body, 0).map(|number| i32::from_ne_bytes(number.to_ne_bytes())) {
        Some(0) => Ok(()),
        Some(number) => Err(io::Error::from_raw_os_error(-number)),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// The value of an attribute.
fn attribute(mut attributes: &[u8], wanted: u16) -> Option<&[u8]> {
    while let (Some(length), Some(kind)) = (half(attributes, 0), half(attributes, 2)) {
        let length = usize::from(length);
        let value = attributes.get(4..length)?;
        if kind == wanted {
            return Some(value);
        }
        attributes = attributes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    None
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};

    use super::*;
    use crate::sys::process::Process;
    use crate::sys::sockets;

    fn own() -> std::collections::HashSet<u64> {
        sockets::of_process(Process::of(std::process::id()).unwrap().unwrap()).unwrap()
    }

    #[test]
    fn the_other_end_of_a_connection_is_known() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let _client = UnixStream::connect(&path).unwrap();
        let (_server, _) = listener.accept().unwrap();
        let named = Some(Name::Path(path.as_os_str().as_bytes().to_vec()));
        let all = unix().unwrap();
        let accepted = all.iter().find(|s| s.name == named && s.connected).unwrap();
        let (own, peer) = (own(), accepted.peer.unwrap());
        assert!(own.contains(&peer) && own.contains(&accepted.inode) && peer != accepted.inode);
        let listening = all.iter().find(|s| s.name == named && s.listens).unwrap();
        assert!(sockets::is_bound_to(listening, &path));
        assert_eq!(listening.uid, Some(rustix::process::geteuid().as_raw()));
    }

    #[test]
    fn a_name_that_is_no_text_neither_hides_a_socket_nor_makes_one() {
        let forged =
            b"usher-test-\xff\nffff: 00000003 00000000 00000000 0001 03 4711 /run/xrdp/sockdir/xrdp_display_10";
        let address = SocketAddr::from_abstract_name(forged).unwrap();
        let _listener = UnixListener::bind_addr(&address).unwrap();
        let all = unix().unwrap();
        let named: Vec<_> = all.iter().filter(|s| s.name == Some(Name::Abstract(forged.to_vec()))).collect();
        assert!(named.len() == 1 && named[0].listens);
        assert!(!all.iter().any(|socket| socket.inode == 4711 && socket.connected));
    }

    #[test]
    fn tcp_sockets_are_read_as_the_kernel_has_them() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let listener = std::net::TcpListener::bind(address).unwrap();
            let near = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (far, _) = listener.accept().unwrap();
            let (here, there) = (far.local_addr().unwrap(), near.local_addr().unwrap());
            let all = tcp().unwrap();
            let accepted = all.iter().find(|tcp| tcp.established && tcp.remote == (there.ip(), there.port())).unwrap();
            assert_eq!(accepted.local, (here.ip(), here.port()));
            assert!(own().contains(&accepted.inode));
            assert!(all.iter().any(|tcp| tcp.listens && tcp.local == (here.ip(), here.port())));
        }
    }
}
