//! Locking sessions at terminals that usher does not hold: ssh logins and serial consoles.
//!
//! Everything in the session's scope stands still but its leader and its connection, the connection starts nothing new, and a
//! guard covers each terminal and takes what is typed there. usherd opens the terminals and gives them back; a process of its
//! own uid reads what terminals answer. What was taken is on record in a file of root's, for whoever comes after.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;
use usher_core::outcome::{Error, ErrorId};
use usher_core::session::{Cover, Kind};
use usher_core::wire::guard::{FromGuard, GuardDuty, GuardStatus, TerminalHandover, ToGuard};

use super::freezing::{Reach, reach};
use super::{HostSessionBackend, State, covering};
use crate::backend::link::PeerLink;
use crate::backend::{Covered, DEADLINE, Observation};
use crate::logind::Login;
use crate::session::Target;
use crate::xdisplay::language;

mod connection;
mod newcomers;
mod process;
mod record;
mod terminal;
mod watching;

use record::{TakenRecord, TakenTerminal};
use terminal::OpenTerminal;

/// What no lock of an ssh login closes.
const FORWARDED: &str = "ports that its connection forwards stay open";
/// The note of a lock of an ssh login without its connection, or of a console that its person has left.
const ENDED: &str = "its connection has ended: nobody sees its terminal, and its programs go on so that they can end";
/// For how long a terminal is one row smaller, so that a program sees both sizes.
const SMALLER: Duration = Duration::from_millis(150);

/// A session's terminals, and who guards them.
#[derive(Debug, Default)]
pub(super) struct GuardState {
    /// What it was last ordered to show.
    desired: Vec<Cover>,
    /// Under these everything was seen to stand still.
    still: Vec<Cover>,
    /// Held while an order is carried out: one after the other.
    work: Arc<Mutex<()>>,
    pub(super) link: Option<PeerLink<FromGuard>>,
    status: GuardStatus,
    /// The terminals that were handed over for these covers.
    handed: BTreeSet<String>,
    /// When a guard was last started.
    started: Option<Instant>,
    /// Its connection has ended, and nothing of it stands still.
    over: bool,
}

impl State {
    /// The covers that hold on a session's terminals.
    pub(super) fn guarded(&self, id: u32) -> Vec<Cover> {
        let Some(guard) = self.guards.get(&id) else { return Vec::new() };
        let shown = guard.handed.is_empty() || (guard.link.is_some() && guard.status.covers == guard.still);
        if shown { guard.still.clone() } else { Vec::new() }
    }

    /// Who freed a session's terminals without a daemon, and when.
    pub(super) fn guard_released(&self, id: u32) -> Option<(String, jiff::Timestamp)> {
        self.guards.get(&id)?.status.released.clone()
    }
}

/// Makes these the covers of the session.
pub(super) fn cover(backend: &HostSessionBackend, target: &Target, covers: Vec<Cover>) -> Observation<Covered> {
    let login = match backend.login(target) {
        Ok(login) => login,
        Err(error) => return Box::pin(std::future::ready(Err(error))),
    };
    let work = {
        let mut state = backend.state();
        let guard = state.guards.entry(target.id).or_default();
        guard.desired.clone_from(&covers);
        Arc::clone(&guard.work)
    };
    let (backend, target) = (backend.clone(), target.clone());
    // It goes on whether or not somebody awaits it.
    let covered = tokio::spawn(async move {
        let _turn = work.lock_owned().await;
        let superseded = backend.state().guards.get(&target.id).is_none_or(|guard| guard.desired != covers);
        if superseded {
            return Ok(Covered { unseen: true, notes: Vec::new() });
        }
        let covered = match covers.is_empty() {
            false => lock(&backend, &target, &login, covers).await,
            true => unlock(&backend, &target, &login).await,
        };
        backend.report(target.id);
        covered
    });
    Box::pin(async move {
        let broken = |_| Err(Error::new(ErrorId::BackendFailed, "usherd failed over this cover; its log says more"));
        covered.await.unwrap_or_else(broken)
    })
}

