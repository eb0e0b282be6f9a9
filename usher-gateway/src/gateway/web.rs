//! Signing in on the host's web page with a certificate. The page's own service verifies none: its form leads a browser here,
//! where certificates are verified, and this leads it back with a cookie, which browsers keep by host and not by port.

use std::path::Path;

use hyper::header::{CONNECTION, HOST, HeaderValue, ORIGIN, SET_COOKIE};
use hyper::{HeaderMap, Response, StatusCode};
use usher_core::files;
use usher_core::request::{Name, Secret, SignInAnswer, SignInRequest, SignInStep};
use usher_core::wire::sign_in::{COOKIE_NAME, PUBLISHED, cookie};

use super::GatewayState;
use super::answer::{Body, led, wrong};
use super::issue::{post, take_slot};
use super::serve::RemoteCaller;
use crate::certificates::Facts;

/// Answers the page's form.
pub async fn sign_in(
    gateway: &GatewayState,
    peer: &RemoteCaller,
    identity: Option<&Facts>,
    headers: &HeaderMap,
) -> Response<Body> {
    let Some(page) = files::published_port(Path::new(PUBLISHED)).and_then(|port| page(headers, port)) else {
        return wrong(StatusCode::FORBIDDEN, "only the web page that this host serves leads here");
    };
    let back = |why: &str| led(&format!("{page}/?certificate={why}"));
    let answer = match identity {
        None => back("none").map(|mut response| {
            // The browser asks its user for a certificate when it connects, and not before.
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            response
        }),
        Some(facts) => match signed_in(gateway, peer, facts).await {
            Ok(secret) => led(&format!("{page}/")).zip(set(&secret)).map(|(mut response, set)| {
                response.headers_mut().insert(SET_COOKIE, set);
                response
            }),
            Err(status) if status == StatusCode::FORBIDDEN => back("refused"),
            Err(_) => back("broken"),
        },
    };
    answer.unwrap_or_else(|| wrong(StatusCode::BAD_REQUEST, "the browser cannot be led back"))
}

/// Has usherd sign this identity in. The browser gets the secret, and usherd its hash.
async fn signed_in(gateway: &GatewayState, peer: &RemoteCaller, facts: &Facts) -> Result<Secret, StatusCode> {
    let busy = StatusCode::SERVICE_UNAVAILABLE;
    let of_identity = gateway.limits.identities.take_slot(&facts.name).ok_or(busy)?;
    let place = take_slot(&gateway.limits.requests, "this host is serving too many remote requests at the moment")
        .map_err(|_| busy)?;
    let secret = Secret::new().map_err(|_| busy)?;
    let user: Name = facts.name.as_str().parse().map_err(|_| StatusCode::FORBIDDEN)?;
    let step = SignInStep::Certified { secret: secret.hash() };
    let request = SignInRequest { user, from: peer.address.ip().to_canonical(), step };
    let answer: Result<SignInAnswer, _> =
        post(gateway, peer, Some(facts), "/v1/web/sign-ins", &request, (of_identity, place)).await;
    match answer {
        Ok(_) => {
            tracing::info!("{} signed in on the web page from {}", facts.name, peer.address);
            Ok(secret)
        }
        Err(refusal) => Err(refusal.status()),
    }
}

fn set(secret: &Secret) -> Option<HeaderValue> {
    HeaderValue::from_str(&cookie(COOKIE_NAME, secret.as_str())).ok()
}

/// The origin of the host's page, which listens at this port, if the request says itself that the page sent it.
fn page(headers: &HeaderMap, port: u16) -> Option<String> {
    let one = |name| {
        let mut all = headers.get_all(name).iter();
        all.next().filter(|_| all.next().is_none()).and_then(|value| value.to_str().ok())
    };
    let (host, own) = one(HOST)?.rsplit_once(':')?;
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte);
    own.parse::<u16>().ok()?;
    let page = format!("https://{host}:{port}");
    (!host.is_empty() && host.bytes().all(good) && one(ORIGIN)?.eq_ignore_ascii_case(&page)).then_some(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hosts_own_page_leads_here() {
        let of = |host: &'static str, origin: &'static str| {
            let pairs = [(HOST, host), (ORIGIN, origin)].map(|(name, value)| (name, HeaderValue::from_static(value)));
            page(&pairs.into_iter().collect(), 8478)
        };
        assert_eq!(of("lab1:8477", "https://lab1:8478").as_deref(), Some("https://lab1:8478"));
        assert_eq!(of("[fd00::1]:8477", "https://[fd00::1]:8478").as_deref(), Some("https://[fd00::1]:8478"));
        for origin in ["https://lab1:9443", "https://lab1", "http://lab1:8478", "https://evil:8478", "null", ""] {
            assert_eq!(of("lab1:8477", origin), None, "{origin}");
        }
        for host in ["", "lab1", ":8477", "lab1/x:8477", "lab1:port"] {
            assert_eq!(of(host, "https://lab1:8478"), None, "{host}");
        }
        assert_eq!(page(&HeaderMap::new(), 8478), None);
    }
}
