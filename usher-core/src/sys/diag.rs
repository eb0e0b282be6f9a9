//! Asking the kernel about sockets, and ending connections, over netlink (`sock_diag(7)`).
//!
//! Messages are built and read as bytes in the kernel's layout: `struct nlmsghdr` (16 bytes), then the
//! request or answer, then attributes of length, type and value.

use std::io;
use std::os::fd::OwnedFd;

use rustix::net::netlink::{self, SocketAddrNetlink};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

use super::sockets::{Peers, Tcp};

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
const UDIAG_SHOW_PEER: u32 = 4;
const UNIX_DIAG_PEER: u16 = 2;
const IPPROTO_TCP: u8 = 6;
/// `TCPF_ESTABLISHED`.
const ESTABLISHED: u32 = 1 << 1;
const HEADER: usize = 16;

/// The other end of every connected Unix socket, by inode.
///
/// # Errors
/// The kernel has no `unix_diag`.
pub fn unix_peers() -> io::Result<Peers> {
    // struct unix_diag_req: family, protocol, padding, states, inode, what to show, cookie.
    let mut request = vec![AF_UNIX, 0, 0, 0];
    request.extend(u32::MAX.to_ne_bytes());
    request.extend(0u32.to_ne_bytes());
    request.extend(UDIAG_SHOW_PEER.to_ne_bytes());
    request.extend([0; 8]);
    let socket = ask(SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, &request)?;
    let mut peers = Peers::new();
    answers(&socket, |body| {
        // struct unix_diag_msg: family, type, state, padding, inode, cookie: 16 bytes.
        let Some(inode) = word(body, 4) else { return };
        if let Some(peer) = attribute(body.get(16..).unwrap_or_default(), UNIX_DIAG_PEER) {
            peers.insert(u64::from(inode), u64::from(peer));
        }
    })?;
    Ok(peers)
}

/// Ends a TCP connection: both ends see it aborted. Takes CAP_NET_ADMIN, and a kernel with
/// `CONFIG_INET_DIAG_DESTROY`.
///
/// # Errors
/// The kernel refuses or cannot; a connection that is gone already is no error.
pub fn destroy(connection: &Tcp) -> io::Result<()> {
    let bytes = |address: std::net::IpAddr| match address {
        std::net::IpAddr::V4(v4) => [&v4.octets()[..], &[0; 12]].concat(),
        std::net::IpAddr::V6(v6) => v6.octets().to_vec(),
    };
    // A socket of version 6 that carries version 4 is listed by its mapped address.
    let families = if connection.local.0.is_ipv4() { vec![AF_INET, AF_INET6] } else { vec![AF_INET6] };
    let mut last = Ok(());
    for family in families {
        let mapped = |address: std::net::IpAddr| match (family, address) {
            (AF_INET6, std::net::IpAddr::V4(v4)) => bytes(v4.to_ipv6_mapped().into()),
            (_, address) => bytes(address),
        };
        // struct inet_diag_req_v2: family, protocol, extensions, padding, states, then struct
        // inet_diag_sockid: ports and addresses in network order, interface, cookie.
        let mut request = vec![family, IPPROTO_TCP, 0, 0];
        request.extend(ESTABLISHED.to_ne_bytes());
        request.extend(connection.local.1.to_be_bytes());
        request.extend(connection.remote.1.to_be_bytes());
        request.extend(mapped(connection.local.0));
        request.extend(mapped(connection.remote.0));
        request.extend(0u32.to_ne_bytes());
        request.extend([0xff; 8]);
        let socket = ask(SOCK_DESTROY, NLM_F_REQUEST | NLM_F_ACK, &request)?;
        last = answers(&socket, |_| {});
        if last.is_ok() {
            return Ok(());
        }
    }
    match last {
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
        let (count, _) = rustix::net::recv(socket, buffer.as_mut_slice(), RecvFlags::empty())?;
        let mut rest = &buffer[..count];
        while let (Some(length), Some(kind)) = (word(rest, 0), half(rest, 4)) {
            let length = usize::try_from(length).unwrap_or(0);
            let Some(body) = rest.get(HEADER..length) else { break };
            match kind {
                NLMSG_DONE => return Ok(()),
                NLMSG_ERROR => return verdict(body),
                _ => each(body),
            }
            rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
        if count == 0 {
            return Ok(());
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

/// The 32-bit value of an attribute.
fn attribute(mut attributes: &[u8], wanted: u16) -> Option<u32> {
    while let (Some(length), Some(kind)) = (half(attributes, 0), half(attributes, 2)) {
        let length = usize::from(length);
        if kind == wanted {
            return word(attributes, 4);
        }
        if length < 4 {
            return None;
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
    use std::os::unix::net::{UnixListener, UnixStream};

    use super::*;
    use crate::sys::sockets;

    #[test]
    fn the_other_end_of_a_connection_is_known() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let _client = UnixStream::connect(&path).unwrap();
        let (_server, _) = listener.accept().unwrap();
        let name = path.to_str().unwrap();
        let accepted = sockets::unix().into_iter().find(|s| s.name == name && s.connected).unwrap();
        let own = sockets::of_process(std::process::id());
        let peer = unix_peers().unwrap()[&accepted.inode];
        assert!(own.contains(&peer) && peer != accepted.inode);
    }
}
