//! Text sessions: each is held by an `usher-tty` process of its own.

use std::collections::{BTreeSet, HashMap};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::net::UnixStream;
use tokio::sync::{mpsc, oneshot};
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::ThumbnailQuery;
use usher_core::session::{Cover, SessionKey};
use usher_core::sys::proc;
use usher_core::sys::process::Process;
use usher_core::wire::holder::{Farewell, FromHolder, HolderStatus, Notice, OpenSpec, StationSpec, ToHolder};

use super::leftovers::{kill, mop_up, verify_gone};
use super::link::{Connection, LinkEvent, PeerLink, Reply};
use super::{
    Adopting, Covered, Covering, DEADLINE, Ended, Ending, Noticed, Observation, Opening, Seating, Showing,
    TextSessions, changed,
};
use crate::paths::Paths;
use crate::session::{Seen, Target};

mod drawers;
mod held;
#[cfg(feature = "system")]
mod hosted;
#[cfg(not(feature = "system"))]
#[path = "without_hosted.rs"]
mod hosted;
mod interface;
mod opening;
mod thumbnail;
use drawers::Drawers;
use held::{Held, IntroducedHolder, introduce};
pub use hosted::Units;
use interface::plain;
pub use opening::{Opened, Starting};

/// The backend of text sessions.
#[derive(Debug, Clone)]
pub struct TextBackend {
    directory: PathBuf,
    serving: PathBuf,
    log: PathBuf,
    links: Arc<Mutex<HashMap<u32, Held>>>,
    noticed: mpsc::UnboundedSender<Noticed>,
    seq: Arc<AtomicU64>,
    /// The processes that draw.
    drawers: Arc<Drawers>,
    /// What was drawn last of each session.
    drawn: Arc<Mutex<thumbnail::Drawn>>,
    /// In system mode, the services of sessions.
    units: Option<Units>,
    /// The sessions whose programs are being ended.
    ending: Arc<Mutex<BTreeSet<u32>>>,
}

/// A holder found alive.
pub struct Found(IntroducedHolder);

impl Found {
    /// The session's ID.
    pub fn id(&self) -> u32 {
        self.0.hello.session_id
    }

    /// What makes the session the same session.
    pub fn key(&self) -> &SessionKey {
        &self.0.hello.key
    }

    /// Whether its program has ended: the holder has stayed to tell how.
    pub fn has_ended(&self) -> bool {
        self.0.hello.has_ended
    }

    /// The session as the holder sees it.
    pub fn status(&self) -> &HolderStatus {
        &self.0.hello.status
    }
}

impl TextBackend {
    /// The backend of the daemon with these paths; `noticed` takes its news.
    pub fn new(paths: &Paths, noticed: mpsc::UnboundedSender<Noticed>, units: Option<Units>) -> Self {
        let (directory, serving) = (paths.holders(), paths.socket.clone());
        // Not with the state: holders keep it open, and with it its file system, longer than the daemon lives.
        let mut log = paths.socket.as_os_str().to_owned();
        log.push(".log");
        let log = PathBuf::from(log);
        let (seq, drawers) = (Arc::new(AtomicU64::new(1)), Drawers::new());
        let (links, ending, drawn) = (Arc::default(), Arc::default(), Arc::default());
        TextBackend { directory, serving, log, links, noticed, seq, drawers, drawn, units, ending }
    }

    /// Where the holder of a session listens.
    fn socket(&self, id: u32) -> PathBuf {
        self.directory.join(id.to_string())
    }

    /// Variables in the environment of every process of a session, unless the process removed them.
    fn environment(&self, id: u32, boot_id: &str) -> [(String, String); 2] {
        let socket = self.serving.to_string_lossy().into_owned();
        [("USHER_SESSION".to_owned(), format!("{boot_id}:{id}")), ("USHER_SOCKET".to_owned(), socket)]
    }

    fn marks(&self, id: u32, key: &SessionKey) -> [String; 2] {
        self.environment(id, &key.boot_id).map(|(name, value)| format!("{name}={value}"))
    }

    /// Every holder that listens in the directory and answers; sockets that nobody listens on are removed.
    async fn find(&self) -> Vec<Found> {
        let Ok(entries) = std::fs::read_dir(&self.directory) else { return Vec::new() };
        let names = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let looks: Vec<_> = names.map(|id| tokio::spawn(self.clone().look(id))).collect();
        let mut found = Vec::new();
        for look in looks {
            found.extend(look.await.ok().flatten());
        }
        found
    }

    /// Looks once more for the holder of one session.
    async fn find_one(&self, id: u32) -> Option<Found> {
        self.clone().look(id).await
    }

