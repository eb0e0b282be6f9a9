//! Those who wait for a session's end.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot;
use usher_core::outcome::Error;

use super::Host;

/// How an awaited end came out: seen, and whether killing was needed; or why it was not seen.
pub type AwaitedEnd = Result<bool, Error>;

/// Waiters by session ID.
#[derive(Debug, Default)]
pub struct EndWaiters(Mutex<HashMap<u32, Vec<oneshot::Sender<AwaitedEnd>>>>);

impl Host {
    /// Resolves when the session is gone, or when an attempt to close it failed.
    pub fn await_end(&self, id: u32) -> oneshot::Receiver<AwaitedEnd> {
        let (sender, receiver) = oneshot::channel();
        let mut waiting = self.waiting.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiters = waiting.entry(id).or_default();
        waiters.retain(|waiter| !waiter.is_closed());
        waiters.push(sender);
        receiver
    }

    /// Tells those who wait for this session.
    pub fn ended(&self, id: u32, end: &AwaitedEnd) {
        let waiters = self.waiting.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        for waiter in waiters.into_iter().flatten() {
            let _ = waiter.send(end.clone());
        }
    }
}
