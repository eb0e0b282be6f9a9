//! The token of an invitation: one word that a shell, a chat and a person on the telephone leave whole.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::request::{Address, InvalidValue, Pin, Secret};

/// The beginning of every token; the number is the version of the format.
const PREFIX: &str = "usher1.";
/// The longest token that is read.
const MAX_LENGTH: usize = 8 << 10;

/// Everything that is needed to join a host. Whoever has it before it is used or expires may join.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// The name that the host gives itself.
    #[serde(rename = "h")]
    pub host: String,
    /// Where it is reached, tried in this order.
    #[serde(rename = "a")]
    pub addresses: Vec<Address>,
    /// The hash of its authority's certificate: nothing is sent to a server that another authority vouches for.
    #[serde(rename = "p")]
    pub authority: Pin,
    /// The one-time secret.
    #[serde(rename = "s")]
    pub secret: Secret,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_vec(self).map_err(|_| fmt::Error)?;
        write!(f, "{PREFIX}{}", URL_SAFE_NO_PAD.encode(json))
    }
}

impl FromStr for Token {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let wrong = || InvalidValue::new("this is no whole token: copy the one word that `usher invite` printed");
        let coded = text.trim().strip_prefix(PREFIX).filter(|coded| coded.len() <= MAX_LENGTH).ok_or_else(wrong)?;
        let json = URL_SAFE_NO_PAD.decode(coded).map_err(|_| wrong())?;
        let token: Token = serde_json::from_slice(&json).map_err(|_| wrong())?;
        let printable = !token.host.is_empty() && token.host.len() <= 253 && !token.host.chars().any(char::is_control);
        if token.addresses.is_empty() || !printable { Err(wrong()) } else { Ok(token) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> Token {
        Token {
            host: "lab1".to_owned(),
            addresses: vec!["lab1".parse().unwrap(), "[fe80::1]:99".parse().unwrap()],
            authority: Pin::of(b"authority"),
            secret: Secret::new().unwrap(),
        }
    }

    #[test]
    fn a_token_is_one_word_that_a_shell_leaves_alone() {
        let text = token().to_string();
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)), "{text}");
        let token = token();
        assert_eq!(token.to_string().parse(), Ok(token));
    }

    #[test]
    fn a_token_that_lost_a_letter_is_refused() {
        let text = token().to_string();
        for cut in [1, 2, 5, text.len() / 2, text.len() - 3] {
            assert!(text[..text.len() - cut].parse::<Token>().is_err(), "{cut} letters less");
        }
        for text in ["", "usher1.", "usher2.e30", "usher1.e30", "usher1.!!!!"] {
            assert!(text.parse::<Token>().is_err(), "{text}");
        }
    }
}
