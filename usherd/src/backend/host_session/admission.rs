//! Which displays have shields: of each user's the first of every session, and so many others.
//!
//! A server that began before all others of its session is the first whenever it becomes known, and a user may let any
//! number of servers do so one after the other: what was first before takes a place among the others then, and the last of
//! those gives its shield up.

use usher_core::outcome::{Error, ErrorId};
use usher_core::wire::shield::ToShield;

use super::screen::DisplayState;
use super::{HostSessionBackend, State};

/// The most displays of one user that have shields, beside the first of each session.
const MOST_OF_A_USER: usize = 8;

/// What names a display: its number and its server's process.
type DisplayPlace = (u32, u32);

/// Whether there is room for one more shield.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Room {
    Free,
    /// As soon as this display's shield has ended.
    After(DisplayPlace),
    Taken,
}

/// The order in which displays came: by the start of their server's process.
fn age(place: DisplayPlace, screen: &DisplayState) -> (u64, u32) {
    (screen.display.server.start, place.1)
}

/// The display that a session has had for longest.
fn first_of(state: &State, session: u32) -> Option<DisplayPlace> {
    let own = state.screens.iter().filter(|(_, screen)| screen.session == Some(session));
    own.min_by_key(|(place, screen)| age(**place, screen)).map(|(place, _)| *place)
}

/// Whose display it is. Its shield counts also after its session ended.
fn owner(state: &State, screen: &DisplayState) -> u32 {
    let login = screen.session.and_then(|session| state.logins.get(&session));
    login.map_or(screen.display.server_uid, |known| known.login.uid)
}

/// Whether a display may have a shield. Displays become known in any order, so those that are let in count before they
/// are connected.
pub(super) fn room_for(state: &State, place: DisplayPlace) -> Room {
    let Some(screen) = state.screens.get(&place) else { return Room::Free };
    if screen.session.is_none() {
        return Room::Free;
    }
    let uid = owner(state, screen);
    let is_first =
        |place: DisplayPlace, screen: &DisplayState| screen.session.is_some_and(|s| first_of(state, s) == Some(place));
    let others = state
        .screens
        .iter()
        .filter(|(other, screen)| **other != place && owner(state, screen) == uid && !is_first(**other, screen));
    if is_first(place, screen) {
        let shielded: Vec<_> = others.filter(|(_, other)| other.has_place()).collect();
        if shielded.len() <= MOST_OF_A_USER {
            return Room::Free;
        }
        // Never one that covers: what is locked stays so. The session's own display was let in before what its user
        // started in it.
        let may_end = shielded.into_iter().filter(|(_, other)| !other.is_locked());
        let last = may_end.max_by_key(|(_, other)| other.admitted).map(|(place, _)| *place);
        return last.map_or(Room::Taken, Room::After);
    }
    let takes_place = |(other_place, other): &(&DisplayPlace, &DisplayState)| {
        other.session.is_some() && age(**other_place, other) < age(place, screen) || other.has_place()
    };
    if others.filter(takes_place).count() < MOST_OF_A_USER { Room::Free } else { Room::Taken }
}

impl DisplayState {
    /// It has a shield, or was let in for one.
    fn has_place(&self) -> bool {
        self.admitted.is_some() || self.link().is_some()
    }

    fn is_locked(&self) -> bool {
        self.desired.as_ref().is_some_and(|covers| !covers.is_empty())
    }
}

impl HostSessionBackend {
    /// Takes one of its user's places for a display, if one is left. Where another one has to be given up first, this is
    /// to be tried again.
    pub(super) fn admit(&self, place: DisplayPlace) -> Result<(), Error> {
        let last = {
            let mut state = self.state();
            match room_for(&state, place) {
                Room::Free => {
                    let order = self.next_seq();
                    state.screens.get_mut(&place).into_iter().for_each(|screen| screen.admitted = Some(order));
                    return Ok(());
                }
                Room::After(last) => Some(last),
                Room::Taken => None,
            }
        };
        last.into_iter().for_each(|last| self.end_shield(last));
        let message = format!("its user has {MOST_OF_A_USER} more displays than sessions already");
        Err(Error::new(ErrorId::BackendFailed, message))
    }

    /// Ends a shield that covers nothing. Its place is free when it is gone; one that is only being started may come
    /// after all, and is then ended when this is asked again.
    fn end_shield(&self, place: DisplayPlace) {
        let state = self.state();
        let Some(screen) = state.screens.get(&place) else { return };
        if let Some(link) = screen.link() {
            let _ = link.send(&ToShield::Retire);
            return;
        }
        let known = screen.session.and_then(|session| state.logins.get(&session));
        if let Some(known) = known {
            let _ = super::shield::group(&screen.display, &known.key).kill();
        }
    }
}
