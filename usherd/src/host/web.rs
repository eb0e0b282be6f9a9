//! Who is signed in on the host's web page. usherd believes usher-auth about who somebody is, which is root, and the gateway,
//! which verified a certificate; never the program that serves the page: that shows a secret, and only this host knows whose it
//! is.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use usher_core::per_key::PerKey;
use usher_core::request::{IdentityName, Pin, WebSignIn, WhichSignIn};

use super::patience::SignInPatience;
use crate::actor::WebPerson;
use crate::paths::Mode;

/// Whom the program that serves the page runs as. No other user's connection is heard with a secret.
const USER: &str = "usher-dashboard";
/// The most sign-ins at once, of one user and of all.
const MOST_OF_USER: usize = 16;
const MOST: usize = 1024;
/// No user: `(uid_t) -1`.
const NOBODY: u32 = u32::MAX;

/// What a caller shows who says to ask for somebody who signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebClaim {
    /// The hash of the secret.
    pub secret: Pin,
    /// From where that somebody calls.
    pub from: IpAddr,
}

#[derive(Debug, Clone)]
struct SignedIn {
    secret: Pin,
    person: WebPerson,
    shown: WebSignIn,
}

/// The page's service, and everybody who is signed in there. Nothing of it is stored: whoever was signed in signs in
/// again after a restart of usherd.
#[derive(Debug)]
pub struct WebService {
    uid: AtomicU32,
    last_id: AtomicU32,
    signed_in: Mutex<Vec<SignedIn>>,
    /// How long to wait before another try.
    pub patience: SignInPatience,
    /// Places of connections that lead to joined hosts, for each sign-in.
    pub relays: PerKey<Pin>,
}

impl Default for WebService {
    fn default() -> Self {
        WebService {
            uid: AtomicU32::new(NOBODY),
            last_id: AtomicU32::new(0),
            signed_in: Mutex::default(),
            patience: SignInPatience::default(),
            relays: PerKey::default(),
        }
    }
}

impl WebService {
    /// The service's uid, if the host has such a user.
    pub fn uid(&self) -> Option<u32> {
        Some(self.uid.load(Ordering::Relaxed)).filter(|uid| *uid != NOBODY)
    }

    /// Asks the user database for it. Root is never it, and a user's own daemon has no such service.
    pub async fn look_up(&self, mode: Mode) {
        let uid = match mode {
            Mode::User => None,
            Mode::System => crate::accounts::uid_of(USER).await.filter(|uid| *uid != 0),
        };
        self.uid.store(uid.unwrap_or(NOBODY), Ordering::Relaxed);
    }

    /// Whose secret a connection of this uid's shows, if they are signed in.
    pub fn whose(&self, peer: u32, secret: &Pin, now: Timestamp) -> Option<WebPerson> {
        if self.uid() != Some(peer) {
            return None;
        }
        self.is_signed_in(secret, now)
    }

    /// Whose secret this is, if it is good.
    pub fn is_signed_in(&self, secret: &Pin, now: Timestamp) -> Option<WebPerson> {
        self.known(now).iter().find(|one| one.secret == *secret).map(|one| one.person.clone())
    }

    /// Somebody proved who they are. Of too many the oldest of the same person ends; none where there are too many of
    /// others.
    pub fn sign_in(
        &self,
        secret: Pin,
        user: String,
        person: WebPerson,
        from: IpAddr,
        times: [Timestamp; 2],
    ) -> Option<WebSignIn> {
        let [since, until] = times;
        let mut known = self.known(since);
        let own = known.iter().filter(|one| one.person.is(&person)).count();
        if own >= MOST_OF_USER
            && let Some(oldest) = known.iter().position(|one| one.person.is(&person))
        {
            known.remove(oldest);
        }
        if known.len() >= MOST {
            return None;
        }
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let shown = WebSignIn { id, user, uid: person.uid(), from: from.to_canonical().to_string(), since, until };
        known.push(SignedIn { secret, person, shown: shown.clone() });
        Some(shown)
    }

    /// Ends a sign-in: one's own by its secret, or another by its number.
    pub fn sign_out(&self, which: WhichSignIn, own: Option<&Pin>, now: Timestamp) -> Option<WebSignIn> {
        let mut known = self.known(now);
        let meant = |one: &SignedIn| match which {
            WhichSignIn::Own => Some(&one.secret) == own,
            WhichSignIn::Number(id) => one.shown.id == id,
        };
        let at = known.iter().position(meant)?;
        Some(known.remove(at).shown)
    }

