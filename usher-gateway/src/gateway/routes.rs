//! The closed list of requests that remote callers may make. No other request reaches usherd.

use hyper::body::Incoming;
use hyper::header::{ALLOW, HeaderValue, TRANSFER_ENCODING};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use percent_encoding::percent_decode_str;
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::{InvalidValue, Name, PagePerson, RuleName, SessionRef};
use usher_core::wire::headers::PERSON_HEADER;

use super::answer::{Body, refused, wrong};
use super::serve::RemoteCaller;
use super::{GatewayState, forward, issue, web};

/// Where a request leads.
#[derive(Debug, PartialEq, Eq)]
enum Destination {
    /// To usherd, with the identity.
    Forward,
    /// A certificate for a token.
    Join,
    /// Another certificate.
    Renew,
    /// A sign-in on the host's web page, for a browser.
    SignIn,
}

/// Why a request leads nowhere.
#[derive(Debug, PartialEq, Eq)]
enum Misroute {
    /// There is no such path.
    Unknown,
    /// There is, with these methods.
    Methods(&'static str),
}

/// Answers one request.
pub async fn answer(gateway: &GatewayState, peer: &RemoteCaller, request: Request<Incoming>) -> Response<Body> {
    let route = match route(request.method(), request.uri().path()) {
        Ok(route) => route,
        Err(Misroute::Unknown) => return wrong(StatusCode::NOT_FOUND, "there is no such path for remote callers"),
        Err(Misroute::Methods(methods)) => {
            let mut response = wrong(StatusCode::METHOD_NOT_ALLOWED, format!("this path is for {methods}"));
            response.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
            return response;
        }
    };
    // A body's length is given in one way only, so that usherd cannot read another one.
    if request.headers().contains_key(TRANSFER_ENCODING) {
        return wrong(
            StatusCode::LENGTH_REQUIRED,
            "send the body's length as Content-Length, and no Transfer-Encoding",
        );
    }
    let person = match peer.person.get_or_init(|| person(request.headers())) {
        Ok(person) => person.as_ref(),
        Err(why) => return wrong(StatusCode::BAD_REQUEST, why.to_string()),
    };
    match (route, &peer.identity) {
        // What speaks for a person has no part in the key by which its host is known.
        (Destination::Join | Destination::Renew | Destination::SignIn, _) if person.is_some() => {
            wrong(StatusCode::FORBIDDEN, "a connection for one person is for nothing else")
        }
        (Destination::Join, _) => issue::join(gateway, peer, request).await,
        (Destination::SignIn, identity) => web::sign_in(gateway, peer, identity.as_ref(), request.headers()).await,
        (Destination::Renew, Some(identity)) => issue::renew(gateway, peer, identity, request).await,
        (Destination::Forward, Some(identity)) => forward::forward(gateway, peer, identity, person, request).await,
        (Destination::Renew | Destination::Forward, None) => {
            let error = Error::new(ErrorId::AccessDenied, "this host serves only callers who have joined it");
            let hint = "ask an administrator of the host for a token (`usher invite`), then `usher join TOKEN`";
            refused(StatusCode::UNAUTHORIZED, error.hint(hint))
        }
    }
}

/// For whom a connection is, by its first request.
fn person(headers: &HeaderMap) -> Result<Option<PagePerson>, InvalidValue> {
    let mut said = headers.get_all(PERSON_HEADER).iter();
    match (said.next(), said.next()) {
        (None, _) => Ok(None),
        (Some(one), None) => one.to_str().unwrap_or_default().parse().map(Some),
        (Some(_), Some(_)) => Err(InvalidValue::new("a connection is for one person")),
    }
}

/// Whether requests of identities for this method and path reach usherd.
pub fn forwards(method: &str, path: &str) -> bool {
    method.parse().is_ok_and(|method| route(&method, path) == Ok(Destination::Forward))
}

fn route(method: &Method, path: &str) -> Result<Destination, Misroute> {
    const GET: &str = "GET";
    const POST: &str = "POST";
    const RULE: &str = "PUT, DELETE";
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let (route, methods) = match segments.as_slice() {
        ["v1", "join"] => (Destination::Join, POST),
        ["v1", "renew"] => (Destination::Renew, POST),
        ["web", "sign-in"] => (Destination::SignIn, POST),
        ["v1", "sessions", "lock" | "unlock" | "disconnect" | "close"] => (Destination::Forward, POST),
        ["v1", "sessions", "close", "cancel"] => (Destination::Forward, POST),
        ["v1", "sessions", "ended"] => (Destination::Forward, GET),
        ["v1", "sessions" | "blocks" | "events" | "audit" | "status" | "openapi.json"] | ["healthz"] | ["metrics"] => {
            (Destination::Forward, GET)
        }
        ["v1", "sessions", id] | ["v1", "sessions", id, "thumbnail" | "screen"] if is::<SessionRef>(id) => {
            (Destination::Forward, GET)
        }
        ["v1", "sessions", id, "rename"] if is::<SessionRef>(id) => (Destination::Forward, POST),
        ["v1", "users", user, "sessions"] if is::<Name>(user) => (Destination::Forward, GET),
        ["v1", "blocks", rule] if is::<RuleName>(rule) => (Destination::Forward, RULE),
        _ => return Err(Misroute::Unknown),
    };
    match methods.split(", ").any(|known| known == method.as_str()) {
        true => Ok(route),
        false => Err(Misroute::Methods(methods)),
    }
}

/// Whether a segment of a path is a value of this kind.
fn is<T: std::str::FromStr>(segment: &str) -> bool {
    percent_decode_str(segment).decode_utf8().is_ok_and(|text| text.parse::<T>().is_ok())
}

#[cfg(test)]
mod tests {
    use usher_core::wire::sign_in;

