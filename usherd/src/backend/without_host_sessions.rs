//! Stands in for the backend of logind's sessions where usherd is built without the feature `system`: there is no such
//! backend, so that nothing of it is ever called.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::mpsc;
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::ThumbnailSize;
use usher_core::session::{Cover, SessionKey};
use usher_core::wire::holder::Notice;

use super::{Backend, Covered, Noticed, Observation};
use crate::logind::Login;
use crate::session::Target;

/// The backend that this build does not have.
#[derive(Debug, Clone, Copy)]
pub enum LoginBackend {}

#[expect(missing_docs, reason = "they do what the backend's own do, where there is one")]
impl LoginBackend {
    /// Refuses to be made.
    ///
    /// # Errors
    /// [`ErrorId::NotSupported`], always.
    pub fn open(
        _: (String, String),
        _: PathBuf,
        _always_freeze: bool,
        _: mpsc::UnboundedSender<Noticed>,
    ) -> Result<Self, Error> {
        let why = "this usherd was built without D-Bus: it controls no sessions that logind knows";
        Err(Error::new(ErrorId::NotSupported, why)
            .hint("`usherd --user` hosts text sessions; the feature `system` of the package usherd has the rest"))
    }

    pub fn start(&self) {
        match *self {}
    }

    pub fn key(&self, _: &Login) -> SessionKey {
        match *self {}
    }

    pub fn know(&self, _id: u32, _: Login) {
        match *self {}
    }

    pub fn forget(&self, _id: u32) {
        match *self {}
    }

    pub fn sessions_of_group(&self, _group: &str) -> Vec<u32> {
        match *self {}
    }

    pub fn ssh_origin(&self, _group: &str) -> Option<String> {
        match *self {}
    }

    pub fn find_displays(&self) {
        match *self {}
    }

    pub fn look_for_ports(&self) {
        match *self {}
    }

    pub fn look_at_stations(&self) {
        match *self {}
    }

    pub async fn retire_strangers(&self) {
        match *self {}
    }

    pub async fn armed(&self) {
        match *self {}
    }

    pub async fn enable_and_start(&self, _unit: &str) -> Result<(), Error> {
        match *self {}
    }
}

impl Backend for LoginBackend {
    fn cover(&self, _: &Target, _: Vec<Cover>) -> Observation<Covered> {
        match *self {}
    }

    fn disconnect(&self, _: &Target, _by: &str) -> Observation<()> {
        match *self {}
    }

    fn announce(&self, _: &Target, _: Notice) -> Result<(), Error> {
        match *self {}
    }

    fn close(&self, _: &Target, _by: &str, _grace: Duration) -> Observation<bool> {
        match *self {}
    }

    fn picture(&self, _: &Target, _: ThumbnailSize) -> Observation<Vec<u8>> {
        match *self {}
    }
}
