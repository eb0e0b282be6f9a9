//! Signing in on the host's web page: the messages between usher-dashboard and usher-auth, one JSON value a line, for one
//! sign-in; and what usher-gateway, where certificates sign in, and usher-dashboard both know.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::request::Secret;

/// The longest line.
pub const LONGEST: usize = 8 << 10;
/// Where usher-auth is reached. No other user than usher-dashboard may connect.
pub const SOCKET: &str = "/run/usher-auth.sock";

/// Where usher-dashboard says how it is reached, in a file as the gateway's.
pub const PUBLISHED: &str = "/run/usher-dashboard";
/// The gateway's path at which a certificate signs in.
pub const BY_CERTIFICATE: &str = "/web/sign-in";
/// The cookie of somebody who is signed in. A browser takes such a name by TLS alone, for this host alone, whichever port set
/// it.
pub const COOKIE_NAME: &str = "__Host-usher";

/// A cookie, as a header's value.
pub fn cookie(name: &str, value: &str) -> String {
    format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Strict")
}

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
