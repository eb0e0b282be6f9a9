//! Hosts of both releases boot, side by side, and have what a host has.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::harness::{Host, Lab, Options, Suite, ready, skip, wait_until};
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

/// In a test program that another test has started, boots a host and waits to be killed; else shows nothing.
#[test]
fn a_program_that_is_to_be_killed() {
    if std::env::var_os("USHER_TEST_TO_BE_KILLED").is_none() {
        return;
    }
    let host = Host::boot(Options { suite: Suite::Bookworm, packages: false });
    println!("\nbooted {} {}", host.leader(), Lab::shared().directory().display());
    // The end of the other test ends this one too, also if nobody kills it.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

#[test]
fn nothing_is_left_of_a_test_program_that_was_killed() {
    if let Err(reason) = ready(Suite::Bookworm) {
        return skip(&reason);
    }
    let own = std::env::current_exe().expect("this program's path");
    let mut program = Command::new(own)
        .args(["--exact", "lab::a_program_that_is_to_be_killed", "--nocapture"])
        .env("USHER_TEST_TO_BE_KILLED", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program");
    let said = BufReader::new(program.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let told = said.into_iter().find_map(|line| line.strip_prefix("booted ").map(str::to_owned)).expect("it boots");
    let (leader, directory) = told.split_once(' ').expect("a process and a directory");
    let name = Path::new(directory).file_name().expect("a name").to_string_lossy().into_owned();
    let cgroups = || Command::new("find").args(["/sys/fs/cgroup", "-maxdepth", "2", "-name", &name]).output();
    assert!(Path::new(&format!("/proc/{leader}")).exists() && !cgroups().expect("find").stdout.is_empty());

    program.kill().and_then(|()| program.wait()).expect("it can be killed");
    wait_until("its host is gone", || !Path::new(&format!("/proc/{leader}")).exists());
    wait_until("its cgroups are gone", || cgroups().expect("find").stdout.is_empty());
    wait_until("its directory is gone", || !Path::new(directory).exists());
}
