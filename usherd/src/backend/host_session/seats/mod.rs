//! Locking a seat of the host: a virtual terminal and graphics cards that a warden holds (`usher-seat`).
//!
//! A seat is locked as a whole while any session at it is. Before the warden takes the cards, the user's processes stand still:
//! one that asks for them again and again would get them otherwise. What the warden took is on record, for whoever comes after.
//! Where somebody is logged in, a warden waits for the first lock.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;
use usher_core::language::Language;
use usher_core::outcome::{Error, ErrorId};
use usher_core::session::Cover;
use usher_core::wire::seat::{FromSeat, SeatDuty, SeatStatus, ToSeat};

use super::freezing::reach;
use super::word::line;
use super::{HostSessionBackend, State};
use crate::backend::link::PeerLink;
use crate::backend::{Covered, Observation};
use crate::logind::Login;
use crate::session::Target;
use crate::xdisplay::language;

pub(super) mod host;
mod leaving;
mod process;
mod readiness;
mod release;

pub(super) use leaving::disconnect;
pub(crate) use release::give_seats_back;

/// How long a warden may take to answer: a program that does not let go of the screen has its time in this, and the drawing.
const ANSWER: Duration = Duration::from_secs(8);
/// The ending of the name of a file that says what was taken from a seat.
const TAKEN: &str = "taken";

/// A seat, who is to be covered at it, and its warden.
#[derive(Debug, Default)]
pub(super) struct SeatState {
    /// What each of its sessions was last ordered to show; those that show nothing of ours are not there.
    desired: BTreeMap<u32, Vec<Cover>>,
    /// What the warden was last ordered to show, and of which sessions that is.
    ordered: (Vec<Cover>, BTreeMap<u32, Vec<Cover>>),
    /// Held while an order is carried out: one after the other.
    work: Arc<Mutex<()>>,
    link: Option<PeerLink<FromSeat>>,
    /// The number of that connection: an earlier one's end is no news.
    connection: u64,
    status: SeatStatus,
    /// What language each of its sessions is in, where its processes said so.
    languages: BTreeMap<u32, Language>,
    /// The warden at that connection is of this daemon's version.
    is_current: bool,
    /// When a warden was last started.
    started: Option<Instant>,
    /// The virtual terminal that comes to the front again when the seat is given back.
    before: Option<u32>,
}

impl State {
    /// The covers that hold on a session at this seat.
    pub(super) fn seat_shows(&self, id: u32, seat: &str) -> Vec<Cover> {
        let Some(seat) = self.seats.get(seat) else { return Vec::new() };
        let (shown, sessions) = &seat.ordered;
        let holds = seat.link.is_some() && seat.status.covers == *shown;
        sessions.get(&id).filter(|_| holds).cloned().unwrap_or_default()
    }

    /// Who freed the seat without a daemon, and when.
    pub(super) fn seat_released(&self, seat: &str) -> Option<(String, jiff::Timestamp)> {
        self.seats.get(seat)?.status.released.clone()
    }

    /// Somebody may sit at this session: it is in front, or it comes to the front again with the unlock of its seat.
    pub(super) fn is_sat_at(&self, login: &Login, seat: &str) -> bool {
        let waits = || self.is_locked(seat) && login.terminal != 0 && self.seats[seat].before == Some(login.terminal);
        login.active || waits()
    }

    /// Why a session at this seat cannot be disconnected now, if it cannot.
    pub(super) fn stays(&self, id: u32, seat: &str) -> Option<String> {
        self.is_locked(seat).then(|| {
            format!("session {id} is at {seat}, which is locked as a whole: unlock its sessions first, or end it by `usher close`")
        })
    }

    fn is_locked(&self, seat: &str) -> bool {
        self.seats.get(seat).is_some_and(|at| !at.desired.is_empty() || !at.status.covers.is_empty())
    }

