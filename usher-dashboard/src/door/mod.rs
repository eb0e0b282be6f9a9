//! Who may come in: the user who started the page, with its link or the cookie that the link was changed for, and from no
//! other page.

use std::io;
use std::net::SocketAddr;
use std::sync::Mutex;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::HeaderMap;
use hyper::header::{COOKIE, HOST, HeaderName, ORIGIN};

mod neighbour;
pub mod secure;
pub use neighbour::owner;

/// The bytes of a secret.
const SECRET: usize = 32;
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FETCH_DESTINATION: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// The keeper of the link and the cookie.
#[derive(Debug)]
pub struct Door {
    address: SocketAddr,
    /// The link's secret, until somebody used it.
    link: Mutex<Option<String>>,
    /// What a browser that came by the link shows from then on.
    session: String,
}

/// Why a request is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The request names another host: somebody's name was made to lead here (DNS rebinding).
    Host,
    /// Another page asks.
    Origin,
    /// There is no cookie, or not ours.
    SignedOut,
    /// There is no place for one more, or the host does not answer.
    Busy,
}

impl Door {
    /// A door at this address, and the link that opens it once.
    ///
    /// # Errors
    /// The kernel has no random numbers.
    pub fn new(address: SocketAddr) -> io::Result<(Self, String)> {
        let (link, session) = (secret()?, secret()?);
        let told = format!("http://{address}/enter/{link}");
        Ok((Door { address, link: Mutex::new(Some(link)), session }, told))
    }

    /// The name of the cookie. Browsers keep cookies by host and not by port, so that pages on two ports would overwrite
    /// each other's.
    pub fn cookie_name(&self) -> String {
        format!("usher-dashboard-{}", self.address.port())
    }

    /// Changes the link's secret for the cookie, as a header's value; none if the link was used, or is another one.
    pub fn enter(&self, shown: &str) -> Option<String> {
        let mut link = self.link.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        link.take_if(|secret| same(secret, shown))?;
        Some(format!("{}={}; Path=/; HttpOnly; SameSite=Strict", self.cookie_name(), self.session))
    }

    /// Whether a request is for this page by name: also what needs no cookie is answered to no other.
    ///
    /// # Errors
    /// It is not.
    pub fn by_name(&self, headers: &HeaderMap) -> Result<(), Refused> {
        let named = headers.get(HOST).and_then(|host| host.to_str().ok());
        let port = self.address.port();
        let ours = [self.address.to_string(), format!("localhost:{port}")];
        match named {
            Some(named) if headers.get_all(HOST).iter().count() == 1 && ours.iter().any(|own| own == named) => Ok(()),
            _ => Err(Refused::Host),
        }
    }

    /// Whether a request may read: it has the cookie, and no other site's page sent it.
    ///
    /// # Errors
    /// It may not.
    pub fn reads(&self, headers: &HeaderMap) -> Result<(), Refused> {
        self.by_name(headers)?;
        // Pages on other ports of this host are the same site for a browser, but another origin.
        let site = headers.get(FETCH_SITE).map(|site| site.as_bytes());
        if !matches!(site, None | Some(b"same-origin" | b"none")) {
            return Err(Refused::Origin);
        }
        if self.signed_in(headers) { Ok(()) } else { Err(Refused::SignedOut) }
    }

    /// Whether a request may act: it may read, and says itself that it comes from our own page.
    ///
    /// # Errors
    /// It may not.
    pub fn acts(&self, headers: &HeaderMap) -> Result<(), Refused> {
        self.by_name(headers)?;
        let host = headers.get(HOST).map(|host| [b"http://", host.as_bytes()].concat());
        let origin = headers.get(ORIGIN).map(|origin| origin.as_bytes().to_vec());
        if origin.is_none() || origin != host {
            return Err(Refused::Origin);
        }
        self.reads(headers)
    }

    fn signed_in(&self, headers: &HeaderMap) -> bool {
        let name = self.cookie_name();
        let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.any(|(known, value)| known == name && same(value, &self.session))
    }
}

/// Compares without saying by its time how much is the same.
fn same(one: &str, other: &str) -> bool {
    let differ = one.bytes().zip(other.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b));
    one.len() == other.len() && differ == 0
}

