//! `usher watch`: what happens to sessions and rules, as it happens, one JSON object a line.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};

use serde_json::{Value, json};

use crate::harness::{Daemon, PATIENCE, Station, has, http, processes, wait_bounded};

struct Watcher {
    program: Child,
    lines: Receiver<Value>,
}

impl Watcher {
    /// Watches, from a moment on that is surely before what the test does next.
    fn start(daemon: &Daemon) -> Self {
        let mut program = daemon.usher_command(&["watch"]).stdout(Stdio::piped()).spawn().expect("a watcher");
        let stdout = BufReader::new(program.stdout.take().expect("a pipe"));
        let (say, lines) = channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let _ = say.send(serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}")));
            }
        });
        let watcher = Watcher { program, lines };
        watcher.synchronise(daemon);
        watcher
    }

    /// Makes rules come and go until the watcher tells of one.
    fn synchronise(&self, daemon: &Daemon) {
        for attempt in 0.. {
            let name = format!("sync{attempt}");
            daemon.usher(&["block", "--user", &name, "--message", "x"]).exits(0);
            daemon.usher(&["unblock", "--user", &name]).exits(0);
            let told = |event: &Value| event["event"] == "unblocked" && event["rule"]["name"] == format!("user:{name}");
            let wait = std::time::Duration::from_millis(200);
            while let Ok(event) = self.lines.recv_timeout(wait) {
                if told(&event) {
                    return;
                }
            }
            assert!(attempt < 50, "the watcher hears nothing");
        }
    }

    /// The next event, which must be of this kind.
    #[track_caller]
    fn next(&self, kind: &str) -> Value {
        let event = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no {kind} event"));
        assert_eq!(event["event"], kind, "{event}");
        assert!(event["time"].as_str().is_some_and(|time| time.ends_with('Z')), "{event}");
        event
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

#[test]
fn a_sessions_life_is_told_in_order() {
    let daemon = Daemon::start();
    let watcher = Watcher::start(&daemon);
    let id = daemon.open("exec cat");
    has(&watcher.next("opened")["session"], &json!({"session_id": id, "locked": false}));
    let station = Station::attach(&daemon, id, 24, 80);
    has(&watcher.next("attached")["session"], &json!({"state": "connected"}));
    daemon.lock(id, "first");
    has(&watcher.next("locked")["session"]["lock"], &json!({"message": "first"}));
    daemon.lock(id, "second");
    has(&watcher.next("locked")["session"]["lock"], &json!({"message": "second"}));
    daemon.unlock(id);
    has(&watcher.next("unlocked")["session"], &json!({"lock": null}));
    daemon.usher(&["disconnect", "1"]).exits(0);
    has(&watcher.next("detached")["session"], &json!({"state": "disconnected"}));
    daemon.usher(&["close", "1"]).exits(0);
    has(&watcher.next("closed")["session"], &json!({"session_id": id}));
    drop(station);
}

#[test]
fn rules_are_told_with_what_they_do() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let watcher = Watcher::start(&daemon);
    daemon.usher(&["block", "--all", "--message", "x"]).exits(0);
    let events = [watcher.lines.recv_timeout(PATIENCE), watcher.lines.recv_timeout(PATIENCE)];
    let kinds: Vec<_> = events.iter().flatten().map(|e| e["event"].as_str().expect("a kind")).collect();
    assert!(kinds.contains(&"blocked") && kinds.contains(&"locked"), "{kinds:?}");
    daemon.usher(&["unlock", "--exempt", "1"]).exits(0);
    has(&watcher.next("unlocked")["session"], &json!({"session_id": id}));
    daemon.usher(&["unblock", "--all"]).exits(0);
    has(&watcher.next("unblocked")["rule"], &json!({"name": "all"}));
}

#[test]
fn the_death_of_a_holder_is_told_as_such() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let watcher = Watcher::start(&daemon);
    processes::signal(daemon.holder(id), rustix::process::Signal::KILL);
    has(&watcher.next("holder-died")["session"], &json!({"session_id": id}));
}

#[test]
fn watching_ends_with_the_daemon_and_says_so() {
    let mut daemon = Daemon::start();
    let mut watcher = Watcher::start(&daemon);
    daemon.kill9();
    let status = wait_bounded(&mut watcher.program, PATIENCE).expect("it ends");
    assert_eq!(status.code(), Some(3));
}

#[test]
fn a_clean_stop_is_not_held_up_by_watchers() {
    let mut daemon = Daemon::start();
    let mut watcher = Watcher::start(&daemon);
    assert!(daemon.stop().success());
    let status = wait_bounded(&mut watcher.program, PATIENCE).expect("it ends");
    assert_eq!(status.code(), Some(3));
}

#[test]
fn a_watcher_that_reads_nothing_holds_nobody_up() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let mut lazy = http::connect(&daemon.socket());
    std::io::Write::write_all(&mut lazy, b"GET /v1/events HTTP/1.1\r\nHost: usherd\r\n\r\n").expect("a request");
    for _ in 0..50 {
        daemon.lock(id, "x");
        daemon.unlock(id);
    }
    assert_eq!(http::request(&daemon.socket(), "GET", "/healthz", "").status, 200);
}

#[test]
fn those_who_watch_leave_places_for_those_who_act() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let watchers: Vec<_> = (0..600)
        .map(|_| {
            let mut stream = crate::harness::http::connect(&daemon.socket());
            std::io::Write::write_all(&mut stream, b"GET /v1/events HTTP/1.1\r\nHost: usherd\r\n\r\n")
                .expect("written");
            stream
        })
        .collect();
    crate::harness::wait_until("there is no place left for one more", || {
        let close = b"GET /v1/events HTTP/1.1\r\nHost: usherd\r\nConnection: close\r\n\r\n";
        let mut stream = crate::harness::http::connect(&daemon.socket());
        let mut head = [0; 12];
        std::io::Write::write_all(&mut stream, close).expect("written");
        std::io::Read::read_exact(&mut stream, &mut head).expect("an answer");
        head == *b"HTTP/1.1 503"
    });
    daemon.lock(id, "stop");
    drop(watchers);
}
