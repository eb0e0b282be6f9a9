//! A backend that does as a test tells it: it remembers what was ordered, and answers as it should.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::{Pin, ThumbnailQuery};
use usher_core::session::{Cover, SessionKey};
use usher_core::sys::process::Process;
use usher_core::wire::holder::{Notice, OpenSpec, StationSpec};

use super::text::{Found, Opened, Starting};
use super::thumbnail::TakenScreen;
use super::{
    Adopting, Covered, Covering, Displays, Ending, HostSessions, Logins, Noticed, Observation, Opening, Seating,
    Showing, TextSessions,
};
use crate::logind::Login;
use crate::session::{Seen, Target};

/// What was ordered of a fake.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FakeCall {
    Cover(u32, Vec<Cover>),
    Disconnect(u32),
    Announce(u32, Notice),
    Withdraw(u32),
    Close(u32, Duration),
    Thumbnail(u32),
    Looked(u32, Option<String>),
    Text(u32),
    Adopt(u32),
    Reap(u32),
    Open(u32),
    Connect(u32, Vec<Cover>),
    Start(u32),
    Seat(u32),
    Know(u32),
    Forget(u32),
    Spare(Vec<u32>),
    RetireStrangers,
    Armed,
    Reconciled,
    EnableAndStart(String),
}

/// What comes of an order.
#[derive(Debug, Clone)]
pub(crate) enum Play {
    /// The effect is seen; for a cover, with this.
    Seen(Covered),
    /// It is not, for this reason.
    Fails(Error),
}

impl Default for Play {
    fn default() -> Self {
        Play::Seen(Covered::default())
    }
}

/// Both kinds of backend at once. Clones share everything.
#[derive(Clone, Default)]
pub(crate) struct Fake(Arc<Mutex<FakeState>>);

#[derive(Default)]
struct FakeState {
    calls: Vec<FakeCall>,
    /// What comes of the next orders for a session; then everything is seen.
    plays: BTreeMap<u32, VecDeque<Play>>,
    held: BTreeSet<u32>,
    /// How often it looked at stations.
    looks: u32,
    logins: BTreeMap<u32, Login>,
    noticed: Option<mpsc::UnboundedSender<Noticed>>,
}

impl Fake {
    /// One whose news come here, as a real backend's do.
    pub(crate) fn telling(noticed: mpsc::UnboundedSender<Noticed>) -> Self {
        let fake = Fake::default();
        fake.inner().noticed = Some(noticed);
        fake
    }

    /// What was ordered so far.
    pub(crate) fn calls(&self) -> Vec<FakeCall> {
        self.inner().calls.clone()
    }

    /// What was ordered since it was last asked.
    pub(crate) fn new_calls(&self) -> Vec<FakeCall> {
        std::mem::take(&mut self.inner().calls)
    }

    /// What comes of the next order for a session. Those after the last that was given are seen.
    pub(crate) fn next(&self, id: u32, play: Play) {
        self.inner().plays.entry(id).or_default().push_back(play);
    }

    /// How often it looked who sits where.
    pub(crate) fn looks(&self) -> u32 {
        self.inner().looks
    }

    /// What it was told of a login, as it was told last.
    pub(crate) fn login(&self, id: u32) -> Option<Login> {
        self.inner().logins.get(&id).cloned()
    }

    fn inner(&self) -> MutexGuard<'_, FakeState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ordered<T: Send + 'static>(
        &self,
        id: u32,
        call: FakeCall,
        seen: impl FnOnce(Covered) -> T + Send + 'static,
    ) -> Observation<T> {
        let play = {
            let mut inner = self.inner();
            inner.calls.push(call);
            inner.plays.get_mut(&id).and_then(VecDeque::pop_front).unwrap_or_default()
        };
        Box::pin(async move {
            match play {
                Play::Seen(covered) => Ok(seen(covered)),
                Play::Fails(error) => Err(error),
            }
        })
    }

    /// Tells the daemon something, as a backend does that noticed it.
    pub(crate) fn tell(&self, noticed: Noticed) {
        if let Some(to) = &self.inner().noticed {
            let _ = to.send(noticed);
        }
    }
}

