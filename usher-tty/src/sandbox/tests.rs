use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::*;

const EPERM: i32 = 1;

/// The attacking program, built by the C compiler that building usher needs anyway.
fn attacker(directory: &Path) -> PathBuf {
    let (source, program) = (directory.join("attacks.c"), directory.join("attacks"));
    std::fs::write(&source, include_str!("attacks.c")).unwrap();
    let built = Command::new("cc").arg("-o").arg(&program).arg(&source).output().unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    program
}

/// Runs the attacking program inside a filter; without any if that is empty.
fn attack(arguments: &[&str], filter: &[seccompiler::sock_filter]) -> Output {
    let directory = tempfile::tempdir().unwrap();
    let mut command = Command::new(attacker(directory.path()));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for line in filter {
        stdin.write_all(&line.code.to_ne_bytes()).unwrap();
        stdin.write_all(&[line.jt, line.jf]).unwrap();
        stdin.write_all(&line.k.to_ne_bytes()).unwrap();
    }
    drop(stdin);
    child.wait_with_output().unwrap()
}

/// How each call of the attacking program ended.
fn errors(filter: &[seccompiler::sock_filter]) -> BTreeMap<String, i32> {
    let output = attack(&[], filter);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{} {text} {}", output.status, String::from_utf8_lossy(&output.stderr));
    let line = |line: &str| line.split_once(' ').map(|(name, error)| (name.to_owned(), error.parse().unwrap()));
    text.lines().filter_map(line).collect()
}

#[test]
fn a_holder_that_was_taken_over_starts_nothing_reaches_nothing_and_brings_no_code() {
    let mut confined = errors(&calls::filter(std::process::id()).unwrap());
    assert_eq!(confined.remove("plain_mmap"), Some(0), "the filter lets the rest work");
    let allowed: Vec<_> = confined.iter().filter(|(_, error)| **error != EPERM).collect();
    assert!(allowed.is_empty(), "not refused by the filter: {allowed:?}");
    assert!(confined.len() >= 20, "{confined:?}");
}

#[test]
fn without_the_filter_the_same_attacks_reach_the_kernel() {
    let free = errors(&[]);
    for started in ["clone3", "clone", "clone_vm", "vfork"] {
        assert_eq!(free.get(started), Some(&0), "{free:?}");
    }
    assert_ne!(free.get("x32_fork"), Some(&EPERM), "{free:?}");
}

#[test]
#[cfg(target_arch = "x86_64")]
fn a_call_in_the_convention_of_i386_ends_the_holder() {
    let ended = attack(&["int80"], &calls::filter(std::process::id()).unwrap());
    assert!(ended.status.signal().is_some() && ended.stdout.is_empty(), "{ended:?}");
}

#[test]
fn in_the_sandbox_no_program_starts_and_no_file_opens() {
    // Only the thread that enters is confined.
    let in_sandbox = std::thread::spawn(|| {
        enter(Some(Path::new("/nowhere/socket")));
        let exec = rustix::io::Errno::from_io_error(&Command::new("/bin/true").exec());
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").is_ok();
        let file = std::fs::File::open("/etc/passwd").is_ok();
        let proc = std::fs::read_to_string("/proc/self/stat").is_ok();
        (exec, socket, file, proc)
    });
    let (exec, socket, file, proc) = in_sandbox.join().unwrap();
    assert_eq!(exec, Some(rustix::io::Errno::PERM));
    assert!(!socket);
    assert!(!file || !has_landlock(), "files beside /proc open");
    assert!(proc, "what a holder needs still works");
}

/// Whether the kernel lists Landlock among its security modules.
fn has_landlock() -> bool {
    std::fs::read_to_string("/sys/kernel/security/lsm").is_ok_and(|list| list.contains("landlock"))
}