    use super::*;

    #[test]
    fn a_connection_is_for_one_person_or_for_none() {
        let said = |all: &[&'static str]| {
            person(&all.iter().map(|one| (PERSON_HEADER.parse().unwrap(), HeaderValue::from_static(one))).collect())
        };
        assert_eq!(said(&[]), Ok(None));
        assert_eq!(said(&["operator olga"]).unwrap().unwrap().user.as_str(), "olga");
        for wrong in [&["olga"][..], &[""], &["operator olga", "operator olga"], &["operator olga", ""]] {
            assert!(said(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_list_is_closed() {
        let to = |method: Method, path: &str| route(&method, path);
        for path in [
            "/v1/sessions",
            "/v1/sessions/3",
            "/v1/sessions/c2",
            "/v1/sessions/essay",
            "/v1/sessions/ended",
            "/v1/sessions/alice%2Fmy%20essay",
            "/v1/sessions/3/thumbnail",
            "/v1/sessions/3/screen",
            "/v1/blocks",
            "/v1/users/alice/sessions",
            "/v1/events",
            "/v1/audit",
            "/v1/status",
            "/healthz",
        ] {
            assert_eq!(to(Method::GET, path), Ok(Destination::Forward), "{path}");
        }
        for path in [
            "/v1/sessions/lock",
            "/v1/sessions/close",
            "/v1/sessions/close/cancel",
            "/v1/sessions/alice%2Fessay/rename",
        ] {
            assert_eq!(to(Method::POST, path), Ok(Destination::Forward), "{path}");
        }
        assert_eq!(to(Method::PUT, "/v1/blocks/user%3Aalice"), Ok(Destination::Forward));
        assert_eq!(to(Method::DELETE, "/v1/blocks/all"), Ok(Destination::Forward));
        for path in [
            "/v1/sessions/open",
            "/v1/sessions/lock/cancel",
            "/v1/sessions/3/attach",
            "/v1/sessions/3/end",
            "/v1/identities",
            "/v1/identities/redeem",
            "/v1/identities/rekey",
            "/v1/sessions/",
            "/v1/users/alice",
            "/v1/users/%0A/sessions",
            "//v1/sessions",
            "/v1/blocks/user%3A%0A",
            "/v1/blocks/%ff",
            "/v1/sessions/..",
            "/",
            "",
            "*",
        ] {
            assert_eq!(to(Method::GET, path), Err(Misroute::Unknown), "{path}");
            assert_eq!(to(Method::POST, path), Err(Misroute::Unknown), "{path}");
        }
        assert_eq!(to(Method::POST, sign_in::BY_CERTIFICATE), Ok(Destination::SignIn));
        assert_eq!(to(Method::GET, sign_in::BY_CERTIFICATE), Err(Misroute::Methods("POST")));
        assert_eq!(to(Method::POST, "/v1/web/sign-ins"), Err(Misroute::Unknown), "no identity says a secret itself");
        assert_eq!(to(Method::GET, "/v1/sessions/lock"), Err(Misroute::Methods("POST")));
        assert_eq!(to(Method::DELETE, "/v1/sessions/3"), Err(Misroute::Methods("GET")));
        assert_eq!(to(Method::POST, "/v1/blocks/all"), Err(Misroute::Methods("PUT, DELETE")));
        assert_eq!(to(Method::CONNECT, "/v1/sessions"), Err(Misroute::Methods("GET")));
    }
}
