//! The name of a host, as `--server` takes it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::request::InvalidValue;

/// A host, by the name that the caller gives it: one that was joined, a group, or a destination for ssh
/// (`lab1`, `olga@lab1`, `lab1:2222`, `ssh://olga@lab1:2222`; `ssh(1)`). Never anything that a program could take for
/// an option, and nothing that needs quoting.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServerName(String);

impl ServerName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it can be the name of a joined host or a group, and of its directory: letters, digits, `.`, `-`
    /// and `_`.
    pub fn is_plain(&self) -> bool {
        !self.0.starts_with('.') && self.0.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c))
    }

    /// The destination for ssh, which takes a port only in a URI.
    pub fn ssh_destination(&self) -> String {
        let name = &self.0;
        let host = name.rsplit_once('@').map_or(name.as_str(), |(_, host)| host);
        let address = host.parse::<IpAddr>().is_ok();
        let port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        if port && !address && !name.starts_with("ssh://") { format!("ssh://{name}") } else { name.clone() }
    }
}

impl FromStr for ServerName {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let allowed =
            |c: char| c.is_ascii_alphanumeric() || ".-_@:[]%+".contains(c) || !c.is_ascii() && c.is_alphanumeric();
        let rest = text.strip_prefix("ssh://").unwrap_or(text);
        if rest.is_empty() || text.len() > 255 || !rest.chars().all(allowed) {
            return Err(InvalidValue::new(
                "a host is named as for ssh: lab1, olga@lab1, lab1:2222 or ssh://olga@lab1:2222; several are separated by commas",
            ));
        }
        // ssh decodes `%` and two digits in the user of a URI: there it could stand for anything.
        let (user, host) = rest.rsplit_once('@').map_or(("", rest), |(user, host)| (user, host));
        if user.contains(['%', '[', ']']) || host.contains('%') && !host.contains(':') {
            return Err(InvalidValue::new("`%` stands only before the zone of an IPv6 address, as in fe80::1%eth0"));
        }
        let parts = rest.split(['@', ':', '[', ']']).filter(|part| !part.is_empty());
        if rest.starts_with('-') || parts.into_iter().any(|part| part.starts_with('-')) {
            return Err(InvalidValue::new(
                "a host's name does not begin with a dash: a program could take it for an option",
            ));
        }
        Ok(ServerName(text.to_owned()))
    }
}

impl TryFrom<String> for ServerName {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        text.parse()
    }
}

impl From<ServerName> for String {
    fn from(name: ServerName) -> String {
        name.0
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_of_hosts_are_taken_and_options_are_not() {
        for good in
            ["lab1", "lab1.example.org", "olga@lab1", "10.0.0.7", "::1", "[fe80::1%eth0]:22", "ssh://a@b:22", "schüler"]
        {
            assert_eq!(good.parse::<ServerName>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            "-lab1",
            "-oProxyCommand=id",
            "olga@-oProxyCommand",
            "ssh://-x",
            "a b",
            "a;b",
            "a\nb",
            "a/b",
            "$x",
            "ssh://",
            "`id`",
            "ssh://%24%28id%29@h:22",
            "a%0a@h:22",
            "h%41",
        ] {
            assert!(bad.parse::<ServerName>().is_err(), "{bad:?}");
        }
        assert!("x".repeat(256).parse::<ServerName>().is_err());
    }

    #[test]
    fn a_port_is_told_to_ssh_in_its_own_way() {
        for (name, told) in [
            ("lab1", "lab1"),
            ("olga@lab1:2222", "ssh://olga@lab1:2222"),
            ("::1", "::1"),
            ("olga@::1", "olga@::1"),
            ("[::1]:22", "ssh://[::1]:22"),
            ("ssh://lab1:22", "ssh://lab1:22"),
        ] {
            assert_eq!(name.parse::<ServerName>().unwrap().ssh_destination(), told);
        }
    }

    #[test]
    fn only_plain_names_are_directories() {
        for (name, plain) in [("lab-1.example", true), (".hidden", false), ("..", false), ("olga@lab1", false)] {
            assert_eq!(name.parse::<ServerName>().unwrap().is_plain(), plain, "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_name_is_an_option_or_needs_quoting(text in "\\PC{0,40}") {
            if let Ok(name) = text.parse::<ServerName>() {
                prop_assert!(!name.ssh_destination().starts_with('-'));
                prop_assert!(!name.as_str().contains([' ', '\'', '"', '$', '`', ';', '|', '&', '<', '>', '(', '\\', '*', '?']));
            }
        }
    }
}
