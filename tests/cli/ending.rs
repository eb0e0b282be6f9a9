//! How a session's program ended: in exit codes, in `list --ended`, in events and on record.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::harness::{Daemon, PATIENCE, Station, has, http, processes, wait_bounded, wait_for, wait_until};

/// The sessions that have ended, the oldest end first.
#[track_caller]
fn ended(daemon: &Daemon) -> Vec<Value> {
    daemon.json(&["list", "--ended"]).exits(0).array()
}

/// Waits until so many have ended.
#[track_caller]
fn wait_ended(daemon: &Daemon, count: usize) -> Vec<Value> {
    wait_for(&format!("{count} have ended"), || Some(ended(daemon)).filter(|ended| ended.len() == count))
}

#[test]
fn how_a_program_ended_is_listed_and_on_record() {
    let daemon = Daemon::start();
    let (three, killed, closed) = (daemon.open("exit 3"), daemon.open("kill -9 $$"), daemon.open("exec cat"));
    daemon.usher(&["close", &closed.to_string()]).exits(0);
    let ended = wait_ended(&daemon, 3);
    let of = |id: u32| ended.iter().find(|session| session["session_id"] == id).expect("it is listed");
    has(of(three), &json!({"state": "ended", "locked": false, "station_id": null}));
    has(&of(three)["end"], &json!({"cause": "exited", "exit_code": 3, "signal": null}));
    has(&of(killed)["end"], &json!({"cause": "signalled", "exit_code": null, "signal": 9}));
    has(&of(closed)["end"], &json!({"cause": "closed", "exit_code": null}));
    assert!(daemon.ids().is_empty());
    let said = daemon.usher(&["list", "--ended"]).exits(0).stdout;
    assert!(said.contains("exit code 3") && said.contains("signal 9") && said.contains("closed"), "{said}");

    // What was closed is on record as that.
    let records = daemon.audit("end");
    let targets: Vec<_> = records.iter().map(|record| record["targets"][0].as_u64().expect("an ID")).collect();
    assert_eq!((records.len(), targets.contains(&u64::from(closed))), (2, false), "{records:?}");
    let record = records.iter().find(|record| record["targets"] == json!([three])).expect("a record");
    has(&record["outcomes"][0]["end"], &json!({"cause": "exited", "exit_code": 3}));
    assert_eq!(record["outcomes"][0]["end"], of(three)["end"]);
    let said = daemon.usher(&["audit", "--action", "end"]).exits(0).stdout;
    assert!(said.contains("exit code 3") && said.contains("signal 9"), "{said}");
}

#[test]
fn an_ended_session_is_no_target_of_any_verb() {
    let daemon = Daemon::start();
    daemon.usher(&["open", "--name", "essay", "--", "true"]).exits(0);
    let ended = wait_ended(&daemon, 1);
    assert_eq!(ended[0]["name"], "essay");
    for target in ["1", "u1", "essay"] {
        for verb in
            [&["lock", target, "--message", "x"][..], &["unlock", target], &["disconnect", target], &["close", target]]
        {
            assert_eq!(daemon.json(verb).exits(1).only()["error"]["id"], "SessionNotFound", "{verb:?}");
        }
        assert!(daemon.usher(&["list", target]).exits(1).stderr.contains("SessionNotFound"));
        let mut station = Station::run(&daemon, &["attach", target], 24, 80);
        assert_eq!(station.wait_gone().code(), Some(1));
        station.wait_for("usher show 1");
    }
    assert!(daemon.json(&["close", "--all"]).exits(0).array().is_empty());
    // Its name is free.
    daemon.usher(&["open", "--name", "essay", "--", "cat"]).exits(0);
}

