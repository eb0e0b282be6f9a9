//! People who signed in on a host's web page.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{IdentityRole, InvalidValue, Name, Pin};

/// Body of `POST /v1/web/sign-ins`, from usher-auth, or from usher-gateway for somebody with a certificate: how far a
/// sign-in is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInRequest {
    /// Who somebody says to be.
    pub user: Name,
    /// From where, by the web server's word.
    #[schema(value_type = String)]
    pub from: IpAddr,
    /// How far it is.
    pub step: SignInStep,
}

/// How far a sign-in is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SignInStep {
    /// It begins, if it may: nobody was asked for a password yet.
    Begins,
    /// PAM said no.
    Refused,
    /// PAM said yes.
    Proved {
        /// Whom it said yes to.
        uid: u32,
        /// The hash of the secret that the browser has from now on.
        secret: Pin,
    },
    /// The gateway verified the certificate of this identity, for which it asks.
    Certified {
        /// The hash of the secret that the browser has from now on.
        secret: Pin,
    },
}

/// Answer to `POST /v1/web/sign-ins`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SignInAnswer {
    /// So many seconds must pass before this user may try again, or somebody from this address; 0 if now is the time.
    pub wait_seconds: u32,
    /// The sign-in, once it is proved.
    pub sign_in: Option<WebSignIn>,
}

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WebSignIn {
    /// Its number, until usherd ends.
    pub id: u32,
    /// Who.
    pub user: String,
    /// Their uid; none for an identity, who signed in with a certificate.
    pub uid: Option<u32>,
    /// From where.
    pub from: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// Until when at most.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
}

/// A sign-in that is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhichSignIn {
    /// The caller's own.
    Own,
    /// By its number.
    Number(u32),
}

impl fmt::Display for WhichSignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WhichSignIn::Own => f.write_str("own"),
            WhichSignIn::Number(id) => write!(f, "{id}"),
        }
    }
}

impl FromStr for WhichSignIn {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        match text {
            "own" => Ok(WhichSignIn::Own),
            _ => {
                text.parse().map(WhichSignIn::Number).map_err(|_| InvalidValue::new("a sign-in is a number, or `own`"))
            }
        }
    }
}

/// Somebody who signed in on another host's web page, by that host's usherd's word. Written as `operator olga`, the name
/// percent-encoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PagePerson {
    /// Their name there.
    pub user: Name,
    /// What they may do there. They may do no more anywhere else.
    pub role: IdentityRole,
}

impl fmt::Display for PagePerson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.role, utf8_percent_encode(self.user.as_str(), NON_ALPHANUMERIC))
    }
}

impl FromStr for PagePerson {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let wrong = || InvalidValue::new("a person of another host's web page is written as ROLE NAME");
        let (role, user) = text.split_once(' ').ok_or_else(wrong)?;
        let user = percent_decode_str(user).decode_utf8().map_err(|_| wrong())?;
        Ok(PagePerson { user: user.parse()?, role: role.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_of_another_page_is_one_header_and_nothing_else() {
        for (user, role) in [("olga", IdentityRole::Operator), ("DOM\\olga b: ü", IdentityRole::Administrator)] {
            let person = PagePerson { user: user.parse().unwrap(), role };
            let text = person.to_string();
            assert!(text.is_ascii() && !text.contains(['\n', ':']), "{text}");
            assert_eq!(text.parse(), Ok(person));
        }
        for text in ["", "olga", "operator ", "root olga", "operator %0a", "operator %ff"] {
            assert!(text.parse::<PagePerson>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_sign_in_is_named_by_its_number_or_as_ones_own() {
        assert_eq!("own".parse(), Ok(WhichSignIn::Own));
        assert_eq!("7".parse(), Ok(WhichSignIn::Number(7)));
        assert_eq!(WhichSignIn::Number(7).to_string(), "7");
        assert!("Own".parse::<WhichSignIn>().is_err() && "-1".parse::<WhichSignIn>().is_err());
    }

    #[test]
    fn how_far_a_sign_in_is_is_one_of_four_things() {
        let step = |text: &str| serde_json::from_str::<SignInStep>(text).ok();
        assert_eq!(step("\"begins\""), Some(SignInStep::Begins));
        let proved = serde_json::to_string(&SignInStep::Proved { uid: 7, secret: Pin::of(b"x") }).unwrap();
        assert_eq!(step(&proved), Some(SignInStep::Proved { uid: 7, secret: Pin::of(b"x") }));
        let certified = SignInStep::Certified { secret: Pin::of(b"x") };
        assert_eq!(step(&serde_json::to_string(&certified).unwrap()), Some(certified));
        assert_eq!(step("\"yes\""), None);
    }
}
