//! Several operators at once: every order ends in one of the serial results, and what the list says
//! is what is stored.

use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;

use crate::harness::{Daemon, Station, has, http, wait_until};

/// Runs `work` in several threads at once, each with its number.
fn at_once(threads: u32, work: impl Fn(u32) + Sync) {
    std::thread::scope(|scope| {
        for number in 0..threads {
            let work = &work;
            scope.spawn(move || work(number));
        }
    });
}

/// What the list says must be what is stored: a restart changes nothing.
fn same_after_restart(daemon: &mut Daemon) {
    let locks = |daemon: &Daemon| {
        daemon.sessions().into_iter().map(|s| (s["session_id"].clone(), s["lock"].clone())).collect::<Vec<_>>()
    };
    let (before, rules) = (locks(daemon), daemon.json(&["blocks"]).exits(0).json());
    daemon.crash_and_restart();
    assert_eq!(locks(daemon), before);
    assert_eq!(daemon.json(&["blocks"]).exits(0).json(), rules);
}

#[test]
fn locks_and_unlocks_at_once_end_in_one_of_the_serial_results() {
    let mut daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let station = Station::attach(&daemon, id, 24, 80);
    let free = station.wait("the cursor", |shot| shot.cursor.is_some());
    for _ in 0..3 {
        at_once(8, |number| {
            if number % 2 == 0 {
                daemon.usher(&["lock", "1", "--message", &format!("operator {number}")]).exits(0);
            } else {
                daemon.usher(&["unlock", "1"]).exits(0);
            }
        });
        match daemon.lock_message(id) {
            Some(message) => {
                assert!(["operator 0", "operator 2", "operator 4", "operator 6"].contains(&message.as_str()));
                station.wait_for(&message);
            }
            None => station.wait_same(&free),
        }
        same_after_restart(&mut daemon);
    }
    assert_eq!(daemon.audit("lock").len() + daemon.audit("unlock").len(), 24);
}

#[test]
fn closing_a_session_many_times_at_once_closes_it_once_and_harms_no_other() {
    let daemon = Daemon::start();
    let (doomed, other) = (daemon.open("exec cat"), daemon.open("exec cat"));
    let done = AtomicU32::new(0);
    at_once(6, |number| {
        let verb = if number % 3 == 2 { &["lock", "1", "--message", "x"][..] } else { &["close", "1"] };
        let ran = daemon.json(verb);
        let outcome: serde_json::Value = serde_json::from_str(&ran.said().stdout).expect("outcomes");
        let outcome = &outcome[0];
        match ran.code() {
            Some(0) => has(outcome, &json!({"observed": true})),
            _ => assert!(
                ["SessionNotFound", "SessionChanged", "Timeout"]
                    .contains(&outcome["error"]["id"].as_str().unwrap_or("")),
                "{outcome}"
            ),
        }
        if verb[0] == "close" && ran.code() == Some(0) {
            done.fetch_add(1, Ordering::Relaxed);
        }
    });
    assert!(done.load(Ordering::Relaxed) >= 1);
    assert_eq!(daemon.ids(), [u64::from(other)]);
    assert!(!daemon.holder_socket(doomed).exists());
}

#[test]
fn sessions_opened_at_once_have_numbers_of_their_own_and_a_block_set_meanwhile_covers_them_all() {
    let mut daemon = Daemon::start();
    at_once(6, |number| {
        if number == 3 {
            daemon.usher(&["block", "--all", "--message", "x"]).exits(0);
        } else {
            daemon.usher(&["open", "--", "cat"]).exits(0);
        }
    });
    let mut ids = daemon.ids();
    ids.dedup();
    assert_eq!(ids.len(), 5);
    for session in daemon.sessions() {
        has(&session, &json!({"locked": true}));
    }
    same_after_restart(&mut daemon);
    at_once(2, |number| {
        let verb = if number == 0 { "unblock" } else { "unlock" };
        let code = daemon.usher(&[verb, "--all"]).code();
        assert!(code == Some(0) || verb == "unlock", "{verb}: {code:?}");
    });
    for session in daemon.sessions() {
        has(&session, &json!({"locked": false, "lock": null}));
    }
    same_after_restart(&mut daemon);
}

#[test]
fn a_station_that_comes_and_goes_never_sees_a_locked_screen() {
    let daemon = Daemon::start();
    let id = daemon.open("echo private-things; exec cat");
    Station::attach(&daemon, id, 24, 80).wait_for("private-things");
    daemon.lock(id, "stop");
    at_once(4, |_| {
        for _ in 0..3 {
            let station = Station::attach(&daemon, id, 24, 80);
            station.wait_for("stop");
            assert!(!station.raw().has(b"private"));
        }
    });
}

#[test]
fn a_caller_that_hangs_up_at_once_splits_neither_memory_from_disk_nor_records_from_outcomes() {
    let mut daemon = Daemon::start();
    let id = daemon.open("exec cat");
    for round in 0..20 {
        let message = format!("round {round}");
        let body = json!({"targets": {"ids": [id]}, "message": message}).to_string();
        let head = "POST /v1/sessions/lock HTTP/1.1\r\nHost: usherd\r\nContent-Type: application/json\r\n";
        let request = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
        http::connect(&daemon.socket()).write_all(request.as_bytes()).expect("usherd listens");
        // Whether a request that was read together with its caller's end was taken is open; half of it never is.
        wait_until("every lock on record has its outcome", || {
            daemon.audit("lock").iter().all(|record| record["outcomes"][0]["result"] == "done")
        });
        let last = daemon.audit("lock").last().map(|record| record["message"].clone());
        assert_eq!(daemon.session(id)["lock"]["message"], last.unwrap_or_default());
    }
    same_after_restart(&mut daemon);
}
