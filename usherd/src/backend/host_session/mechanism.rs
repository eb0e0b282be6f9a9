//! What covers a session: decided in one place, by its kind and by where it is shown.

use usher_core::session::Kind;

use crate::logind::Login;

/// What covers a session while it is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mechanism {
    /// A shield on each of its displays.
    Shield,
    /// A guard at each of its terminals, and its processes stand still.
    Guard,
    /// Nothing yet; how the session is shown completes "session 3 …".
    Missing(&'static str),
}

impl Mechanism {
    /// What covers a session that is shown like this.
    pub(super) fn of(kind: Kind, login: &Login) -> Mechanism {
        match kind {
            Kind::X11 | Kind::Wayland if login.seat.is_none() => Mechanism::Shield,
            Kind::X11 => Mechanism::Missing("shows X11 on a seat of this host"),
            Kind::Ssh => Mechanism::Guard,
            Kind::Console => Mechanism::Missing("is at a console of this host"),
            Kind::Wayland => Mechanism::Missing("is shown by a Wayland compositor"),
            // Such a session is its holder's, and of another backend.
            Kind::Text => Mechanism::Shield,
        }
    }

    /// Why a session with this number cannot be locked, if it cannot.
    pub(super) fn unlockable(self, id: u32) -> Option<String> {
        match self {
            Mechanism::Shield | Mechanism::Guard => None,
            Mechanism::Missing(what) => {
                Some(format!("session {id} {what}: such sessions cannot be locked yet, only listed and closed"))
            }
        }
    }
}
