//! The session that something is planned for.

use usher_core::session::SessionKey;

use super::Tracked;

/// The session that a step was planned for. Before acting, a backend checks that it is still this one.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The session ID.
    pub id: u32,
    /// The key by which it is recognised.
    pub key: SessionKey,
    /// Whose it is.
    pub user: String,
    /// The user's number.
    pub uid: u32,
}

impl From<&Tracked> for Target {
    fn from(session: &Tracked) -> Self {
        Target { id: session.id, key: session.key.clone(), user: session.user.clone(), uid: session.uid }
    }
}
