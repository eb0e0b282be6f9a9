//! What is observed of a session: its displays' shields, its clients, what logind says.

use std::collections::BTreeMap;
use std::io;

use jiff::Timestamp;
use usher_core::session::{Cover, Kind, SeenStation};
use usher_core::sys::{cards, proc};

use super::mechanism::Mechanism;
use super::only_usher;
use super::screen::ShieldState;
use super::{HostSessionBackend, Known, State};
use crate::backend::Noticed;
use crate::logind::Login;
use crate::session::Seen;
use crate::xdisplay::Display;
use crate::xdisplay::stations::{Client, Moment};

impl HostSessionBackend {
    /// Looks at who sits where now: no kernel event tells when a viewer comes or goes.
    pub fn look_at_stations(&self) {
        let ids: Vec<u32> = self.state().logins.keys().copied().collect();
        let moment = Moment::now();
        self.look_for_xrdp_clients(&moment);
        for id in ids {
            self.report_at(id, &moment);
        }
    }

    /// Tells the registry what a session looks like now.
    pub(super) fn report(&self, id: u32) {
        self.report_at(id, &Moment::now());
    }

    /// Finds out where the clients of new connections of xrdp's are.
    fn look_for_xrdp_clients(&self, moment: &Moment) {
        let mut state = self.state();
        let displays = state.screens.values().filter(|screen| screen.session.is_some()).map(|screen| &screen.display);
        let mut now = BTreeMap::new();
        for display in displays {
            for client in moment.clients(display).unwrap_or_default() {
                let Client::Xrdp { inode } = client else { continue };
                let process = || moment.xrdp_process(inode, display.server_uid).ok()??.1;
                now.insert(inode, state.xrdp_clients.get(&inode).copied().flatten().or_else(process));
            }
        }
        state.xrdp_clients = now;
    }

    fn report_at(&self, id: u32, moment: &Moment) {
        let mut state = self.state();
        let Some(known) = state.logins.get(&id) else { return };
        let released = state.screens_of(id).find_map(|screen| screen.status()?.released.clone());
        let released = released.or_else(|| state.guard_released(id));
        let released = released.or_else(|| state.seat_released(known.login.seat.as_deref()?));
        let seen = seen(&state, id, known, moment);
        let news = (seen.clone(), released.clone());
        let old = state.told.insert(id, news.clone());
        drop(state);
        if old.as_ref() != Some(&news) {
            self.tell(Noticed::Changed { id, seen, released });
        }
    }

    /// What covers a session; none where it is not known.
    pub(super) fn mechanism(&self, id: u32) -> Option<Mechanism> {
        let state = self.state();
        let login = &state.logins.get(&id)?.login;
        let leads = leads(login);
        Some(Mechanism::of(kind(login, ShownOn::of(&state, id), leads), login, leads))
    }

    /// The clients of a session's displays, each with the user whom its display's server runs as.
    ///
    /// # Errors
    /// It cannot be told.
    pub(super) fn clients(&self, id: u32, moment: &Moment) -> io::Result<Vec<(u32, Client)>> {
        clients(&self.state(), id, moment)
    }
}

fn clients(state: &State, id: u32, moment: &Moment) -> io::Result<Vec<(u32, Client)>> {
    let mut all = Vec::new();
    for display in state.screens_of(id).map(|screen| &screen.display) {
        all.extend(moment.clients(display)?.into_iter().map(|client| (display.server_uid, client)));
    }
    Ok(all)
}

/// What a session has displays of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ShownOn {
    x11: bool,
    wayland: bool,
    /// Nobody sees one of X11 but by a client from elsewhere, which comes by ssh.
    x2go: bool,
}

impl ShownOn {
    fn of(state: &State, id: u32) -> ShownOn {
        let shown_by = |is: fn(&Display) -> bool| state.screens_of(id).any(|screen| is(&screen.display));
        ShownOn {
            x11: shown_by(|display| !display.is_wayland()),
            wayland: shown_by(Display::is_wayland),
            x2go: shown_by(Display::is_x2go),
        }
    }

    fn any(self) -> bool {
        self.x11 || self.wayland
    }
}

fn seen(state: &State, id: u32, known: &Known, moment: &Moment) -> Seen {
    let login = &known.login;
    let leads = leads(login);
    let on = ShownOn::of(state, id);
    let kind = kind(login, on, leads);
    let mechanism = Mechanism::of(kind, login, leads);
    let shown = || state.screens_of(id).filter_map(|screen| screen.status());
    Seen {
        covers: match (mechanism, &login.seat) {
            (Mechanism::Seat, Some(seat)) => state.seat_shows(id, seat),
            _ => covers(state, id, mechanism),
        },
        stations: stations(state, id, (login, kind), leads, moment),
        title: shown().find_map(|status| status.title.clone()).or_else(|| program(login, leads)),
        last_input: shown()
            .filter_map(|status| status.last_input)
            .max()
            .or_else(|| terminal_input(login))
            .or(login.idle_since),
        kind: Some(kind),
        // What shows a display is no rest of a login that is over: a client comes back to it.
        closing: (login.closing || !leads) && !on.any(),
        only_usher: may_be_station(kind, login) && only_usher::runs(login),
        unlockable: mechanism.unlockable(id).or_else(|| uncoverable(state, id, (login, kind), mechanism)),
        undetachable: undetachable(state, id, kind, login),
    }
}

