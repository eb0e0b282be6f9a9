//! Signing in and out. usher-auth decides; this passes questions and answers on, and gives the browser its cookie.

use std::net::IpAddr;
use std::path::Path;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue, LOCATION, RETRY_AFTER, SET_COOKIE};
use hyper::{HeaderMap, Response, StatusCode};
use percent_encoding::percent_decode_str;
use tokio::time::{Duration, timeout};
use usher::words::Language;
use usher_core::files;
use usher_core::paths::SYSTEM_GATEWAY;
use usher_core::wire::sign_in::{FromAuth, PUBLISHED, SignInRefusal};

use super::answer::{self, AnswerBody};
use super::routes::SignForm;
use crate::door::secure::{self, ASKED_NAME, COOKIE_NAME, cookie, forgotten, shown};
use crate::page::sign_in;
use crate::reception::Reception;
use crate::reception::conversation::{NextStep, SigningIn};
use crate::words::key;

/// The largest form, and how long it may take to come.
const LARGEST: usize = 8 << 10;
const DEADLINE: Duration = Duration::from_secs(10);
/// How long a browser waits for its turn at PAM.
const TURN: Duration = Duration::from_secs(20);

/// Answers what was sent to sign in or out.
pub async fn answer(
    reception: &Reception,
    form: SignForm,
    from: IpAddr,
    headers: &HeaderMap,
    body: Incoming,
    language: Language,
) -> Response<AnswerBody> {
    if form == SignForm::Out {
        reception.sign_out(headers, from).await;
        return led_home(&[forgotten(COOKIE_NAME)]);
    }
    let own = OwnForm::of(headers, language);
    let read = timeout(DEADLINE, Limited::new(body, LARGEST).collect()).await;
    let Ok(Ok(body)) = read else { return answer::plain(StatusCode::BAD_REQUEST, "this is no form") };
    let body = String::from_utf8_lossy(&body.to_bytes()).into_owned();
    let turn = timeout(TURN, reception.turns.acquire()).await;
    let Ok(Ok(_turn)) = turn else { return own.over(SignInRefusal::Broken) };
    match form {
        SignForm::In => {
            let (Some(user), Some(password)) = (field(&body, "user"), field(&body, "password")) else {
                return answer::plain(StatusCode::BAD_REQUEST, "this is no form");
            };
            match SigningIn::begin(&reception.auth, user, password, from).await {
                Ok(signing_in) => step(reception, signing_in, &own).await,
                Err(error) => own.broken(&error),
            }
        }
        SignForm::Answer | SignForm::Out => {
            let going_on = shown(headers, ASKED_NAME).and_then(|secret| reception.take_asked(&secret));
            let (Some(mut signing_in), Some(said)) = (going_on, field(&body, "answer")) else {
                let late = key!("dashboard-sign-in-late").in_language(language, &[]);
                return own.shown(StatusCode::FORBIDDEN, Some(&late));
            };
            signing_in.told.clear();
            match signing_in.answer(said).await {
                Ok(()) => step(reception, signing_in, &own).await,
                Err(error) => own.broken(&error),
            }
        }
    }
}

/// The form for whoever comes, who may have been led back by the gateway, and may go there if there is one.
pub fn first(headers: &HeaderMap, query: Option<&str>, language: Language) -> Response<AnswerBody> {
    let wrong = match query {
        Some("certificate=none") => Some(key!("dashboard-sign-in-no-certificate")),
        Some("certificate=refused") => Some(key!("dashboard-sign-in-certificate-refused")),
        Some("certificate=broken") => Some(key!("dashboard-sign-in-broken")),
        _ => None,
    };
    let wrong = wrong.map(|key| key.in_language(language, &[]));
    OwnForm::of(headers, language).shown(StatusCode::OK, wrong.as_deref())
}

/// The form as a browser gets it: in its language, and with a way to the gateway where the host has one.
struct OwnForm {
    language: Language,
    verifier: Option<String>,
}

impl OwnForm {
    fn of(headers: &HeaderMap, language: Language) -> OwnForm {
        let [own, gateway] = [PUBLISHED, SYSTEM_GATEWAY].map(|directory| files::published_port(Path::new(directory)));
        OwnForm { language, verifier: secure::verifier(headers, own, gateway) }
    }

    fn shown(&self, status: StatusCode, wrong: Option<&str>) -> Response<AnswerBody> {
        let verifier = self.verifier.as_deref();
        answer::with_form(status, sign_in::sign_in(self.language, wrong, verifier), verifier)
    }