    /// Ends whatever this identity signed in.
    pub fn forget(&self, identity: &IdentityName, now: Timestamp) {
        let is_of = |person: &WebPerson| matches!(person, WebPerson::Identity { name, .. } if name == identity);
        self.known(now).retain(|one| !is_of(&one.person));
    }

    /// Everybody who is signed in.
    pub fn shown(&self, now: Timestamp) -> Vec<WebSignIn> {
        self.known(now).iter().map(|one| one.shown.clone()).collect()
    }

    /// Those that are not over.
    fn known(&self, now: Timestamp) -> MutexGuard<'_, Vec<SignedIn>> {
        let mut known = self.signed_in.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|one| one.shown.until > now);
        known
    }
}

/// From when until when a sign-in lasts.
pub fn times(now: Timestamp, lasts: SignedDuration) -> [Timestamp; 2] {
    [now, now.checked_add(lasts).unwrap_or(Timestamp::MAX)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn service() -> WebService {
        let service = WebService::default();
        service.uid.store(990, Ordering::Relaxed);
        service
    }

    fn sign_in(service: &WebService, secret: &[u8], uid: u32, second: i64) -> Option<WebSignIn> {
        let times = times(now(second), SignedDuration::from_secs(100));
        service.sign_in(Pin::of(secret), format!("u{uid}"), WebPerson::User(uid), [10, 0, 0, 5].into(), times)
    }

    #[test]
    fn a_secret_is_good_from_the_service_alone_and_until_its_end() {
        let service = service();
        sign_in(&service, b"s", 1000, 0).unwrap();
        assert_eq!(service.whose(990, &Pin::of(b"s"), now(99)), Some(WebPerson::User(1000)));
        assert_eq!(service.whose(990, &Pin::of(b"other"), now(1)), None);
        for stranger in [0, 1000, NOBODY] {
            assert_eq!(service.whose(stranger, &Pin::of(b"s"), now(1)), None, "{stranger}");
        }
        assert_eq!(service.whose(990, &Pin::of(b"s"), now(100)), None, "it is over");
        assert_eq!(WebService::default().whose(NOBODY, &Pin::of(b"s"), now(1)), None, "no service, nobody");
    }

    #[test]
    fn a_sign_in_ends_by_its_owner_or_its_number() {
        let service = service();
        let first = sign_in(&service, b"a", 1000, 0).unwrap();
        let second = sign_in(&service, b"b", 1001, 1).unwrap();
        assert_ne!(first.id, second.id);
        assert_eq!(service.sign_out(WhichSignIn::Own, None, now(2)), None);
        assert_eq!(service.sign_out(WhichSignIn::Own, Some(&Pin::of(b"a")), now(2)), Some(first));
        assert_eq!(service.is_signed_in(&Pin::of(b"a"), now(2)), None);
        assert_eq!(service.sign_out(WhichSignIn::Number(second.id), None, now(2)).map(|one| one.uid), Some(Some(1001)));
        assert_eq!(service.sign_out(WhichSignIn::Number(second.id), None, now(2)), None);
        assert_eq!(service.shown(now(2)), []);
    }

    #[test]
    fn an_identity_that_is_revoked_is_signed_in_nowhere() {
        let service = service();
        let name: IdentityName = "olga@laptop".parse().unwrap();
        let identity = |key: &[u8]| WebPerson::Identity { name: name.clone(), key: Pin::of(key) };
        for key in [b"1", b"2"] {
            let times = times(now(0), SignedDuration::from_secs(100));
            service.sign_in(Pin::of(key), name.to_string(), identity(key), [10, 0, 0, 5].into(), times).unwrap();
        }
        sign_in(&service, b"u", 1000, 0).unwrap();
        assert_eq!(service.whose(990, &Pin::of(b"1"), now(1)), Some(identity(b"1")));
        service.forget(&name, now(2));
        assert_eq!(service.shown(now(2)).iter().map(|one| one.uid).collect::<Vec<_>>(), [Some(1000)]);
        assert_eq!(service.whose(990, &Pin::of(b"2"), now(2)), None);
    }

    #[test]
    fn nobody_takes_all_places() {
        let service = service();
        for count in 0..MOST_OF_USER + 3 {
            sign_in(&service, &[u8::try_from(count).unwrap()], 1000, 0).unwrap();
        }
        assert_eq!(service.shown(now(1)).len(), MOST_OF_USER);
        assert_eq!(service.is_signed_in(&Pin::of(&[0]), now(1)), None, "the oldest went");
        for uid in 2000..4000 {
            sign_in(&service, &uid.to_string().into_bytes(), uid, 0);
        }
        assert_eq!(service.shown(now(1)).len(), MOST);
    }
}
