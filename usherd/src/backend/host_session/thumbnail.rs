//! A thumbnail of a display. Its shield makes it: root does not talk to X servers and compositors of users.

use std::os::fd::OwnedFd;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::{Pin, ThumbnailQuery};
use usher_core::session::Kind;
use usher_core::wire::shield::{FromShield, ToShield, WITH_CHANGES, WITH_LOOKS, WITH_PICTURES, WITH_WAYLAND_PICTURES};

use super::HostSessionBackend;
use super::screen::{DisplayState, ShieldState};
use crate::backend::Observation;
use crate::backend::thumbnail::{DEADLINE, TakenScreen, collect, failed, late, pipe, too_old, unless_known};
use crate::session::Target;
use crate::xdisplay::stations::Moment;
use crate::xdisplay::{Display, wayland};

pub(super) fn thumbnail(
    backend: &HostSessionBackend,
    target: &Target,
    query: &ThumbnailQuery,
) -> Observation<TakenScreen> {
    let (backend, target, query) = (backend.clone(), target.clone(), query.clone());
    Box::pin(async move {
        let made = timeout(DEADLINE, made(&backend, &target, &query)).await;
        made.unwrap_or_else(|_| Err(late(target.id)))
    })
}

async fn made(backend: &HostSessionBackend, target: &Target, query: &ThumbnailQuery) -> Result<TakenScreen, Error> {
    let kind = backend.login(target)?.kind;
    let place = awaited_display(backend, target.id, kind).await.ok_or_else(|| no_display(target.id))?;
    // Many requests for one display wait for each other, and the shield's other work for none of them.
    let found = backend.state().screens.get(&place).map(|screen| (screen.thumbnails.clone(), screen.display.clone()));
    let (turn, display) = found.ok_or_else(|| no_display(target.id))?;
    let _turn = turn.lock().await;
    if query.live && query.known.is_some() && shows_still(backend, place, query) {
        return Ok(TakenScreen { bytes: None, told: true });
    }
    let connection = connection(&display).await?;
    let changes = backend.state().screens.get(&place).map(|screen| screen.changes);
    let (thumbnail, reply) = order(backend, target, place, query, connection)?;
    let (thumbnail, reply) = tokio::join!(collect(thumbnail), reply);
    match reply {
        Ok(FromShield::Pictured { error: None, watched, .. }) => {
            let png = thumbnail?;
            if let Some(screen) = backend.state().screens.get_mut(&place)
                && watched
                && Some(screen.changes) == changes
            {
                screen.pictured.insert(query.size, Pin::of(&png));
            }
            Ok(TakenScreen { bytes: unless_known(png, query.known.as_ref()), told: watched })
        }
        Ok(FromShield::Pictured { error: Some(why), unsupported: true, .. }) => Err(never(target.id, &why)),
        Ok(FromShield::Pictured { error: Some(why), .. }) => {
            Err(failed(&format!("display {} of session {}: {why}", display.name(), target.id)))
        }
        Ok(_) | Err(_) => Err(failed(&format!("the shield of display {} ended", display.name()))),
    }
}

/// Whether the screen shows what the caller knows, and its next change is told: then nobody needs to look.
fn shows_still(backend: &HostSessionBackend, place: (u32, u32), query: &ThumbnailQuery) -> bool {
    backend.state().screens.get(&place).is_some_and(|screen| screen.pictured.get(&query.size) == query.known.as_ref())
}

/// What a Wayland shield takes the thumbnail by: it can make no connection itself.
async fn connection(display: &Display) -> Result<Option<OwnedFd>, Error> {
    if !display.is_wayland() {
        return Ok(None);
    }
    let connection = wayland::connect(display).await;
    connection.map(Some).map_err(|error| failed(&format!("the compositor does not answer: {error}")))
}

type PendingThumbnail = (tokio::net::unix::pipe::Receiver, crate::backend::link::Reply<FromShield>);