fn secret() -> io::Result<String> {
    let mut bytes = [0; SECRET];
    let mut filled = 0;
    while filled < SECRET {
        filled += rustix::rand::getrandom(&mut bytes[filled..], rustix::rand::GetRandomFlags::empty())?;
    }
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn door() -> (Door, String, String) {
        let (door, link) = Door::new(([127, 0, 0, 1], 4711).into()).unwrap();
        let secret = link.strip_prefix("http://127.0.0.1:4711/enter/").unwrap().to_owned();
        let cookie = format!("usher-dashboard-4711={}", door.session);
        (door, secret, cookie)
    }

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn the_link_opens_once() {
        let (door, secret, _) = door();
        assert_eq!(door.enter("x"), None);
        assert_eq!(door.enter(""), None);
        let set = door.enter(&secret).unwrap();
        assert!(set.starts_with("usher-dashboard-4711=") && set.ends_with("; Path=/; HttpOnly; SameSite=Strict"));
        assert!(!set.contains(&secret), "the link's secret is of no use any more");
        assert_eq!(door.enter(&secret), None);
    }

    #[test]
    fn only_our_own_names_are_answered_to() {
        let (door, ..) = door();
        for good in ["127.0.0.1:4711", "localhost:4711"] {
            assert_eq!(door.by_name(&headers(&[(HOST, good)])), Ok(()));
        }
        for bad in ["evil.example:4711", "127.0.0.1", "127.0.0.1:80", "localhost", "localhost:47110", "", "[::1]:4711"]
        {
            assert_eq!(door.by_name(&headers(&[(HOST, bad)])), Err(Refused::Host), "{bad}");
        }
        let mut twice = headers(&[(HOST, "localhost:4711")]);
        twice.append(HOST, HeaderValue::from_static("evil.example"));
        assert_eq!(door.by_name(&twice), Err(Refused::Host));
        assert_eq!(door.by_name(&HeaderMap::new()), Err(Refused::Host));
    }

    #[test]
    fn reading_takes_the_cookie_and_no_other_page() {
        let (door, secret, cookie) = door();
        let host = (HOST, "127.0.0.1:4711");
        let with = |more: &[(HeaderName, &str)]| door.reads(&headers(&[std::slice::from_ref(&host), more].concat()));
        assert_eq!(with(&[(COOKIE, &cookie)]), Ok(()));
        assert_eq!(with(&[(COOKIE, &format!("other=1; {cookie}; x=y"))]), Ok(()));
        assert_eq!(with(&[]), Err(Refused::SignedOut));
        assert_eq!(with(&[(COOKIE, &format!("usher-dashboard-4711={secret}"))]), Err(Refused::SignedOut));
        assert_eq!(with(&[(COOKIE, &format!("x{cookie}"))]), Err(Refused::SignedOut));
        for (site, verdict) in [
            ("same-origin", Ok(())),
            ("none", Ok(())),
            ("same-site", Err(Refused::Origin)),
            ("cross-site", Err(Refused::Origin)),
        ] {
            assert_eq!(with(&[(COOKIE, &cookie), (FETCH_SITE, site)]), verdict, "{site}");
        }
    }

    #[test]
    fn acting_takes_our_own_origin_too() {
        let (door, _, cookie) = door();
        let of = |host, origin| door.acts(&headers(&[(HOST, host), (COOKIE, &cookie), (ORIGIN, origin)]));
        assert_eq!(of("127.0.0.1:4711", "http://127.0.0.1:4711"), Ok(()));
        assert_eq!(of("localhost:4711", "http://localhost:4711"), Ok(()));
        for origin in
            ["http://127.0.0.1:4712", "https://127.0.0.1:4711", "http://localhost:4711", "null", "", "http://evil"]
        {
            assert_eq!(of("127.0.0.1:4711", origin), Err(Refused::Origin), "{origin}");
        }
        let without = door.acts(&headers(&[(HOST, "127.0.0.1:4711"), (COOKIE, &cookie)]));
        assert_eq!(without, Err(Refused::Origin));
        let signed_out = door.acts(&headers(&[(HOST, "127.0.0.1:4711"), (ORIGIN, "http://127.0.0.1:4711")]));
        assert_eq!(signed_out, Err(Refused::SignedOut));
    }
}
