//! The other process: what the two say to each other, and how a successor is started.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use usher_core::session::Cover;
use usher_core::wire::Conn;
use usher_core::wire::shield::{ALLOCATOR, Arming};

/// What the leader tells its successor.
#[derive(Debug, Serialize, Deserialize)]
pub enum ToSuccessor {
    /// First.
    Arm(Box<Arming>),
    /// A connection to the compositor of its own, the descriptor that comes with this.
    Connection,
    /// The leader's connection to the compositor, the descriptor that comes with this.
    Kept,
    /// Everything that a successor must know; replaces what was told before.
    State(Box<Estate>),
    /// Nobody needs the shield any more: end with it.
    End,
}

/// What outlives the leader.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Estate {
    pub covers: Vec<Cover>,
    pub released: Option<(String, Timestamp)>,
    /// The lock's number among the objects of the leader's connection, where the compositor has given it.
    pub lock: Option<u32>,
    /// What was seen on every output.
    pub shown: Vec<Cover>,
}

/// What a successor tells its leader.
#[derive(Debug, Serialize, Deserialize)]
pub enum FromSuccessor {
    /// It is connected to the compositor.
    Ready,
}

/// The other process, as this one knows it.
pub struct Relative {
    pub conn: Conn,
    child: Option<Child>,
    pub pid: u32,
    /// It is connected to the compositor.
    pub ready: bool,
    /// Connections that it has and does not use.
    pub spares: usize,
    pub told: Option<Estate>,
}

impl Relative {
    /// The leader, as its successor knows it.
    pub fn leader(stream: UnixStream) -> std::io::Result<Self> {
        let conn = Conn::with_descriptors(stream)?;
        Ok(Relative { conn, child: None, pid: 0, ready: true, spares: 0, told: None })
    }

    /// Starts a successor with this connection: the same program, which inherits the listening socket and gets its end of a
    /// connection to us as its standard output. It is told to outlive us by not being told anything.
    pub fn start(listener: &UnixListener, arming: &Arming, connection: &UnixStream) -> std::io::Result<Self> {
        let (ours, its) = UnixStream::pair()?;
        let listener: OwnedFd = listener.try_clone()?.into();
        let its: OwnedFd = its.into();
        // Not the path: after an upgrade there is another program, or none.
        let mut command = Command::new("/proc/self/exe");
        command.arg0("usher-shield");
        command.arg("successor").env_clear().current_dir("/");
        command.envs(["TZ", ALLOCATOR].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        let child = command.stdin(Stdio::from(listener)).stdout(Stdio::from(its)).spawn()?;
        let pid = child.id();
        let mut conn = Conn::with_descriptors(ours)?;
        conn.send_message(&ToSuccessor::Arm(Box::new(arming.clone())));
        let mut successor = Relative { conn, child: Some(child), pid, ready: false, spares: 0, told: None };
        successor.conn.send_message_with(&ToSuccessor::Connection, connection.as_fd())?;
        Ok(successor)
    }

    /// Hands on the leader's own connection.
    pub fn keep(&mut self, connection: BorrowedFd<'_>) -> std::io::Result<()> {
        self.conn.send_message_with(&ToSuccessor::Kept, connection)
    }

    /// Lets go of one that is gone or was told to end.
    pub fn let_go(mut self) {
        self.child.take().into_iter().for_each(crate::children::let_go);
    }
}
