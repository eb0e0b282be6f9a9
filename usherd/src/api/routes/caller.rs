//! Who asks, as connection and headers show it.

use std::net::IpAddr;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, request::Parts};
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::Secret;
use usher_core::sys::peer::Peer;
use usher_core::wire::headers::{
    FROM_HEADER, IDENTITY_HEADER, IDENTITY_KEY_HEADER, OWN_SESSION_HEADER, PERSON_HEADER, WEB_HEADER,
};

use super::answer::ErrorResponse;
use crate::execute::flow::{Caller, Origin};
use crate::host::gateway::Vouched;
use crate::host::web::WebClaim;

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ErrorResponse;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ErrorResponse> {
        let nobody = || wrong("the caller has no credentials");
        let peer = parts.extensions.get::<Peer>().copied().ok_or_else(nobody)?;
        let origin = parts.extensions.get::<Origin>().cloned().ok_or_else(nobody)?;
        let declared = one(&parts.headers, OWN_SESSION_HEADER)?;
        let web = web(&parts.headers)?;
        let vouched = if web.is_some() { None } else { vouched(&parts.headers)? };
        Ok(Caller { peer, origin, declared, vouched, web })
    }
}

/// Whose sign-in on the web page the caller shows. Nobody speaks for that and an identity at once.
fn web(headers: &HeaderMap) -> Result<Option<WebClaim>, ErrorResponse> {
    let Some(secret) = one::<Secret>(headers, WEB_HEADER)? else { return Ok(None) };
    let from = one::<IpAddr>(headers, FROM_HEADER)?;
    match from.filter(|_| !headers.contains_key(IDENTITY_HEADER) && !headers.contains_key(IDENTITY_KEY_HEADER)) {
        Some(from) => Ok(Some(WebClaim { secret: secret.hash(), from })),
        None => Err(wrong("a sign-in is shown with the address from which it calls, and with no identity")),
    }
}

/// For whom the caller says that it asks. Half of that is nothing.
fn vouched(headers: &HeaderMap) -> Result<Option<Vouched>, ErrorResponse> {
    let (name, key) = (one(headers, IDENTITY_HEADER)?, one(headers, IDENTITY_KEY_HEADER)?);
    let person = one(headers, PERSON_HEADER)?;
    match (name, key, one::<IpAddr>(headers, FROM_HEADER)?) {
        (None, None, None) if person.is_none() => Ok(None),
        (None, None, Some(from)) if person.is_none() => Ok(Some(Vouched { identity: None, person, from })),
        (Some(name), Some(key), Some(from)) => Ok(Some(Vouched { identity: Some((name, key)), person, from })),
        _ => Err(wrong("an identity is named with its key and the address from which it calls")),
    }
}

/// The header's value, if it is there; twice would leave open which counts.
fn one<T>(headers: &HeaderMap, name: &str) -> Result<Option<T>, ErrorResponse>
where
    T: FromStr<Err: std::fmt::Display>,
{
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(wrong(&format!("the header {name} is there twice")));
    }
    let text = value.to_str().map_err(|_| wrong(&format!("the header {name} is no text")))?;
    text.parse().map(Some).map_err(|e: T::Err| wrong(&e.to_string()))
}

fn wrong(what: &str) -> ErrorResponse {
    ErrorResponse(Error::new(ErrorId::InvalidRequest, what.to_owned()))
}
