//! The messages between usher-dashboard and usher-auth: one JSON value a line, for one sign-in.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::request::Secret;

/// The longest line.
pub const LONGEST: usize = 8 << 10;
/// Where usher-auth is reached. No other user than usher-dashboard may connect.
pub const SOCKET: &str = "/run/usher-auth.sock";

/// What the web server says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum ToAuth {
    /// Somebody says to be this user.
    User {
        /// The name as it was typed.
        name: String,
        /// From where.
        from: IpAddr,
    },
    /// The answer to the last question.
    Answer(String),
}

/// What usher-auth says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum FromAuth {
    /// A question of PAM's.
    Ask {
        /// What is asked.
        text: String,
        /// Whether the answer may be seen.
        echo: bool,
    },
    /// Something that PAM says.
    Tell(String),
    /// Somebody is signed in: the last message.
    Admitted {
        /// What their browser has from now on.
        secret: Secret,
        /// Their name.
        user: String,
        /// Until when.
        until: Timestamp,
    },
    /// Nobody is: the last message.
    Refused(SignInRefusal),
}

/// Why nobody is signed in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignInRefusal {
    /// Name or password is wrong.
    Wrong,
    /// The account may not come in now.
    Barred,
    /// Too many tries: not before so many seconds.
    Wait(u32),
    /// PAM or usherd does not work.
    Broken,
}
