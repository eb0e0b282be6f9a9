//! The gateway's own answers.

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION};
use hyper::{Response, StatusCode};
use serde::Serialize;
use usher_core::outcome::{Error, ErrorId};
use usher_core::wire::answers::ErrorBody;
use usher_core::wire::headers::{API_HEADER, API_VERSION, VERSION, VERSION_HEADER};

/// The body of every answer.
pub type Body = BoxBody<Bytes, hyper::Error>;

/// An answer in JSON, with the version of the API.
pub fn json(status: StatusCode, value: &impl Serialize) -> Response<Body> {
    let bytes = serde_json::to_vec(value).unwrap_or_default();
    let mut response = Response::new(Full::new(Bytes::from(bytes)).map_err(|never| match never {}).boxed());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(API_HEADER, HeaderValue::from_static(API_VERSION));
    response.headers_mut().insert(VERSION_HEADER, HeaderValue::from_static(VERSION));
    response
}

/// Leads a browser elsewhere, and shows it nothing.
pub fn led(to: &str) -> Option<Response<Body>> {
    let to = HeaderValue::from_str(to).ok()?;
    let mut response = Response::new(Full::new(Bytes::new()).map_err(|never| match never {}).boxed());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(LOCATION, to);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Some(response)
}

/// A refusal.
pub fn refused(status: StatusCode, error: Error) -> Response<Body> {
    json(status, &ErrorBody { error })
}

/// The answer to a request that the gateway does not understand.
pub fn wrong(status: StatusCode, why: impl Into<String>) -> Response<Body> {
    let error = Error::new(ErrorId::InvalidRequest, why).hint("GET /v1/openapi.json describes every request");
    refused(status, error)
}
