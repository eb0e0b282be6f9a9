//! What covers a session: decided in one place, by its kind and by where it is shown.

use usher_core::session::Kind;

use super::seats;
use crate::logind::Login;

/// What covers a session while it is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mechanism {
    /// A shield on each of its displays.
    Shield,
    /// A guard at each of its terminals, and its processes stand still.
    Guard,
    /// A lock of the seat that it is at, with everything that is there.
    Seat,
    /// Nothing yet; how the session is shown completes "session 3 …".
    Missing(&'static str),
}

impl Mechanism {
    /// What covers a session that is shown like this, and whose leader lives or does not.
    pub(super) fn of(kind: Kind, login: &Login, leads: bool) -> Mechanism {
        match kind {
            // Whatever display it started: its connection may start more beside it.
            Kind::X11 | Kind::Wayland if login.kind == Kind::Ssh && login.by_terminal && leads => Mechanism::Guard,
            Kind::Ssh => Mechanism::Guard,
            Kind::X11 | Kind::Wayland | Kind::Console => match &login.seat {
                // Nothing else comes to the front there by keys: what covers its display holds the seat, or the lock of its
                // compositor, where it has one.
                Some(seat) if kind != Kind::Console && !seats::host::is_first(seat) => Mechanism::Shield,
                Some(seat) => seats::host::refusal(seat).map_or(Mechanism::Seat, Mechanism::Missing),
                // A serial line has a terminal at its other end, as a connection has.
                None if kind == Kind::Console => Mechanism::Guard,
                None => Mechanism::Shield,
            },
            // Such a session is its holder's, and of another backend.
            Kind::Text => Mechanism::Shield,
        }
    }

    /// Why a session with this number cannot be locked, if it cannot.
    pub(super) fn unlockable(self, id: u32) -> Option<String> {
        match self {
            Mechanism::Shield | Mechanism::Guard | Mechanism::Seat => None,
            Mechanism::Missing(what) => {
                Some(format!("session {id} {what}: such sessions cannot be locked yet, only listed and closed"))
            }
        }
    }
}