impl Covering for Fake {
    fn cover(&self, target: &Target, covers: Vec<Cover>) -> Observation<Covered> {
        let (fake, id) = (self.clone(), target.id);
        self.ordered(id, FakeCall::Cover(id, covers.clone()), move |covered| {
            if !covered.unseen {
                let seen = Seen { covers, ..Seen::default() };
                fake.tell(Noticed::Changed { id, seen, released: None });
            }
            covered
        })
    }
}

impl Seating for Fake {
    fn disconnect(&self, target: &Target, _: &str) -> Observation<()> {
        self.ordered(target.id, FakeCall::Disconnect(target.id), drop)
    }
}

impl Ending for Fake {
    fn announce(&self, target: &Target, notice: Notice) -> Result<(), Error> {
        self.inner().calls.push(FakeCall::Announce(target.id, notice));
        Ok(())
    }

    fn withdraw(&self, target: &Target, _: Option<&str>) -> Result<(), Error> {
        self.inner().calls.push(FakeCall::Withdraw(target.id));
        Ok(())
    }

    /// True, as if killing was needed, where what is seen has notes.
    fn close(&self, target: &Target, _: &str, grace: Duration) -> Observation<bool> {
        self.ordered(target.id, FakeCall::Close(target.id, grace), |seen| !seen.notes.is_empty())
    }
}

impl Showing for Fake {
    fn thumbnail(&self, target: &Target, query: &ThumbnailQuery) -> Observation<TakenScreen> {
        let png = b"\x89PNG\r\n\x1a\n";
        let (same, told) = (query.known == Some(Pin::of(png)), query.live);
        let taken = move |_| TakenScreen { bytes: (!same).then(|| png.to_vec()), told };
        self.ordered(target.id, FakeCall::Thumbnail(target.id), taken)
    }

    fn looked(&self, target: &Target, by: Option<&str>) {
        self.inner().calls.push(FakeCall::Looked(target.id, by.map(str::to_owned)));
    }

    fn text(&self, target: &Target) -> Observation<Vec<u8>> {
        self.ordered(target.id, FakeCall::Text(target.id), |_| b"what it shows".to_vec())
    }
}

/// No holder is left from before: only sessions that are opened here are held.
impl Adopting for Fake {
    fn find(&self) -> BoxFuture<'_, Vec<Found>> {
        Box::pin(async { Vec::new() })
    }

    fn find_one(&self, _: u32) -> BoxFuture<'_, Option<Found>> {
        Box::pin(async { None })
    }

    fn adopt(&self, found: Found) {
        let mut inner = self.inner();
        inner.calls.push(FakeCall::Adopt(found.id()));
        inner.held.insert(found.id());
    }

    fn holds(&self, id: u32) -> bool {
        self.inner().held.contains(&id)
    }

    fn reap<'a>(&'a self, id: u32, _: &'a SessionKey) -> BoxFuture<'a, ()> {
        self.inner().calls.push(FakeCall::Reap(id));
        Box::pin(async {})
    }
}

impl Opening for Fake {
    fn socket(&self, id: u32) -> PathBuf {
        PathBuf::from(format!("/nonexistent/{id}"))
    }

    fn environment(&self, id: u32, boot_id: &str) -> [(String, String); 2] {
        [("USHER_SESSION".to_owned(), format!("{boot_id}:{id}")), ("USHER_SOCKET".to_owned(), String::new())]
    }

    fn open(&self, _: u32, spec: OpenSpec) -> BoxFuture<'_, Result<Opened, Error>> {
        let key = SessionKey {
            boot_id: spec.boot_id,
            native_id: spec.native_id,
            leader_pid: std::process::id(),
            leader_start: u64::from(spec.session_id),
        };
        self.ordered(spec.session_id, FakeCall::Open(spec.session_id), |_| Opened::faked(key))
    }

    fn connect(&self, id: u32, _: Opened, covers: Vec<Cover>) -> Starting {
        let mut inner = self.inner();
        inner.calls.push(FakeCall::Connect(id, covers));
        inner.held.insert(id);
        Starting::faked(id)
    }

    fn start(&self, starting: Starting) -> BoxFuture<'_, Result<(), Error>> {
        self.ordered(starting.id(), FakeCall::Start(starting.id()), drop)
    }

    fn can_seat(&self, _: &Target, _: bool) -> Result<(), Error> {
        Ok(())
    }

    fn seat(&self, target: &Target, _: StationSpec, _: OwnedFd) -> Result<(), Error> {
        self.inner().calls.push(FakeCall::Seat(target.id));
        Ok(())
    }
}

