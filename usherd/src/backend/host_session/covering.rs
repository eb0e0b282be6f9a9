//! Covering and uncovering every display of a session, and seeing it.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;
use usher_core::outcome::{Error, ErrorId};
use usher_core::session::{Cover, Kind};
use usher_core::wire::shield::{FromShield, SUCCESSION, Status, ToShield};

use super::freezing::{Reach, reach};
use super::screen::DisplayState;
use super::seen::without_lock;
use super::{HostSessionBackend, doubts};
use crate::backend::link::Reply;
use crate::backend::{Covered, DEADLINE, Observation};
use crate::logind::Login;
use crate::session::Target;

/// The note of a lock of a session of xrdp's under which programs run on: what goes past its display.
const SHARED: &str =
    "what a client of xrdp shares, its clipboard and drives, stays open to the session's programs; --freeze stops that";

/// An order that is under way on one display.
struct PendingCover {
    place: (u32, u32),
    /// None where the shield is not there yet: it shows the covers as soon as it is.
    reply: Option<Reply<FromShield>>,
}

/// Orders the covers on every display of the session at once.
pub(super) fn cover(backend: &HostSessionBackend, target: &Target, covers: Vec<Cover>) -> Observation<Covered> {
    match backend.login(target) {
        Ok(login) => cover_displays(backend, target, &login, covers, None),
        Err(error) => Box::pin(std::future::ready(Err(error))),
    }
}

/// The same for a login that was looked up; its processes stop at least so far.
pub(super) fn cover_displays(
    backend: &HostSessionBackend,
    target: &Target,
    login: &Login,
    covers: Vec<Cover>,
    least: Option<Reach>,
) -> Observation<Covered> {
    let asked = reach(&covers, backend.0.always_freeze, login.uid);
    let reach = asked.or(least);
    backend.need_frozen(target.id, login, reach);
    let ordered = order(backend, target.id, &covers, reach.is_some());
    // A display whose shield was given up gets another chance.
    ordered.iter().for_each(|one| backend.arm(one.place));
    let until = Instant::now() + DEADLINE;
    let (backend, target, login) = (backend.clone(), target.clone(), login.clone());
    // It goes on whether or not somebody awaits it: a request may wait for another session's display first.
    let covered = tokio::spawn(async move {
        let seen = async {
            let places = backend.places(target.id);
            let (covered, doubts) = tokio::join!(
                seen(&backend, &target, &login, &covers, ordered, until),
                doubts::look(&backend, &target, &login, &covers, until),
            );
            let mut covered = covered.and_then(|covered| doubts.map(|()| covered))?;
            if backend.places(target.id).iter().any(|place| !places.contains(place)) {
                // A display came meanwhile.
                doubts::look(&backend, &target, &login, &covers, until).await?;
            }
            covered.notes.extend(backend.crowd_notes(target.id, &covers).await);
            Ok::<_, Error>(covered)
        };
        if reach.is_none() {
            // A stopped program may keep the display from being uncovered.
            let mut covered = tokio::join!(seen, backend.settle(login.uid)).0?;
            let shares = !covers.is_empty() && backend.shows_xrdp(target.id);
            covered.notes.extend(shares.then(|| SHARED.to_owned()));
            let open = !covers.is_empty() && backend.shows_wayland(target.id);
            covered.notes.extend(open.then(|| SUCCESSION.to_owned()));
            return Ok(covered);
        }
        match seen.await {
            Ok(covered) => backend.freeze_covered(&target, covered, asked.is_some()).await,
            Err(failure) => Err(backend.freeze_uncovered(&target, &covers, failure).await),
        }
    });
    Box::pin(async move {
        let broken = |_| Err(Error::new(ErrorId::BackendFailed, "usherd failed over this cover; its log says more"));
        covered.await.unwrap_or_else(broken)
    })
}

impl HostSessionBackend {
    /// Whether a session's displays are xrdp's: root's process of the service leads it, or a display is of Xorg's and at no
    /// seat.
    fn shows_xrdp(&self, id: u32) -> bool {
        let state = self.state();
        let Some(login) = state.logins.get(&id).map(|known| &known.login) else { return false };
        let seatless = login.seat.is_none();
        login.program.starts_with("xrdp-ses")
            || seatless
                && state.screens_of(id).any(|screen| screen.display.program.file_name().is_some_and(|n| n == "Xorg"))
    }
}

impl HostSessionBackend {
    /// Whether one of a session's displays is a compositor's.
    fn shows_wayland(&self, id: u32) -> bool {
        self.state().screens_of(id).any(|screen| screen.display.is_wayland())
    }
}

fn order(backend: &HostSessionBackend, id: u32, covers: &[Cover], frozen: bool) -> Vec<PendingCover> {
    let mut state = backend.state();
    let screens = state.screens.iter_mut().filter(|(_, screen)| screen.session == Some(id));
    screens
        .map(|(place, screen)| {
            screen.desired = Some(covers.to_vec());
            let seq = backend.next_seq();
            let message = ToShield::Cover { seq, covers: covers.to_vec(), frozen };
            PendingCover { place: *place, reply: screen.link().and_then(|link| link.request(seq, &message).ok()) }
        })
        .collect()
}