/// Locked is what is covered everywhere: a session with a display without a shield, or with other covers, is not.
fn covers(state: &State, id: u32, mechanism: Mechanism) -> Vec<Cover> {
    let shields = state.screens_of(id).map(|screen| screen.status().map(|status| status.covers.clone()));
    let guards = (mechanism == Mechanism::Guard).then(|| Some(state.guarded(id)));
    let mut all = guards.into_iter().chain(shields);
    match all.next().flatten() {
        Some(first) if all.all(|other| other.as_ref() == Some(&first)) => first,
        _ => Vec::new(),
    }
}

/// The leader's program. systemd names a process that is about to become one in parentheses.
fn program(login: &Login, leads: bool) -> Option<String> {
    leads.then(|| proc::name(login.leader)).flatten().map(|name| name.trim_matches(['(', ')']).to_owned())
}

/// Whoever has a display is on X11, or on Wayland alone, whatever type the session's user gave it (`SetType` of
/// `org.freedesktop.login1(5)`). A terminal that a service gave, and in which a display server was started, stays a terminal:
/// somebody may still type at it. X2Go starts a display by ssh without a terminal, and its client stays.
fn kind(login: &Login, on: ShownOn, leads: bool) -> Kind {
    let shown = if on.x11 { Some(Kind::X11) } else { on.wayland.then_some(Kind::Wayland) };
    match (login.kind, shown) {
        (Kind::Ssh, Some(shown)) if on.x2go && login.tty.is_none() => shown,
        (Kind::Ssh | Kind::Console, Some(shown)) if !login.by_terminal || login.seat.is_some() || !leads => shown,
        (Kind::Wayland | Kind::X11, Some(shown)) => shown,
        (kind, _) => kind,
    }
}

/// Whether the login may be but the way to a text session. At a seat it is locked with the seat, whatever runs in it.
fn may_be_station(kind: Kind, login: &Login) -> bool {
    matches!(kind, Kind::Ssh | Kind::Console) && login.seat.is_none()
}

/// Whether the session's leader is there: logind keeps a session until its last process has ended.
fn leads(login: &Login) -> bool {
    login.leading().lives()
}

fn stations(state: &State, id: u32, (login, kind): (&Login, Kind), leads: bool, moment: &Moment) -> Vec<SeenStation> {
    if let Some(seat) = &login.seat {
        let station = || SeenStation { id: seat_number(seat), client: None };
        return state.is_sat_at(login, seat).then(station).into_iter().collect();
    }
    let unknown = || "unknown".to_owned();
    // Where nobody can tell who is there, somebody may be.
    let Ok(clients) = clients(state, id, moment) else {
        return vec![SeenStation { id: 0, client: Some(unknown()) }];
    };
    let address = |client: &Client| match client {
        Client::Viewer(tcp) => tcp.remote.0.to_string(),
        Client::Xrdp { inode } => {
            state.xrdp_clients.get(inode).copied().flatten().map_or_else(unknown, |a| a.to_string())
        }
    };
    let mut stations: Vec<_> =
        clients.iter().map(|(_, client)| SeenStation { id: 0, client: Some(address(client)) }).collect();
    if stations.is_empty() && leads {
        match (&login.remote, kind) {
            (Some(host), Kind::Ssh) => {
                stations.push(SeenStation {
                    id: 0,
                    client: Some(host.clone()).filter(|h| !h.is_empty()).or_else(|| Some(unknown())),
                });
            }
            (None, Kind::Console | Kind::Ssh) => stations.push(SeenStation { id: 1, client: None }),
            _ => {}
        }
    }
    stations
}

/// `seat0` is station 1.
fn seat_number(seat: &str) -> u32 {
    seat.strip_prefix("seat").and_then(|digits| digits.parse::<u32>().ok()).map_or(1, |number| number.saturating_add(1))
}

/// A terminal's time of last access is when something was last typed, as `w(1)` shows it.
fn terminal_input(login: &Login) -> Option<Timestamp> {
    let meta = std::fs::metadata(std::path::Path::new("/dev").join(login.tty.as_ref()?)).ok()?;
    Timestamp::try_from(meta.accessed().ok()?).ok()
}

/// Why no shield can cover a session, if that is so.
fn uncoverable(state: &State, id: u32, (login, kind): (&Login, Kind), mechanism: Mechanism) -> Option<String> {
    match kind {
        Kind::Wayland if mechanism != Mechanism::Seat => {
            without_compositor(state, id).or_else(|| without_lock(state, id))
        }
        Kind::X11 if mechanism == Mechanism::Shield => without_card(state, id, login.seat.as_deref()?),
        _ => None,
    }
}

