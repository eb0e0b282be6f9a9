//! The closed list of what a browser can ask for. A verb is never a GET, and there is no route to anything that a page
//! must not do.

use std::sync::Arc;

use hyper::body::Incoming;
use std::net::IpAddr;

use hyper::header::{ACCEPT_LANGUAGE, ALLOW, HeaderValue, LOCATION, SET_COOKIE};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use usher::words::Language;
use usher_core::request::ThumbnailSize;

use super::answer::{self, AnswerBody};
use super::{DashboardState, WayIn, events, log, pictures, sign_in, verbs};
use crate::door::{Door, Refused, secure};
use crate::order::PageVerb;
use crate::page::{self, assets};
use crate::reception::Visit;
use crate::search::LogSearch;
use crate::words::key;

/// Where a request leads.
#[derive(Debug, PartialEq, Eq)]
enum PagePlace<'p> {
    /// The page, for whoever has the cookie.
    Page,
    /// The link; for the user who started the page.
    Enter(&'p str),
    /// A way in or out; for whoever comes by TLS.
    Sign(SignForm),
    /// A file of the page's.
    Asset(&'static assets::Asset),
    /// The stream of news.
    Events,
    /// A picture of a session.
    Picture(usize, u32, ThumbnailSize),
    /// What is looked for in a host's audit log.
    Log(usize, LogSearch),
    /// A verb.
    Verb(PageVerb),
}

/// What is sent to sign in or out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignForm {
    /// A name and a password.
    In,
    /// The answer to another question of PAM's.
    Answer,
    /// Nothing more: out.
    Out,
}

/// Why a request leads nowhere.
#[derive(Debug, PartialEq, Eq)]
enum NoPlace {
    Unknown,
    /// There is such a path, for this method.
    Method(&'static str),
}

/// Answers one request.
pub async fn answer(dashboard: &Arc<DashboardState>, from: IpAddr, request: Request<Incoming>) -> Response<AnswerBody> {
    let language = page::language(request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()));
    let (head, body) = request.into_parts();
    let named = match &dashboard.entry {
        WayIn::Own(door, _) => door.by_name(&head.headers),
        WayIn::Service(_) => secure::by_name(&head.headers).map(drop),
    };
    if let Err(why) = named {
        return refused(why, language);
    }
    let place = match place(&head.method, head.uri.path(), head.uri.query()) {
        Ok(place) => place,
        Err(NoPlace::Unknown) => return answer::plain(StatusCode::NOT_FOUND, "there is no such place"),
        Err(NoPlace::Method(method)) => {
            let mut response = answer::plain(StatusCode::METHOD_NOT_ALLOWED, format!("this is for {method}"));
            response.headers_mut().insert(ALLOW, HeaderValue::from_static(method));
            return response;
        }
    };
    match (place, &dashboard.entry) {
        // The files of the page are in every package, and say nothing.
        (PagePlace::Asset(asset), _) => answer::content(StatusCode::OK, asset.kind, assets::served(asset)),
        (PagePlace::Enter(shown), WayIn::Own(door, _)) => entered(door, shown, &head.headers, language),
        (PagePlace::Sign(form), WayIn::Service(reception)) => match secure::acts(&head.headers) {
            Ok(()) => sign_in::answer(reception, form, from, &head.headers, body, language).await,
            Err(why) => refused(why, language),
        },
        (PagePlace::Enter(_), WayIn::Service(_)) | (PagePlace::Sign(_), WayIn::Own(..)) => {
            answer::plain(StatusCode::NOT_FOUND, "there is no such place")
        }
        (place, entry) => match admitted(entry, &place, &head.headers, from).await {
            Ok(visit) => visited(&visit, place, &head.headers, body, language).await,
            Err(Refused::SignedOut) if matches!((&place, entry), (PagePlace::Page, WayIn::Service(_))) => {
                sign_in::first(&head.headers, head.uri.query(), language)
            }
            Err(why) => refused(why, language),
        },
    }
}

/// What somebody gets who may have it.
async fn visited(
    visit: &Visit,
    place: PagePlace<'_>,
    headers: &HeaderMap,
    body: Incoming,
    language: Language,
) -> Response<AnswerBody> {
    let wall = &visit.wall;
    match place {
        PagePlace::Page => answer::html(StatusCode::OK, page::page(language, visit.user.as_deref())),
        PagePlace::Events => events::stream(wall),
        PagePlace::Picture(host, id, size) => pictures::picture(wall, (host, id), size, headers, language).await,
        PagePlace::Log(host, search) => log::records(wall, host, &search, language).await,
        PagePlace::Verb(verb) => verbs::order(wall, verb, headers, body, language).await,
        PagePlace::Enter(_) | PagePlace::Sign(_) | PagePlace::Asset(_) => {
            answer::plain(StatusCode::NOT_FOUND, "there is no such place")
        }
    }
}

/// Who may have what is at this place.
async fn admitted(entry: &WayIn, place: &PagePlace<'_>, headers: &HeaderMap, from: IpAddr) -> Result<Visit, Refused> {
    match entry {
        WayIn::Own(door, wall) => {
            if matches!(place, PagePlace::Verb(_)) { door.acts(headers) } else { door.reads(headers) }?;
            Ok(Visit { wall: Arc::clone(wall), user: None })
        }
        WayIn::Service(reception) => {
            match place {
                PagePlace::Verb(_) => secure::acts(headers),
                PagePlace::Page => secure::opens(headers),
                _ => secure::reads(headers),
            }?;
            reception.visit(headers, from).await
        }
    }
}

