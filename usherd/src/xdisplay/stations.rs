//! Who sits at a virtual display: the VNC viewers of an Xvnc, the client that xrdp serves. logind knows
//! neither.

use std::cell::OnceCell;
use std::net::IpAddr;

use usher_core::sys::sockets::{Tcp, Unix};
use usher_core::sys::{diag, proc, sockets};

use super::Display;

/// The sockets of one moment.
#[derive(Debug, Default)]
pub struct Moment {
    /// Read when first needed: the kernel walks a large table for it.
    tcp: OnceCell<Vec<Tcp>>,
    unix: Vec<Unix>,
}

/// A client of a display.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Client {
    /// A viewer that is connected to the X server itself.
    Viewer(Tcp),
    /// A connection of xrdp's to the X server; `inode` is the server's end.
    Xrdp {
        /// The inode of the X server's end.
        inode: u64,
    },
}

impl Moment {
    /// Looks at the host's sockets.
    pub fn now() -> Moment {
        Moment { tcp: OnceCell::new(), unix: sockets::unix() }
    }

    fn tcp(&self) -> &[Tcp] {
        self.tcp.get_or_init(sockets::tcp)
    }

    /// The clients of a display, given the ports that its server listens on.
    pub fn clients(&self, display: &Display, ports: &[u16]) -> Vec<Client> {
        let tcp = if ports.is_empty() { &[] } else { self.tcp() };
        let viewers = tcp.iter().filter(|tcp| tcp.established && ports.contains(&tcp.local.1));
        let suffix = format!("/xrdp_display_{}", display.number);
        let xrdp = self.unix.iter().filter(|socket| socket.connected && socket.name.ends_with(&suffix));
        let viewers = viewers.cloned().map(Client::Viewer);
        viewers.chain(xrdp.map(|socket| Client::Xrdp { inode: socket.inode })).collect()
    }

    /// The TCP ports on which a display's server waits for viewers: all on which it listens but X11's own, which is 6000
    /// and the display's number (`X(7)`).
    pub fn ports(&self, display: &Display) -> Vec<u16> {
        let own = sockets::of_process(display.server_pid);
        let x11 = display.number.saturating_add(6000);
        let listening = self.tcp().iter().filter(|tcp| tcp.listens && own.contains(&tcp.inode));
        listening.map(|tcp| tcp.local.1).filter(|port| u32::from(*port) != x11).collect()
    }

    /// The xrdp process that serves the connection with this end, and the address of its client.
    pub fn xrdp_process(&self, inode: u64) -> Option<(u32, Option<IpAddr>)> {
        let peer = *diag::unix_peers().ok()?.get(&inode)?;
        proc::named("xrdp").into_iter().find_map(|pid| {
            let own = sockets::of_process(pid);
            let remote =
                || self.tcp().iter().find(|tcp| tcp.established && own.contains(&tcp.inode)).map(|tcp| tcp.remote.0);
            own.contains(&peer).then(|| (pid, remote()))
        })
    }
}
