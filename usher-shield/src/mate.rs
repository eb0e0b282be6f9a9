//! The other process: what the two say to each other, and how it is started.

use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use usher_core::session::Cover;
use usher_core::wire::Conn;
use usher_core::wire::holder::Notice;
use usher_core::wire::shield::{ALLOCATOR, Arming};

use crate::x::{Before, Grabs, Kept, KeyTable};

/// What the leader tells its twin; each message replaces the one before.
#[derive(Debug, Serialize, Deserialize)]
pub enum ToTwin {
    /// First.
    Arm(Box<Arming>),
    /// Everything that a successor must know.
    State(Box<State>),
    /// The leader lost the connection that holds the input: hold it until it is back.
    Hold,
    /// Nobody needs the shield any more: end with it.
    End,
}

/// What outlives the leader.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    pub covers: Vec<Cover>,
    pub notice: Option<Notice>,
    pub released: Option<(String, Timestamp)>,
    pub title: Option<String>,
    pub last_input: Option<Timestamp>,
    pub before: Option<Before>,
    pub keys: Vec<(u16, KeyTable)>,
    /// The user's programs stand still under the covers.
    #[serde(default)]
    pub frozen: bool,
    #[serde(default)]
    pub kept: Kept,
    /// The leader's covers.
    pub windows: Vec<u32>,
    /// The number of this message: the twin's report names the last one that it followed.
    pub serial: u64,
}

/// What a twin tells its leader.
#[derive(Debug, Serialize, Deserialize)]
pub enum FromTwin {
    /// How it is, whenever that changes.
    Report(TwinReport),
    /// The X server does not let it in; it goes on trying.
    KeptOut,
}

/// How a twin is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TwinReport {
    /// Its covers.
    pub windows: Vec<u32>,
    /// It began to cover: they may come to be seen, whenever the server answers.
    pub begun: bool,
    /// They are mapped.
    pub shown: bool,
    /// What it holds of keyboard and pointer.
    pub held: Grabs,
    /// The last state that it followed.
    pub serial: u64,
}

/// The other process, as this one knows it.
pub struct Mate {
    pub conn: Conn,
    /// Where it is our child.
    pub child: Option<Child>,
    pub pid: u32,
    /// It is connected to the display.
    pub ready: bool,
    /// It is not let in, and not to be waited for.
    pub kept_out: bool,
    /// What it said last.
    pub report: TwinReport,
}

impl Mate {
    /// The leader, as its twin knows it.
    pub fn leader(stream: UnixStream) -> std::io::Result<Self> {
        Ok(Mate {
            conn: Conn::with_descriptors(stream)?,
            child: None,
            pid: 0,
            ready: true,
            kept_out: false,
            report: TwinReport::default(),
        })
    }

    /// Starts a twin: the same program, which inherits the listening socket and gets its end of a
    /// connection to us as its standard output. It is told to outlive us by not being told anything.
    pub fn start(listener: &UnixListener, arming: &Arming) -> std::io::Result<Self> {
        let (ours, its) = UnixStream::pair()?;
        let listener: OwnedFd = listener.try_clone()?.into();
        let its: OwnedFd = its.into();
        // Not the path: after an upgrade there is another program, or none.
        let mut command = Command::new("/proc/self/exe");
        command.arg0("usher-shield");
        command.arg("twin").env_clear().current_dir("/");
        command.envs(std::env::var_os(ALLOCATOR).map(|how| (ALLOCATOR, how)));
        let child = command.stdin(Stdio::from(listener)).stdout(Stdio::from(its)).spawn()?;
        let pid = child.id();
        let mut conn = Conn::with_descriptors(ours)?;
        conn.send_message(&ToTwin::Arm(Box::new(arming.clone())));
        let report = TwinReport::default();
        Ok(Mate { conn, child: Some(child), pid, ready: false, kept_out: false, report })
    }

    /// Lets go of a twin that is gone or was told to end.
    pub fn let_go(mut self) {
        self.child.take().into_iter().for_each(crate::children::let_go);
    }
}
