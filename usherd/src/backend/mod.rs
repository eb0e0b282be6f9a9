//! Bringing effects about and seeing them: one backend per kind of session behind one small trait.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use usher_core::outcome::{Error, ErrorId};
use usher_core::request::ThumbnailSize;
use usher_core::session::Cover;
use usher_core::wire::holder::Notice;

use crate::logind::LoginChange;
use crate::session::{Seen, Target};

#[cfg(feature = "system")]
pub mod host_session;
#[cfg(not(feature = "system"))]
#[path = "without_host_sessions.rs"]
pub mod host_session;
mod leftovers;
mod link;
mod picture;
pub mod text;

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

/// One kind of session. Each call orders its effect at once, so that orders keep their sequence, and
/// gives an observation to await. Before acting, a backend checks that the session is still the one
/// that was planned for.
pub trait Backend: Send + Sync {
    /// Makes these the covers of the session; with none, it is uncovered.
    fn cover(&self, target: &Target, covers: Vec<Cover>) -> Observation<Covered>;
    /// Frees every station of the session.
    fn disconnect(&self, target: &Target, by: &str) -> Observation<()>;
    /// Announces that the session will close.
    fn announce(&self, target: &Target, notice: Notice) -> Result<(), Error>;
    /// Ends the session's processes: asked first, killed after the grace. Observed when none is left;
    /// true if killing was needed.
    fn close(&self, target: &Target, by: &str, grace: Duration) -> Observation<bool>;
    /// A picture of what the person at the session sees, as PNG. It is made and drawn by others, and handed on unread.
    fn picture(&self, target: &Target, size: ThumbnailSize) -> Observation<Vec<u8>>;
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
    /// Its program ended by itself, as the sentence says.
    ByItself(String),
    /// Its holder died, and its processes were ended.
    HolderDied,
}

/// The session is no longer the one that was planned for.
fn changed(target: &Target) -> Error {
    Error::new(
        ErrorId::SessionChanged,
        format!("session {} is no longer the one that the request was planned for; nothing was done to it", target.id),
    )
    .hint("look at `usher list` and ask again")
}