#[test]
fn an_end_can_be_awaited() {
    let daemon = Daemon::start();
    let id = daemon.open("while [ ! -e go ]; do sleep 0.05; done; exit 7");
    let ask = |seconds: u32| {
        http::request(&daemon.socket(), "GET", &format!("/v1/sessions/{id}/end?wait_seconds={seconds}"), "").json()
    };
    let alive = ask(0);
    assert!(alive.get("end").is_none() && alive["state"] == "disconnected", "{alive}");
    let end = std::thread::scope(|scope| {
        let asked = scope.spawn(|| ask(25));
        std::fs::write(daemon.path("go"), "").expect("a file");
        asked.join().expect("it was asked")
    });
    has(&end["end"], &json!({"cause": "exited", "exit_code": 7}));
    has(&ask(0)["end"], &json!({"exit_code": 7}));
    let unknown = http::request(&daemon.socket(), "GET", "/v1/sessions/99/end", "");
    assert_eq!((unknown.status, &unknown.json()["error"]["id"]), (404, &json!("SessionNotFound")));
}

#[test]
fn open_waits_for_the_end_and_passes_the_exit_code_on() {
    let daemon = Daemon::start();
    let wait = |script: &str| daemon.usher(&["open", "--wait", "--", "/bin/sh", "-c", script]);
    assert_eq!(wait("exit 0").exits(0).stdout, "1\n");
    assert_eq!(wait("exit 3").exits(3).stdout, "2\n");
    wait("exit 255").exits(255);
    wait("kill -9 $$").exits(137);
    wait("kill -TERM $$").exits(143);
    daemon.usher(&["open", "--wait", "--", "/no/such/program"]).exits(1);
    daemon.usher(&["open", "--wait", "--attach", "--", "cat"]).exits(2);
}

#[test]
fn open_goes_on_waiting_when_the_daemon_is_started_anew() {
    let mut daemon = Daemon::start();
    let script = "while [ ! -e go ]; do sleep 0.05; done; exit 7";
    let mut command = daemon.usher_command(&["open", "--wait", "--", "/bin/sh", "-c", script]);
    let mut waiting = command.stdout(Stdio::piped()).spawn().expect("it can be executed");
    let mut id = String::new();
    BufReader::new(waiting.stdout.take().expect("a pipe")).read_line(&mut id).expect("a line");
    assert_eq!(id, "1\n");
    daemon.crash_and_restart();
    // The new daemon hears the holder.
    daemon.usher(&["show", "1"]).exits(0);
    std::fs::write(daemon.path("go"), "").expect("a file");
    let status = wait_bounded(&mut waiting, PATIENCE).expect("it ends");
    assert_eq!(status.code(), Some(7));
}

#[test]
fn a_program_that_ends_while_no_daemon_runs_is_told_to_the_next_one() {
    let mut daemon = Daemon::start();
    let id = daemon.open("echo last words; while [ ! -e go ]; do sleep 0.05; done; exit 7");
    let leader = daemon.holder(id);
    let program = processes::descendants(leader).into_iter().next().expect("a program");
    daemon.kill9();
    std::fs::write(daemon.path("go"), "").expect("a file");
    wait_until("the program has ended", || !processes::alive(program));
    daemon.start_again();
    let ended = wait_ended(&daemon, 1);
    has(&ended[0]["end"], &json!({"cause": "exited", "exit_code": 7, "signal": null}));
    assert!(daemon.usher(&["show", &id.to_string()]).exits(0).stdout.contains("last words"));
    assert_eq!(daemon.audit("end").len(), 1);
    // What is on record lets the holder go.
    wait_until("the holder has gone", || !processes::alive(leader) && daemon.holder_sockets().is_empty());
}

#[test]
fn an_end_that_is_on_record_is_not_told_again() {
    let mut daemon = Daemon::start();
    let id = daemon.open("while [ ! -e go ]; do sleep 0.05; done; exit 7");
    daemon.kill9();
    std::fs::write(daemon.path("go"), "").expect("a file");
    let holder = daemon.holder(id);
    // As if the daemon had died between its record and its word to the holder: it is not on the books.
    let books = rusqlite::Connection::open(daemon.path("state/usher.db")).expect("the database");
    books.execute("DELETE FROM session", []).expect("it is not there");
    wait_until("the program has ended", || processes::descendants(holder).is_empty());
    daemon.start_again();
    wait_until("the holder has gone", || !processes::alive(holder));
    assert!(daemon.ids().is_empty() && ended(&daemon).is_empty() && daemon.audit("end").is_empty());
    assert!(!daemon.log().contains("taken over"), "{}", daemon.log());
}