impl TextSessions for Fake {
    /// Tests take the news in by themselves, so nothing waits for that.
    fn caught_up(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn heard(&self, _: u32) {}

    fn session_of_holder(&self, _: Process) -> Option<u32> {
        None
    }
}

impl Logins for Fake {
    fn key(&self, login: &Login) -> SessionKey {
        login.key("fake-boot")
    }

    fn know(&self, id: u32, login: Login) {
        let mut inner = self.inner();
        inner.calls.push(FakeCall::Know(id));
        inner.logins.insert(id, login);
    }

    fn forget(&self, id: u32) {
        let mut inner = self.inner();
        inner.calls.push(FakeCall::Forget(id));
        inner.logins.remove(&id);
    }

    fn sessions_of_group(&self, group: &str) -> Vec<u32> {
        let inner = self.inner();
        let within = |login: &Login| group.contains(&login.scope);
        inner.logins.iter().filter(|(_, login)| within(login)).map(|(id, _)| *id).collect()
    }

    fn ssh_origin(&self, group: &str) -> Option<String> {
        let inner = self.inner();
        inner.logins.values().find(|login| group.contains(&login.scope))?.remote.clone()
    }

    fn spare(&self, sessions: &[u32]) {
        self.inner().calls.push(FakeCall::Spare(sessions.to_vec()));
    }
}

impl Displays for Fake {
    fn start(&self) {}

    fn is_following(&self) -> bool {
        true
    }

    fn retire_strangers(&self) -> BoxFuture<'_, ()> {
        self.inner().calls.push(FakeCall::RetireStrangers);
        Box::pin(async {})
    }

    fn armed(&self) -> BoxFuture<'_, ()> {
        self.inner().calls.push(FakeCall::Armed);
        Box::pin(async {})
    }

    fn reconciled(&self) {
        self.inner().calls.push(FakeCall::Reconciled);
    }

    fn look_for_displays(&self) {}

    fn look_at_stations(&self) {
        self.inner().looks += 1;
    }
}

impl HostSessions for Fake {
    fn enable_and_start<'a>(&'a self, unit: &'a str) -> BoxFuture<'a, Result<(), Error>> {
        self.inner().calls.push(FakeCall::EnableAndStart(unit.to_owned()));
        Box::pin(async { Ok(()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> Target {
        let key = SessionKey { boot_id: "b".to_owned(), native_id: "3".to_owned(), leader_pid: 1, leader_start: 1 };
        Target { id: 3, key, user: "alice".to_owned(), uid: 1001 }
    }

    #[tokio::test]
    async fn a_fake_remembers_its_orders_and_plays_its_part_once() {
        let (news, mut heard) = mpsc::unbounded_channel();
        let fake = Fake::telling(news);
        fake.next(3, Play::Fails(Error::new(ErrorId::Timeout, "it hangs")));
        let backend: Arc<dyn TextSessions> = Arc::new(fake.clone());
        assert_eq!(backend.cover(&target(), Vec::new()).await.unwrap_err().id, ErrorId::Timeout);
        assert!(heard.try_recv().is_err(), "nothing was seen");
        assert_eq!(backend.cover(&target(), Vec::new()).await.unwrap(), Covered::default());
        assert!(matches!(heard.try_recv(), Ok(Noticed::Changed { id: 3, .. })));
        assert_eq!(fake.new_calls(), [FakeCall::Cover(3, Vec::new()), FakeCall::Cover(3, Vec::new())]);
        assert!(fake.calls().is_empty());
    }
}