async fn lock(
    backend: &HostSessionBackend,
    target: &Target,
    login: &Login,
    covers: Vec<Cover>,
) -> Result<Covered, Error> {
    if !login.leading().lives() {
        return let_go(backend, target, login, covers).await;
    }
    let path = record::place(&backend.0.guards, &login.native_id);
    let taken = TakenRecord::read(&path).filter(|record| record.leader() == login.leading());
    let mut taken = taken.unwrap_or_else(|| TakenRecord::new(login.uid, login.leading()));
    write(&taken, &path)?;
    let newcomers = newcomers::refuse(backend, login).await;
    let words = language::words_of_session(login.uid, &login.scope).await;
    backend.await_shell(login).await;
    let stopped = covering::cover_displays(backend, target, login, covers.clone(), Some(Reach::Session)).await;
    // Also where something goes on: what can be covered is.
    let shown = show(backend, target, login, &covers, words, (&mut taken, &path)).await;
    let mut covered = stopped?;
    let shown = shown?;
    if let Some(guard) = backend.state().guards.get_mut(&target.id) {
        guard.still = covers;
    }
    backend.look_while_young(login);
    end_in_time(backend, target);
    covered.unseen |= shown.unseen;
    covered.notes.extend(shown.notes);
    if let Err(why) = newcomers {
        covered.notes.push(format!(
            "new channels of its connection are not refused ({why}): what they start is stopped within about a second"
        ));
    }
    if login.kind == Kind::Ssh {
        covered.notes.push(FORWARDED.to_owned());
    }
    Ok(covered)
}

/// Lets the rest of a login end whose connection has ended: what stands still cannot. Under --freeze it stays as it is.
async fn let_go(
    backend: &HostSessionBackend,
    target: &Target,
    login: &Login,
    covers: Vec<Cover>,
) -> Result<Covered, Error> {
    if let Some(link) = backend.guard_found(target.id, &target.key).await {
        let _ = link.send(&ToGuard::Retire);
        let _ = std::fs::remove_file(backend.guard_socket(&login.native_id));
    }
    if reach(&covers, backend.0.always_freeze, login.uid).is_none() {
        backend.let_end(target.id, login).await;
    }
    let mut covered = covering::cover_displays(backend, target, login, covers.clone(), None).await?;
    if let Some(guard) = backend.state().guards.get_mut(&target.id) {
        (guard.still, guard.link, guard.over) = (covers, None, true);
        guard.handed.clear();
    }
    covered.notes.push(ENDED.to_owned());
    Ok(covered)
}

/// Uncovers the session when its last cover has ended: programs that stand still are let go on by nobody else.
fn end_in_time(backend: &HostSessionBackend, target: &Target) {
    let ordered = backend.guard_ordered(target.id);
    let ends: Option<Vec<_>> = ordered.iter().map(|cover| cover.until).collect();
    let Some(end) = ends.and_then(|ends| ends.into_iter().max()) else { return };
    let (backend, target) = (backend.clone(), target.clone());
    tokio::spawn(async move {
        // The clock may be set meanwhile.
        while let Ok(left) = Duration::try_from(end.duration_since(usher_core::clock::now()))
            && !left.is_zero()
        {
            tokio::time::sleep(left.min(Duration::from_secs(1)) + Duration::from_millis(1)).await;
        }
        if backend.guard_ordered(target.id) == ordered {
            let _ = cover(&backend, &target, Vec::new()).await;
        }
    });
}

fn write(taken: &TakenRecord, path: &Path) -> Result<(), Error> {
    let failed =
        |e| Error::new(ErrorId::BackendFailed, format!("what is taken from the session cannot be recorded: {e}"));
    taken.write(path).map_err(failed)
}

