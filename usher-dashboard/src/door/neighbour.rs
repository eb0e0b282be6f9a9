//! Loopback is shared by everybody on a host, so a connection says nothing of who is at its other end. The kernel does.

use std::io;
use std::net::SocketAddr;

use usher_core::sys::diag;

/// Whose socket is at the other end of a connection of this host's: the one that goes from `far` to `near`. Unknown is an
/// error, also where the other end has hung up: then nobody is there to be answered.
///
/// # Errors
/// The kernel does not say.
pub fn owner(near: SocketAddr, far: SocketAddr) -> io::Result<u32> {
    let ends = |address: SocketAddr| (address.ip().to_canonical(), address.port());
    let found =
        diag::tcp()?.into_iter().find(|tcp| tcp.established && tcp.local == ends(far) && tcp.remote == ends(near));
    found.map(|tcp| tcp.uid).ok_or_else(|| io::ErrorKind::NotConnected.into())
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn the_owner_of_the_other_end_is_known_while_it_is_there() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = listener.local_addr().unwrap();
        let caller = TcpStream::connect(near).unwrap();
        let (_accepted, far) = listener.accept().unwrap();
        assert_eq!(owner(near, far).unwrap(), rustix::process::geteuid().as_raw());
        caller.shutdown(std::net::Shutdown::Both).unwrap();
        drop(caller);
        assert!(owner(near, far).is_err(), "an end that is gone belongs to nobody");
    }
}
