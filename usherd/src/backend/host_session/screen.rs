//! One display as the backend knows it.

use std::sync::Arc;

use tokio::sync::Mutex;
use usher_core::session::Cover;
use usher_core::wire::shield::{FromShield, Status};

use crate::backend::link::Link;
use crate::xdisplay::Display;

/// More displays of one user's get no shield: of known X servers, and of other programs.
pub(super) const MOST: usize = 16;

/// A display, whose it is, and its shield.
#[derive(Debug)]
pub(super) struct Screen {
    pub(super) display: Display,
    /// The session it belongs to, once that is known.
    pub(super) session: Option<u32>,
    /// Why its server's word does not count, if anything speaks against it; nothing while that was not looked at yet.
    pub(super) doubt: Option<Option<String>>,
    /// What it was last ordered to show. A shield that comes later shows it first of all.
    pub(super) desired: Option<Vec<Cover>>,
    pub(super) shield: Shield,
    /// Held by who takes a picture: one at a time.
    pub(super) looking: Arc<Mutex<()>>,
}

/// How it stands with a display's shield.
#[derive(Debug)]
pub(super) enum Shield {
    /// There is none yet, and why.
    Absent(String),
    /// It gets none: its user has too many displays.
    Beyond,
    /// It is being started.
    Arming,
    /// It is connected.
    Held {
        link: Link<FromShield>,
        /// The version of the protocol that it speaks.
        protocol: u32,
        /// What it last said.
        status: Status,
    },
}

impl Screen {
    pub(super) fn new(display: Display) -> Self {
        let absent = Shield::Absent("it was not started yet".to_owned());
        Screen { display, session: None, doubt: None, desired: None, shield: absent, looking: Arc::default() }
    }

    /// What its shield says; nothing while there is none.
    pub(super) fn status(&self) -> Option<&Status> {
        match &self.shield {
            Shield::Held { status, .. } => Some(status),
            Shield::Absent(_) | Shield::Beyond | Shield::Arming => None,
        }
    }

    pub(super) fn link(&self) -> Option<&Link<FromShield>> {
        match &self.shield {
            Shield::Held { link, .. } => Some(link),
            Shield::Absent(_) | Shield::Beyond | Shield::Arming => None,
        }
    }

    /// Why it has no shield; empty if it has one.
    pub(super) fn absence(&self) -> String {
        match &self.shield {
            Shield::Absent(why) => why.clone(),
            Shield::Beyond => format!("its user has more than {MOST} displays"),
            Shield::Arming => "it is being started".to_owned(),
            Shield::Held { .. } => String::new(),
        }
    }

    /// Exactly these covers are seen to hold on it. Where there is no shield, none do.
    pub(super) fn shows(&self, covers: &[Cover]) -> bool {
        self.status().map_or(covers.is_empty(), |status| status.covers == covers)
    }
}
