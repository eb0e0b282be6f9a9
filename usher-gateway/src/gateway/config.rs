//! The gateway's configuration file.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use usher_core::request::Seconds;

/// Where the system's gateway looks for its configuration.
pub const SYSTEM_CONFIG: &str = "/etc/usher/gateway.toml";

/// What `usher-gateway --config FILE` may set, in TOML.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GatewaySettings {
    /// Where to listen. `[::]` is every address, also of IPv4.
    pub listen: SocketAddr,
    /// How long certificates are good that it issues.
    pub certificate_lifetime: Span,
    /// How long a connection may say nothing, or take over the head of a request.
    pub idle: Span,
    /// Connections at once.
    pub connections: u32,
    /// Connections at once from one address; an IPv6 network of 64 bits counts as one.
    pub connections_per_address: u32,
    /// Requests that one identity may have under way at once, `usher watch` included.
    pub requests_per_identity: u32,
}

impl Default for GatewaySettings {
    fn default() -> Self {
        GatewaySettings {
            listen: SocketAddr::from((std::net::Ipv6Addr::UNSPECIFIED, usher_core::request::Address::PORT)),
            certificate_lifetime: Span(Duration::from_secs(90 * 86_400)),
            idle: Span(Duration::from_secs(30)),
            connections: 4096,
            connections_per_address: 256,
            requests_per_identity: 16,
        }
    }
}

/// A span of time, written as `90d`, `10m` or `5s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Span(pub Duration);

impl TryFrom<String> for Span {
    type Error = usher_core::request::InvalidValue;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse::<Seconds>().map(|seconds| Span(seconds.as_duration()))
    }
}

impl GatewaySettings {
    /// Reads the file; without one, the defaults.
    ///
    /// # Errors
    /// The file cannot be read, or says something that is no setting.
    pub fn read(path: Option<&Path>) -> Result<GatewaySettings, String> {
        let Some(path) = path else { return Ok(GatewaySettings::default()) };
        let wrong = |why: &dyn std::fmt::Display| format!("the configuration {}: {why}", path.display());
        let text = std::fs::read_to_string(path).map_err(|e| wrong(&e))?;
        toml::from_str(&text).map_err(|e| wrong(&e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `docs/gateway.md` and the package's file show is every setting, at its default.
    #[test]
    fn the_settings_that_are_shown_are_the_defaults() {
        let page = include_str!("../../../docs/gateway.md");
        let example = page.split_once("```toml\n").and_then(|(_, rest)| rest.split_once("```")).unwrap().0;
        let packaged = include_str!("../../../packaging/gateway.toml");
        let packaged: Vec<_> =
            packaged.lines().filter_map(|line| line.strip_prefix("# ")).filter(|l| l.contains(" = ")).collect();
        assert_eq!(packaged.join("\n"), example.trim_end());
        let read: GatewaySettings = toml::from_str(example).unwrap();
        assert_eq!(format!("{read:?}"), format!("{:?}", GatewaySettings::default()));
        let complaint = toml::from_str::<GatewaySettings>("no_such_setting = 1").unwrap_err().to_string();
        let names: Vec<_> = complaint.split_once("expected ").unwrap().1.split('`').skip(1).step_by(2).collect();
        assert_eq!(names.len(), example.lines().count(), "{names:?}");
        assert!(names.iter().all(|name| page.contains(&format!("| `{name}` |"))));
    }

    #[test]
    fn settings_are_what_they_say_or_refused() {
        let read = toml::from_str::<GatewaySettings>;
        assert_eq!(read("certificate_lifetime = \"5s\"").unwrap().certificate_lifetime.0, Duration::from_secs(5));
        assert_eq!(read("").unwrap().listen.to_string(), "[::]:8477");
        for wrong in ["listen = \"everywhere\"", "certificate_lifetime = 90", "idle = \"soon\"", "lisen = \"\""] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
