//! Finding Wayland compositors: each user's beside the others', because each user's files may hang.

use std::collections::BTreeMap;
use std::time::Duration;

use usher_core::session::Kind;
use usher_core::wire::shield::{DisplayProtocol, ToShield};

use super::HostSessionBackend;
use super::screen::DisplayState;
use crate::xdisplay::Display;
use crate::xdisplay::wayland::{self, Spot};

/// How often a compositor is looked for that a session was begun for.
pub(super) const SOON: Duration = Duration::from_millis(300);
/// For how long after that.
const YOUNG: jiff::SignedDuration = jiff::SignedDuration::from_secs(60);
/// The longest that a start waits for compositors that there are.
const FIRST_LOOK: Duration = Duration::from_secs(3);

impl HostSessionBackend {
    /// Whether a session has begun whose compositor is not known yet: no kernel event tells when it listens.
    pub(super) fn awaits_compositor(&self) -> bool {
        let state = self.state();
        let young = |since| usher_core::clock::now().duration_since(since) < YOUNG;
        let mut waiting = state
            .logins
            .iter()
            .filter(|(_, known)| known.login.kind == Kind::Wayland && !known.login.closing && young(known.login.since));
        waiting.any(|(id, _)| state.screens_of(*id).next().is_none())
    }

    /// Looks for compositors that came, and waits for what answers in time.
    pub(super) async fn find_compositors(&self) {
        let looks: Vec<_> = self.look_for_compositors().await;
        let all = futures_util::future::join_all(looks);
        let _ = tokio::time::timeout(FIRST_LOOK, all).await;
    }

    /// Begins to look for compositors that came.
    pub(super) async fn look_for_compositors(&self) -> Vec<tokio::task::JoinHandle<()>> {
        let found = tokio::task::spawn_blocking(wayland::spots).await;
        let Ok(Ok((of_user, beyond))) = found else {
            tracing::warn!("Wayland compositors cannot be looked for");
            return Vec::new();
        };
        let wanted = self.unknown(of_user, beyond);
        let look = |(uid, spots)| {
            let backend = self.clone();
            tokio::spawn(async move {
                for spot in spots {
                    if let Some(display) = wayland::look(spot).await {
                        backend.take_compositor(display);
                    }
                }
                backend.state().looking.remove(&uid);
            })
        };
        wanted.into_iter().map(look).collect()
    }

    /// The sockets of users with sessions that belong to no known display, but for users who are looked at already.
    fn unknown(
        &self,
        of_user: BTreeMap<u32, Vec<Spot>>,
        beyond: std::collections::BTreeSet<u32>,
    ) -> Vec<(u32, Vec<Spot>)> {
        let mut state = self.state();
        let known: Vec<_> =
            state.screens.values().filter(|s| s.display.is_wayland()).map(|s| s.display.server).collect();
        let mut wanted = Vec::new();
        for (uid, mut spots) in of_user {
            let has_session = state.logins.values().any(|known| known.login.uid == uid);
            spots.retain(|spot| !known.iter().any(|server| spot.is_of(*server)));
            if has_session && !spots.is_empty() && state.looking.insert(uid) {
                wanted.push((uid, spots));
            }
        }
        state.compositors_beyond = beyond;
        wanted
    }

    fn take_compositor(&self, display: Display) {
        let (arm, session) = {
            let mut state = self.state();
            let place = (display.number, display.server.pid);
            if state.screens.values().any(|screen| screen.display.server == display.server) {
                return;
            }
            state.screens.insert(place, DisplayState::new(display));
            let arm = state.place();
            (arm, state.screens.get(&place).and_then(|screen| screen.session))
        };
        arm.into_iter().for_each(|place| self.arm(place));
        session.into_iter().for_each(|id| self.report(id));
    }

    /// Hands a shield another connection to its compositor.
    pub(super) fn connect_shield(&self, place: (u32, u32)) {
        let backend = self.clone();
        tokio::spawn(async move {
            let display = backend.state().screens.get(&place).map(|screen| screen.display.clone());
            let Some(display) = display.filter(|display| display.protocol == DisplayProtocol::Wayland) else { return };
            let Ok(connection) = wayland::connect(&display).await else { return };
            if let Some(link) = backend.state().screens.get(&place).and_then(DisplayState::link) {
                let _ = link.send_with(&ToShield::Connection, connection);
            }
        });
    }
}
