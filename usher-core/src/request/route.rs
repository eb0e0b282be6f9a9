//! Where each action stands in the HTTP API. The client writes its requests with this; tests hold usherd's router and
//! the gateway's closed list against it.

use std::fmt;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::{Action, AuditQuery, ThumbnailQuery, Verb, WatchQuery};

/// An action as an HTTP request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The method.
    pub method: &'static str,
    /// The path, with its query.
    pub path: String,
    /// The body in JSON; empty for an action that has none.
    pub body: Vec<u8>,
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

impl Verb {
    /// The method and the path of the verb's requests, as the OpenAPI document writes them; `None` for what only usherd
    /// does by itself.
    pub fn endpoint(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Verb::Lock => ("POST", "/v1/sessions/lock"),
            Verb::Unlock => ("POST", "/v1/sessions/unlock"),
            Verb::Disconnect => ("POST", "/v1/sessions/disconnect"),
            Verb::Close => ("POST", "/v1/sessions/close"),
            Verb::CancelClose => ("POST", "/v1/sessions/close/cancel"),
            Verb::Block => ("PUT", "/v1/blocks/{rule}"),
            Verb::Unblock => ("DELETE", "/v1/blocks/{rule}"),
            Verb::Open => ("POST", "/v1/sessions/open"),
            Verb::Attach => ("POST", "/v1/sessions/{id}/attach"),
            Verb::Thumbnail => ("GET", "/v1/sessions/{id}/thumbnail"),
            Verb::Show => ("GET", "/v1/sessions/{id}/screen"),
            Verb::Rename => ("POST", "/v1/sessions/{id}/rename"),
            Verb::List => ("GET", "/v1/sessions"),
            Verb::Blocks => ("GET", "/v1/blocks"),
            Verb::Audit => ("GET", "/v1/audit"),
            Verb::Watch => ("GET", "/v1/events"),
            Verb::Status => ("GET", "/v1/status"),
            Verb::Invite => ("POST", "/v1/identities/invite"),
            Verb::Redeem => ("POST", "/v1/identities/redeem"),
            Verb::Rekey => ("POST", "/v1/identities/rekey"),
            Verb::Revoke => ("DELETE", "/v1/identities/{name}"),
            Verb::Identities => ("GET", "/v1/identities"),
            Verb::SignIn => ("POST", "/v1/web/sign-ins"),
            Verb::SignOut => ("DELETE", "/v1/web/sign-ins/{id}"),
            Verb::Expire | Verb::Release | Verb::End | Verb::Login => return None,
        })
    }
}

impl Action {
    /// The method and the path of the action's requests, as the OpenAPI document writes them.
    pub fn endpoint(&self) -> (&'static str, &'static str) {
        match self {
            // Some of the sessions that the list has, by the same verb.
            Action::Show(_) => ("GET", "/v1/sessions/{id}"),
            Action::OfUser(_) => ("GET", "/v1/users/{user}/sessions"),
            Action::Ended => ("GET", "/v1/sessions/ended"),
            Action::End(..) => ("GET", "/v1/sessions/{id}/end"),
            Action::SignIns => ("GET", "/v1/web/sign-ins"),
            // Every action is a caller's: the verbs without an endpoint are no actions, which a test shows.
            _ => self.verb().endpoint().unwrap_or_default(),
        }
    }

    /// The request that asks for this action.
    pub fn route(&self) -> Route {
        match self {
            Action::Lock(request) => self.with_body("", request),
            Action::Unlock(request) => self.with_body("", request),
            Action::Disconnect(request) => self.with_body("", request),
            Action::Close(request) => self.with_body("", request),
            Action::CancelClose(request) => self.with_body("", request),
            Action::Block(rule, request) => self.with_body(&encoded(rule), request),
            Action::Unblock(rule) => self.without_body(&encoded(rule)),
            Action::Open(request) => self.with_body("", request),
            Action::Attach(id, request) => self.with_body(&encoded(id), request),
            Action::Thumbnail(id, query) => self.without_body(&encoded(id)).with_query(&thumbnail_pairs(query)),
            Action::Rename(id, request) => self.with_body(&encoded(id), request),
            Action::Show(id) | Action::Screen(id) => self.without_body(&encoded(id)),
            Action::End(id, query) => {
                self.without_body(&encoded(id)).with_query(&[("wait_seconds", query.wait_seconds.to_string())])
            }
            Action::OfUser(name) => self.without_body(&encoded(name)),
            Action::List | Action::Ended | Action::Blocks | Action::Status | Action::Identities | Action::SignIns => {
                self.without_body("")
            }
            Action::Watch(query) => self.without_body("").with_query(&watch_pairs(query)),
            Action::Audit(query) => self.without_body("").with_query(&pairs(query)),
            Action::Invite(request) => self.with_body("", request),
            Action::Redeem(request) => self.with_body("", request),
            Action::Rekey(request) => self.with_body("", request),
            Action::Revoke(name) => self.without_body(&encoded(name)),
            Action::SignIn(request) => self.with_body("", request),
            Action::SignOut(which) => self.without_body(&encoded(which)),
        }
    }

