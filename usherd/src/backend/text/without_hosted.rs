//! Stands in for the services of text sessions in system mode where usherd is built without the feature `system`.

use std::convert::Infallible;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

use usher_core::outcome::Error;
use usher_core::request::ThumbnailSize;
use usher_core::session::{ProgramEnd, SessionKey};
use usher_core::sys::process::Process;
use usher_core::wire::holder::OpenSpec;

use super::held::IntroducedHolder;
use crate::backend::host_session::Bus;

/// There are none.
#[derive(Debug, Clone)]
pub struct Units(Infallible);

impl Units {
    /// None, whatever there is.
    pub fn new(_: Bus) -> Option<Self> {
        None
    }

    pub(super) async fn open(&self, _: u32, _: OpenSpec) -> Result<IntroducedHolder, Error> {
        match self.0 {}
    }

    pub(super) fn is_holder(&self, _: u32, _: Process) -> bool {
        match self.0 {}
    }

    pub(super) async fn leader_ends(&self, _: Process) {
        match self.0 {}
    }

    pub(super) async fn program_end(&self, _: u32) -> ProgramEnd {
        match self.0 {}
    }

    pub(super) async fn end(&self, _: u32, _: &SessionKey, _: Duration) -> Result<bool, Error> {
        match self.0 {}
    }

    pub(super) fn kill_holder(&self, _: u32) {
        match self.0 {}
    }

    pub(super) async fn forget(&self, _: u32, _: &Path) {
        match self.0 {}
    }

    pub(super) async fn start_drawing(&self, _: u64, _: ThumbnailSize, _: OwnedFd) -> Result<(), Error> {
        match self.0 {}
    }

    pub(super) fn kill_drawing(&self, _: u64) {
        match self.0 {}
    }
}
