//! What becomes of a session, in a few words: how it is closed and locked.

use jiff::SignedDuration;
use usher_core::session::{LockInfo, Session, State};

use super::cells::end;
use crate::words::{self, key};

/// The state, and how long a session that is to be closed still has.
pub(super) fn state_cell(session: &Session) -> String {
    let left =
        session.closing_at.map(|at| at.duration_since(usher_core::clock::now())).filter(SignedDuration::is_positive);
    match left {
        Some(left) if session.state == State::Closing => {
            words::with!("cell-closing", &[("time", &usher_core::clock::countdown(left))])
        }
        _ => session.state.as_str().to_owned(),
    }
}

/// Who locked the session, by which rule and until when.
pub(super) fn lock_cell(lock: &LockInfo) -> String {
    let (source, until) = (lock.source.to_string(), lock.until.map(end));
    let key = match (source == "session", &until) {
        (true, None) => key!("cell-by"),
        (true, Some(_)) => key!("cell-by-until"),
        (false, None) => key!("cell-by-rule"),
        (false, Some(_)) => key!("cell-by-rule-until"),
    };
    key.text(&[("by", &lock.by), ("rule", &source), ("time", until.as_deref().unwrap_or_default())])
}
