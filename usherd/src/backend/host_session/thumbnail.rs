//! A thumbnail of a display. Its shield makes it: root does not talk to X servers of users.

use tokio::time::timeout;
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::{Pin, ThumbnailSize};
use usher_core::wire::shield::{FromShield, ToShield, WITH_PICTURES};

use super::HostSessionBackend;
use super::screen::{DisplayState, ShieldState};
use crate::backend::Observation;
use crate::backend::thumbnail::{DEADLINE, collect, failed, late, pipe, too_old, unless_known};
use crate::session::Target;
use crate::xdisplay::stations::Moment;

pub(super) fn thumbnail(
    backend: &HostSessionBackend,
    target: &Target,
    size: ThumbnailSize,
    known: Option<Pin>,
) -> Observation<Option<Vec<u8>>> {
    let (backend, target) = (backend.clone(), target.clone());
    Box::pin(async move {
        let made = timeout(DEADLINE, made(&backend, &target, size)).await;
        unless_known(made.unwrap_or_else(|_| Err(late(target.id)))?, known.as_ref())
    })
}

async fn made(backend: &HostSessionBackend, target: &Target, size: ThumbnailSize) -> Result<Vec<u8>, Error> {
    backend.login(target)?;
    let place = seen_display(backend, target.id).ok_or_else(|| no_display(target.id))?;
    // Many requests for one display wait for each other, and the shield's other work for none of them.
    let turn = backend.state().screens.get(&place).map(|screen| screen.thumbnails.clone());
    let turn = turn.ok_or_else(|| no_display(target.id))?;
    let _turn = turn.lock().await;
    let (thumbnail, reply) = order(backend, target, place, size)?;
    let (thumbnail, reply) = tokio::join!(collect(thumbnail), reply);
    match reply {
        Ok(FromShield::Pictured { error: None, .. }) => thumbnail,
        Ok(FromShield::Pictured { error: Some(why), .. }) => {
            Err(failed(&format!("display :{} of session {}: {why}", place.0, target.id)))
        }
        Ok(_) | Err(_) => Err(failed(&format!("the shield of display :{} ended", place.0))),
    }
}

type PendingThumbnail = (tokio::net::unix::pipe::Receiver, crate::backend::link::Reply<FromShield>);

fn order(
    backend: &HostSessionBackend,
    target: &Target,
    place: (u32, u32),
    size: ThumbnailSize,
) -> Result<PendingThumbnail, Error> {
    let (thumbnail, theirs) = pipe()?;
    let seq = backend.next_seq();
    let state = backend.state();
    let screen = state.screens.get(&place).ok_or_else(|| no_display(target.id))?;
    match &screen.shield {
        ShieldState::Held { protocol, .. } if *protocol < WITH_PICTURES => Err(too_old(target.id, "shield")),
        ShieldState::Held { link, .. } => {
            Ok((thumbnail, link.request_with(seq, &ToShield::Picture { seq, size }, theirs)?))
        }
        ShieldState::Absent(_) | ShieldState::Failing(_) | ShieldState::Unsupported(_) | ShieldState::Arming => {
            Err(no_shield(target.id, screen))
        }
    }
}

/// The display that a person looks at: the first that has a viewer, else the first.
fn seen_display(backend: &HostSessionBackend, id: u32) -> Option<(u32, u32)> {
    let moment = Moment::now();
    let state = backend.state();
    let own = || state.screens.iter().filter(|(_, screen)| screen.session == Some(id));
    let viewed = own().find(|(_, screen)| moment.clients(&screen.display).is_ok_and(|clients| !clients.is_empty()));
    viewed.or_else(|| own().next()).map(|(place, _)| *place)
}

fn no_display(id: u32) -> Error {
    Error::new(ErrorId::NotSupported, format!("there is no thumbnail of session {id}: no X display of it was found"))
        .hint("a display is found by its socket below /tmp/.X11-unix")
}

fn no_shield(id: u32, screen: &DisplayState) -> Error {
    let (display, why) = (screen.display.number, screen.absence());
    let message = format!("there is no thumbnail of session {id}: display :{display} has no shield: {why}");
    Error::new(ErrorId::NotSupported, message)
        .hint("usherd goes on trying; `usher lock` says when the display is covered")
}
