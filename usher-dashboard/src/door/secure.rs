//! The door by TLS: which cookie somebody has, and that no other page sends what they send.

use hyper::HeaderMap;
use hyper::header::{COOKIE, HOST, ORIGIN};
use usher_core::request::Secret;
pub use usher_core::wire::sign_in::{COOKIE_NAME, cookie};

use super::{FETCH_DESTINATION, FETCH_SITE, Refused};

/// The cookie of somebody whom PAM asks more than a password.
pub const ASKED_NAME: &str = "__Host-usher-asked";

/// What makes a browser forget it.
pub fn forgotten(name: &str) -> String {
    format!("{name}=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict")
}

/// The secret in a cookie.
pub fn shown(headers: &HeaderMap, name: &str) -> Option<Secret> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).and_then(|(_, value)| value.parse().ok())
}

/// Whether a request names one host. Which one is for the certificate to say, and the cookie is its browser's for that
/// host alone.
///
/// # Errors
/// It names none, several, or what is no host.
pub fn by_name(headers: &HeaderMap) -> Result<&str, Refused> {
    let mut named = headers.get_all(HOST).iter();
    let (Some(host), None) = (named.next(), named.next()) else { return Err(Refused::Host) };
    let host = host.to_str().map_err(|_| Refused::Host)?;
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte);
    if host.is_empty() || host.len() > 255 || !host.bytes().all(good) { Err(Refused::Host) } else { Ok(host) }
}

/// Whether no other site's page sent a request.
///
/// # Errors
/// One did.
pub fn reads(headers: &HeaderMap) -> Result<(), Refused> {
    by_name(headers)?;
    match headers.get(FETCH_SITE).map(|site| site.as_bytes()) {
        None | Some(b"same-origin" | b"none") => Ok(()),
        Some(_) => Err(Refused::Origin),
    }
}

/// Whether a request may open the page: as [`reads`], and in a window of its own also where the gateway of this very host led
/// to it.
///
/// # Errors
/// It may not.
pub fn opens(headers: &HeaderMap) -> Result<(), Refused> {
    let said = |name: &hyper::header::HeaderName| headers.get(name).map(|value| value.as_bytes());
    match (said(&FETCH_SITE), said(&FETCH_DESTINATION)) {
        (Some(b"same-site"), Some(b"document")) => by_name(headers).map(drop),
        _ => reads(headers),
    }
}

/// Where this host verifies certificates, for a browser that knows it by the name in this request; nowhere if the browser came
/// by another way than the page's own port, which is a proxy's.
pub fn verifier(headers: &HeaderMap, own: Option<u16>, gateway: Option<u16>) -> Option<String> {
    let (name, port) = by_name(headers).ok()?.rsplit_once(':')?;
    let came_to = port.parse::<u16>().ok();
    (came_to == own && own.is_some()).then_some(gateway?).map(|gateway| format!("https://{name}:{gateway}"))
}

/// Whether a request says itself that our own page sent it.
///
/// # Errors
/// It does not.
pub fn acts(headers: &HeaderMap) -> Result<(), Refused> {
    let ours = format!("https://{}", by_name(headers)?);
    let mut origins = headers.get_all(ORIGIN).iter();
    let own = origins.next().is_some_and(|origin| origin.as_bytes().eq_ignore_ascii_case(ours.as_bytes()));
    if own && origins.next().is_none() { reads(headers) } else { Err(Refused::Origin) }
}

#[cfg(test)]
mod tests {
    use hyper::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn the_cookie_is_for_this_host_by_tls_and_for_no_other_site() {
        let secret = Secret::new().unwrap();
        let set = cookie(COOKIE_NAME, secret.as_str());
        assert!(set.starts_with("__Host-usher=") && set.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict"));
        assert!(!set.contains("Domain"));
        let pair = set.split(';').next().unwrap();
        assert_eq!(shown(&headers(&[(COOKIE, &format!("a=b; {pair}"))]), COOKIE_NAME), Some(secret.clone()));
        assert_eq!(shown(&headers(&[(COOKIE, &format!("x{pair}"))]), COOKIE_NAME), None);
        assert_eq!(shown(&headers(&[(COOKIE, "__Host-usher=short")]), COOKIE_NAME), None);
    }

    #[test]
    fn what_acts_comes_from_the_same_origin() {
        let of = |host, origin| acts(&headers(&[(HOST, host), (ORIGIN, origin)]));
        assert_eq!(of("lab1:8478", "https://lab1:8478"), Ok(()));
        assert_eq!(of("[fd00::1]:8478", "https://[fd00::1]:8478"), Ok(()));
        for origin in ["http://lab1:8478", "https://lab1", "https://evil.example", "null", "", "https://lab1:8478.evil"]
        {
            assert_eq!(of("lab1:8478", origin), Err(Refused::Origin), "{origin}");
        }
        assert_eq!(acts(&headers(&[(HOST, "lab1")])), Err(Refused::Origin));
        let foreign = headers(&[(HOST, "lab1"), (ORIGIN, "https://lab1"), (FETCH_SITE, "cross-site")]);
        assert_eq!(acts(&foreign), Err(Refused::Origin));
        for host in ["", "a b", "lab1/evil", "lab1\"", "läb"] {
            assert_eq!(
                by_name(&[(HOST, HeaderValue::from_bytes(host.as_bytes()).unwrap())].into_iter().collect()),
                Err(Refused::Host),
                "{host}"
            );
        }
        assert_eq!(reads(&headers(&[(HOST, "lab1"), (FETCH_SITE, "same-site")])), Err(Refused::Origin));
    }

    #[test]
    fn the_page_opens_also_from_another_port_of_this_host_and_in_no_frame() {
        let of = |site, destination| {
            opens(&headers(&[(HOST, "lab1"), (FETCH_SITE, site), (FETCH_DESTINATION, destination)]))
        };
        assert_eq!((of("same-site", "document"), of("none", "document")), (Ok(()), Ok(())));
        for (site, destination) in [("same-site", "iframe"), ("same-site", "empty"), ("cross-site", "document")] {
            assert_eq!(of(site, destination), Err(Refused::Origin), "{site} {destination}");
        }
    }

    #[test]
    fn certificates_are_verified_by_the_gateway_of_the_host_that_the_browser_knows() {
        let of = |host, own, gateway| verifier(&headers(&[(HOST, host)]), own, gateway);
        assert_eq!(of("lab1:8478", Some(8478), Some(8477)).as_deref(), Some("https://lab1:8477"));
        assert_eq!(of("[fd00::1]:8478", Some(8478), Some(8477)).as_deref(), Some("https://[fd00::1]:8477"));
        for (host, own, gateway) in [
            ("lab1:8478", Some(8478), None),
            ("lab1:8478", None, Some(8477)),
            ("lab1", Some(8478), Some(8477)),
            ("proxy:443", Some(8478), Some(8477)),
            ("[fd00::1]", Some(8478), Some(8477)),
        ] {
            assert_eq!(of(host, own, gateway), None, "{host}");
        }
    }
}