fn place<'p>(method: &Method, path: &'p str, query: Option<&str>) -> Result<PagePlace<'p>, NoPlace> {
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let (place, wanted) = match segments.as_slice() {
        [""] => (PagePlace::Page, "GET"),
        ["enter", secret] => (PagePlace::Enter(secret), "GET"),
        ["assets", name] => (PagePlace::Asset(assets::asset(name).ok_or(NoPlace::Unknown)?), "GET"),
        ["favicon.ico"] => (PagePlace::Asset(assets::asset("icon.svg").ok_or(NoPlace::Unknown)?), "GET"),
        ["sign-in"] => (PagePlace::Sign(SignForm::In), "POST"),
        ["sign-in", "answer"] => (PagePlace::Sign(SignForm::Answer), "POST"),
        ["sign-out"] => (PagePlace::Sign(SignForm::Out), "POST"),
        ["events"] => (PagePlace::Events, "GET"),
        ["pictures", host, id] => {
            let size = match query {
                None | Some("size=medium") => ThumbnailSize::Medium,
                Some("size=small") => ThumbnailSize::Small,
                Some("size=large") => ThumbnailSize::Large,
                Some(_) => return Err(NoPlace::Unknown),
            };
            let (host, id) = (host.parse(), id.parse());
            let (Ok(host), Ok(id)) = (host, id) else { return Err(NoPlace::Unknown) };
            (PagePlace::Picture(host, id, size), "GET")
        }
        ["log", host] => {
            let (Ok(host), Some(search)) = (host.parse(), LogSearch::of(query)) else { return Err(NoPlace::Unknown) };
            (PagePlace::Log(host, search), "GET")
        }
        ["verbs", verb] => (PagePlace::Verb(PageVerb::of(verb).ok_or(NoPlace::Unknown)?), "POST"),
        _ => return Err(NoPlace::Unknown),
    };
    if method == wanted { Ok(place) } else { Err(NoPlace::Method(wanted)) }
}

/// Changes the link for a cookie, and leads to the page, whose address has no secret.
fn entered(door: &Door, shown: &str, headers: &HeaderMap, language: Language) -> Response<AnswerBody> {
    let cookie = door.enter(shown).and_then(|cookie| HeaderValue::from_str(&cookie).ok());
    if cookie.is_none() && door.reads(headers).is_err() {
        return refused(Refused::SignedOut, language);
    }
    let mut response = answer::plain(StatusCode::SEE_OTHER, "");
    response.headers_mut().insert(LOCATION, HeaderValue::from_static("/"));
    response.headers_mut().extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
    response
}

fn refused(why: Refused, language: Language) -> Response<AnswerBody> {
    let sentence = match why {
        Refused::Host => return answer::plain(StatusCode::MISDIRECTED_REQUEST, "this page has another name"),
        Refused::Origin => return answer::plain(StatusCode::FORBIDDEN, "another page sent this"),
        Refused::Busy => {
            return answer::plain(StatusCode::SERVICE_UNAVAILABLE, "the host is busy, or usherd does not answer");
        }
        Refused::SignedOut => key!("dashboard-signed-out"),
    };
    answer::html(StatusCode::FORBIDDEN, page::notice(language, sentence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_closed_and_no_verb_is_a_get() {
        let to = |method: Method, path: &'static str| place(&method, path, None);
        assert_eq!(to(Method::GET, "/"), Ok(PagePlace::Page));
        assert_eq!(to(Method::GET, "/events"), Ok(PagePlace::Events));
        assert_eq!(to(Method::GET, "/pictures/0/7"), Ok(PagePlace::Picture(0, 7, ThumbnailSize::Medium)));
        assert!(matches!(to(Method::GET, "/assets/wall.css"), Ok(PagePlace::Asset(_))));
        for verb in ["lock", "unlock", "disconnect", "close", "cancel-close", "block-all", "unblock-all"] {
            let path: &'static str = format!("/verbs/{verb}").leak();
            assert!(matches!(to(Method::POST, path), Ok(PagePlace::Verb(_))), "{verb}");
            for other in [Method::GET, Method::HEAD, Method::PUT, Method::OPTIONS] {
                assert_eq!(place(&other, path, None), Err(NoPlace::Method("POST")), "{other} {verb}");
            }
        }
        for path in [
            "/verbs/open",
            "/verbs/attach",
            "/verbs/invite",
            "/verbs/join",
            "/verbs/revoke",
            "/verbs/rename",
            "/verbs/",
            "/verbs/lock/",
            "/v1/sessions",
            "/v1/sessions/open",
            "/v1/identities/invite",
            "/assets/../Cargo.toml",
            "/assets/%2e%2e",
            "/pictures/0/c2",
            "/pictures/-1/2",
            "/pictures/0/7/x",
            "//",
            "",
            "*",
            "/enter/a/b",
        ] {
            for method in [Method::GET, Method::POST, Method::CONNECT] {
                assert_eq!(place(&method, path, None), Err(NoPlace::Unknown), "{method} {path}");
            }
        }
        assert_eq!(place(&Method::GET, "/pictures/0/7", Some("size=fullscreen")), Err(NoPlace::Unknown));
    }
}
