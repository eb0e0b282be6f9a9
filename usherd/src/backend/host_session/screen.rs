//! One display as the backend knows it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::Mutex;
use usher_core::request::{Pin, ThumbnailSize};
use usher_core::session::Cover;
use usher_core::wire::shield::{FromShield, Status};

use crate::backend::link::PeerLink;
use crate::xdisplay::Display;

/// A display, whose it is, and its shield.
#[derive(Debug)]
pub(super) struct DisplayState {
    pub(super) display: Display,
    /// The session it belongs to, once that is known.
    pub(super) session: Option<u32>,
    /// Why its server's word does not count, if anything speaks against it; nothing while that was not looked at yet.
    pub(super) doubt: Option<Option<String>>,
    /// What it was last ordered to show. A shield that comes later shows it first of all.
    pub(super) desired: Option<Vec<Cover>>,
    pub(super) shield: ShieldState,
    /// How often a shield was tried in vain, and when for the last time.
    pub(super) tries: (u32, Option<Instant>),
    /// A shield was let in for it, which may not be connected yet; a later one has a higher number.
    pub(super) admitted: Option<u64>,
    /// Held while a thumbnail is made: one at a time.
    pub(super) thumbnails: Arc<Mutex<()>>,
    /// The hashes of the pictures that it still shows; one whose changes nobody tells is never here.
    pub(super) pictured: HashMap<ThumbnailSize, Pin>,
    /// How often it showed something else than before.
    pub(super) changes: u64,
}

/// How it stands with a display's shield.
#[derive(Debug)]
pub(super) enum ShieldState {
    /// There is none yet, and why.
    Absent(String),
    /// There is none yet, and why; it is tried again.
    Failing(String),
    /// Nothing covers a display of its kind, and why: no other is tried.
    Unsupported(String),
    /// It is being started.
    Arming,
    /// It is connected.
    Held {
        link: PeerLink<FromShield>,
        /// The version of the protocol that it speaks.
        protocol: u32,
        /// What it last said.
        status: Status,
    },
}

impl DisplayState {
    pub(super) fn new(display: Display) -> Self {
        let absent = ShieldState::Absent("it was not started yet".to_owned());
        DisplayState {
            display,
            session: None,
            doubt: None,
            desired: None,
            shield: absent,
            tries: (0, None),
            admitted: None,
            thumbnails: Arc::default(),
            pictured: HashMap::new(),
            changes: 0,
        }
    }

    /// It shows something else now, or nobody knows.
    pub(super) fn changed(&mut self) {
        self.pictured.clear();
        self.changes = self.changes.wrapping_add(1);
    }

    /// What its shield says; nothing while there is none.
    pub(super) fn status(&self) -> Option<&Status> {
        match &self.shield {
            ShieldState::Held { status, .. } => Some(status),
            ShieldState::Absent(_) | ShieldState::Failing(_) | ShieldState::Unsupported(_) | ShieldState::Arming => {
                None
            }
        }
    }

    pub(super) fn link(&self) -> Option<&PeerLink<FromShield>> {
        match &self.shield {
            ShieldState::Held { link, .. } => Some(link),
            ShieldState::Absent(_) | ShieldState::Failing(_) | ShieldState::Unsupported(_) | ShieldState::Arming => {
                None
            }
        }
    }

    /// Why it has no shield; empty if it has one.
    pub(super) fn absence(&self) -> String {
        match &self.shield {
            ShieldState::Absent(why) | ShieldState::Failing(why) | ShieldState::Unsupported(why) => why.clone(),
            ShieldState::Arming => "it is being started".to_owned(),
            ShieldState::Held { .. } => String::new(),
        }
    }

    /// Whether a shield of it is on its way, and none has failed.
    pub(super) fn is_new(&self) -> bool {
        self.tries.0 == 0 && matches!(self.shield, ShieldState::Absent(_) | ShieldState::Arming)
    }

    /// Exactly these covers are seen to hold on it. Where there is no shield, none do.
    pub(super) fn shows(&self, covers: &[Cover]) -> bool {
        self.status().map_or(covers.is_empty(), |status| status.covers == covers)
    }
}
