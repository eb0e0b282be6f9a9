//! The audit log on a host: who takes room in it, who reads it for how long, and its copy in the journal.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use crate::harness::{Host, Screen, Suite, X11, wait_until};
use crate::host;
use crate::who::listed;

fn records(host: &Host, action: &str) -> Vec<Value> {
    host.root_usher(&["audit", "--action", action, "--output", "json"]).array()
}

/// Takes so many pictures of the own session, which are so many records.
fn look(screen: &Screen, times: u32) {
    let (id, name) = (screen.id(), &screen.user.name);
    let looks =
        format!("for i in $(seq {times}); do usher thumbnail {id} --size small -o /tmp/{name}.png || exit; done");
    screen.host.run(&screen.user, &looks).succeeds();
}

#[test]
fn who_does_much_loses_records_before_operators_and_those_who_do_little() {
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    host.root("echo 'audit_bytes = 8000' >>/etc/usher/usherd.toml && systemctl restart usherd").succeeds();
    let olga = host.user_in("olga", &["usher-operator"]);
    let (bob, mallory) = (host.x11(&host.user("bob"), X11::Xvfb), host.x11(&host.user("mallory"), X11::Xvfb));
    host.usher(&olga, &["block", "--user", &host.user("carol").name, "--message", "Exam"]).succeeds();
    look(&bob, 1);
    look(&mallory, 30);
    look(&mallory, 30);
    let by = |screen: &Screen| {
        let actor = screen.user.name.as_str();
        records(&host, "thumbnail").iter().filter(|record| record["actor"] == actor).count()
    };
    // The limit is applied now and then, and at the start.
    host.root("systemctl restart usherd").succeeds();
    wait_until("it was applied", || (1..60).contains(&by(&mallory)));
    assert_eq!((by(&bob), records(&host, "block").len()), (1, 1), "what others did is still there");
}

#[test]
fn the_journal_has_a_copy_of_every_record_as_the_documentation_says() {
    let host = host!(Bookworm);
    let alice = host.x11(&host.user("alice"), X11::Xvfb);
    let id = alice.id();
    // Of each actor the journal gets a bounded number in a minute, and root does much here.
    let olga = host.user_in("olga", &["usher-operator"]);
    host.usher(&olga, &["lock", &id, "--message", "one\u{202e}two"]).succeeds();
    let copies = || host.root("journalctl --no-pager -t usherd TARGET=usher::audit --output=cat").stdout;
    let mine = format!("targets={id} ");
    let lock = |line: &&str| line.contains("action=lock") && line.contains(&mine);
    wait_until("the journal has it", || copies().lines().any(|line| lock(&line)));
    let copies = copies();
    let line = copies.lines().find(lock).expect("a line");
    assert!(line.contains("done=1") && line.contains("one\\u{202e}two"), "{line}");
}

/// Makes so many records of root's.
const RECORDS: &str = r#"
import socket, sys
for number in range(int(sys.argv[1])):
    s = socket.socket(socket.AF_UNIX)
    s.connect("/run/usher/usher.sock")
    s.sendall(b"DELETE /v1/blocks/user:nobody%d HTTP/1.1\r\nHost: usherd\r\nConnection: close\r\n\r\n" % number)
    while s.recv(4096):
        pass
"#;

/// Reads the beginning of the audit log, waits for a word, and reads on. Writes whether that came to the answer's end.
const READS: &str = r#"
import os, socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.connect("/run/usher/usher.sock")
s.sendall(b"GET /v1/audit HTTP/1.1\r\nHost: usherd\r\nConnection: close\r\n\r\n")
read = s.recv(4096)
print("begun" if read.startswith(b"HTTP/1.1 200") else read, flush=True)
sys.stdin.readline()
try:
    while more := s.recv(65536):
        read = (read + more)[-64:]
except ConnectionResetError:
    pass
print("whole" if read.endswith(b"0\r\n\r\n") else "cut off", flush=True)
"#;

#[test]
fn who_reads_the_audit_log_as_an_administrator_reads_no_more_once_that_is_over() {
    let Some(host) = Host::own(Suite::Bookworm) else { return };
    let adam = host.user_in("adam", &["usher-admin"]);
    let (makes, reads) = (host.script("records.py", RECORDS), host.script("reads.py", READS));
    // More than pipes and buffers hold.
    host.root(&format!("python3 {makes} 3000")).succeeds();
    let begin = || {
        let mut reader = host.command_as(&adam.name);
        let reader = reader.args(["python3", &reads]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut reader = reader.spawn().expect("python3");
        let mut said = BufReader::new(reader.stdout.take().expect("a pipe")).lines();
        assert_eq!(said.next().expect("a line").expect("text"), "begun");
        (reader, said)
    };
    let end = |(mut reader, mut said): (std::process::Child, std::io::Lines<BufReader<_>>)| {
        drop(reader.stdin.take());
        let last = said.next().expect("a line").expect("text");
        reader.wait().expect("it ends");
        last
    };
    assert_eq!(end(begin()), "whole");

    let reading = begin();
    // Who watches since later is looked at again, and sent away, later.
    let mut watching = host.command_as(&adam.name);
    let mut watching = watching.args(["usher", "watch"]).stdout(Stdio::piped()).spawn().expect("usher watch");
    let mut events = BufReader::new(watching.stdout.take().expect("a pipe")).lines();
    let screen = host.x11(&host.user("alice"), X11::Xvfb);
    assert!(events.any(|line| line.is_ok_and(|line| line.contains(&screen.user.name))), "he watches");
    host.root(&format!("gpasswd --delete {} usher-admin", adam.name)).succeeds();
    wait_until("he does not watch any more", || watching.try_wait().is_ok_and(|ended| ended.is_some()));
    assert_eq!(end(reading), "cut off");
    assert!(listed(&host, &screen.session).is_some(), "and everybody else is served");
}
