//! Callers of before 0.2.0: words that they do not know, and the audit log's records that they cannot read.
//!
//! Such a `usher` refuses a whole answer for one unknown word in it. It sends the version of the API and none of its own.

use axum::body::{Body, HttpBody};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use http_body_util::BodyExt;
use serde_json::Value;
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::{AuditQuery, Verb};
use usher_core::wire::headers::{API_HEADER, VERSION, VERSION_HEADER};

use crate::host::Host;

/// Whether the caller is a program of usher's that does not say its version.
pub(super) fn is_earlier(headers: &HeaderMap) -> bool {
    headers.contains_key(API_HEADER) && !headers.contains_key(VERSION_HEADER)
}

/// The same answer in words that such callers know.
pub(super) async fn in_earlier_words(response: Response) -> Response {
    let is_json = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    // A stream is translated where its pieces are made.
    if !is_json || response.body().size_hint().exact().is_none() {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let Ok(mut said) = serde_json::from_slice(&bytes) else { return Response::from_parts(head, bytes.into()) };
    translate(&mut said);
    let text = said.to_string();
    head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(text.len()));
    Response::from_parts(head, Body::from(text))
}

/// Gives every error in an answer an ID that such callers know. Its sentence says the rest.
pub(super) fn translate(said: &mut Value) {
    match said {
        Value::Array(members) => members.iter_mut().for_each(translate),
        Value::Object(members) => {
            let is_error = members.contains_key("message");
            if let Some(id) = members.get_mut("id").filter(|_| is_error)
                && let Ok(known) = serde_json::from_value(id.clone()).map(known_id)
            {
                *id = known.as_str().into();
            }
            members.values_mut().for_each(translate);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn known_id(id: ErrorId) -> ErrorId {
    match id {
        ErrorId::CloseCancelled => ErrorId::BackendFailed,
        ErrorId::UserNotFound | ErrorId::GroupNotFound => ErrorId::InvalidRequest,
        ErrorId::SessionNotFound
        | ErrorId::AccessDenied
        | ErrorId::OwnSession
        | ErrorId::NotOrchestratable
        | ErrorId::StillBlocked
        | ErrorId::NotSupported
        | ErrorId::Timeout
        | ErrorId::CoveredInputNotHeld
        | ErrorId::SessionChanged
        | ErrorId::InvalidMessage
        | ErrorId::BackendFailed
        | ErrorId::HostUnreachable
        | ErrorId::OutcomeUnknown
        | ErrorId::InvalidRequest
        | ErrorId::IdentityNotFound
        | ErrorId::InvitationUnknown
        | ErrorId::InvitationUsed
        | ErrorId::InvitationExpired => id,
    }
}

/// An action in what the query selects that such callers do not know, if there is one.
pub(super) async fn unknown_action(host: &Host, query: &AuditQuery) -> Result<Option<Verb>, Error> {
    let mut after = 0;
    loop {
        let page = host.store.audit_page(query, after).await?;
        let unknown = page.iter().map(|(_, record)| record.action).find(|verb| !is_known(*verb));
        match page.last() {
            Some((last, _)) if unknown.is_none() => after = *last,
            _ => return Ok(unknown),
        }
    }
}

fn is_known(verb: Verb) -> bool {
    let since = [Verb::CancelClose, Verb::Show, Verb::Rename, Verb::Status, Verb::Login, Verb::SignIn, Verb::SignOut];
    !since.contains(&verb)
}

/// To leave out records would make an audit log that lies.
pub(super) fn refusal(verb: Verb) -> Error {
    let message = format!(
        "the audit log has records of `{}`, which versions of usher before 0.2.0 cannot read, and yours is one",
        verb.as_str()
    );
    let hint = format!("upgrade usher, here or in between, to {VERSION}; or ask for the records of one --action");
    Error::new(ErrorId::NotSupported, message).hint(hint)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn new_errors_get_known_names_wherever_they_stand() {
        let mut said = json!([{"session_id": 2, "id": 7, "error": {"id": "CloseCancelled", "message": "…", "hint": null}},
            {"error": null}, {"outcomes": [{"error": {"id": "GroupNotFound", "message": "…"}}]}, {"id": "CloseCancelled"},
            {"error": {"id": "StillBlocked", "message": "…"}}, {"error": {"id": "of another", "message": "…"}}]);
        translate(&mut said);
        let expected = json!([{"session_id": 2, "id": 7, "error": {"id": "BackendFailed", "message": "…", "hint": null}},
            {"error": null}, {"outcomes": [{"error": {"id": "InvalidRequest", "message": "…"}}]}, {"id": "CloseCancelled"},
            {"error": {"id": "StillBlocked", "message": "…"}}, {"error": {"id": "of another", "message": "…"}}]);
        assert_eq!(said, expected);
    }

    #[test]
    fn an_earlier_caller_says_the_apis_version_and_none_of_its_own() {
        let headers = |names: &[&'static str]| {
            names.iter().map(|name| (name.parse().unwrap(), HeaderValue::from_static("1"))).collect::<HeaderMap>()
        };
        assert!(is_earlier(&headers(&[API_HEADER])));
        assert!(!is_earlier(&headers(&[API_HEADER, VERSION_HEADER])));
        // Other programs speak the API by hand.
        assert!(!is_earlier(&headers(&[])));
    }
}