    fn sessions_at(&self, seat: &str) -> Vec<u32> {
        let at = |known: &super::Known| known.login.seat.as_deref() == Some(seat);
        self.logins.iter().filter(|(_, known)| at(known)).map(|(id, _)| *id).collect()
    }
}

impl SeatState {
    /// Everything that is to stand there, the covers of this session first.
    fn all(&self, first: u32) -> Vec<Cover> {
        let own = self.desired.get(&first).into_iter().flatten();
        let others = self.desired.iter().filter(|(id, _)| **id != first).flat_map(|(_, covers)| covers);
        own.chain(others).cloned().collect()
    }
}

/// Makes these the covers of a session at a seat.
pub(super) fn cover(backend: &HostSessionBackend, target: &Target, covers: Vec<Cover>) -> Observation<Covered> {
    let found = backend.login(target).and_then(|login| match login.seat.clone() {
        Some(seat) => Ok((login, seat)),
        None => Err(Error::new(ErrorId::BackendFailed, format!("session {} is at no seat any more", target.id))),
    });
    let (login, seat) = match found {
        Ok(found) => found,
        Err(error) => return Box::pin(std::future::ready(Err(error))),
    };
    let work = {
        let mut state = backend.state();
        let at = state.seats.entry(seat.clone()).or_default();
        at.desired.remove(&target.id);
        if !covers.is_empty() {
            at.desired.insert(target.id, covers.clone());
        }
        Arc::clone(&at.work)
    };
    let (backend, target) = (backend.clone(), target.clone());
    // It goes on whether or not somebody awaits it.
    let covered = tokio::spawn(async move {
        let _turn = work.lock_owned().await;
        let now = backend.state().seats.get(&seat).and_then(|at| at.desired.get(&target.id).cloned());
        if now.unwrap_or_default() != covers {
            return Ok(Covered { unseen: true, notes: Vec::new() });
        }
        let covered = carry_out(&backend, &target, &login, &seat, &covers).await;
        let sessions = backend.state().sessions_at(&seat);
        sessions.into_iter().for_each(|id| backend.report(id));
        covered
    });
    Box::pin(async move {
        let broken = |_| Err(Error::new(ErrorId::BackendFailed, "usherd failed over this cover; its log says more"));
        covered.await.unwrap_or_else(broken)
    })
}

async fn carry_out(
    backend: &HostSessionBackend,
    target: &Target,
    login: &Login,
    seat: &str,
    covers: &[Cover],
) -> Result<Covered, Error> {
    let mut covered = Covered::default();
    if !covers.is_empty() {
        backend.need_frozen(target.id, login, reach(covers, true, login.uid));
        backend.ready_to_freeze(target);
        backend.prepare_seat(target.id, login, seat).await;
        backend.settle(login.uid).await;
    }
    let shown = show(backend, target.id, login, seat).await;
    // Also where the seat could not be covered: what is asked to stand still does.
    let stays = reach(covers, backend.0.always_freeze, login.uid);
    backend.need_frozen(target.id, login, stays);
    let shown = shown?;
    covered.unseen |= shown.unseen;
    covered.notes.extend(shown.notes);
    if !covers.is_empty() {
        let others = backend.state().sessions_at(seat).into_iter().filter(|id| *id != target.id);
        let others: Vec<String> = others.map(|id| id.to_string()).collect();
        if !others.is_empty() {
            covered.notes.push(format!("{seat} is locked as a whole, session {} with it", others.join(", ")));
        }
    }
    match stays {
        Some(_) => backend.freeze_covered(target, covered, true).await,
        // Nobody sits at a locked seat who would wait for them.
        None if !covers.is_empty() => {
            backend.settle_soon(login.uid);
            Ok(covered)
        }
        None => {
            backend.settle(login.uid).await;
            Ok(covered)
        }
    }
}

