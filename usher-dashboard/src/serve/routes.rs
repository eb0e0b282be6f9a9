//! The closed list of what a browser can ask for. A verb is never a GET, and there is no route to anything that a page
//! must not do.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{ACCEPT_LANGUAGE, ALLOW, HeaderValue, LOCATION, SET_COOKIE};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use usher::words::Language;
use usher_core::request::ThumbnailSize;

use super::answer::{self, AnswerBody};
use super::{DashboardState, events, log, pictures, verbs};
use crate::door::Refused;
use crate::order::PageVerb;
use crate::page::{self, assets};
use crate::search::LogSearch;
use crate::words::key;

/// Where a request leads.
#[derive(Debug, PartialEq, Eq)]
enum PagePlace<'p> {
    /// The page, for whoever has the cookie.
    Page,
    /// The link.
    Enter(&'p str),
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

/// Why a request leads nowhere.
#[derive(Debug, PartialEq, Eq)]
enum NoPlace {
    Unknown,
    /// There is such a path, for this method.
    Method(&'static str),
}

/// Answers one request.
pub async fn answer(dashboard: &Arc<DashboardState>, request: Request<Incoming>) -> Response<AnswerBody> {
    let language = page::language(request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()));
    let (head, body) = request.into_parts();
    if let Err(why) = dashboard.door.by_name(&head.headers) {
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
    if let Err(why) = admitted(dashboard, &place, &head.headers) {
        return refused(why, language);
    }
    match place {
        PagePlace::Page => answer::html(StatusCode::OK, page::page(language)),
        PagePlace::Enter(shown) => entered(dashboard, shown, &head.headers, language),
        PagePlace::Asset(asset) => answer::content(StatusCode::OK, asset.kind, assets::served(asset)),
        PagePlace::Events => events::stream(&dashboard.wall),
        PagePlace::Picture(host, id, size) => {
            pictures::picture(dashboard, (host, id), size, &head.headers, language).await
        }
        PagePlace::Log(host, search) => log::records(dashboard, host, &search, language).await,
        PagePlace::Verb(verb) => verbs::order(dashboard, verb, &head.headers, body, language).await,
    }
}

/// What each place takes. The files of the page are in every package, and say nothing.
fn admitted(dashboard: &DashboardState, place: &PagePlace<'_>, headers: &HeaderMap) -> Result<(), Refused> {
    match place {
        PagePlace::Enter(_) | PagePlace::Asset(_) => Ok(()),
        PagePlace::Page | PagePlace::Events | PagePlace::Picture(..) | PagePlace::Log(..) => {
            dashboard.door.reads(headers)
        }
        PagePlace::Verb(_) => dashboard.door.acts(headers),
    }
}

fn place<'p>(method: &Method, path: &'p str, query: Option<&str>) -> Result<PagePlace<'p>, NoPlace> {
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let (place, wanted) = match segments.as_slice() {
        [""] => (PagePlace::Page, "GET"),
        ["enter", secret] => (PagePlace::Enter(secret), "GET"),
        ["assets", name] => (PagePlace::Asset(assets::asset(name).ok_or(NoPlace::Unknown)?), "GET"),
        ["favicon.ico"] => (PagePlace::Asset(assets::asset("icon.svg").ok_or(NoPlace::Unknown)?), "GET"),
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
fn entered(dashboard: &DashboardState, shown: &str, headers: &HeaderMap, language: Language) -> Response<AnswerBody> {
    let cookie = dashboard.door.enter(shown).and_then(|cookie| HeaderValue::from_str(&cookie).ok());
    if cookie.is_none() && dashboard.door.reads(headers).is_err() {
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
