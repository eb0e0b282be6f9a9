//! The host's logins as systemd-logind knows them (`org.freedesktop.login1(5)`).

use jiff::Timestamp;
use usher_core::session::{Kind, SessionKey};
use usher_core::sys::process::Process;

#[cfg(feature = "system")]
pub mod bus;
#[cfg(feature = "system")]
mod changes;
#[cfg(feature = "system")]
pub mod follow;
#[cfg(feature = "system")]
mod properties;
#[cfg(feature = "system")]
mod proxies;
#[cfg(feature = "system")]
pub mod seat;
#[cfg(feature = "system")]
pub mod unit;

/// One session of class user.
#[derive(Debug, Clone, PartialEq)]
pub struct Login {
    /// logind's ID: a number, or `c` and a number.
    pub native_id: String,
    /// Whose it is.
    pub uid: u32,
    /// That user's name.
    pub user: String,
    /// The process that leads it; 0 if logind knows of none any more.
    pub leader: u32,
    /// That process's start time in clock ticks since boot; 0 if there is no such process.
    pub leader_start: u64,
    /// When it began.
    pub since: Timestamp,
    /// What it is by its type alone, whatever runs in it.
    pub kind: Kind,
    /// A service that gives a terminal let it in: it stays one, whatever runs there.
    pub by_terminal: bool,
    /// The seat it is at; none for a remote or virtual one.
    pub seat: Option<String>,
    /// The virtual terminal of the seat that it is at; 0 for none.
    pub terminal: u32,
    /// It is in front at its seat.
    pub active: bool,
    /// It came over the network, and from where.
    pub remote: Option<String>,
    /// Its terminal's device below `/dev`.
    pub tty: Option<String>,
    /// The unit of its processes.
    pub scope: String,
    /// It is ending.
    pub closing: bool,
    /// Since when the user is idle, where the session told logind.
    pub idle_since: Option<Timestamp>,
    /// The program that logind says leads it, else its service.
    pub program: String,
}

/// What logind says of its sessions.
#[derive(Debug)]
pub enum LoginChange {
    /// These are all.
    All(Vec<Login>),
    /// One is new, or something about it changed.
    One(Box<Login>),
    /// The one with this ID is gone.
    Removed(String),
}

impl Login {
    /// What makes the session the same session.
    pub fn key(&self, boot_id: &str) -> SessionKey {
        SessionKey {
            boot_id: boot_id.to_owned(),
            native_id: self.native_id.clone(),
            leader_pid: self.leader,
            leader_start: self.leader_start,
        }
    }

    /// The very process that leads the session.
    pub fn leading(&self) -> Process {
        Process { pid: self.leader, start: self.leader_start }
    }

    /// A terminal belongs to the session, and somebody may be typing at it.
    pub fn has_terminal(&self) -> bool {
        self.tty.is_some() || self.kind == Kind::Ssh
    }
}
