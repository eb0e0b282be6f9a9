//! Answers, each with the headers that keep a page to itself.

use std::convert::Infallible;

use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::json;
use usher::words::{Language, errors};
use usher_core::outcome::Error;

/// What an answer's body may be.
pub type AnswerBody = UnsyncBoxBody<Bytes, Infallible>;

/// What the page may load and do: its own files and nothing else. Script that stands in the page does not run, text
/// cannot be made markup by script, nobody frames the page, and forms lead nowhere.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

const EVERYWHERE: [(HeaderName, &str); 9] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), usb=()"),
];

/// An answer with this content.
pub fn content(status: StatusCode, kind: &'static str, content: impl Into<Bytes>) -> Response<AnswerBody> {
    streamed(status, kind, Full::new(content.into()).boxed_unsync())
}

/// An answer that may come in pieces.
pub fn streamed(status: StatusCode, kind: &'static str, body: AnswerBody) -> Response<AnswerBody> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    for (name, value) in EVERYWHERE {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A page with a form for our own routes, and maybe one for the gateway that is there.
pub fn with_form(status: StatusCode, page: maud::Markup, gateway: Option<&str>) -> Response<AnswerBody> {
    let mut response = html(status, page);
    let policy = POLICY.replace("form-action 'none'", &format!("form-action 'self' {}", gateway.unwrap_or_default()));
    // In the place of the other: of two policies both would count.
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    // A browser says of a form where it comes from only where it may (Fetch, "append a request Origin header").
    let told = if gateway.is_some() { "strict-origin" } else { "same-origin" };
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static(told));
    response
}

/// A page.
pub fn html(status: StatusCode, page: maud::Markup) -> Response<AnswerBody> {
    content(status, "text/html; charset=utf-8", page.into_string())
}

/// A refusal, as a sentence for whoever reads it.
pub fn plain(status: StatusCode, sentence: impl Into<String>) -> Response<AnswerBody> {
    content(status, "text/plain; charset=utf-8", sentence.into() + "\n")
}

/// What a host said of a request that failed as a whole.
pub fn failed(status: StatusCode, error: &Error, language: Language) -> Response<AnswerBody> {
    content(status, "application/json", json!({"error": in_language(language, error.clone())}).to_string())
}

/// An error with its sentences in a page's language.
pub fn in_language(language: Language, error: Error) -> Error {
    let (message, hint) = (errors::sentence(language, &error, None), errors::hint(language, &error));
    Error { message, hint, ..error }
}
