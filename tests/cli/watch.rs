//! `usher watch`: what happens to sessions and rules, as it happens, and what happened while nobody could be told.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};

use serde_json::{Value, json};

use crate::harness::{Daemon, PATIENCE, Station, has, http, processes};

struct Watcher {
    program: Child,
    lines: Receiver<Value>,
}

impl Watcher {
    /// Watches, from a moment on that is surely before what the test does next.
    fn start(daemon: &Daemon) -> Self {
        let watcher = Watcher::run(daemon.usher_command(&["watch"]));
        watcher.synchronise(daemon);
        watcher
    }

    /// Reads what a program prints.
    fn run(mut command: std::process::Command) -> Self {
        let mut program = command.stdout(Stdio::piped()).spawn().expect("a watcher");
        let stdout = BufReader::new(program.stdout.take().expect("a pipe"));
        let (say, lines) = channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let _ = say.send(serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}")));
            }
        });
        Watcher { program, lines }
    }

    /// Makes rules come and go until the watcher tells of one.
    fn synchronise(&self, daemon: &Daemon) {
        for attempt in 0.. {
            let message = format!("sync{attempt}");
            daemon.usher(&["block", "--user", "daemon", "--message", &message]).exits(0);
            daemon.usher(&["unblock", "--user", "daemon"]).exits(0);
            let told = |event: &Value| event["event"] == "unblocked" && event["rule"]["message"] == message;
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
    let closed = watcher.next("closed");
    has(&closed["session"], &json!({"session_id": id, "state": "ended"}));
    has(&closed["session"]["end"], &json!({"cause": "closed"}));
    drop(station);
}

#[test]
fn how_a_program_ended_is_told() {
    let daemon = Daemon::start();
    let watcher = Watcher::start(&daemon);
    daemon.open("exit 3");
    watcher.next("opened");
    has(&watcher.next("closed")["session"]["end"], &json!({"cause": "exited", "exit_code": 3, "signal": null}));
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
fn the_end_of_a_timed_lock_is_told() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let watcher = Watcher::start(&daemon);
    daemon.usher(&["lock", "1", "--message", "x", "--for", "1s"]).exits(0);
    has(&watcher.next("locked")["session"], &json!({"session_id": id}));
    has(&watcher.next("unlocked")["session"], &json!({"session_id": id, "locked": false, "lock": null}));
}

#[test]
fn the_end_of_a_timed_rule_is_told_of_the_rule_and_of_each_session() {
    let daemon = Daemon::start();
    let ids = [daemon.open("exec cat"), daemon.open("exec cat")];
    let watcher = Watcher::start(&daemon);
    daemon.usher(&["block", "--all", "--message", "x", "--for", "1s"]).exits(0);
    let mut told = Vec::new();
    while told.len() < 6 {
        let event = watcher.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("after {told:?}"));
        let of = event["session"]["session_id"].as_u64().map_or_else(|| "rule".to_owned(), |id| id.to_string());
        told.push(format!("{} {of}", event["event"].as_str().expect("a kind")));
    }
    told.sort();
    let [one, two] = ids;
    let expected =
        [format!("locked {one}"), format!("locked {two}"), format!("unlocked {one}"), format!("unlocked {two}")];
    assert_eq!(
        told,
        [&["blocked rule".to_owned()][..], &expected[..2], &["unblocked rule".to_owned()], &expected[2..]].concat()
    );
}

#[test]
fn a_close_that_is_announced_and_called_off_is_told() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let watcher = Watcher::start(&daemon);
    let mut close = daemon.usher_command(&["close", "1", "--notice", "1h"]);
    let mut close = close.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a caller");
    assert!(watcher.next("closing")["session"]["closing_at"].is_string());
    daemon.usher(&["close", "--cancel", "1"]).exits(0);
    has(&watcher.next("close-cancelled")["session"], &json!({"session_id": id, "state": "disconnected"}));
    close.wait().expect("it ends");
}

#[test]
fn watching_waits_for_a_daemon_that_ended_and_says_that_something_may_be_missing() {
    let mut daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let watcher = Watcher::start(&daemon);
    for crash in [true, false] {
        if crash {
            daemon.kill9();
        } else {
            assert!(daemon.stop().success(), "watchers hold nobody up");
        }
        daemon.start_again();
        watcher.next("lagged");
        daemon.lock(id, "after");
        let mut event = watcher.lines.recv_timeout(PATIENCE).expect("an event");
        // What the new daemon found at its start may have been news too.
        while event["event"] != "locked" || event["session"]["lock"]["message"] != "after" {
            event = watcher.lines.recv_timeout(PATIENCE).expect("an event");
        }
        daemon.unlock(id);
        watcher.next("unlocked");
    }
}

/// A way to the daemon that can be cut, as a cable is.
struct Cable {
    socket: std::path::PathBuf,
    ends: std::sync::Arc<std::sync::Mutex<Vec<std::os::unix::net::UnixStream>>>,
    plugged: std::sync::Arc<std::sync::atomic::AtomicBool>,
}