    /// The verb's endpoint with `segment` in the place of its parameter.
    fn without_body(&self, segment: &str) -> Route {
        let (method, path) = self.endpoint();
        let path = match (path.find('{'), path.find('}')) {
            (Some(open), Some(close)) => format!("{}{segment}{}", &path[..open], &path[close + 1..]),
            _ => path.to_owned(),
        };
        Route { method, path, body: Vec::new() }
    }

    fn with_body(&self, segment: &str, body: &impl Serialize) -> Route {
        // These types have no map with other keys than text, so that they can always be written.
        Route { body: serde_json::to_vec(body).unwrap_or_default(), ..self.without_body(segment) }
    }
}

impl Route {
    fn with_query(mut self, pairs: &[(&str, String)]) -> Self {
        for (index, (name, value)) in pairs.iter().enumerate() {
            self.path.push(if index == 0 { '?' } else { '&' });
            self.path.push_str(name);
            self.path.push('=');
            self.path.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
        }
        self
    }
}

fn pairs(query: &AuditQuery) -> Vec<(&'static str, String)> {
    let AuditQuery { since, until, user, action, session, last } = query;
    let pairs = [
        ("since", since.map(|time| time.to_string())),
        ("until", until.map(|time| time.to_string())),
        ("user", user.as_ref().map(ToString::to_string)),
        ("action", action.map(|verb| verb.to_string())),
        ("session", session.as_ref().map(ToString::to_string)),
        ("last", last.map(|count| count.to_string())),
    ];
    pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn thumbnail_pairs(query: &ThumbnailQuery) -> Vec<(&'static str, String)> {
    let ThumbnailQuery { size, live, known } = query;
    let live = live.then(|| ("live", "true".to_owned()));
    let known = known.as_ref().map(|pin| ("known", pin.to_string()));
    [("size", size.to_string())].into_iter().chain(live).chain(known).collect()
}

fn watch_pairs(query: &WatchQuery) -> Vec<(&'static str, String)> {
    let WatchQuery { since, after, screens } = query;
    let since = since.map(|time| ("since", time.to_string()));
    let screens = screens.then(|| ("screens", "true".to_owned()));
    since.into_iter().chain(after.map(|after| ("after", after.to_string()))).chain(screens).collect()
}

/// A value as one segment of a path.
fn encoded(value: &impl fmt::Display) -> String {
    utf8_percent_encode(&value.to_string(), NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{LockRequest, Pin, RuleName, Targets, ThumbnailSize};

    #[test]
    fn a_route_has_the_values_of_its_action() {
        let text = |action: Action| action.route().to_string();
        assert_eq!(text(Action::List), "GET /v1/sessions");
        assert_eq!(
            text(Action::Unblock(RuleName::User("ann-lee".parse().unwrap()))),
            "DELETE /v1/blocks/user%3Aann%2Dlee"
        );
        assert_eq!(text(Action::Revoke("olga@laptop".parse().unwrap())), "DELETE /v1/identities/olga%40laptop");
        let thumbnail = Action::Thumbnail("c2".parse().unwrap(), ThumbnailSize::Small.into());
        assert_eq!(text(thumbnail), "GET /v1/sessions/c2/thumbnail?size=small");
        let (known, size) = (Pin::of(b"x"), ThumbnailSize::Large);
        let path = format!("GET /v1/sessions/7/thumbnail?size=large&live=true&known={known}");
        let query = ThumbnailQuery { size, live: true, known: Some(known) };
        assert_eq!(text(Action::Thumbnail("7".parse().unwrap(), query)), path);
        assert_eq!(text(Action::Show("alice/my essay".parse().unwrap())), "GET /v1/sessions/alice%2Fmy%20essay");
        let since = Some("2026-03-02T09:41:00Z".parse().unwrap());
        let query = AuditQuery { since, action: Some(Verb::Lock), ..AuditQuery::default() };
        assert_eq!(text(Action::Audit(query)), "GET /v1/audit?since=2026%2D03%2D02T09%3A41%3A00Z&action=lock");
        assert_eq!(text(Action::Audit(AuditQuery::default())), "GET /v1/audit");
        let after = WatchQuery { after: Some("1f-7".parse().unwrap()), screens: true, ..WatchQuery::default() };
        assert_eq!(text(Action::Watch(after)), "GET /v1/events?after=1f%2D7&screens=true");
        assert_eq!(text(Action::Watch(WatchQuery::default())), "GET /v1/events");
    }

    #[test]
    fn a_body_is_what_the_api_reads() {
        let request =
            LockRequest { targets: Targets::All, message: "hello".parse().unwrap(), duration: None, freeze: true };
        let route = Action::Lock(request.clone()).route();
        assert_eq!(serde_json::from_slice::<LockRequest>(&route.body).unwrap(), request);
        assert!(Action::Blocks.route().body.is_empty());
    }
}