#[test]
fn a_session_that_is_closed_while_it_is_awaited_was_hung_up() {
    let daemon = Daemon::start();
    let mut command = daemon.usher_command(&["open", "--wait", "--", "cat"]);
    let waiting = std::thread::spawn(move || crate::harness::run(&mut command, b"").code());
    wait_until("it was opened", || daemon.ids() == [1]);
    let mut station = Station::attach(&daemon, 1, 24, 80);
    daemon.usher(&["close", "1"]).exits(0);
    assert_eq!(waiting.join().expect("it was run"), Some(129));
    assert_eq!(station.wait_gone().code(), Some(129));
}

#[test]
fn a_holder_that_dies_is_a_failure_of_ours() {
    let daemon = Daemon::start();
    let mut command = daemon.usher_command(&["open", "--wait", "--", "cat"]);
    let waiting = std::thread::spawn(move || crate::harness::run(&mut command, b"").exits(1).stderr);
    wait_until("it was opened", || daemon.ids() == [1]);
    processes::signal(daemon.holder(1), Signal::KILL);
    let said = waiting.join().expect("it was run");
    assert!(said.contains("OutcomeUnknown") && said.contains("nobody saw how"), "{said}");
    has(&wait_ended(&daemon, 1)[0]["end"], &json!({"cause": "holder-died", "exit_code": null, "signal": null}));
}

#[test]
fn attach_ends_as_the_program_did() {
    for (script, code) in [("read line; exit 3", 3), ("read line; exit 0", 0), ("read line; kill -9 $$", 137)] {
        let daemon = Daemon::start();
        let id = daemon.open(script);
        let mut station = Station::attach(&daemon, id, 24, 80);
        station.type_keys(b"\r");
        assert_eq!(station.wait_gone().code(), Some(code), "{script}");
        station.wait_for("the session is over");
    }
}

#[test]
fn open_sits_down_at_once_and_leaves_the_last_text() {
    let daemon = Daemon::start();
    let script = "echo hello; read line; echo \"bye $line\"; exit 4";
    let mut station = Station::run(&daemon, &["open", "--attach", "--", "/bin/sh", "-c", script], 24, 80);
    station.wait("it sits there", |shot| shot.alternate && shot.text().contains("hello"));
    station.type_keys(b"you\r");
    assert_eq!(station.wait_gone().code(), Some(4));
    station.wait("the terminal is given back, with the last text and the end", |shot| {
        let text = shot.text();
        !shot.alternate && ["hello", "bye you", "exit code 4"].iter().all(|part| text.contains(part))
    });
    // Without a terminal nothing is opened.
    daemon.usher(&["open", "--attach", "--", "cat"]).exits(2);
    assert!(daemon.ids().is_empty());
}

#[test]
fn a_program_that_is_faster_than_its_station_is_seen_all_the_same() {
    let daemon = Daemon::start();
    for round in 0..10 {
        let script = format!("echo round-{round}; exit 5");
        let mut station = Station::run(&daemon, &["open", "--attach", "--", "/bin/sh", "-c", &script], 24, 80);
        assert_eq!(station.wait_gone().code(), Some(5));
        station.wait("its text", |shot| !shot.alternate && shot.text().contains(&format!("round-{round}")));
    }
}

#[test]
fn one_users_ends_are_bounded_in_number() {
    let daemon = Daemon::start();
    for _ in 0..70 {
        daemon.usher(&["open", "--wait", "--", "true"]).exits(0);
    }
    let ended = ended(&daemon);
    let ids: Vec<_> = ended.iter().map(|session| session["session_id"].as_u64().expect("an ID")).collect();
    assert_eq!(ids, (7..=70).collect::<Vec<_>>());
}
