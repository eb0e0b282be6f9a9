//! A connection kept for when the one with the windows is cut: the user's clients may leave no room for a new one.
//!
//! Nothing is made on it, so that nobody can cut it (`x::Display::connect`). What the server says to every client is read from it.

use std::time::{Duration, Instant};

use usher_core::wire::shield::Arming;
use x11rb::connection::Connection as _;

use crate::x::{Display, GREETING, Known, NoDisplay};

/// How long to wait before the next try to get another.
const PAUSE: Duration = Duration::from_millis(500);
/// How long a server may take to greet a shield that has other things to do.
const GLANCE: Duration = Duration::from_millis(300);

/// The spare connection, and the way to new ones.
pub struct Reserve {
    known: Known,
    spare: Option<Display>,
    refill_at: Option<Instant>,
    /// At the last try there was no room.
    pub full: bool,
}

impl Reserve {
    pub fn new() -> Self {
        Reserve { known: None, spare: None, refill_at: Some(Instant::now()), full: false }
    }

    /// Another connection, by which the shield is armed.
    pub fn first(&mut self, arming: &Arming) -> Result<Display, NoDisplay> {
        self.connect(arming, GREETING)
    }

    /// A connection in place of one that was cut.
    pub fn take(&mut self, arming: &Arming) -> Result<Display, NoDisplay> {
        match self.spare.take() {
            Some(spare) => {
                self.refill_at = Some(Instant::now());
                Ok(spare)
            }
            None => self.connect(arming, GLANCE),
        }
    }

    fn connect(&mut self, arming: &Arming, patience: Duration) -> Result<Display, NoDisplay> {
        let connected = Display::connect(arming, &mut self.known, patience);
        self.full = matches!(connected, Err(NoDisplay::Full));
        connected
    }

    /// Gets a spare connection where there is none and it is time to try.
    pub fn refill(&mut self, arming: &Arming) {
        if self.refill_at.is_some_and(|at| Instant::now() >= at) {
            self.spare = self.connect(arming, GLANCE).ok();
            self.refill_at = self.spare.is_none().then(|| Instant::now() + PAUSE);
        }
    }

    /// When that is to be tried.
    pub fn next(&self) -> Option<Instant> {
        self.refill_at
    }

    /// Reads what the server says to everybody.
    pub fn hear(&mut self) {
        let Some(spare) = &self.spare else { return };
        spare.seen();
        loop {
            match spare.conn.poll_for_event() {
                Ok(Some(_)) => {}
                Ok(None) => return,
                Err(_) => break,
            }
        }
        (self.spare, self.refill_at) = (None, Some(Instant::now()));
    }

    pub fn spare(&self) -> Option<&Display> {
        self.spare.as_ref()
    }
}
