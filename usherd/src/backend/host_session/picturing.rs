//! A picture of a display: its shield's doing, because root does not talk to X servers of users.

use tokio::time::timeout;
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::ThumbnailSize;
use usher_core::wire::shield::{FromShield, ToShield, WITH_PICTURES};

use super::LoginBackend;
use super::screen::{Screen, Shield};
use crate::backend::Observation;
use crate::backend::picture::{DEADLINE, collect, failed, late, pipe, too_old};
use crate::session::Target;
use crate::xdisplay::stations::Moment;

pub(super) fn picture(backend: &LoginBackend, target: &Target, size: ThumbnailSize) -> Observation<Vec<u8>> {
    let (backend, target) = (backend.clone(), target.clone());
    Box::pin(async move {
        let taken = timeout(DEADLINE, take(&backend, &target, size)).await;
        taken.unwrap_or_else(|_| Err(late(target.id)))
    })
}

async fn take(backend: &LoginBackend, target: &Target, size: ThumbnailSize) -> Result<Vec<u8>, Error> {
    backend.login(target)?;
    let place = seen_display(backend, target.id).ok_or_else(|| no_display(target.id))?;
    // Who looks often waits for himself, and not for the shield's other work.
    let looking = backend.state().screens.get(&place).map(|screen| screen.looking.clone());
    let looking = looking.ok_or_else(|| no_display(target.id))?;
    let _turn = looking.lock().await;
    let (picture, reply) = order(backend, target, place, size)?;
    let (picture, reply) = tokio::join!(collect(picture), reply);
    match reply {
        Ok(FromShield::Pictured { error: None, .. }) => picture,
        Ok(FromShield::Pictured { error: Some(why), .. }) => {
            Err(failed(&format!("display :{} of session {}: {why}", place.0, target.id)))
        }
        Ok(_) | Err(_) => Err(failed(&format!("the shield of display :{} ended", place.0))),
    }
}

type Ordered = (tokio::net::unix::pipe::Receiver, crate::backend::link::Reply<FromShield>);

fn order(backend: &LoginBackend, target: &Target, place: (u32, u32), size: ThumbnailSize) -> Result<Ordered, Error> {
    let (picture, theirs) = pipe()?;
    let seq = backend.next_seq();
    let state = backend.state();
    let screen = state.screens.get(&place).ok_or_else(|| no_display(target.id))?;
    match &screen.shield {
        Shield::Held { protocol, .. } if *protocol < WITH_PICTURES => Err(too_old(target.id, "shield")),
        Shield::Held { link, .. } => Ok((picture, link.ask_handing(seq, &ToShield::Picture { seq, size }, theirs)?)),
        Shield::Absent(_) | Shield::Beyond | Shield::Arming => Err(no_shield(target.id, screen)),
    }
}

/// The display that a person looks at: the first that has a viewer, else the first.
fn seen_display(backend: &LoginBackend, id: u32) -> Option<(u32, u32)> {
    let moment = Moment::now();
    let state = backend.state();
    let own = || state.screens.iter().filter(|(_, screen)| screen.session == Some(id));
    let viewed = own().find(|(_, screen)| moment.clients(&screen.display).is_ok_and(|clients| !clients.is_empty()));
    viewed.or_else(|| own().next()).map(|(place, _)| *place)
}

fn no_display(id: u32) -> Error {
    Error::new(ErrorId::NotSupported, format!("session {id} cannot be pictured: no X display of it was found"))
        .hint("a display is found by its socket below /tmp/.X11-unix")
}

fn no_shield(id: u32, screen: &Screen) -> Error {
    let (display, why) = (screen.display.number, screen.absence());
    let message = format!("session {id} cannot be pictured: display :{display} has no shield: {why}");
    Error::new(ErrorId::NotSupported, message)
        .hint("usherd goes on trying; `usher lock` says when the display is covered")
}