    /// Says why nobody is signed in.
    fn over(&self, why: SignInRefusal) -> Response<AnswerBody> {
        let seconds = if let SignInRefusal::Wait(seconds) = why { seconds.to_string() } else { String::new() };
        let (status, key) = match why {
            SignInRefusal::Wrong => (StatusCode::FORBIDDEN, key!("dashboard-sign-in-wrong")),
            SignInRefusal::Barred => (StatusCode::FORBIDDEN, key!("dashboard-sign-in-barred")),
            SignInRefusal::Wait(_) => (StatusCode::TOO_MANY_REQUESTS, key!("dashboard-sign-in-wait")),
            SignInRefusal::Broken => (StatusCode::SERVICE_UNAVAILABLE, key!("dashboard-sign-in-broken")),
        };
        let mut response = self.shown(status, Some(&key.in_language(self.language, &[("seconds", &seconds)])));
        if !seconds.is_empty() {
            append(&mut response, &RETRY_AFTER, &seconds);
        }
        response
    }

    fn broken(&self, error: &std::io::Error) -> Response<AnswerBody> {
        eprintln!("usher-dashboard: usher-auth: {error}");
        self.over(SignInRefusal::Broken)
    }
}

async fn step(reception: &Reception, mut signing_in: SigningIn, own: &OwnForm) -> Response<AnswerBody> {
    match signing_in.next().await {
        Ok(NextStep::Asked { text, echo }) => {
            let page = sign_in::asked(own.language, &text, echo, &signing_in.told);
            let Some(secret) = reception.keep_asked(signing_in) else { return own.over(SignInRefusal::Broken) };
            let mut response = answer::with_form(StatusCode::OK, page, None);
            append(&mut response, &SET_COOKIE, &cookie(ASKED_NAME, secret.as_str()));
            response
        }
        Ok(NextStep::Over(FromAuth::Admitted { secret, .. })) => {
            led_home(&[cookie(COOKIE_NAME, secret.as_str()), forgotten(ASKED_NAME)])
        }
        Ok(NextStep::Over(FromAuth::Refused(why))) => own.over(why),
        Ok(NextStep::Over(FromAuth::Ask { .. } | FromAuth::Tell(_))) => own.over(SignInRefusal::Broken),
        Err(error) => own.broken(&error),
    }
}

/// Leads to the page, with these cookies.
fn led_home(cookies: &[String]) -> Response<AnswerBody> {
    let mut response = answer::plain(StatusCode::SEE_OTHER, "");
    response.headers_mut().insert(LOCATION, HeaderValue::from_static("/"));
    for cookie in cookies {
        append(&mut response, &SET_COOKIE, cookie);
    }
    response
}

fn append(response: &mut Response<AnswerBody>, name: &HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().append(name, value);
    }
}

/// A field of a form (`application/x-www-form-urlencoded`).
fn field(body: &str, name: &str) -> Option<String> {
    let (_, value) =
        body.trim_end().split('&').filter_map(|pair| pair.split_once('=')).find(|(known, _)| *known == name)?;
    percent_decode_str(&value.replace('+', " ")).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forms_fields_are_what_was_typed() {
        let body = "user=alice&password=a%2Bb+%26%20%E7%9C%BC%3D&x=";
        assert_eq!(field(body, "user").as_deref(), Some("alice"));
        assert_eq!(field(body, "password").as_deref(), Some("a+b & 眼="));
        assert_eq!(field(body, "x").as_deref(), Some(""));
        assert_eq!(field(body, "answer"), None);
        assert_eq!(field("user=%ff", "user"), None);
    }

    #[test]
    fn every_refusal_says_what_it_is_and_when_to_try_again() {
        let own = OwnForm { language: Language::English, verifier: Some("https://lab1:8477".to_owned()) };
        let waited = own.over(SignInRefusal::Wait(7));
        assert_eq!(
            (waited.status(), waited.headers()[RETRY_AFTER].as_bytes()),
            (StatusCode::TOO_MANY_REQUESTS, &b"7"[..])
        );
        assert_eq!(own.over(SignInRefusal::Wrong).status(), StatusCode::FORBIDDEN);
        let policy = own.over(SignInRefusal::Broken).headers()["content-security-policy"].clone();
        assert!(
            policy.to_str().unwrap().contains("form-action 'self' https://lab1:8477;"),
            "a certificate still will do"
        );
    }
}
