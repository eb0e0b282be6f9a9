//! Whether a name means this host: a caller may name it, and our own objects carry its name through pipes.

use std::fs;

/// Whether a name is this host's: `localhost`, a loopback address, the host's name, one that `/etc/hosts`
/// gives it (`hosts(5)`; a host's own line has its full name), or its name in a domain that this host searches
/// (`resolv.conf(5)`).
pub(super) fn is_here(server: &str) -> bool {
    let own = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let read = |file| fs::read_to_string(file).unwrap_or_default();
    names_this(server, &own, &read("/etc/hosts")) || in_own_domain(server, &own, &read("/etc/resolv.conf"))
}

fn in_own_domain(server: &str, own: &str, resolver: &str) -> bool {
    let domains = resolver.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        matches!(words.next(), Some("search" | "domain")).then_some(words)
    });
    let server = server.trim().trim_end_matches('.');
    let is = |domain: &str| format!("{own}.{}", domain.trim_end_matches('.')).eq_ignore_ascii_case(server);
    domains.flatten().any(is)
}

fn names_this(server: &str, own: &str, hosts: &str) -> bool {
    let server = server.trim().trim_end_matches('.');
    let is = |name: &str| name.eq_ignore_ascii_case(server);
    let loopback = server.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    loopback || ["localhost", "localhost.localdomain", ".", own].into_iter().any(is) || beside(own, hosts).any(is)
}

/// The names that stand on a line with the host's own.
fn beside<'h>(own: &'h str, hosts: &'h str) -> impl Iterator<Item = &'h str> {
    let names = |line: &'h str| line.split('#').next().unwrap_or_default().split_whitespace().skip(1);
    hosts.lines().filter(move |line| names(line).any(|name| name.eq_ignore_ascii_case(own))).flat_map(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_own_names_are_here_and_others_are_not() {
        let hosts = "127.0.0.1 localhost\n127.0.1.1 lab1.example.org lab1 # this\n10.0.0.2 lab2.example.org lab2\n";
        for name in
            ["localhost", "LOCALHOST", "127.0.0.1", "127.3.4.5", "::1", "[::1]", "lab1", "LAB1.", "lab1.example.org"]
        {
            assert!(names_this(name, "lab1", hosts), "{name}");
        }
        for name in ["", "lab2", "lab2.example.org", "10.0.0.2", "lab1.example.com", "lab"] {
            assert!(!names_this(name, "lab1", hosts), "{name}");
        }
    }

    #[test]
    fn a_name_in_a_domain_that_is_searched_is_here() {
        let resolver = "nameserver 10.0.0.1\nsearch example.org school.example\n";
        assert!(in_own_domain("LAB1.school.example.", "lab1", resolver));
        for name in ["lab1", "lab1.example.com", "lab2.example.org", "10.0.0.1"] {
            assert!(!in_own_domain(name, "lab1", resolver), "{name}");
        }
    }
}
