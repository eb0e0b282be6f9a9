//! The backends' interface to the daemon, one trait for each concern. Everything outside of this room goes through these
//! traits, so that a fake can take a backend's place.

use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::future::BoxFuture;
use usher_core::outcome::Error;
use usher_core::request::ThumbnailQuery;
use usher_core::session::{Cover, SessionKey};
use usher_core::sys::process::Process;
use usher_core::wire::holder::{Notice, OpenSpec, StationSpec};

use super::text::{Found, Opened, Starting};
use super::thumbnail::TakenScreen;
use super::{Covered, Observation};
use crate::logind::Login;
use crate::session::Target;

/// Covering sessions.
pub trait Covering {
    /// Makes these the covers of the session; with none, it is uncovered.
    fn cover(&self, target: &Target, covers: Vec<Cover>) -> Observation<Covered>;
}

/// Freeing the stations of sessions.
pub trait Seating {
    /// Frees every station of the session.
    fn disconnect(&self, target: &Target, by: &str) -> Observation<()>;
}

/// Ending sessions.
pub trait Ending {
    /// Announces that the session will close.
    ///
    /// # Errors
    /// The session changed, or cannot be reached.
    fn announce(&self, target: &Target, notice: Notice) -> Result<(), Error>;
    /// Takes the announcement away, if there is one; `by` called the close off just now.
    ///
    /// # Errors
    /// The session changed, cannot be reached, or its part of an earlier version cannot do it.
    fn withdraw(&self, target: &Target, by: Option<&str>) -> Result<(), Error>;
    /// Ends the session's processes: asks them first, and kills them after the grace. Observed when none is left;
    /// true if killing was needed.
    fn close(&self, target: &Target, by: &str, grace: Duration) -> Observation<bool>;
}

/// Thumbnails of sessions' screens.
pub trait Showing {
    /// What the person at the session sees, as PNG; none if it is the picture that is `known`. Other processes make and draw it;
    /// it is handed on unread. If more follow, the next change is told where that can be.
    fn thumbnail(&self, target: &Target, query: &ThumbnailQuery) -> Observation<TakenScreen>;
    /// Tells the session's user who looks at it, or that nobody does any more. Where no part of usher can, nobody is told.
    fn looked(&self, target: &Target, by: Option<&str>);
    /// The text on the session's screen, where it has any: lines without control characters.
    fn text(&self, target: &Target) -> Observation<Vec<u8>>;
}

/// One kind of session. Each call orders its effect at once, so that orders keep their sequence, and gives an observation
/// to await. Before it acts, a backend checks that the session is still the one that was planned for.
pub trait Backend: Covering + Seating + Ending + Showing + Send + Sync {}

impl<B: Covering + Seating + Ending + Showing + Send + Sync> Backend for B {}

/// Finding the holders of text sessions again.
pub trait Adopting {
    /// Every holder that listens and answers.
    fn find(&self) -> BoxFuture<'_, Vec<Found>>;
    /// Looks once more for the holder of one session.
    fn find_one(&self, id: u32) -> BoxFuture<'_, Option<Found>>;
    /// Takes a holder over.
    fn adopt(&self, found: Found);
    /// Whether the session's holder is connected.
    fn holds(&self, id: u32) -> bool;
    /// Ends the processes that a dead holder left.
    fn reap<'a>(&'a self, id: u32, key: &'a SessionKey) -> BoxFuture<'a, ()>;
}

/// Opening text sessions, and sitting down at them.
pub trait Opening {
    /// Where the holder of a session listens.
    fn socket(&self, id: u32) -> PathBuf;
    /// What every process of a session has in its environment.
    fn environment(&self, id: u32, boot_id: &str) -> [(String, String); 2];
    /// Starts a holder and has it make a session of this uid's ready.
    fn open(&self, uid: u32, spec: OpenSpec) -> BoxFuture<'_, Result<Opened, Error>>;
    /// Connects a session that is on the books, whose program does not run yet, and orders its covers.
    fn connect(&self, id: u32, opened: Opened, covers: Vec<Cover>) -> Starting;
    /// Runs the session's program once its covers were seen.
    fn start(&self, starting: Starting) -> BoxFuture<'_, Result<(), Error>>;
    /// Whether the session's holder can take a station, or one that only looks on.
    ///
    /// # Errors
    /// The session changed, or its holder does not take orders or is too old.
    fn can_seat(&self, target: &Target, read_only: bool) -> Result<(), Error>;
    /// Hands a connection over to the session's holder as a new station.
    ///
    /// # Errors
    /// The session changed, or its holder does not take orders.
    fn seat(&self, target: &Target, spec: StationSpec, connection: OwnedFd) -> Result<(), Error>;
}

/// Text sessions, which usher hosts itself.
pub trait TextSessions: Backend + Adopting + Opening {
    /// Resolves when everything that holders reported until now is known to the registry.
    fn caught_up(&self) -> BoxFuture<'_, ()>;
    /// The end of this session is on record: its holder may go.
    fn heard(&self, id: u32);
    /// The session whose holder is this process.
    fn session_of_holder(&self, process: Process) -> Option<u32>;
}

/// The books of logind's sessions.
pub trait Logins {
    /// What makes a login the same session.
    fn key(&self, login: &Login) -> SessionKey;
    /// Adds a login that is on the books, or updates it.
    fn know(&self, id: u32, login: Login);
    /// Removes a login that is gone.
    fn forget(&self, id: u32);
    /// The sessions that a process of this control group may sit in.
    fn sessions_of_group(&self, group: &str) -> Vec<u32>;
    /// The address from which the login that a control group belongs to came by ssh, if it did.
    fn ssh_origin(&self, group: &str) -> Option<String>;
    /// Nothing is ever stopped in these sessions while they last: a lock was set from them.
    fn spare(&self, sessions: &[u32]);
}

/// The displays of logind's sessions, and who sits at them.
pub trait Displays {
    /// Begins to follow logind and the displays, and reports their changes.
    fn start(&self);
    /// Logins and their ends are noticed at the moment.
    fn is_following(&self) -> bool;
    /// Ends shields whose display is gone or nobody's.
    fn retire_strangers(&self) -> BoxFuture<'_, ()>;
    /// Resolves when every display of a session has its shield, or is known to get none.
    fn armed(&self) -> BoxFuture<'_, ()>;
    /// Every session was covered as it should be since the start.
    fn reconciled(&self);
    /// Has displays looked for soon.
    fn look_for_displays(&self);
    /// Looks at who sits where now.
    fn look_at_stations(&self);
}

/// Sessions that logind knows.
pub trait HostSessions: Backend + Logins + Displays {
    /// Has a unit of the service manager started now and at every boot.
    fn enable_and_start<'a>(&'a self, unit: &'a str) -> BoxFuture<'a, Result<(), Error>>;
}
