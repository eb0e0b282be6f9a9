//! What speaks against a lock although every known display shows its cover: a server whose word does not count, one that
//! nobody covers, displays beyond what is looked at. Then the lock stands and is not observed.

use std::collections::BTreeSet;

use tokio::time::Instant;
use usher_core::outcome::{Error, ErrorId};
use usher_core::session::Cover;
use usher_core::sys::process::Process;

use super::HostSessionBackend;
use super::screen::DisplayState;
use crate::logind::Login;
use crate::session::Target;
use crate::xdisplay::unseen::Unseen;
use crate::xdisplay::{Display, trust, unseen};

/// Looks for everything that speaks against it, until then.
pub(super) async fn look(
    backend: &HostSessionBackend,
    target: &Target,
    login: &Login,
    covers: &[Cover],
    until: Instant,
) -> Result<(), Error> {
    let places = backend.places(target.id);
    if covers.is_empty() || places.is_empty() {
        return Ok(());
    }
    let all = async {
        let displays = backend.displays_of(target.id);
        for place in places {
            backend.doubt(target.id, place).await?;
        }
        one_server_a_number(target.id, &displays)?;
        backend.none_beyond(target.id, login.uid)?;
        backend.none_unseen(target.id, login.uid).await
    };
    let late = || failed(target.id, "its displays' servers could not be looked at in time".to_owned());
    tokio::time::timeout_at(until, all).await.unwrap_or_else(|_| Err(late()))
}

fn failed(id: u32, what: String) -> Error {
    Error::new(ErrorId::BackendFailed, format!("session {id}: {what}"))
        .hint("its lock stands, and nobody can tell what its user sees; `usher close` ends the session")
}

/// A display as a sentence names it.
fn named(display: &Display) -> String {
    let program = display.program.file_name().unwrap_or_default().to_string_lossy();
    let program: String = program.chars().filter(|c| !c.is_control()).take(64).collect();
    format!("process {} ({program}), which serves display {}", display.server.pid, display.name())
}

/// Whoever connects to a number must find the server that is covered.
fn one_server_a_number(id: u32, displays: &[Display]) -> Result<(), Error> {
    for (nth, one) in displays.iter().enumerate() {
        if let Some(other) = displays[..nth].iter().find(|other| other.name() == one.name()) {
            let what = format!("{}, has the number of process {}'s display", named(one), other.server.pid);
            return Err(failed(id, what));
        }
    }
    Ok(())
}

impl HostSessionBackend {
    pub(super) fn places(&self, id: u32) -> Vec<(u32, u32)> {
        let state = self.state();
        state.screens.iter().filter(|(_, screen)| screen.session == Some(id)).map(|(place, _)| *place).collect()
    }

    fn displays_of(&self, id: u32) -> Vec<Display> {
        self.state().screens_of(id).map(|screen| screen.display.clone()).collect()
    }

    /// Reads once what does not change of a display's server, so that a lock need not wait for it.
    pub(super) async fn check(&self, place: (u32, u32)) -> std::io::Result<Option<String>> {
        let known = |screen: &DisplayState| (screen.display.clone(), screen.doubt.clone());
        let display = match self.state().screens.get(&place).map(known) {
            Some((display, None)) => display,
            Some((_, Some(doubt))) => return Ok(doubt),
            None => return Ok(None),
        };
        let doubt = trust::doubt(&display).await?;
        if let Some(screen) = self.state().screens.get_mut(&place).filter(|screen| screen.display == display) {
            screen.doubt = Some(doubt.clone());
        }
        Ok(doubt)
    }

    /// Whether the word of a display's server counts.
    async fn doubt(&self, id: u32, place: (u32, u32)) -> Result<(), Error> {
        let Some(display) = self.state().screens.get(&place).map(|screen| screen.display.clone()) else {
            return Ok(());
        };
        let doubt = match self.check(place).await {
            Ok(Some(doubt)) => Ok(Some(doubt)),
            Ok(None) => trust::doubt_now(&display),
            Err(error) => Err(error),
        };
        let why = match doubt {
            Ok(None) => return Ok(()),
            Ok(Some(why)) => why,
            Err(error) => format!("it cannot be looked at: {error}"),
        };
        // One that ended meanwhile shows nothing.
        if display.server.is_gone() {
            return Ok(());
        }
        Err(failed(id, format!("{}, may show anything: {why}", named(&display))))
    }

    fn none_beyond(&self, id: u32, uid: u32) -> Result<(), Error> {
        let state = self.state();
        let beyond = state.beyond.contains(&uid) || state.compositors_beyond.contains(&uid);
        let why = || "its user has more sockets of displays than are looked at".to_owned();
        if beyond { Err(failed(id, why())) } else { Ok(()) }
    }

    /// That nothing of this user's serves a display which no session has, but for what belongs to another session.
    async fn none_unseen(&self, id: u32, uid: u32) -> Result<(), Error> {
        let traced: BTreeSet<Process> = {
            let state = self.state();
            let screens = state.screens.values().filter(|screen| screen.session.is_some());
            screens.map(|screen| screen.display.server).collect()
        };
        let on_wayland = self.displays_of(id).iter().any(Display::is_wayland);
        let looked = tokio::task::spawn_blocking(move || unseen::of_user(uid, &traced, on_wayland)).await;
        let looked = looked.map_err(std::io::Error::other).and_then(|unseen| unseen);
        let unseen =
            looked.map_err(|error| failed(id, format!("its user's processes cannot be looked at: {error}")))?;
        let state = self.state();
        let others = |unseen: &Unseen| state.session_of(&unseen.membership).is_some_and(|session| session != id);
        match unseen.into_iter().find(|unseen| !others(unseen)) {
            Some(Unseen { process, program, .. }) => {
                let what = format!(
                    "process {} ({program}) of its user serves a display that is not covered, or cannot be looked at",
                    process.pid
                );
                Err(failed(id, what))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::display;
    use super::*;

    #[test]
    fn of_two_servers_on_one_number_the_later_one_is_named() {
        let other = |number: u32, pid: u32| Display { server: Process { pid, start: 1 }, ..display(number) };
        assert!(one_server_a_number(3, &[other(10, 1), other(11, 2), other(12, 3)]).is_ok());
        let failed = one_server_a_number(3, &[other(10, 1), other(11, 2), other(10, 4)]).unwrap_err();
        assert!(failed.message.contains("process 4 (") && failed.message.contains("display :10"), "{failed:?}");
        assert!(failed.message.contains("has the number of process 1's display"), "{failed:?}");
    }
}
