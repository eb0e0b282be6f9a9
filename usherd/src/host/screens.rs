//! Screens of which somebody has a picture and waits for the next: the first change is told to those who watch for it. What
//! shields and holders say unasked is told to nobody.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::broadcast;
use usher_core::clock;
use usher_core::event::{Event, EventKind};

use super::Host;

/// Changes that may wait for a watcher. One that is too slow asks again by itself.
const WAITING: usize = 1024;

/// The screens whose change is awaited, and those who are told.
#[derive(Debug)]
pub struct AwaitedScreens {
    awaited: Mutex<BTreeSet<u32>>,
    told: Mutex<Option<broadcast::Sender<Arc<Event>>>>,
}

impl Default for AwaitedScreens {
    fn default() -> Self {
        AwaitedScreens { awaited: Mutex::default(), told: Mutex::new(Some(broadcast::channel(WAITING).0)) }
    }
}

impl AwaitedScreens {
    /// A picture of this session is about to be taken, and others follow.
    pub fn expect(&self, id: u32) {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
    }

    /// The changes from now on; none once the daemon stops.
    pub fn follow(&self) -> Option<broadcast::Receiver<Arc<Event>>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(broadcast::Sender::subscribe)
    }

    /// Ends what those who follow are told.
    pub(super) fn stop(&self) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Whether somebody waits for this; from now on nobody does.
    fn take(&self, id: u32) -> bool {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner).remove(&id)
    }
}

impl Host {
    /// A session's screen shows something else than in the last picture.
    pub fn screen_changed(&self, id: u32) {
        if !self.screens.take(id) {
            return;
        }
        let Some(session) = self.present(id) else { return };
        let event = Event { time: clock::now(), event: EventKind::ScreenChanged, session: Some(session), rule: None };
        let told = self.screens.told.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody may follow at the moment.
        let _ = told.as_ref().map(|told| told.send(Arc::new(event)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_awaited_once_for_each_picture() {
        let screens = AwaitedScreens::default();
        assert!(!screens.take(3), "nobody has a picture");
        screens.expect(3);
        screens.expect(3);
        assert!(screens.take(3) && !screens.take(3));
        assert!(screens.follow().is_some());
        screens.stop();
        assert!(screens.follow().is_none());
    }
}
