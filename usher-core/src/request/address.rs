//! The address of a host.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::InvalidValue;
use super::values::text_value;

/// A host, by name or number, and the port of its gateway: `lab1`, `10.0.0.2:8477`, `[fe80::1]:8477`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    host: String,
    port: u16,
}

impl Address {
    /// The port where gateways listen if nobody says otherwise.
    pub const PORT: u16 = 8477;

    /// The name or number, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The same host with another port, if `text` named none.
    ///
    /// # Errors
    /// `text` is no address.
    pub fn parse_with_port(text: &str, port: u16) -> Result<Self, InvalidValue> {
        let wrong = || InvalidValue::new("an address is written as HOST, HOST:PORT or [IPV6]:PORT");
        let (host, port) = if let Ok(number) = text.parse::<std::net::Ipv6Addr>() {
            (number.to_string(), port)
        } else if let Some(rest) = text.strip_prefix('[') {
            let (number, rest) = rest.split_once(']').ok_or_else(wrong)?;
            let number: std::net::Ipv6Addr = number.parse().map_err(|_| wrong())?;
            let port = match rest {
                "" => port,
                _ => parse_port(rest.strip_prefix(':').ok_or_else(wrong)?).ok_or_else(wrong)?,
            };
            (number.to_string(), port)
        } else {
            let (host, port) = match text.split_once(':') {
                Some((host, digits)) => (host, parse_port(digits).ok_or_else(wrong)?),
                None => (text, port),
            };
            // RFC 1123 section 2.1, with underscores, which some local names have.
            let label = |label: &str| {
                (1..=63).contains(&label.len())
                    && !label.starts_with('-')
                    && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            };
            if host.len() > 253 || !host.split('.').all(label) {
                return Err(wrong());
            }
            (host.to_owned(), port)
        };
        Ok(Address { host, port })
    }
}

fn parse_port(digits: &str) -> Option<u16> {
    let number = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten();
    number.filter(|port| *port != 0)
}

impl FromStr for Address {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        Self::parse_with_port(text, Self::PORT)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

text_value!(Address);

impl utoipa::PartialSchema for Address {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        String::schema()
    }
}

impl ToSchema for Address {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_names_or_numbers_with_or_without_a_port() {
        for (text, shown) in [
            ("lab1", "lab1:8477"),
            ("lab1.example.org:99", "lab1.example.org:99"),
            ("10.0.0.2", "10.0.0.2:8477"),
            ("::1", "[::1]:8477"),
            ("[fe80::1]:99", "[fe80::1]:99"),
            ("[::1]", "[::1]:8477"),
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), shown, "{text}");
            assert_eq!(shown.parse::<Address>().unwrap().to_string(), shown);
        }
        for text in
            ["", "-oProxyCommand=x", "a b", "lab1:", "lab1:0", "lab1:65536", "lab1:+1", "[::1", "[lab1]:1", "a..b"]
        {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
