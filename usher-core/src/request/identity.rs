//! Remote identities: their names, keys and roles, and the requests about them.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use strum::{IntoStaticStr, VariantArray};
use utoipa::ToSchema;

use super::InvalidValue;
use super::values::text_value;

/// The name of a remote identity, as `olga@laptop`.
///
/// It always has an `@`, so that it is never taken for a local user in a lock, a rule or the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, min_length = 3, max_length = 64, pattern = "^[A-Za-z0-9][A-Za-z0-9._+-]*@[A-Za-z0-9][A-Za-z0-9._-]*$")]
pub struct IdentityName(String);

impl IdentityName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl IdentityName {
    /// The user part of the name of an identity by which a host's web page asks for those who signed in there.
    pub const PAGE: &str = "dashboard";

    /// The host whose web page this is, if it is one.
    pub fn page_of(&self) -> Option<&str> {
        let (user, host) = self.0.split_once('@')?;
        (user == Self::PAGE).then_some(host)
    }
}

impl FromStr for IdentityName {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let part = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphanumeric())
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._+-".contains(&b))
        };
        match text.split_once('@') {
            Some((user, host)) if text.len() <= 64 && part(user) && part(host) && !host.contains('+') => {
                Ok(IdentityName(text.to_owned()))
            }
            _ => Err(InvalidValue::new(
                "the name of an identity is written as olga@laptop: at most 64 letters, digits, dots, dashes and underscores, and one @",
            )),
        }
    }
}

impl fmt::Display for IdentityName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_value!(IdentityName);

/// The SHA-256 hash of something public, in 64 lower-case hexadecimal digits: of a certificate's public key (its
/// SubjectPublicKeyInfo, RFC 5280 section 4.1), or of an authority's whole certificate, both in DER.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, min_length = 64, max_length = 64, pattern = "^[0-9a-f]{64}$")]
pub struct Pin(String);

impl Pin {
    /// The hash of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Pin(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The hash as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Pin {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        if text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            Ok(Pin(text.to_owned()))
        } else {
            Err(InvalidValue::new("a pin has 64 hexadecimal digits"))
        }
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_value!(Pin);

/// The one-time secret of an invitation: 256 random bits, in the URL's base64 (RFC 4648 section 5).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, min_length = 43, max_length = 43, pattern = "^[A-Za-z0-9_-]{43}$")]
pub struct Secret(String);

impl Secret {
    /// A new one, from the kernel's random numbers.
    ///
    /// # Errors
    /// The kernel gives none.
    pub fn new() -> std::io::Result<Self> {
        let mut bytes = [0; 32];
        let got = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
        if got != bytes.len() {
            return Err(std::io::Error::other("too few random numbers"));
        }
        Ok(Secret(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The secret as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is kept of it on the host.
    pub fn hash(&self) -> Pin {
        Pin::of(self.0.as_bytes())
    }
}

impl FromStr for Secret {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        match URL_SAFE_NO_PAD.decode(text) {
            Ok(bytes) if bytes.len() == 32 => Ok(Secret(text.to_owned())),
            _ => Err(InvalidValue::new("the secret of an invitation has 43 letters, digits, dashes and underscores")),
        }
    }
}

/// Never shown by accident, in a log or a failed test.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_value!(Secret);

/// The role of a remote identity.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Default,
    Serialize,
    Deserialize,
    ToSchema,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum IdentityRole {
    /// Nothing.
    None,
    /// May manage standard users' sessions.
    #[default]
    Operator,
    /// May manage every session.
    Administrator,
}

impl IdentityRole {
    /// The role as JSON and the database spell it.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl fmt::Display for IdentityRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for IdentityRole {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        IdentityRole::VARIANTS
            .iter()
            .copied()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| InvalidValue::new("a role is operator, administrator or none"))
    }
}

/// Body of `POST /v1/identities/invite`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InviteRequest {
    /// The name of the invited person; if absent, the person who has the token chooses a free one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<IdentityName>,
    /// What they may do.
    #[serde(default)]
    pub role: IdentityRole,
    /// The addresses of the host, as HOST or HOST:PORT; if empty, its name and the addresses of its interfaces.
    #[serde(default)]
    pub addresses: Vec<super::Address>,
}

/// Body of `POST /v1/identities/redeem`, which only the gateway may ask.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RedeemRequest {
    /// The invitation's secret.
    pub secret: Secret,
    /// The name that the caller asks for.
    pub name: IdentityName,
    /// The caller chose the name: if the invitation is for another name, it is refused.
    #[serde(default)]
    pub named: bool,
    /// The hash of the caller's public key.
    pub key: Pin,
}

/// Body of `POST /v1/identities/rekey`, which only an identity may ask, for itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RekeyRequest {
    /// The hash of the public key that it will use from now on. The one it uses now stays good until it renews again.
    pub key: Pin,
}

/// A remote identity, as `GET /v1/identities` shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Identity {
    /// Its name.
    pub name: IdentityName,
    /// What it may do now: the role it was invited with, unless the host's configuration gives it another.
    pub role: IdentityRole,
    /// The hash of its public key.
    pub key: Pin,
    /// When it joined.
    #[schema(value_type = String, format = DateTime)]
    pub created: Timestamp,
    /// Who invited it.
    pub created_by: String,
    /// Since when it is refused; null while it is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub revoked: Option<Timestamp>,
    /// Who revoked it.
    pub revoked_by: Option<String>,
}

/// The answer to `DELETE /v1/identities/{name}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Revocation {
    /// The identity as it is now; null for one that was invited and had not joined.
    pub identity: Option<Identity>,
    /// It is refused since now; false if it was before.
    pub changed: bool,
    /// Its invitations that nobody can use any more.
    pub withdrawn: usize,
}

/// The answer to `POST /v1/identities/invite`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Invitation {
    /// The token for the invited person: one word that `usher join` takes.
    pub token: String,
    /// The name of the invited person; null if the person who has the token chooses it.
    pub name: Option<IdentityName>,
    /// What they may do.
    pub role: IdentityRole,
    /// Until when the token can be used, once.
    #[schema(value_type = String, format = DateTime)]
    pub expires: Timestamp,
    /// Where the host is reached.
    pub addresses: Vec<super::Address>,
    /// The hash of the authority's certificate.
    pub authority: Pin,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_never_taken_for_a_local_user() {
        for name in ["olga@laptop", "o.l-g_a+1@lab-1.example.org"] {
            assert_eq!(name.parse::<IdentityName>().unwrap().to_string(), name);
        }
        let long = format!("{}@b", "a".repeat(63));
        for name in ["", "root", "@laptop", "olga@", "a@b@c", "o lga@laptop", "olga@laptop\n", "ölga@x", "-a@b", &long]
        {
            assert!(name.parse::<IdentityName>().is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_pin_is_the_hash_that_everybody_computes() {
        // The one-block message of FIPS 180-4's examples.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Pin::of(b"abc").as_str(), abc);
        assert!(abc.parse::<Pin>().is_ok());
        for text in ["", "ba78", &abc.to_uppercase(), &abc.replace('b', "g")] {
            assert!(text.parse::<Pin>().is_err(), "{text}");
        }
    }

    #[test]
    fn secrets_differ_and_are_not_shown_by_accident() {
        let (one, other) = (Secret::new().unwrap(), Secret::new().unwrap());
        assert!(one != other && one.as_str().parse::<Secret>().unwrap() == one);
        assert!(!format!("{one:?}").contains(one.as_str()));
    }
}
