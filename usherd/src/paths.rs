//! Whose sessions a daemon controls, and where it keeps things.

use std::path::PathBuf;

use usher_core::paths::{gateway_of, guards_of, holders_of, seats_of, shields_of};

/// Whose sessions a daemon controls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The text sessions that it hosts for its own user.
    User,
    /// Every session of the host that logind knows. Such a daemon is root.
    System,
}

/// Where the daemon keeps things.
#[derive(Debug, Clone)]
pub struct Paths {
    /// Whose sessions it controls.
    pub mode: Mode,
    /// The socket it answers on.
    pub socket: PathBuf,
    /// The directory of the database.
    pub state: PathBuf,
}

impl Paths {
    /// The directory in which the holders listen.
    pub fn holders(&self) -> PathBuf {
        holders_of(&self.socket)
    }

    /// The directory in which the gateway publishes where it listens and whom it trusts.
    pub fn gateway(&self) -> PathBuf {
        gateway_of(&self.socket)
    }

    /// The directory in which the guards of terminals listen.
    pub fn guards(&self) -> PathBuf {
        guards_of(&self.socket)
    }

    /// The directory in which the wardens of seats listen.
    pub fn seats(&self) -> PathBuf {
        seats_of(&self.socket)
    }

    /// The directory in which the shields listen.
    pub fn shields(&self) -> PathBuf {
        shields_of(&self.socket)
    }
}
