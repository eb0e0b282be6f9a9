//! Whether a name means this host: our own objects carry it, and come back through pipes.

use std::fs;

/// Whether a `-Server` is this host: `localhost`, a loopback address, the host's name, or one that `/etc/hosts`
/// gives it (`hosts(5)`; a host's own line has its full name).
pub(super) fn is_here(server: &str) -> bool {
    let own = rustix::system::uname().nodename().to_string_lossy().into_owned();
    names_this(server, &own, &fs::read_to_string("/etc/hosts").unwrap_or_default())
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
}