fn order(
    backend: &HostSessionBackend,
    target: &Target,
    place: (u32, u32),
    query: &ThumbnailQuery,
    connection: Option<OwnedFd>,
) -> Result<PendingThumbnail, Error> {
    let (thumbnail, theirs) = pipe()?;
    let seq = backend.next_seq();
    let state = backend.state();
    let screen = state.screens.get(&place).ok_or_else(|| no_display(target.id))?;
    let first = if screen.display.is_wayland() { WITH_WAYLAND_PICTURES } else { WITH_PICTURES };
    match &screen.shield {
        ShieldState::Held { protocol, .. } if *protocol < first => Err(too_old(target.id, "shield")),
        ShieldState::Held { link, protocol, .. } => {
            if let Some(connection) = connection {
                link.send_with(&ToShield::Connection, connection)?;
            }
            let (size, watch) = (query.size, query.live && *protocol >= WITH_CHANGES);
            Ok((thumbnail, link.request_with(seq, &ToShield::Picture { seq, size, watch }, theirs)?))
        }
        ShieldState::Unsupported(why) => Err(never(target.id, why)),
        ShieldState::Absent(_) | ShieldState::Failing(_) | ShieldState::Arming => Err(no_shield(target.id, screen)),
    }
}

/// Tells on each display of the session who looks at it.
pub(super) fn looked(backend: &HostSessionBackend, id: u32, by: Option<&str>) {
    let state = backend.state();
    for screen in state.screens.values().filter(|screen| screen.session == Some(id)) {
        if let ShieldState::Held { link, protocol, .. } = &screen.shield
            && *protocol >= WITH_LOOKS
        {
            // A shield that takes no messages is lost, and so is the next.
            let _ = link.send(&ToShield::Looked { by: by.map(str::to_owned) });
        }
    }
}

/// The display that a person looks at, once its shield is there. One that has just come may not have been found yet.
async fn awaited_display(backend: &HostSessionBackend, id: u32, kind: Kind) -> Option<(u32, u32)> {
    let until = Instant::now() + crate::backend::DEADLINE;
    loop {
        let place = seen_display(backend, id);
        let comes = match place {
            None => matches!(kind, Kind::X11 | Kind::Wayland),
            Some(place) => backend.state().screens.get(&place).is_some_and(DisplayState::is_new),
        };
        if !comes || Instant::now() >= until {
            return place;
        }
        if place.is_none() {
            backend.look_for_displays();
        }
        sleep(Duration::from_millis(20)).await;
    }
}

/// The display that a person looks at: the first that has a viewer, else the first.
fn seen_display(backend: &HostSessionBackend, id: u32) -> Option<(u32, u32)> {
    let state = backend.state();
    let own: Vec<_> = state.screens.iter().filter(|(_, screen)| screen.session == Some(id)).collect();
    let viewed = match own.as_slice() {
        // Who looks is a question to the kernel that is not asked for each picture.
        [] | [_] => None,
        several => {
            let moment = Moment::now();
            several.iter().find(|(_, screen)| moment.clients(&screen.display).is_ok_and(|clients| !clients.is_empty()))
        }
    };
    viewed.or_else(|| own.first()).map(|(place, _)| **place)
}

fn no_display(id: u32) -> Error {
    Error::new(ErrorId::NotSupported, format!("there is no thumbnail of session {id}: no display of it was found"))
        .hint("an X display is found by its socket below /tmp/.X11-unix, a Wayland compositor by its socket below /run/user")
}

/// What shows the session lets nobody picture it.
fn never(id: u32, why: &str) -> Error {
    Error::new(ErrorId::NotSupported, format!("there is no thumbnail of session {id}: {why}"))
        .hint("sessions of sway, labwc and X11 can be pictured")
}

fn no_shield(id: u32, screen: &DisplayState) -> Error {
    let (display, why) = (screen.display.name(), screen.absence());
    let message = format!("there is no thumbnail of session {id}: display {display} has no shield: {why}");
    Error::new(ErrorId::NotSupported, message)
        .hint("usherd goes on trying; `usher lock` says when the display is covered")
}