impl Cable {
    fn new(daemon: &Daemon) -> Self {
        let (socket, far) = (daemon.path("cable"), daemon.socket());
        let listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
        let cable = Cable { socket, ends: Default::default(), plugged: std::sync::Arc::new(true.into()) };
        let (ends, plugged) = (cable.ends.clone(), cable.plugged.clone());
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let far = std::os::unix::net::UnixStream::connect(&far).expect("the daemon");
                if !plugged.load(std::sync::atomic::Ordering::SeqCst) {
                    continue;
                }
                ends.lock().expect("nobody panics").extend([near.try_clone(), far.try_clone()].into_iter().flatten());
                for (mut from, mut to) in [(near.try_clone(), far.try_clone()), (far.try_clone(), near.try_clone())]
                    .into_iter()
                    .filter_map(|(from, to)| from.ok().zip(to.ok()))
                {
                    std::thread::spawn(move || std::io::copy(&mut from, &mut to));
                }
            }
        });
        cable
    }

    fn plug(&self, plugged: bool) {
        self.plugged.store(plugged, std::sync::atomic::Ordering::SeqCst);
        for end in self.ends.lock().expect("nobody panics").drain(..) {
            let _ = end.shutdown(std::net::Shutdown::Both);
        }
    }
}

#[test]
fn what_was_missed_while_the_connection_was_lost_is_told_in_order() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let cable = Cable::new(&daemon);
    let socket = cable.socket.display().to_string();
    let mut command = crate::harness::clean_command(crate::harness::USHER, daemon.directory());
    command.args(["--socket", &socket, "watch"]);
    let watcher = Watcher::run(command);
    watcher.synchronise(&daemon);
    cable.plug(false);
    daemon.lock(id, "first");
    daemon.lock(id, "second");
    cable.plug(true);
    has(&watcher.next("locked")["session"]["lock"], &json!({"message": "first"}));
    has(&watcher.next("locked")["session"]["lock"], &json!({"message": "second"}));
    daemon.unlock(id);
    watcher.next("unlocked");
}

#[test]
fn events_have_numbers_and_the_last_one_brings_what_came_after_it() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let ask = |path: &str, header: &str| {
        let mut stream = http::connect(&daemon.socket());
        let head = format!("GET {path} HTTP/1.1\r\nHost: usherd\r\n{header}\r\n");
        std::io::Write::write_all(&mut stream, head.as_bytes()).expect("a request");
        BufReader::new(stream).lines().map_while(Result::ok)
    };
    let number = |line: &str| line.strip_prefix("id: ").map(str::to_owned);
    let last = ask("/v1/events", "").find_map(|line| number(&line)).expect("a number at the beginning");
    daemon.lock(id, "x");
    daemon.unlock(id);
    for (path, header) in [
        ("/v1/events".to_owned(), format!("Last-Event-ID: {last}\r\n")),
        (format!("/v1/events?after={last}"), String::new()),
    ] {
        let events = ask(&path, &header).filter_map(|line| Some(line.strip_prefix("data: ")?.to_owned()));
        let kinds: Vec<Value> =
            events.take(2).map(|json| serde_json::from_str::<Value>(&json).expect("JSON")["event"].clone()).collect();
        assert_eq!(kinds, ["locked", "unlocked"], "{path}");
    }
    let mut stranger =
        ask("/v1/events", "Last-Event-ID: of-another-daemon\r\n").filter(|line| line.starts_with("data: "));
    assert!(stranger.next().is_some_and(|line| line.contains("lagged")));
    assert_eq!(http::request(&daemon.socket(), "GET", "/v1/events?after=x", "").status, 400);
}

#[test]
fn what_happened_since_a_time_is_told_first() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let begun = jiff::Timestamp::now().to_string();
    daemon.lock(id, "x");
    daemon.unlock(id);
    let watch = |since: &str| {
        let mut command = daemon.usher_command(&["watch", "--since", since]);
        command.stderr(Stdio::null());
        Watcher::run(command)
    };
    let watcher = watch(&begun);
    has(&watcher.next("locked")["session"]["lock"], &json!({"message": "x"}));
    watcher.next("unlocked");
    let watcher = watch("2h");
    watcher.next("lagged");
    has(&watcher.next("opened")["session"], &json!({"session_id": id}));
    daemon.usher(&["watch", "--since", "whenever"]).exits(2);
}

#[test]
fn on_a_terminal_it_is_a_table_and_in_a_pipe_what_is_asked_for() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let terminal = Station::run(&daemon, &["watch", "--since", "1h"], 24, 120);
    terminal.wait_for("opened");
    daemon.lock(id, "Eyes up");
    let shot = terminal.wait_for("Eyes up");
    let text = shot.text();
    let line = text.lines().find(|line| line.contains("Eyes up")).expect("a row");
    assert!(text.contains("TIME") && text.contains("DETAIL") && line.contains("locked"), "{text}");
    assert!(!text.contains('{') && text.contains("events are missing here"), "{text}");
    let raw = Station::run(&daemon, &["watch", "--since", "1h", "--output", "jsonl"], 24, 120);
    raw.wait_for("{\"event\":\"lagged\"");
    let mut table = daemon.usher_command(&["watch", "--since", "1h", "--output", "table"]);
    let mut table = table.stdout(Stdio::piped()).spawn().expect("a watcher");
    let lines = BufReader::new(table.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let first: Vec<String> = lines.take(3).collect();
    assert!(first[0].starts_with("TIME") && first[2].contains("opened"), "{first:?}");
    table.kill().expect("it lives");
    table.wait().expect("it ends");
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
