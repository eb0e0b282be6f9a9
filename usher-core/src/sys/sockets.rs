//! The host's sockets as the kernel lists them (`proc(5)`, `/proc/net/{unix,tcp,tcp6}`).

use std::collections::HashMap;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::proc::contents;

/// The size for which such a list is read at once.
const ABOUT: usize = 256 << 10;

/// One socket of the Unix domain that has a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unix {
    /// Its path, or with `@` in front its name in the abstract namespace.
    pub name: String,
    /// It listens for connections.
    pub listens: bool,
    /// It is one end of a connection.
    pub connected: bool,
    /// Its inode, which a descriptor's link names.
    pub inode: u64,
}

/// Every Unix socket that has a name.
pub fn unix() -> Vec<Unix> {
    contents("/proc/net/unix", ABOUT).unwrap_or_default().lines().skip(1).filter_map(parse_unix).collect()
}

/// `Num: RefCount Protocol Flags Type St Inode Path`, where Flags has 0x10000 for a listening socket
/// and St 03 for a connected one.
fn parse_unix(line: &str) -> Option<Unix> {
    let mut fields = [""; 7];
    let mut rest = line;
    for field in &mut fields {
        (*field, rest) = rest.trim_start().split_once(' ')?;
    }
    let [_, _, _, flags, _, state, inode] = fields;
    Some(Unix {
        name: rest.trim_start().to_owned(),
        listens: u32::from_str_radix(flags, 16).ok()? & 0x10000 != 0,
        connected: state == "03",
        inode: inode.parse().ok()?,
    })
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
    /// Its inode.
    pub inode: u64,
}

/// Every TCP socket of the daemon's network namespace, which is the host's.
pub fn tcp() -> Vec<Tcp> {
    ["/proc/net/tcp", "/proc/net/tcp6"]
        .into_iter()
        .flat_map(|file| {
            let text = contents(file, ABOUT).unwrap_or_default();
            text.lines().skip(1).filter_map(parse_tcp).collect::<Vec<_>>()
        })
        .collect()
}

/// `sl local_address rem_address st … inode` with the state in hexadecimal: 01 established, 0A listening.
fn parse_tcp(line: &str) -> Option<Tcp> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let state = *fields.get(3)?;
    Some(Tcp {
        local: address(fields.get(1)?)?,
        remote: address(fields.get(2)?)?,
        listens: state == "0A",
        established: state == "01",
        inode: fields.get(9)?.parse().ok()?,
    })
}

/// The kernel prints addresses as 32-bit words in the machine's byte order.
fn address(text: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = text.split_once(':')?;
    let words: Vec<u32> =
        (0..address.len() / 8).map_while(|n| u32::from_str_radix(address.get(8 * n..8 * n + 8)?, 16).ok()).collect();
    let port = u16::from_str_radix(port, 16).ok()?;
    let address = match words[..] {
        [word] => IpAddr::V4(Ipv4Addr::from(word.to_ne_bytes())),
        [a, b, c, d] => {
            let mut bytes = [0; 16];
            for (place, word) in bytes.chunks_exact_mut(4).zip([a, b, c, d]) {
                place.copy_from_slice(&word.to_ne_bytes());
            }
            Ipv6Addr::from(bytes).to_canonical()
        }
        _ => return None,
    };
    Some((address, port))
}

/// The inodes of a process's sockets.
pub fn of_process(pid: u32) -> Vec<u64> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else { return Vec::new() };
    let links = entries.flatten().filter_map(|entry| fs::read_link(entry.path()).ok());
    links.filter_map(|link| link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()).collect()
}

/// The other ends of connected Unix sockets, by inode (`sock_diag(7)`).
pub type Peers = HashMap<u64, u64>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unix_sockets_are_read_as_the_kernel_prints_them() {
        let listening = "ffff8881: 00000002 00000000 00010000 0001 01 33812 /tmp/.X11-unix/X10";
        let parsed = parse_unix(listening).unwrap();
        let expected = Unix { name: "/tmp/.X11-unix/X10".to_owned(), listens: true, connected: false, inode: 33812 };
        assert_eq!(parsed, expected);
        let connected = "ffff8881: 00000003 00000000 00000000 0001 03 41 /run/xrdp/sockdir/xrdp_display_10";
        assert!(parse_unix(connected).unwrap().connected);
        assert_eq!(parse_unix("ffff8881: 00000003 00000000 00000000 0001 03 41"), None);
    }

    #[test]
    fn tcp_sockets_are_read_as_the_kernel_prints_them() {
        let line = "   1: 0100007F:170D 0500000A:C350 01 00000000:00000000 00:00000000 00000000  1001        0 5150 1";
        let tcp = parse_tcp(line).unwrap();
        assert_eq!(tcp.local, ("127.0.0.1".parse().unwrap(), 5901));
        assert_eq!(tcp.remote, ("10.0.0.5".parse().unwrap(), 50000));
        assert!(tcp.established && !tcp.listens && tcp.inode == 5150);
        let mapped = address("0000000000000000FFFF00000500000A:C350").unwrap();
        assert_eq!(mapped.0, "10.0.0.5".parse::<IpAddr>().unwrap());
    }

    #[test]
    fn a_listening_socket_of_this_process_is_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let inodes = of_process(std::process::id());
        assert!(tcp().iter().any(|s| s.listens && s.local.1 == port && inodes.contains(&s.inode)));
    }
}