/// Why nothing of an X11 session covers the screens of its seat, if that is so: what displays it has are none that anybody sees there.
fn without_card(state: &State, id: u32, seat: &str) -> Option<String> {
    let is_shown = |display: &Display| cards::has_open(display.server, seat).unwrap_or(false);
    let is_found = state.screens_of(id).any(|screen| is_shown(&screen.display));
    (!is_found).then(|| {
        format!(
            "session {id} is at {seat}, which has no virtual terminals, and no X server of it has a graphics card of that seat: \
             `usher close` ends it"
        )
    })
}

/// Why nothing is known of what a Wayland session shows, if that is so: it may be shown to anybody.
fn without_compositor(state: &State, id: u32) -> Option<String> {
    let is_known = state.screens_of(id).next().is_some();
    (!is_known).then(|| format!("session {id} is a Wayland session, but no compositor of it listens below /run/user"))
}

/// Why a session cannot be locked one of whose compositors has said that it has no lock.
pub(super) fn without_lock(state: &State, id: u32) -> Option<String> {
    state.screens_of(id).find_map(|screen| match &screen.shield {
        ShieldState::Unsupported(why) => {
            Some(format!(
                "session {id} cannot be locked: {why}; `usher disconnect` cuts off its viewers, and under a block libpam-usher keeps their \
                 next logins out"
            ))
        }
        _ => None,
    })
}

fn undetachable(state: &State, id: u32, kind: Kind, login: &Login) -> Option<String> {
    match kind {
        Kind::X11 if login.seat.is_none() => None,
        Kind::Ssh => Some(format!("session {id} is an ssh login: nothing would be left to come back to")),
        Kind::Wayland if login.seat.is_none() => without_compositor(state, id),
        Kind::X11 | Kind::Console | Kind::Wayland => match &login.seat {
            Some(seat) => state.stays(id, seat),
            None => Some(format!("session {id} is at a serial console: nothing would be left to come back to")),
        },
        Kind::Text => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::screen::DisplayState;
    use super::super::tests::{display, login};
    use super::*;

    const NOWHERE: ShownOn = ShownOn { x11: false, wayland: false, x2go: false };
    const ON_X11: ShownOn = ShownOn { x11: true, ..NOWHERE };
    const ON_WAYLAND: ShownOn = ShownOn { wayland: true, ..NOWHERE };

    #[test]
    fn a_session_that_no_terminal_service_let_in_is_on_x11_as_soon_as_it_has_a_display() {
        let of = |kind, by_terminal| Login { kind, by_terminal, ..login() };
        for said in [Kind::Ssh, Kind::Console, Kind::Wayland, Kind::X11] {
            assert_eq!(kind(&of(said, false), ON_X11, true), Kind::X11, "{said:?}");
            assert_eq!(kind(&of(said, false), ShownOn { wayland: true, ..ON_X11 }, true), Kind::X11, "{said:?}");
            assert_eq!(kind(&of(said, false), ON_WAYLAND, true), Kind::Wayland, "{said:?}");
        }
        for terminal in [Kind::Ssh, Kind::Console] {
            assert_eq!(kind(&of(terminal, false), NOWHERE, true), terminal);
            assert_eq!(kind(&of(terminal, true), ON_X11, true), terminal, "somebody may still type at it");
            assert_eq!(kind(&of(terminal, true), ON_WAYLAND, true), terminal, "somebody may still type at it");
            assert_eq!(kind(&of(terminal, true), ON_X11, false), Kind::X11, "nobody does");
        }
    }

    #[test]
    fn at_a_seat_without_terminals_a_display_is_covered_where_it_is_the_seats() {
        let at = Login { seat: Some("seat1".to_owned()), ..login() };
        for shown in [Kind::X11, Kind::Wayland] {
            assert_eq!(Mechanism::of(shown, &at, true), Mechanism::Shield);
        }
        assert!(matches!(Mechanism::of(Kind::Console, &at, true), Mechanism::Missing(_)));
        let mut state = State::default();
        let why = |state: &State, at: &Login| uncoverable(state, 3, (at, Kind::X11), Mechanism::Shield);
        assert!(why(&state, &at).is_some_and(|why| why.contains("no X server of it")));
        // Its server is this process, which has no graphics card.
        let shown = DisplayState { session: Some(3), ..DisplayState::new(display(1)) };
        state.screens.insert((1, shown.display.server.pid), shown);
        assert!(why(&state, &at).is_some());
        assert_eq!(why(&state, &login()), None, "at no seat");
    }

    #[test]
    fn a_display_of_x2go_is_the_session_and_its_connection_is_held_all_the_same() {
        let x2go = ShownOn { x2go: true, ..ON_X11 };
        let by_ssh = Login { kind: Kind::Ssh, by_terminal: true, tty: None, ..login() };
        assert_eq!(kind(&by_ssh, x2go, true), Kind::X11);
        let at_terminal = Login { tty: Some("pts/1".to_owned()), ..by_ssh.clone() };
        assert_eq!(kind(&at_terminal, x2go, true), Kind::Ssh, "somebody may still type at it");
        assert_eq!(Mechanism::of(Kind::X11, &by_ssh, true), Mechanism::Guard);
        assert_eq!(Mechanism::of(Kind::X11, &by_ssh, false), Mechanism::Shield, "no connection is left");
    }
}
