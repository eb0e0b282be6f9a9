//! Stands in for the backend of logind's sessions where usherd is built without the feature `system`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::mpsc;
use usher_core::outcome::{Error, ErrorId};

use super::{HostSessions, Noticed};

/// The way to the system bus, which this build does not have.
#[derive(Debug, Clone, Default)]
pub struct Bus;

/// Refuses: there is no such backend in this build.
///
/// # Errors
/// [`ErrorId::NotSupported`], always.
pub fn open(
    _: (String, String),
    _: (PathBuf, PathBuf),
    _always_freeze: bool,
    _: mpsc::UnboundedSender<Noticed>,
    _: Bus,
) -> Result<Arc<dyn HostSessions>, Error> {
    let why = "this usherd was built without D-Bus: it controls no sessions that logind knows";
    Err(Error::new(ErrorId::NotSupported, why)
        .hint("`usherd --user` hosts text sessions; the feature `system` of the package usherd has the rest"))
}

/// Nothing was ever stopped by this build.
pub(crate) fn thaw_everybody() {}

/// Where root's release is recorded for the shields of this directory; this build starts none.
pub(crate) fn release_record(shields: &Path) -> PathBuf {
    shields.with_extension("released")
}

/// This build takes no terminal from anybody.
pub(crate) fn give_everything_back(_guards: &Path) {}

/// This build takes no seat from anybody.
pub(crate) fn give_seats_back(_seats: &Path) -> Vec<String> {
    Vec::new()
}
