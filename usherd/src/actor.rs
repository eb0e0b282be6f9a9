//! The actor of a request: a uid by peer credentials or a remote identity, its role, and the session it calls from.

use usher_core::request::{IdentityName, IdentityRole, Pin};

/// An actor's role on this host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// May what a user may: the group database does not say more now.
    Unknown,
    /// May see and use its own sessions.
    User,
    /// May manage standard users' sessions.
    Operator,
    /// May manage every session.
    Administrator,
}

impl Role {
    /// The role as JSON spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Unknown | Role::User => "user",
            Role::Operator => "operator",
            Role::Administrator => "administrator",
        }
    }
}

impl From<IdentityRole> for Role {
    fn from(role: IdentityRole) -> Self {
        match role {
            IdentityRole::Administrator => Role::Administrator,
            IdentityRole::Operator => Role::Operator,
            IdentityRole::None => Role::User,
        }
    }
}

/// Whom the host established behind a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A user of this host, by Unix peer credentials.
    User(u32),
    /// A remote identity for which the gateway vouches.
    Identity {
        /// Its name.
        name: IdentityName,
        /// The hash of the public key that it proved to have.
        key: Pin,
    },
    /// Somebody who signed in on the host's web page.
    Web {
        /// By usher-auth's word, or the gateway's.
        person: WebPerson,
        /// The hash of the secret that the browser has.
        secret: Pin,
    },
    /// The gateway, for nobody: it may redeem invitations and nothing else.
    Gateway,
}

/// Whoever signed in on the web page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebPerson {
    /// A user of this host, by PAM.
    User(u32),
    /// A remote identity, by its certificate.
    Identity {
        /// Its name.
        name: IdentityName,
        /// The hash of the public key that it proved to have.
        key: Pin,
    },
}

impl WebPerson {
    /// A user's uid.
    pub fn uid(&self) -> Option<u32> {
        match self {
            WebPerson::User(uid) => Some(*uid),
            WebPerson::Identity { .. } => None,
        }
    }

    /// Whether both are the same, be it with another key.
    pub fn is(&self, other: &WebPerson) -> bool {
        match (self, other) {
            (WebPerson::Identity { name, .. }, WebPerson::Identity { name: other, .. }) => name == other,
            _ => self == other,
        }
    }
}

/// Whose sessions an actor may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Everybody's.
    All,
    /// This uid's.
    Of(u32),
    /// Nobody's.
    Nothing,
}

impl Sight {
    /// Whether a session of this uid's is seen.
    pub fn sees(self, uid: u32) -> bool {
        match self {
            Sight::All => true,
            Sight::Of(own) => own == uid,
            Sight::Nothing => false,
        }
    }
}

/// The actor as the host itself established it: nothing here is taken from the request's word but
/// the declared session, which can only narrow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The caller.
    pub who: Who,
    /// Its name: the one that the user database gives a uid, else `uid N`; for an identity `NAME via TLS`.
    pub name: String,
    /// The role on this host.
    pub role: Role,
    /// Where the request came from, for the audit log.
    pub from: String,
    /// The sessions the caller sits in: the one it descends from and the one it declares.
    pub own_sessions: Vec<u32>,
}

impl Actor {
    /// Stored as the uid of an identity: `(uid_t) -1`, which is nobody's (`chown(2)`).
    const NO_UID: u32 = u32::MAX;

    /// Whether the caller sits in this session.
    pub fn sits_in(&self, session_id: u32) -> bool {
        self.own_sessions.contains(&session_id)
    }

    /// The caller's uid; an identity has none, and so owns no session.
    pub fn uid(&self) -> Option<u32> {
        match &self.who {
            Who::User(uid) => Some(*uid),
            Who::Web { person, .. } => person.uid(),
            Who::Identity { .. } | Who::Gateway => None,
        }
    }

    /// The caller's name as a remote identity, if it is one.
    pub fn identity(&self) -> Option<&IdentityName> {
        match &self.who {
            Who::Identity { name, .. } | Who::Web { person: WebPerson::Identity { name, .. }, .. } => Some(name),
            Who::User(_) | Who::Web { .. } | Who::Gateway => None,
        }
    }

    /// The uid that is stored with what the caller sets.
    pub fn stored_uid(&self) -> u32 {
        self.uid().unwrap_or(Self::NO_UID)
    }

    /// Ordinary users see what is theirs; operators and administrators see everything.
    pub fn sight(&self) -> Sight {
        match (self.role, self.uid()) {
            (Role::Operator | Role::Administrator, _) => Sight::All,
            (Role::Unknown | Role::User, Some(uid)) => Sight::Of(uid),
            (Role::Unknown | Role::User, None) => Sight::Nothing,
        }
    }
}
