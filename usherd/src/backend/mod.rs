//! Bringing effects about and seeing them: one backend per kind of session behind small traits, one per concern.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use usher_core::outcome::{Error, ErrorId};
use usher_core::wire::holder::Farewell;

use crate::logind::LoginChange;
use crate::session::{Seen, Target};

mod concerns;
#[cfg(test)]
pub(crate) mod fake;
#[cfg(feature = "system")]
pub mod host_session;
#[cfg(not(feature = "system"))]
#[path = "without_host_sessions.rs"]
pub mod host_session;
mod leftovers;
mod link;
pub mod text;
mod thumbnail;

pub use concerns::{
    Adopting, Backend, Covering, Displays, Ending, HostSessions, Logins, Opening, Seating, Showing, TextSessions,
};
pub use thumbnail::TakenScreen;

/// The answer to an effect that was ordered: it arrives when the effect was seen, or with why it was not.
pub type Observation<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

/// How long a backend may take until an effect is seen. The outcome then says what is known.
pub const DEADLINE: Duration = Duration::from_secs(3);

/// What the holder of a display saw when it covered or uncovered it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Covered {
    /// Another order took the effect back before it could be seen.
    pub unseen: bool,
    /// Sentences for the outcome.
    pub notes: Vec<String>,
}

/// What a backend noticed by itself.
#[derive(Debug)]
pub enum Noticed {
    /// A session changed.
    Changed {
        /// Which.
        id: u32,
        /// What it looks like now.
        seen: Seen,
        /// `usherd --release-all` freed it: who did, and when.
        released: Option<(String, jiff::Timestamp)>,
    },
    /// A session's screen shows something else than in the last picture that was taken of it to go on.
    ScreenChanged {
        /// Which.
        id: u32,
    },
    /// What logind says of its sessions.
    Logins(LoginChange),
    /// Everything noticed before this is to be known before the sender goes on.
    Barrier(tokio::sync::oneshot::Sender<()>),
    /// A session is gone.
    Gone {
        /// Which.
        id: u32,
        /// How it ended.
        how: Ended,
    },
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// Its program ended by itself, as the sentence says; a holder of an earlier version says no more.
    ByItself(String, Option<Farewell>),
    /// Its user logged out.
    LoggedOut,
    /// Its holder died, and its processes were ended.
    HolderDied,
    /// Nobody saw how.
    Unseen,
}

/// A part of the session's is too old to take an announcement away.
fn stays(id: u32, part: &str) -> Error {
    let message = format!("the {part} of session {id} is of an earlier version: its announcement stays where it is");
    Error::new(ErrorId::NotSupported, message).hint("sessions that are opened from now on can do it")
}

/// The session is no longer the one that was planned for.
fn changed(target: &Target) -> Error {
    Error::new(
        ErrorId::SessionChanged,
        format!("session {} is no longer the one that the request was planned for; nothing was done to it", target.id),
    )
    .hint("look at `usher list` and ask again")
}
