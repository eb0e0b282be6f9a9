//! Hosts of both releases boot, side by side, and have what a host has.

use crate::harness::Host;
use crate::host;

fn is_a_whole_host(host: &Host, version: &str) {
    assert!(host.content("/etc/debian_version").starts_with(version));
    host.root("systemctl is-active dbus systemd-logind ssh xrdp").succeeds();
    assert_eq!(host.root("hostname").succeeds().trim(), host.name());
}

#[test]
fn debian_12_boots() {
    is_a_whole_host(&host!(Bookworm), "12");
}

#[test]
fn debian_13_boots() {
    is_a_whole_host(&host!(Trixie), "13");
}

#[test]
fn hosts_reach_each_other_and_are_different() {
    let (one, other) = (host!(Bookworm), host!(Trixie));
    assert_ne!(one.content("/etc/machine-id"), other.content("/etc/machine-id"));
    let banner = format!("timeout 10 bash -c 'read -r line </dev/tcp/{}/22; echo $line'", other.address());
    assert!(one.root(&banner).succeeds().starts_with("SSH-2.0"));
}

#[test]
fn cgroups_are_a_hosts_own() {
    let host = host!(Bookworm);
    let inside = host.content("/proc/1/cgroup");
    assert!(inside.lines().any(|line| line.starts_with("0::") && line.contains(host.name())), "{inside}");
}