/// Has the seat's warden show what its sessions are to show now, or give the seat back.
async fn show(backend: &HostSessionBackend, id: u32, login: &Login, seat: &str) -> Result<Covered, Error> {
    let (all, sessions) = {
        let state = backend.state();
        let Some(at) = state.seats.get(seat) else { return Ok(Covered::default()) };
        (at.all(id), at.desired.clone())
    };
    let directory = backend.seats_directory();
    // The daemon hears of it, and takes the locks away that were set before.
    if let Some(freed) = release::freed(&directory, seat).filter(|(_, at)| all.iter().all(|cover| cover.since <= *at))
        && !all.is_empty()
    {
        backend.state().seats.entry(seat.to_owned()).or_default().status.released = Some(freed);
        return Ok(Covered { unseen: true, notes: Vec::new() });
    }
    let link = match all.is_empty() {
        false => {
            release::forget(&directory, seat);
            let duty = backend.seat_duty(id, login, seat).await;
            let link = backend.warden(&duty).await?;
            link.send(&ToSeat::Arm(Box::new(duty)))?;
            link
        }
        true => match backend.warden_found(seat).await {
            Some(link) => link,
            // Nobody holds it: what a dead warden took is given back all the same.
            None => return backend.give_back_without(seat).await,
        },
    };
    let before = record_of_terminal(&backend.seat_record(seat)).or_else(host::terminal_in_front);
    if let Some(at) = backend.state().seats.get_mut(seat) {
        at.ordered = (all.clone(), sessions);
        at.before = before;
    }
    let seq = backend.next_seq();
    let reply = link.request(seq, &ToSeat::Cover { seq, covers: all.clone() })?;
    let answer = tokio::time::timeout(ANSWER, reply).await;
    let goes_on = "usherd goes on trying; `usher watch` tells when it holds";
    match answer {
        Ok(Ok(FromSeat::Covered { superseded, notes, .. })) => {
            let given_back = all.is_empty();
            if let Some(at) = backend.state().seats.get_mut(seat) {
                at.status.covers = all;
                at.before = record_of_terminal(&backend.seat_record(seat)).or(at.before);
            }
            if given_back && !backend.keeps_warden(seat) {
                backend.retire_warden(seat);
                backend.ready_another(seat);
            }
            Ok(Covered { unseen: superseded, notes: notes.iter().take(8).map(|note| line(note)).collect() })
        }
        Ok(Ok(FromSeat::Failed { message, .. })) => {
            let why = line(&message);
            let message = match all.is_empty() {
                false => format!("{seat} was not seen to be covered: {why}"),
                true => format!("{seat} was not given back: {why}"),
            };
            Err(Error::new(ErrorId::BackendFailed, message).hint(goes_on))
        }
        _ => {
            let message = format!("the warden of {seat} did not answer in {} s", ANSWER.as_secs());
            Err(Error::new(ErrorId::Timeout, message).hint(goes_on))
        }
    }
}

impl HostSessionBackend {
    fn seats_directory(&self) -> PathBuf {
        self.0.guards.with_extension("seat")
    }

    /// What a seat's warden is told before a session at it is locked.
    async fn seat_duty(&self, id: u32, login: &Login, seat: &str) -> SeatDuty {
        let known = self.state().seats.get(seat).and_then(|at| at.languages.get(&id).copied());
        let language = match known {
            Some(language) => language,
            None => self.language_at(id, login, seat).await,
        };
        SeatDuty {
            seat: seat.to_owned(),
            host: self.0.host.clone(),
            language: language.tag().to_owned(),
            record: self.seat_record(seat).to_string_lossy().into_owned(),
        }
    }

    /// The language of a session at a seat. What its processes say of it stays: a lock need not ask them again.
    async fn language_at(&self, id: u32, login: &Login, seat: &str) -> Language {
        let said = language::said_by_session(login.uid, &login.scope).await.map(|words| words.language);
        let mut state = self.state();
        if let (Some(language), Some(at)) = (said, state.seats.get_mut(seat)) {
            at.languages.insert(id, language);
        }
        said.unwrap_or_else(Language::of_locale)
    }