    /// Takes a holder over.
    fn adopt(&self, found: Found) {
        let (id, status) = (found.id(), found.status().clone());
        self.tend(id, found.0, None);
        self.tell(Noticed::Changed { id, seen: seen(&status), released: status.released });
    }

    /// Keeps a link's task, and turns what it hears into news. `begun` is told how the program's start
    /// came out; until it has started, the end of the connection is news for `begun` alone.
    fn tend(&self, id: u32, introduced: IntroducedHolder, begun: Option<oneshot::Sender<Result<(), Error>>>) -> Held {
        let backend = self.clone();
        let mut state = Tended { runs: begun.is_none(), begun, is_over: false };
        let mut links = self.links();
        let IntroducedHolder { connection, hello, holder } = introduced;
        let link = PeerLink::start(connection, move |news| match news {
            LinkEvent::Message(FromHolder::Status(status)) => {
                backend.tell(Noticed::Changed { id, seen: seen(&status), released: status.released });
            }
            LinkEvent::Message(FromHolder::ScreenChanged) => backend.tell(Noticed::ScreenChanged { id }),
            LinkEvent::Message(FromHolder::Started) => state.starts(Ok(())),
            LinkEvent::Message(FromHolder::Failed { message }) => {
                state.starts(Err(Error::new(ErrorId::BackendFailed, message)));
            }
            LinkEvent::Message(FromHolder::Ended { how, farewell }) => {
                let farewell = farewell.map(|said| Farewell { screen: said.screen.as_deref().map(plain), ..said });
                state.is_over = true;
                // Nobody else hears of a program that ended before somebody knew that it ran.
                if state.runs {
                    backend.tell(Noticed::Gone { id, how: Ended::ByItself(how, farewell) });
                } else {
                    backend.heard(id);
                }
            }
            LinkEvent::Message(_) => {}
            LinkEvent::Lost => {
                let link = backend.links().remove(&id);
                if state.runs && !state.is_over {
                    tokio::spawn(backend.clone().lost(id, link));
                }
                state.begun = None;
            }
        });
        let protocol = hello.protocol;
        let held = Held { key: hello.key, holder, protocol, link };
        links.insert(id, held.clone());
        drop(links);
        if self.units.is_some() {
            tokio::spawn(self.clone().await_end(id, held.clone()));
        }
        held
    }

    /// A holder's connection ended without a word: the holder died, or only the connection broke.
    async fn lost(self, id: u32, link: Option<Held>) {
        let Some(link) = link else { return };
        // A process that is on its way out may still be seen for a moment.
        for _ in 0..50 {
            if link.holder.is_gone() {
                self.mop_up(id, &link.key).await;
                self.tell(Noticed::Gone { id, how: Ended::HolderDied });
                return;
            }
            if let Some(found) = self.find_one(id).await.filter(|found| *found.key() == link.key) {
                self.adopt(found);
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // It lives and does not answer: the reconcile loop goes on looking for it.
    }

    /// The end of this session is on record: its holder may go.
    fn heard(&self, id: u32) {
        let held = self.links().get(&id).cloned();
        // One of an earlier version has gone without that.
        let _ = held.map(|held| held.link.send(&ToHolder::Heard));
        if let Some(units) = self.units.clone() {
            let socket = self.socket(id);
            tokio::spawn(async move { units.forget(id, &socket).await });
        }
    }

    fn links(&self) -> std::sync::MutexGuard<'_, HashMap<u32, Held>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn link(&self, target: &Target) -> Result<Held, Error> {
        let link = self.links().get(&target.id).cloned();
        match link {
            Some(link) if link.key == target.key => Ok(link),
            Some(_) => Err(changed(target)),
            None => Err(Error::new(ErrorId::Timeout, format!("the holder of session {} does not answer", target.id))
                .hint("usherd goes on trying; `usher close` ends a session whose holder hangs")),
        }
    }

    fn tell(&self, noticed: Noticed) {
        // The daemon stops listening only when it stops.
        let _ = self.noticed.send(noticed);
    }

    fn next_seq(&self) -> u64 {
        self.seq.fetch_add(1, Ordering::Relaxed)
    }

    fn ask(&self, target: &Target, message: impl FnOnce(u64) -> ToHolder) -> Result<Reply<FromHolder>, Error> {
        let seq = self.next_seq();
        self.link(target)?.link.request(seq, &message(seq))
    }
}

/// The state of a link's task.
struct Tended {
    /// Where the program's start is awaited.
    begun: Option<oneshot::Sender<Result<(), Error>>>,
    /// The program was started, and somebody knows.
    runs: bool,
    /// The holder said how the session ended.
    is_over: bool,
}

impl Tended {
    fn starts(&mut self, result: Result<(), Error>) {
        if let Some(begun) = self.begun.take() {
            let started = result.is_ok();
            self.runs = begun.send(result).is_ok() && started;
        }
    }
}

impl TextBackend {
    /// Connects to a session's holder and lets it introduce itself.
    async fn look(self, id: u32) -> Option<Found> {
        let path = self.socket(id);
        match tokio::time::timeout(Duration::from_secs(2), UnixStream::connect(&path)).await {
            Ok(Ok(stream)) => {
                let introduced = introduce(Connection::new(stream));
                let introduced = tokio::time::timeout(Duration::from_secs(2), introduced).await.ok()?.ok()?;
                let is_believed = self
                    .units
                    .as_ref()
                    .is_none_or(|units| introduced.hello.session_id == id && units.is_holder(id, introduced.holder));
                is_believed.then_some(Found(introduced))
            }
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                // Its holder died without removing it.
                let _ = std::fs::remove_file(&path);
                None
            }
            Ok(Err(_)) | Err(_) => None,
        }
    }

