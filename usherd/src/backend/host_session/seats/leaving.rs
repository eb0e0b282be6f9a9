//! Disconnecting a session at a seat: it lives on behind a greeter, or behind a login at another virtual terminal.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use usher_core::outcome::{Error, ErrorId};
use zbus::Variant;

use super::super::HostSessionBackend;
use super::{host, process};
use crate::backend::Observation;
use crate::logind::Login;
use crate::session::Target;

/// How long it may take until somebody else may sit down: a display manager may start a display server first.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often it is looked.
const LOOK: Duration = Duration::from_millis(50);

/// Frees the seat of a session, and sees that the session is no longer in front there.
pub(in super::super) fn disconnect(backend: &HostSessionBackend, target: &Target, seat: String) -> Observation<()> {
    let login = match backend.login(target) {
        Ok(login) => login,
        Err(error) => return Box::pin(std::future::ready(Err(error))),
    };
    let work = Arc::clone(&backend.state().seats.entry(seat.clone()).or_default().work);
    let (backend, id) = (backend.clone(), target.id);
    Box::pin(async move {
        let _turn = work.lock_owned().await;
        let left = leave(&backend, id, &login, &seat).await;
        backend.report(id);
        left
    })
}

async fn leave(backend: &HostSessionBackend, id: u32, login: &Login, seat: &str) -> Result<(), Error> {
    let bus = &backend.0.bus;
    // It is locked meanwhile.
    if let Some(why) = backend.state().stays(id, seat) {
        return Err(Error::new(ErrorId::NotSupported, why));
    }
    if !bus.login_by_id(&login.native_id).await?.is_some_and(|now| now.active) {
        return Ok(());
    }
    // LightDM starts a display server for its greeter there again and again, which never gets the card.
    if !host::is_first(seat) {
        let why = format!(
            "session {id} is at {seat}, which has no virtual terminals: no greeter comes to the front there while somebody is logged in"
        );
        return Err(Error::new(ErrorId::NotSupported, why).hint("`usher close` ends it"));
    }
    if !bus.show_greeter(seat, &login.user).await? {
        if !host::has_terminals(seat) {
            let why =
                format!("session {id} is at {seat}, which has no virtual terminals, and no display manager serves it");
            return Err(Error::new(ErrorId::NotSupported, why).hint("`usher close` ends it"));
        }
        backend.show_login(id, seat).await?;
    }
    let until = Instant::now() + PATIENCE;
    loop {
        if is_left(backend, login, seat).await? {
            return Ok(());
        }
        if Instant::now() >= until {
            let why = format!("session {id} is still in front at {seat} after {} s", PATIENCE.as_secs());
            return Err(Error::new(ErrorId::Timeout, why));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// logind says that the session is not in front, nor another one of that user's; the kernel says the same of its terminal.
async fn is_left(backend: &HostSessionBackend, login: &Login, seat: &str) -> Result<bool, Error> {
    let bus = &backend.0.bus;
    let behind = bus.login_by_id(&login.native_id).await?.is_none_or(|now| !now.active);
    let another = || login.terminal == 0 || host::terminal_in_front().is_some_and(|front| front != login.terminal);
    Ok(behind && another() && bus.in_front(seat).await?.is_none_or(|front| front.uid != login.uid))
}

impl HostSessionBackend {
    /// Puts a virtual terminal in front where nobody is logged in and a login waits.
    async fn show_login(&self, id: u32, seat: &str) -> Result<(), Error> {
        let bus = &self.0.bus;
        let (taken, most) = (bus.taken_terminals().await?, bus.login_terminals().await?);
        let Some(number) = free(&taken.into_iter().collect::<Vec<_>>(), most) else {
            let why = format!("session {id} cannot leave {seat}: no virtual terminal with a login is free there");
            return Err(Error::new(ErrorId::NotSupported, why).hint("`usher lock` covers it, `usher close` ends it"));
        };
        // As logind does when somebody switches to it.
        bus.start(&format!("autovt@tty{number}.service")).await?;
        let mut properties = process::unit(seat);
        let command = process::command(Some(["front".to_owned(), number.to_string()]));
        properties.retain(|(name, _)| !matches!(*name, "ExecStart" | "Type" | "ExitType"));
        properties.extend([("ExecStart", command), ("Type", Variant::from("oneshot".to_owned()))]);
        let name = format!("usher-seat-{seat}-front-{}-{}.service", std::process::id(), self.next_seq());
        bus.start_transient(&name, properties).await
    }
}

/// The first terminal for logins at which nobody is; the one on which the host boots comes last, for it may let somebody in by itself.
fn free(taken: &[u32], most: u32) -> Option<u32> {
    (2..=most).chain((most > 0).then_some(1)).find(|number| !taken.contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_waits_where_nobody_is() {
        assert_eq!(free(&[1], 6), Some(2));
        assert_eq!(free(&[1, 2, 7], 6), Some(3));
        assert_eq!(free(&[2, 3, 4, 5, 6], 6), Some(1));
        assert_eq!(free(&[1, 2, 3], 3), None);
        assert_eq!(free(&[], 0), None);
    }
}