/// Covers every terminal of the session.
async fn show(
    backend: &HostSessionBackend,
    target: &Target,
    login: &Login,
    covers: &[Cover],
    words: language::SessionWords,
    (taken, path): (&mut TakenRecord, &Path),
) -> Result<Covered, Error> {
    let id = target.id;
    let failed = |e: std::io::Error| {
        Error::new(
            ErrorId::BackendFailed,
            format!("session {id} stands still, and its terminal cannot be covered: {e}"),
        )
        .hint("usherd goes on trying; `usher close` ends the session")
    };
    let leader = login.leading();
    let terminals = tokio::task::spawn_blocking(move || connection::terminals(leader)).await;
    let mut terminals = terminals.map_err(std::io::Error::other).and_then(|found| found).map_err(failed)?;
    if login.kind == Kind::Console && taken.line.is_none() {
        // logind's word for the terminal is the user's (`SetTTY`); the getty's is root's.
        taken.line = backend.0.bus.getty_line(leader.pid).await?;
    }
    terminals.extend(taken.line.clone());
    if let Some(guard) = backend.state().guards.get_mut(&id) {
        guard.handed = terminals.iter().cloned().collect();
    }
    if terminals.is_empty() {
        let note = format!("session {id} has no terminal: its processes stand still, and no message can be shown");
        // A console has one, whoever knows it.
        return Ok(Covered { unseen: login.kind == Kind::Console, notes: vec![note] });
    }
    let duty = GuardDuty { session_id: id, key: target.key.clone(), language: words.language.tag().to_owned() };
    let link = backend.guard(id, duty).await?;
    let known: BTreeSet<String> = backend.guard_has(id);
    for name in terminals.iter().filter(|name| !known.contains(*name)) {
        let terminal = OpenTerminal::open(name, login.uid).map_err(failed)?;
        if !taken.terminals.contains_key(name) {
            let settings = terminal.settings().map_err(failed)?;
            taken.terminals.insert(name.clone(), TakenTerminal { settings, screen: None });
            write(taken, path)?;
        }
        terminal.take().map_err(failed)?;
        let before = taken.terminals.get(name).and_then(|taken| taken.screen);
        let handover = TerminalHandover { name: name.clone(), plain: words.plain, before };
        link.send_with(&ToGuard::Take(handover), terminal.descriptor().map_err(failed)?)?;
    }
    let (superseded, silent) = ordered(backend, &link, covers).await?;
    let note = |name: &String| format!("{name} did not confirm the message: nobody can tell whether it is shown there");
    Ok(Covered { unseen: superseded || !silent.is_empty(), notes: silent.iter().map(note).collect() })
}

/// Orders these covers of a guard: whether another order took them back, and the terminals that did not confirm them.
async fn ordered(
    backend: &HostSessionBackend,
    link: &PeerLink<FromGuard>,
    covers: &[Cover],
) -> Result<(bool, Vec<String>), Error> {
    let seq = backend.next_seq();
    let reply = link.request(seq, &ToGuard::Cover { seq, covers: covers.to_vec() })?;
    let silence = || {
        Error::new(ErrorId::Timeout, "the guard of its terminals did not answer in 3 s")
            .hint("usherd goes on trying; `usher watch` tells when it holds")
    };
    match tokio::time::timeout(DEADLINE, reply).await {
        Ok(Ok(FromGuard::Covered { superseded, silent, .. })) => {
            Ok((superseded, silent.iter().map(|name| super::word::line(name)).collect()))
        }
        _ => Err(silence()),
    }
}

/// Gives everything back, in this order: the screens, the terminals, new channels, and then the programs go on.
async fn unlock(backend: &HostSessionBackend, target: &Target, login: &Login) -> Result<Covered, Error> {
    let id = target.id;
    let mut covered = Covered::default();
    let link = backend.guard_found(id, &target.key).await;
    if let Some(link) = &link {
        match ordered(backend, link, &[]).await {
            Ok((superseded, silent)) => {
                covered.unseen |= superseded || !silent.is_empty();
                let note = |name: &String| format!("{name} did not confirm that it shows the session again");
                covered.notes.extend(silent.iter().map(note));
            }
            // Nobody stays locked for a guard that hangs.
            Err(error) => {
                covered.unseen = true;
                covered.notes.push(error.message);
            }
        }
    }
    let path = record::place(&backend.0.guards, &login.native_id);
    let taken = TakenRecord::read(&path);
    let shrunk = match taken.clone() {
        Some(taken) => tokio::task::spawn_blocking(move || give_back(&taken)).await.unwrap_or_default(),
        None => Vec::new(),
    };
    newcomers::allow(backend, login).await;
    let displays = covering::cover_displays(backend, target, login, Vec::new(), None).await?;
    covered.unseen |= displays.unseen;
    covered.notes.extend(displays.notes);
    tokio::spawn(async move {
        tokio::time::sleep(SMALLER).await;
        grow(&shrunk);
    });
    if let Some(link) = link {
        let _ = link.send(&ToGuard::Retire);
        let _ = std::fs::remove_file(backend.guard_socket(&login.native_id));
    }
    if taken.is_some() {
        let _ = std::fs::remove_file(&path);
    }
    if let Some(guard) = backend.state().guards.get_mut(&id) {
        (guard.still, guard.link) = (Vec::new(), None);
        guard.handed.clear();
        guard.status.covers.clear();
        guard.started = None;
    }
    Ok(covered)
}

