//! What the daemon asks of the backend of logind's sessions, concern by concern.

use super::mechanism::Mechanism;
use super::*;
use crate::backend::TakenScreen;

impl Covering for HostSessionBackend {
    fn cover(&self, target: &Target, covers: Vec<Cover>) -> Observation<Covered> {
        match self.mechanism(target.id) {
            Some(Mechanism::Guard) => guarding::cover(self, target, covers),
            Some(Mechanism::Seat) => seats::cover(self, target, covers),
            Some(Mechanism::Shield | Mechanism::Missing(_)) | None => covering::cover(self, target, covers),
        }
    }
}

impl Seating for HostSessionBackend {
    fn disconnect(&self, target: &Target, _by: &str) -> Observation<()> {
        let seat = self.login(target).ok().and_then(|login| login.seat);
        match seat {
            Some(seat) => seats::disconnect(self, target, seat),
            None => detaching::disconnect(self, target),
        }
    }
}

impl Ending for HostSessionBackend {
    fn announce(&self, target: &Target, notice: Notice) -> Result<(), Error> {
        let login = self.login(target)?;
        closing::announce(self, target.id, &login, notice);
        Ok(())
    }

    fn withdraw(&self, target: &Target, by: Option<&str>) -> Result<(), Error> {
        let login = self.login(target)?;
        closing::withdraw(self, target.id, &login, by)
    }

    fn close(&self, target: &Target, _by: &str, grace: Duration) -> Observation<bool> {
        closing::close(self, target, grace)
    }
}

impl Showing for HostSessionBackend {
    fn thumbnail(&self, target: &Target, query: &ThumbnailQuery) -> Observation<TakenScreen> {
        thumbnail::thumbnail(self, target, query)
    }

    fn looked(&self, target: &Target, by: Option<&str>) {
        if self.login(target).is_ok() {
            thumbnail::looked(self, target.id, by);
        }
    }

    /// Refused: displays have no text.
    fn text(&self, target: &Target) -> Observation<Vec<u8>> {
        let why = format!("session {} is no text session", target.id);
        Box::pin(std::future::ready(Err(Error::new(ErrorId::NotSupported, why))))
    }
}

impl Logins for HostSessionBackend {
    fn key(&self, login: &Login) -> SessionKey {
        login.key(&self.0.boot_id)
    }

    fn know(&self, id: u32, login: Login) {
        HostSessionBackend::know(self, id, login);
    }

    fn forget(&self, id: u32) {
        HostSessionBackend::forget(self, id);
    }

    fn sessions_of_group(&self, group: &str) -> Vec<u32> {
        HostSessionBackend::sessions_of_group(self, group)
    }

    fn ssh_origin(&self, group: &str) -> Option<String> {
        HostSessionBackend::ssh_origin(self, group)
    }

    fn spare(&self, sessions: &[u32]) {
        HostSessionBackend::spare(self, sessions);
    }
}

impl Displays for HostSessionBackend {
    fn start(&self) {
        HostSessionBackend::start(self);
    }

    fn is_following(&self) -> bool {
        self.0.bus.is_connected()
    }

    fn retire_strangers(&self) -> BoxFuture<'_, ()> {
        Box::pin(HostSessionBackend::retire_strangers(self))
    }

    fn armed(&self) -> BoxFuture<'_, ()> {
        Box::pin(HostSessionBackend::armed(self))
    }

    fn reconciled(&self) {
        HostSessionBackend::reconciled(self);
        self.give_back_forgotten_seats();
    }

    fn look_for_displays(&self) {
        HostSessionBackend::look_for_displays(self);
    }

    fn look_at_stations(&self) {
        HostSessionBackend::look_at_stations(self);
    }
}

impl HostSessions for HostSessionBackend {
    fn enable_and_start<'a>(&'a self, unit: &'a str) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(self.0.bus.enable_and_start(unit))
    }
}
