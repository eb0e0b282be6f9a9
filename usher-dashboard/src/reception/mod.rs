//! Who is signed in, as the page's service knows it: nothing but the walls of those whose secrets usherd knows.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hyper::HeaderMap;
use tokio::sync::Semaphore;
use usher::client::Client;
use usher::client::connect::PageClaim;
use usher::client::target::TargetHost;
use usher_core::outcome::ErrorId;
use usher_core::request::{Action, Pin, Secret, WhichSignIn};
use usher_core::status::HostStatus;

use crate::door::Refused;
use crate::door::secure::{COOKIE_NAME, shown};
use crate::wall::Wall;

pub mod conversation;
use conversation::SigningIn;

/// The most browsers that are served at once.
const MOST: usize = 256;
/// How long usherd's word about a secret counts.
const AGAIN: Duration = Duration::from_secs(2);
/// After how long without a request a wall that nobody looks at is taken down.
const UNUSED: Duration = Duration::from_secs(120);
/// How long somebody may take to answer PAM, and how many may be asked at once.
const PATIENCE: Duration = Duration::from_secs(120);
const MOST_ASKED: usize = 64;
/// Sign-ins that PAM works on at once.
const AT_ONCE: usize = 12;

/// The reception.
pub struct Reception {
    /// usherd's socket.
    usherd: PathBuf,
    /// usher-auth's.
    pub auth: PathBuf,
    visitors: Mutex<HashMap<Pin, Visitor>>,
    asked: Mutex<HashMap<Pin, (Instant, SigningIn)>>,
    /// Turns at PAM.
    pub turns: Semaphore,
}

struct Visitor {
    wall: Arc<Wall>,
    user: Option<String>,
    from: IpAddr,
    checked: Instant,
}

/// Somebody who may see the page.
#[derive(Clone)]
pub struct Visit {
    /// What they see.
    pub wall: Arc<Wall>,
    /// Who they are.
    pub user: Option<String>,
}

impl Reception {
    /// A reception that asks these sockets.
    pub fn new(usherd: PathBuf, auth: PathBuf) -> Self {
        let (visitors, asked) = (Mutex::default(), Mutex::default());
        Reception { usherd, auth, visitors, asked, turns: Semaphore::new(AT_ONCE) }
    }

    /// Who sends this request, by usherd's word.
    ///
    /// # Errors
    /// Nobody who is signed in, or usherd cannot be asked.
    pub async fn visit(&self, headers: &HeaderMap, from: IpAddr) -> Result<Visit, Refused> {
        let secret = shown(headers, COOKIE_NAME).ok_or(Refused::SignedOut)?;
        let key = secret.hash();
        if let Some(visit) = self.known(&key, from) {
            return Ok(visit);
        }
        let status = self.client(&secret, from).call::<HostStatus>(&Action::Status).await;
        match status {
            Ok(status) => {
                let joined =
                    if self.visitors().contains_key(&key) { Vec::new() } else { self.joined(&secret, from).await };
                self.keep(key, (&secret, from), status.caller, joined)
            }
            Err(error) if error.error.id == ErrorId::AccessDenied => {
                self.forget(&key);
                Err(Refused::SignedOut)
            }
            Err(_) => Err(Refused::Busy),
        }
    }

    /// Ends a sign-in, on the host and here.
    pub async fn sign_out(&self, headers: &HeaderMap, from: IpAddr) {
        let Some(secret) = shown(headers, COOKIE_NAME) else { return };
        let out = Action::SignOut(WhichSignIn::Own);
        // Where usherd does not answer, the secret is good until its time is over; the browser forgets it anyway.
        let _ = self.client(&secret, from).call::<serde_json::Value>(&out).await;
        self.forget(&secret.hash());
    }

    /// Keeps a sign-in until its browser answers, under a secret of its own; none if too many are asked.
    pub fn keep_asked(&self, signing_in: SigningIn) -> Option<Secret> {
        let secret = Secret::new().ok()?;
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.retain(|_, (since, _)| since.elapsed() < PATIENCE);
        if asked.len() >= MOST_ASKED {
            return None;
        }
        asked.insert(secret.hash(), (Instant::now(), signing_in));
        Some(secret)
    }

    /// The sign-in that goes on under this secret.
    pub fn take_asked(&self, secret: &Secret) -> Option<SigningIn> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, signing_in) = asked.remove(&secret.hash())?;
        (since.elapsed() < PATIENCE).then_some(signing_in)
    }

    /// Takes down the walls that nobody looks at, for as long as the page is served.
    pub async fn tidy(&self) {
        loop {
            tokio::time::sleep(UNUSED / 4).await;
            let unused = |visitor: &Visitor| visitor.wall.is_unseen() && visitor.checked.elapsed() > UNUSED;
            self.visitors().retain(|_, visitor| {
                let keep = !visitor.wall.has_ended() && !unused(visitor);
                if !keep {
                    visitor.wall.end();
                }
                keep
            });
        }
    }

    fn known(&self, key: &Pin, from: IpAddr) -> Option<Visit> {
        let visitors = self.visitors();
        let known = visitors.get(key)?;
        let fresh = known.checked.elapsed() < AGAIN && known.from == from && !known.wall.has_ended();
        fresh.then(|| Visit { wall: Arc::clone(&known.wall), user: known.user.clone() })
    }

    /// Keeps somebody whose secret is good. Who calls from elsewhere now is another caller for the host.
    fn keep(
        &self,
        key: Pin,
        (secret, from): (&Secret, IpAddr),
        user: Option<String>,
        joined: Vec<TargetHost>,
    ) -> Result<Visit, Refused> {
        let mut visitors = self.visitors();
        let before = visitors.get_mut(&key).filter(|known| known.from == from && !known.wall.has_ended());
        if let Some(known) = before {
            known.checked = Instant::now();
            return Ok(Visit { wall: Arc::clone(&known.wall), user });
        }
        if visitors.len() >= MOST && !visitors.contains_key(&key) {
            return Err(Refused::Busy);
        }
        let own = TargetHost::this(self.client(secret, from));
        let wall = Wall::of_sign_in(std::iter::once(own).chain(joined).collect());
        let visitor = Visitor { wall: Arc::clone(&wall), user: user.clone(), from, checked: Instant::now() };
        if let Some(other) = visitors.insert(key, visitor) {
            other.wall.end();
        }
        Ok(Visit { wall, user })
    }

    /// The hosts that this one's page was joined to. One that does not say has none, and the next visit asks again.
    async fn joined(&self, secret: &Secret, from: IpAddr) -> Vec<TargetHost> {
        let names = self.client(secret, from).joined_hosts().await.unwrap_or_default();
        let claim = PageClaim { usherd: self.usherd.clone(), secret: secret.clone(), from };
        names.iter().map(|name| TargetHost::named(name, Client::joined(name.clone(), claim.clone()))).collect()
    }

    fn forget(&self, key: &Pin) {
        if let Some(visitor) = self.visitors().remove(key) {
            visitor.wall.end();
        }
    }

    fn client(&self, secret: &Secret, from: IpAddr) -> Client {
        Client::here(Some(self.usherd.clone())).by_the_page(secret, from)
    }

    fn visitors(&self) -> MutexGuard<'_, HashMap<Pin, Visitor>> {
        self.visitors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