/// Awaits every display's answer within one deadline.
async fn seen(
    backend: &HostSessionBackend,
    target: &Target,
    login: &Login,
    covers: &[Cover],
    ordered: Vec<PendingCover>,
    until: Instant,
) -> Result<Covered, Error> {
    let is_shown = matches!(login.kind, Kind::X11 | Kind::Wayland);
    let shows_nothing = |displays: usize| displays == 0 && !covers.is_empty() && is_shown;
    let shown = || backend.state().screens_of(target.id).count();
    // One that has just come may not have been found yet.
    while shows_nothing(shown()) {
        if Instant::now() >= until {
            return Err(no_display(target));
        }
        backend.look_for_displays();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut covered = Covered::default();
    let mut looked = BTreeSet::new();
    let mut ordered = ordered.into_iter().map(|one| (one.place, one.reply));
    // A display that came meanwhile is the session's as well.
    while let Some((place, reply)) =
        ordered.next().or_else(|| Some((newcomer(backend, target, covers, &looked)?, None)))
    {
        looked.insert(place);
        match answer(backend, place, covers, reply, until).await {
            Some(FromShield::Covered { superseded, notes, .. }) => {
                covered.unseen |= superseded;
                covered.notes.extend(notes);
            }
            Some(_) => {}
            None => return Err(not_seen(backend, target, place, covers)),
        }
    }
    // A display that ended meanwhile is no failure, but where none is left nothing was seen to be covered.
    if shows_nothing(shown()) {
        return Err(no_display(target));
    }
    Ok(covered)
}

/// A display of a session to be covered that nobody has looked at yet.
fn newcomer(
    backend: &HostSessionBackend,
    target: &Target,
    covers: &[Cover],
    looked: &BTreeSet<(u32, u32)>,
) -> Option<(u32, u32)> {
    let state = backend.state();
    let mut own = state.screens.iter().filter(|(_, screen)| screen.session == Some(target.id)).map(|(place, _)| *place);
    own.find(|place| !covers.is_empty() && !looked.contains(place))
}

fn no_display(target: &Target) -> Error {
    Error::new(ErrorId::BackendFailed, format!("session {}: no display of it was found", target.id))
        .hint("its lock stands: a display is covered as soon as it appears")
}

/// The shield's answer; for a display whose shield came late, an answer made from its status.
async fn answer(
    backend: &HostSessionBackend,
    place: (u32, u32),
    covers: &[Cover],
    reply: Option<Reply<FromShield>>,
    until: Instant,
) -> Option<FromShield> {
    if let Some(reply) = reply
        && let Ok(answer) = tokio::time::timeout_at(until, reply).await
        && let Ok(answer) = answer
    {
        // The reconcile loop orders the same again: that takes nothing back.
        let by_the_same = matches!(answer, FromShield::Covered { superseded: true, .. })
            && backend.state().screens.get(&place).is_some_and(|screen| screen.desired.as_deref() == Some(covers));
        if !by_the_same {
            return Some(answer);
        }
    }
    loop {
        // A display that is gone shows nothing that would have to be covered.
        let done = backend.state().screens.get(&place).is_none_or(|screen| screen.shows(covers));
        if done {
            return Some(FromShield::Covered { seq: 0, superseded: false, notes: Vec::new(), held_micros: None });
        }
        if Instant::now() >= until {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Why a display was not seen to show its covers.
fn not_seen(backend: &HostSessionBackend, target: &Target, place: (u32, u32), covers: &[Cover]) -> Error {
    let state = backend.state();
    let status = state.screens.get(&place).and_then(DisplayState::status);
    let name = state.screens.get(&place).map_or_else(|| format!(":{}", place.0), |screen| screen.display.name());
    let display = format!("session {}: display {name}", target.id);
    let goes_on = "usherd goes on trying; `usher watch` tells when it holds";
    match status {
        Some(status) if !covers.is_empty() && status.covered && !status.input_held => Error::new(
            ErrorId::CoveredInputNotHeld,
            format!("{display} is covered, but another program holds its keyboard or pointer"),
        )
        .hint(goes_on),
        Some(Status { hindrance: Some(why), .. }) if !covers.is_empty() => {
            Error::new(ErrorId::BackendFailed, format!("{display} cannot be covered: {why}")).hint(goes_on)
        }
        Some(_) => Error::new(ErrorId::Timeout, format!("{display} did not answer in 3 s")).hint(goes_on),
        // A compositor may have said only now that it has no lock.
        None => without_lock(&state, target.id).map_or_else(
            || {
                let why = state.screens.get(&place).map(DisplayState::absence).unwrap_or_default();
                Error::new(ErrorId::BackendFailed, format!("{display} has no shield: {why}")).hint(goes_on)
            },
            |why| Error::new(ErrorId::NotSupported, why),
        ),
    }
}