/// Gives a session's terminals back, one row smaller, and says how many rows each had.
fn give_back(taken: &TakenRecord) -> Vec<(OpenTerminal, u16)> {
    // Numbers are given again: only what its leader still has open is the session's.
    let mut own = connection::terminals(taken.leader()).unwrap_or_default();
    own.extend(taken.line.clone().filter(|_| taken.leader().lives()));
    let mut shrunk = Vec::new();
    for (name, before) in taken.terminals.iter().filter(|(name, _)| own.contains(name)) {
        let given = OpenTerminal::open(name, taken.uid).and_then(|terminal| {
            terminal.give_back(&before.settings)?;
            Ok(terminal)
        });
        match given {
            Ok(terminal) => {
                let rows = terminal.rows();
                let _ = terminal.shrink();
                shrunk.push((terminal, rows));
            }
            Err(error) => tracing::warn!("{name} could not be given back to uid {}: {error}", taken.uid),
        }
    }
    shrunk
}

fn grow(shrunk: &[(OpenTerminal, u16)]) {
    for (terminal, rows) in shrunk {
        let _ = terminal.grow(*rows);
    }
}

/// Gives back everything that was taken from anybody, without a daemon. Screens are their guards' business.
pub(crate) fn give_everything_back(guards: &Path) {
    for path in record::all(guards) {
        if let Some(taken) = TakenRecord::read(&path) {
            let shrunk = give_back(&taken);
            newcomers::allow_alone(taken.leader());
            std::thread::sleep(SMALLER);
            grow(&shrunk);
        }
        let _ = std::fs::remove_file(path);
    }
}

impl HostSessionBackend {
    /// What a session was last ordered to show.
    fn guard_ordered(&self, id: u32) -> Vec<Cover> {
        self.state().guards.get(&id).map(|guard| guard.desired.clone()).unwrap_or_default()
    }

    /// The terminals that a session's guard has.
    fn guard_has(&self, id: u32) -> BTreeSet<String> {
        let state = self.state();
        let terminals = state.guards.get(&id).map(|guard| &guard.status.terminals);
        terminals.into_iter().flatten().map(|terminal| terminal.name.clone()).collect()
    }

    /// Writes down what a guard learned of the screens before it covered them.
    fn remember_screens(&self, id: u32, status: &GuardStatus) {
        let Some(native) = self.state().logins.get(&id).map(|known| known.login.native_id.clone()) else { return };
        let path = record::place(&self.0.guards, &native);
        let Some(mut taken) = TakenRecord::read(&path) else { return };
        let before = taken.clone();
        for screen in &status.terminals {
            if let (Some(taken), Some(said)) = (taken.terminals.get_mut(&screen.name), screen.before) {
                taken.screen = Some(said);
            }
        }
        if taken != before
            && let Err(error) = taken.write(&path)
        {
            tracing::warn!("session {id}: what its screen was cannot be recorded: {error}");
        }
    }

    /// A session is gone, and its terminals with it.
    pub(super) fn guard_forgets(&self, id: u32, native_id: &str) {
        if let Some(link) = self.state().guards.remove(&id).and_then(|guard| guard.link) {
            let _ = link.send(&ToGuard::Retire);
        }
        let _ = std::fs::remove_file(record::place(&self.0.guards, native_id));
        let _ = std::fs::remove_file(self.guard_socket(native_id));
    }
}