    /// Has a warden that waits begin to draw what it is about to show: to stop the user's processes takes its time too.
    async fn prepare_seat(&self, id: u32, login: &Login, seat: &str) {
        let waiting = {
            let state = self.state();
            let at = state.seats.get(seat).filter(|at| at.is_current && at.status.covers.is_empty());
            at.and_then(|at| Some((at.link.clone()?, at.all(id).into_iter().next()?)))
        };
        let Some((link, cover)) = waiting else { return };
        let duty = self.seat_duty(id, login, seat).await;
        // Where it is gone, `show` starts another.
        let _ = link.send(&ToSeat::Arm(Box::new(duty)));
        let _ = link.send(&ToSeat::Prepare { cover: Box::new(cover) });
    }

    fn seat_record(&self, seat: &str) -> PathBuf {
        record(&self.seats_directory(), seat)
    }

    /// A session is gone: its seat is given back, or goes on showing what others' covers say. With the last one its warden goes.
    pub(super) fn seat_forgets(&self, id: u32, login: &Login) {
        let Some(seat) = login.seat.clone() else { return };
        let work = {
            let mut state = self.state();
            let was_last = state.sessions_at(&seat).is_empty();
            let Some(at) = state.seats.get_mut(&seat) else { return };
            at.languages.remove(&id);
            let was_covered = at.desired.remove(&id).is_some();
            (was_covered || was_last).then(|| Arc::clone(&at.work))
        };
        let Some(work) = work else { return };
        let (backend, login) = (self.clone(), login.clone());
        tokio::spawn(async move {
            let _turn = work.lock_owned().await;
            if let Err(error) = show(&backend, id, &login, &seat).await {
                tracing::warn!("{seat}: {}", error.message);
            }
        });
    }

    /// Takes over the wardens that an earlier daemon started.
    pub(super) async fn take_over_wardens(&self) {
        for seat in seats_in(&self.seats_directory()) {
            if self.warden_found(&seat).await.is_some() {
                let sessions = self.state().sessions_at(&seat);
                sessions.into_iter().for_each(|id| self.report(id));
            }
        }
    }

    /// Gives back the seats that an earlier daemon held for sessions that are gone; from then on wardens wait at seats.
    pub(super) fn give_back_forgotten_seats(&self) {
        let backend = self.clone();
        tokio::spawn(async move {
            for seat in seats_in(&backend.seats_directory()) {
                let (wanted, work) = {
                    let mut state = backend.state();
                    let at = state.seats.entry(seat.clone()).or_default();
                    (!at.desired.is_empty(), Arc::clone(&at.work))
                };
                if wanted {
                    continue;
                }
                let _turn = work.lock_owned().await;
                if backend.state().seats.get(&seat).is_some_and(|at| !at.desired.is_empty()) {
                    continue;
                }
                match backend.warden_found(&seat).await {
                    Some(_) => backend.retire_warden(&seat),
                    None => drop(backend.give_back_without(&seat).await),
                }
            }
            backend.ready_seats();
        });
    }
}

/// Where the warden of a seat listens.
fn socket(directory: &Path, seat: &str) -> PathBuf {
    directory.join(seat)
}

/// Where it is recorded what was taken from a seat.
fn record(directory: &Path, seat: &str) -> PathBuf {
    directory.join(format!("{seat}.{TAKEN}"))
}

/// The terminal that was in front, by the warden's record.
fn record_of_terminal(record: &Path) -> Option<u32> {
    let taken: serde_json::Value = serde_json::from_slice(&std::fs::read(record).ok()?).ok()?;
    taken["before"].as_u64().and_then(|number| u32::try_from(number).ok())
}

/// The seats of which something is in this directory.
fn seats_in(directory: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let stem = |path: PathBuf| path.file_stem().map(|name| name.to_string_lossy().into_owned());
    let mut seats: Vec<String> = entries.flatten().filter_map(|entry| stem(entry.path())).collect();
    seats.sort();
    seats.dedup();
    seats
}
