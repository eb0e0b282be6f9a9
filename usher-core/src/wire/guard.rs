//! What goes between usherd and the guard of a session's terminals: control frames only.
//!
//! A guard is born with a listening socket as its standard input, which root alone can reach, and outlives every
//! connection on it. usherd opens the terminals and hands them over; the guard opens nothing. Unknown fields are ignored,
//! unknown messages too.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::session::{Cover, SessionKey};

/// The version of this protocol that a guard speaks.
pub const PROTOCOL: u32 = 1;

/// The most terminals of one session that are guarded.
pub const MOST_TERMINALS: usize = 16;

/// The session that a guard is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GuardDuty {
    /// The session ID.
    pub session_id: u32,
    /// What makes it the same session.
    pub key: SessionKey,
    /// The tag of the language that the lock screen speaks; English for one that the guard does not know.
    #[serde(default)]
    pub language: String,
}

/// A terminal that is handed over, in raw mode and without echo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TerminalHandover {
    /// Its device below `/dev`.
    pub name: String,
    /// It takes text alone, as its user says (`TERM=dumb`): no control sequence is sent to it.
    #[serde(default)]
    pub plain: bool,
    /// What an earlier guard learned of the screen before it covered it.
    #[serde(default)]
    pub before: Option<ScreenBefore>,
}

/// What a terminal said of its screen before it was covered; nothing where it did not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ScreenBefore {
    /// It showed the alternate screen, as full-screen programs do.
    pub alternate: Option<bool>,
    /// The cursor could be seen.
    pub cursor_visible: Option<bool>,
    /// Lines that are too long went on in the next row.
    pub wraps: Option<bool>,
    /// The cursor's row and column, counted from one.
    pub cursor: Option<(u16, u16)>,
}

/// What usherd says to a guard.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum ToGuard {
    /// Whom it guards. Sent once.
    Arm(Box<GuardDuty>),
    /// The terminal whose descriptor comes with this message is the guard's now.
    Take(TerminalHandover),
    /// These are the covers now; with none, every terminal is made as it was, and the guard gives all of them up.
    Cover {
        /// Comes back in the answer.
        seq: u64,
        /// All of them, in the order in which they are shown.
        covers: Vec<Cover>,
    },
    /// `usherd --release-all`: uncover, and remember that it was so until the next [`ToGuard::Cover`].
    Release {
        /// Comes back in the answer.
        seq: u64,
        /// Who says so.
        by: String,
    },
    /// Nobody needs this guard any more: uncover and end.
    Retire,
}

/// What a guard says to usherd.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum FromGuard {
    /// Who the guard is; first on every connection, once it is armed.
    Hello(Box<GuardHello>),
    /// Every terminal shows the covers or did not answer in time. After a [`ToGuard::Cover`] with no covers: every terminal is
    /// as it was, or did not answer.
    Covered {
        /// Of the request.
        seq: u64,
        /// Another order took it back before it could be seen.
        #[serde(default)]
        superseded: bool,
        /// The terminals that did not answer.
        #[serde(default)]
        silent: Vec<String>,
    },
    /// Something about the terminals changed.
    Status(GuardStatus),
}

/// A guard's introduction.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GuardHello {
    /// The version of the protocol that the guard speaks.
    pub protocol: u32,
    /// The version of the program.
    pub version: String,
    /// What makes it the same session.
    pub key: SessionKey,
    /// The terminals as they are now.
    pub status: GuardStatus,
}

/// A session's terminals as their guard sees them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct GuardStatus {
    /// What was painted on every terminal.
    pub covers: Vec<Cover>,
    /// The terminals that it guards.
    pub terminals: Vec<GuardedScreen>,
    /// `usherd --release-all` freed them, and no daemon covered them since: who and when.
    #[serde(default)]
    pub released: Option<(String, Timestamp)>,
}

/// One terminal that is guarded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GuardedScreen {
    /// Its device below `/dev`.
    pub name: String,
    /// It confirmed what is painted now.
    pub answered: bool,
    /// What its screen was before; nothing while it has not said.
    pub before: Option<ScreenBefore>,
}