    /// Ends a holder, whatever it is doing.
    fn kill_holder(&self, id: u32, held: &Held) {
        match &self.units {
            Some(units) => units.kill_holder(id),
            None => kill(held.holder),
        }
    }

    /// Ends what a dead holder left of its session.
    async fn mop_up(&self, id: u32, key: &SessionKey) {
        match &self.units {
            Some(units) => {
                if let Err(error) = units.end(id, key, Duration::ZERO).await {
                    tracing::warn!("{error}");
                }
                units.forget(id, &self.socket(id)).await;
            }
            None => mop_up(key, &self.marks(id, key)).await,
        }
        let _ = std::fs::remove_file(self.socket(id));
    }

    /// Tells the holder of a session whose program is the service manager's child when the program has ended, and how.
    async fn await_end(self, id: u32, held: Held) {
        let Some(units) = &self.units else { return };
        units.leader_ends(held.key.leader()).await;
        let is_closing = || self.ending.lock().unwrap_or_else(PoisonError::into_inner).contains(&id);
        if is_closing() {
            return;
        }
        let end = units.program_end(id).await;
        if !is_closing() {
            // One that is not connected any more is told when it is found again.
            let _ = held.link.send(&ToHolder::ProgramEnded { end });
        }
    }

    /// Ends the session's programs, then its holder.
    async fn close_hosted(self, units: Units, target: Target, by: String, grace: Duration) -> Result<bool, Error> {
        if let Err(error) = self.link(&target)
            && error.id == ErrorId::SessionChanged
        {
            return Err(error);
        }
        let id = target.id;
        let ending = || self.ending.lock().unwrap_or_else(PoisonError::into_inner);
        ending().insert(id);
        let ended = units.end(id, &target.key, grace).await;
        if ended.is_ok() {
            let reply = self.ask(&target, |seq| ToHolder::Close { seq, grace_ms: 0, by });
            let told = async { observe(reply?, DEADLINE, "no answer").await };
            if told.await.is_err() {
                units.kill_holder(id);
            }
            units.forget(id, &self.socket(id)).await;
        }
        ending().remove(&id);
        ended
    }

    /// The process that listens on a session's socket although it does not introduce itself; where its
    /// queue is full, the one that the session's leader descends from.
    async fn unconnected_holder(&self, target: &Target) -> Option<Process> {
        let connecting = UnixStream::connect(self.socket(target.id));
        let stream = tokio::time::timeout(Duration::from_secs(2), connecting).await.ok().and_then(Result::ok);
        let listens = stream.and_then(|stream| usher_core::sys::peer::of(&stream).ok()?.process());
        let above = || {
            let parent = Process::of(target.key.leader().seen().ok()??.parent).ok()??;
            (proc::name(parent.pid).as_deref() == Some("usher-tty")).then_some(parent)
        };
        listens.or_else(above).filter(|process| process.pid > 1)
    }
}

async fn observe(reply: Reply<FromHolder>, deadline: Duration, what: &str) -> Result<FromHolder, Error> {
    match tokio::time::timeout(deadline, reply).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(_)) => Err(Error::new(ErrorId::SessionChanged, "the session ended before its holder answered")),
        Err(_) => Err(Error::new(ErrorId::Timeout, what).hint("usherd goes on trying; `usher list` shows what holds")),
    }
}

/// The most characters of a title. A holder keeps no more; one that was taken over may say anything.
const MOST_OF_TITLE: usize = 256;

fn seen(status: &HolderStatus) -> Seen {
    Seen {
        covers: status.covers.clone(),
        stations: status.stations.clone(),
        title: status.title.as_deref().map(|title| plain(title).chars().take(MOST_OF_TITLE).collect()),
        last_input: status.last_input,
        ..Seen::default()
    }
}
