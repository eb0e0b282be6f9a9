//! Who asks: a uid by peer credentials, the role it has on this host, and the session it calls from.

/// What an actor may do in general.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// May see and use the own sessions.
    User,
    /// May manage standard users' sessions.
    Operator,
    /// May manage every session.
    Administrator,
}

/// Who asks, as the host itself established it: nothing here is taken from the request's word but
/// the declared session, which can only narrow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The caller's uid by Unix peer credentials.
    pub uid: u32,
    /// The name that the user database gives that uid, else `uid N`.
    pub name: String,
    /// The role on this host.
    pub role: Role,
    /// Where the request came from, for the audit log.
    pub from: String,
    /// The sessions the caller sits in: the one it descends from and the one it declares.
    pub own_sessions: Vec<u32>,
}

impl Actor {
    /// Whether the caller sits in this session.
    pub fn sits_in(&self, session_id: u32) -> bool {
        self.own_sessions.contains(&session_id)
    }
}
