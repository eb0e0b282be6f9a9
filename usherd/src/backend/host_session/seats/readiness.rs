//! A warden that waits at a seat where somebody is logged in: to start one takes longer than all else of a lock.

use std::sync::Arc;
use std::time::Duration;

use usher_core::wire::seat::ToSeat;

use super::super::HostSessionBackend;
use super::{host, socket};
use crate::logind::Login;

/// A warden that ends sooner than this is started again only for a lock.
const LIVED: Duration = Duration::from_secs(10);

impl HostSessionBackend {
    /// What was covered before this daemon began is covered again: what may be needed from now on gets ready.
    pub(in super::super) fn ready_seats(&self) {
        let logins: Vec<(u32, Login)> = {
            let mut state = self.state();
            state.readies_seats = true;
            state.logins.iter().map(|(id, known)| (*id, known.login.clone())).collect()
        };
        logins.into_iter().for_each(|(id, login)| self.ready_seat(id, login));
    }

    /// Has a warden wait at the seat of a login, if that seat can be locked; one that is there already goes on.
    pub(in super::super) fn ready_seat(&self, id: u32, login: Login) {
        let Some(seat) = login.seat.clone().filter(|seat| host::refusal(seat).is_none()) else { return };
        let work = {
            let mut state = self.state();
            if !state.readies_seats {
                return;
            }
            Arc::clone(&state.seats.entry(seat.clone()).or_default().work)
        };
        let backend = self.clone();
        tokio::spawn(async move {
            let _turn = work.lock_owned().await;
            if backend.state().sessions_at(&seat).is_empty() {
                return;
            }
            let duty = backend.seat_duty(id, &login, &seat).await;
            if let Err(error) = backend.warden(&duty).await {
                tracing::warn!("{seat}: no warden waits there: {}", error.message);
            }
        });
    }

    /// A seat's warden is gone: where somebody is logged in, another one waits in its place, unless it ended as soon as it had begun.
    pub(super) fn ready_another(&self, seat: &str) {
        let login = {
            let state = self.state();
            let has_lived = |at: &super::SeatState| at.started.is_none_or(|started| started.elapsed() >= LIVED);
            let first = state.sessions_at(seat).first().copied();
            let lived = state.seats.get(seat).is_some_and(has_lived);
            first.filter(|_| lived).and_then(|id| Some((id, state.logins.get(&id)?.login.clone())))
        };
        login.into_iter().for_each(|(id, login)| self.ready_seat(id, login));
    }

    /// Whether a seat's warden stays where nothing is locked any more: somebody is logged in there, and it knows all that this
    /// version of usher does.
    pub(super) fn keeps_warden(&self, seat: &str) -> bool {
        let state = self.state();
        !state.sessions_at(seat).is_empty() && state.seats.get(seat).is_some_and(|at| at.is_current)
    }

    /// Lets a seat's warden go, which gives back what it may hold.
    pub(super) fn retire_warden(&self, seat: &str) {
        let link = self.state().seats.get_mut(seat).and_then(|at| at.link.take());
        let _ = std::fs::remove_file(socket(&self.seats_directory(), seat));
        link.into_iter().for_each(|link| drop(link.send(&ToSeat::Retire)));
    }
}
