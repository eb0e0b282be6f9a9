//! `usher audit`: every attempt is on record before its caller hears of it, and outlives a crash.

use serde_json::json;

use crate::harness::{Daemon, Station, USHER, has, http, wait_until};

fn actions(daemon: &Daemon) -> Vec<String> {
    let records = daemon.json(&["audit"]).exits(0).array();
    records.iter().map(|record| record["action"].as_str().expect("an action").to_owned()).collect()
}

#[test]
fn one_record_per_request_in_the_promised_form() {
    let daemon = Daemon::start();
    let ids = [daemon.open("exec cat"), daemon.open("exec cat")];
    daemon.usher(&["lock", "1", "2", "4711", "--message", "眼睛"]).exits(1);
    let said = daemon.json(&["audit", "--action", "lock"]).exits(0);
    let keys = ["time", "actor", "from", "action", "targets", "message", "outcomes"];
    let places: Vec<_> = keys.map(|key| said.stdout.find(&format!("\"{key}\":")).expect(key)).into();
    assert!(places.is_sorted(), "{}", said.stdout);
    let record = said.only();
    assert_eq!(record.as_object().expect("an object").len(), keys.len(), "{record}");
    has(&record, &json!({"action": "lock", "message": "眼睛", "targets": [ids[0], ids[1], 4711]}));
    assert_eq!(record["actor"], daemon.session(ids[0])["user"]);
    let results: Vec<_> = record["outcomes"].as_array().expect("outcomes").iter().map(|o| &o["result"]).collect();
    assert_eq!(results, ["done", "done", "failed"]);
}

#[test]
fn every_verb_that_changes_something_is_on_record_in_order() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let station = Station::attach(&daemon, id, 24, 80);
    daemon.lock(id, "x");
    daemon.unlock(id);
    daemon.usher(&["block", "--all", "--message", "y"]).exits(0);
    daemon.usher(&["unblock", "--all"]).exits(0);
    daemon.usher(&["disconnect", "1"]).exits(0);
    daemon.usher(&["close", "1"]).exits(0);
    let expected = ["open", "attach", "lock", "unlock", "block", "unblock", "disconnect", "close"];
    assert_eq!(actions(&daemon), expected);
    drop(station);
}

#[test]
fn what_changes_nothing_is_not_on_record() {
    let daemon = Daemon::start();
    daemon.usher(&["list"]).exits(0);
    daemon.usher(&["blocks"]).exits(0);
    daemon.usher(&["close", "--all", "--dry-run"]).exits(0);
    assert_eq!(actions(&daemon), [""; 0]);
}

#[test]
fn a_failed_attempt_is_on_record_too() {
    let daemon = Daemon::start();
    daemon.usher(&["close", "4711"]).exits(1);
    let records = daemon.audit("close");
    assert_eq!(records[0]["targets"], json!([4711]));
    assert_eq!(records[0]["outcomes"][0]["error"]["id"], "SessionNotFound");
}

#[test]
fn records_outlive_a_crash_right_after_the_answer() {
    let mut daemon = Daemon::start();
    let id = daemon.open("exec cat");
    for round in 0..5 {
        let message = format!("round {round}");
        daemon.lock(id, &message);
        daemon.crash_and_restart();
        let records = daemon.audit("lock");
        let last = records.last().expect("a record");
        assert_eq!(last["message"], message.as_str());
        assert_eq!(last["outcomes"][0]["result"], "done", "the outcome too: {last}");
    }
    assert_eq!(daemon.audit("lock").len(), 5);
}

#[test]
fn an_attempt_from_inside_a_session_says_from_where() {
    let daemon = Daemon::start();
    let id = daemon.open(&format!("{USHER} close 1; echo $? > code; exec cat"));
    daemon.wait_content("code", "1\n");
    let record = &daemon.audit("close")[0];
    assert!(record["from"].as_str().is_some_and(|from| from.contains(&format!("session {id}"))), "{record}");
    assert_eq!(record["outcomes"][0]["error"]["id"], "OwnSession");
}

#[test]
fn since_user_and_action_select() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    daemon.lock(id, "first");
    let time = daemon.audit("lock")[0]["time"].as_str().expect("a time").to_owned();
    let user = daemon.session(id)["user"].as_str().expect("a name").to_owned();
    daemon.unlock(id);
    let count = |arguments: &[&str]| daemon.json(&[&["audit"], arguments].concat()).exits(0).array().len();
    assert_eq!(count(&[]), 3);
    assert_eq!(count(&["--action", "unlock"]), 1);
    assert_eq!(count(&["--since", &time]), 2);
    assert_eq!(count(&["--since", "1h"]), 3);
    assert_eq!(count(&["--since", "2999-01-01T00:00:00Z"]), 0);
    assert_eq!(count(&["--user", &user]), 3);
    assert_eq!(count(&["--user", "nobody-here"]), 0);
    assert_eq!(count(&["--user", &user, "--action", "lock", "--since", &time]), 1);
}

#[test]
fn a_long_log_is_read_to_its_end_and_in_order() {
    let daemon = Daemon::start();
    for number in 5000..6203 {
        let path = format!("/v1/blocks/user:u{number}");
        let answer = crate::harness::http::request(&daemon.socket(), "DELETE", &path, "");
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let records = daemon.json(&["audit"]).exits(0).array();
    let targets: Vec<_> = records.iter().map(|record| record["targets"][0].as_str().expect("a rule")).collect();
    assert_eq!(targets, (5000..6203).map(|number| format!("user:u{number}")).collect::<Vec<_>>());
}

#[test]
fn the_oldest_records_go_when_the_log_is_larger_than_it_may_be() {
    let mut daemon = Daemon::start_with("audit_bytes = 20000\n");
    for round in 0..100 {
        let message = format!("{}{round}", "界".repeat(200));
        daemon.usher(&["block", "--user", "daemon", "--message", &message]).exits(0);
    }
    daemon.crash_and_restart();
    let mut round = 100;
    wait_until("the log is cut", || {
        round += 1;
        daemon.usher(&["unlock", "4711"]).exits(1);
        round > 110 || daemon.audit("block").len() < 100
    });
    let left = daemon.audit("block");
    assert!(
        left.last().is_some_and(|last| last["message"].as_str().is_some_and(|m| m.ends_with("99"))),
        "the newest stays"
    );
}

#[test]
fn the_table_names_actor_action_and_outcome() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    daemon.lock(id, "Eyes up");
    let table = daemon.usher(&["audit"]).exits(0).stdout;
    assert!(["ACTOR", "ACTION", "lock", "1 done", "Eyes up"].iter().all(|word| table.contains(word)), "{table}");
}

#[test]
fn refusals_are_counted_so_that_nobody_can_fill_the_disk_and_each_kind_of_them_is_seen() {
    let daemon = Daemon::start();
    for id in 0..50 {
        daemon.usher(&["close", &(4711 + id).to_string()]).exits(1);
    }
    // A minute may begin meanwhile.
    let records = daemon.audit("close");
    assert!((1..=2).contains(&records.len()), "{records:?}");
    assert_eq!(records[0]["targets"], json!([4711]));
    daemon.usher(&["disconnect", "4711"]).exits(1);
    assert_eq!(daemon.audit("disconnect").len(), 1, "another kind has a record of its own");
    let id = daemon.open("exec cat");
    daemon.usher(&["lock", &id.to_string(), "4711", "--message", "x"]).exits(1);
    daemon.usher(&["lock", &id.to_string(), "4711", "--message", "x"]).exits(1);
    assert_eq!(daemon.audit("lock").len(), 2, "what changes something is no refusal");
}

#[test]
fn a_refusal_of_ten_thousand_sessions_is_a_small_record_with_a_count_and_what_was_hit_is_named() {
    let daemon = Daemon::start();
    let ids = [daemon.open("exec cat"), daemon.open("exec cat")];
    let unlock = |ids: Vec<u32>| {
        let body = json!({"targets": {"ids": ids}}).to_string();
        let answer = http::request(&daemon.socket(), "POST", "/v1/sessions/unlock", &body);
        assert_eq!(answer.json().as_array().map(Vec::len), Some(10_000));
    };
    unlock((5000..15_000).collect());
    let refused = &daemon.audit("unlock")[0];
    assert!(refused.to_string().len() < 20_000, "{} bytes", refused.to_string().len());
    let targets = refused["targets"].as_array().expect("targets").len();
    assert_eq!(targets as u64 + refused["left_out"].as_u64().expect("a count"), 10_000);
    assert_eq!(refused["targets"][0], 5000);

    unlock((5000..14_998).chain(ids).collect());
    let mixed = daemon.audit("unlock").pop().expect("a record");
    assert!(mixed.to_string().len() < 20_000, "{} bytes", mixed.to_string().len());
    for id in ids {
        assert!(mixed["targets"].as_array().is_some_and(|targets| targets.contains(&json!(id))), "{mixed}");
        let outcomes = mixed["outcomes"].as_array().expect("outcomes");
        assert!(outcomes.iter().any(|o| o["session_id"] == id && o["result"] == "unchanged"), "{mixed}");
    }
    let targets = mixed["targets"].as_array().expect("targets").len() as u64;
    assert_eq!(targets + mixed["left_out"].as_u64().expect("a count"), 10_000);
}

#[test]
fn refusals_that_are_counted_are_told() {
    let daemon = Daemon::start();
    for id in 0..30 {
        daemon.usher(&["close", &(4711 + id).to_string()]).exits(1);
    }
    let records = daemon.audit("close");
    let stood_for: u64 = records.iter().map(|record| 1 + record["repeated"].as_u64().unwrap_or(0)).sum();
    assert_eq!(stood_for, 30, "{records:?}");
}

#[test]
fn records_go_to_the_daemons_log_too_in_lines_that_no_terminal_obeys_and_not_without_end() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    daemon.lock(id, "a\u{202e}b");
    let line = |action: &str| {
        let log = daemon.log();
        log.lines().find(|line| line.contains("usher::audit") && line.contains(action)).map(str::to_owned)
    };
    let locked = line("action=lock").expect("a line");
    assert!(locked.contains(&format!("targets={id} done=1")) && locked.contains("a\\u{202e}b"), "{locked}");
    for number in 0..400 {
        let path = format!("/v1/blocks/user:u{number}");
        assert_eq!(http::request(&daemon.socket(), "DELETE", &path, "").status, 200);
    }
    let copied = daemon.log().lines().filter(|line| line.contains("action=unblock")).count();
    // A minute may begin meanwhile.
    assert!((100..=240).contains(&copied), "{copied} of 400");
    assert_eq!(daemon.audit("unblock").len(), 400, "all are in the audit log");
}

#[test]
fn json_has_nothing_that_a_terminal_obeys() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let message = "a\u{202e}b\u{2066}c";
    daemon.lock(id, message);
    let said = daemon.json(&["audit", "--action", "lock"]).exits(0);
    assert!(said.stdout.contains("\\u202e") && !said.stdout.contains(['\u{202e}', '\u{2066}']), "{:?}", said.stdout);
    assert_eq!(said.only()["message"], message);
}

/// The daemon's database, beside the daemon.
fn database(daemon: &Daemon) -> rusqlite::Connection {
    rusqlite::Connection::open(daemon.path("state/usher.db")).expect("the database")
}

#[test]
fn whoever_is_obeyed_hears_that_the_audit_log_could_not_take_the_outcome() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    database(&daemon)
        .execute_batch("CREATE TRIGGER no BEFORE UPDATE OF outcomes ON audit BEGIN SELECT RAISE(ABORT, 'no room'); END")
        .expect("a trigger");
    let outcome = daemon.json(&["lock", &id.to_string(), "--message", "x"]).exits(0).only();
    has(&outcome, &json!({"result": "done", "observed": true}));
    assert!(outcome["notes"].to_string().contains("audit log could not take"), "{outcome}");
    let said = daemon.usher(&["open", "--", "cat"]).exits(1);
    assert!(said.stderr.contains("was opened") && said.stderr.contains("audit log could not take"), "{}", said.stderr);
    assert_eq!(daemon.ids().len(), 2, "it was opened");
    database(&daemon).execute_batch("DROP TRIGGER no").expect("no trigger");
}

#[test]
fn a_request_that_the_daemons_end_interrupted_is_on_record_as_such() {
    let mut daemon = Daemon::start();
    let id = daemon.open("exec cat");
    std::thread::scope(|scope| {
        let body = json!({"targets": {"ids": [id]}, "notice_seconds": 600}).to_string();
        let socket = daemon.socket();
        let closing = scope.spawn(move || {
            let mut stream = http::connect(&socket);
            let head = "POST /v1/sessions/close HTTP/1.1\r\nHost: usherd\r\nContent-Type: application/json\r\n";
            let request = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
            std::io::Write::write_all(&mut stream, request.as_bytes()).expect("it is taken");
            let mut said = Vec::new();
            let _ = std::io::Read::read_to_end(&mut stream, &mut said);
            said
        });
        wait_until("it is under way", || daemon.session(id)["state"] == "closing");
        assert_eq!(daemon.audit("close")[0]["outcomes"], json!([]), "on record before it is done");
        daemon.crash_and_restart();
        assert!(closing.join().expect("it was asked").is_empty(), "nothing was answered");
    });
    let records = daemon.audit("close");
    assert_eq!(records.len(), 1, "{records:?}");
    has(&records[0], &json!({"targets": [id]}));
    let outcome = &records[0]["outcomes"][0];
    has(outcome, &json!({"session_id": id, "result": "failed", "observed": false}));
    assert_eq!(outcome["error"]["id"], "OutcomeUnknown");
}

#[test]
fn records_go_when_they_are_too_old_whoever_they_are_of() {
    let mut daemon = Daemon::start_with("audit_days = 2\n");
    daemon.usher(&["unblock", "--user", "alice"]).exits(0);
    daemon.usher(&["unblock", "--user", "bob"]).exits(0);
    daemon.kill9();
    let old = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(49);
    let changed = database(&daemon)
        .execute("UPDATE audit SET time = ?1 WHERE targets = '[\"user:alice\"]'", [format!("{old:.6}")])
        .expect("a record");
    assert_eq!(changed, 1);
    daemon.start_again();
    let left = daemon.audit("unblock");
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(left[0]["targets"], json!(["user:bob"]));
}

#[test]
fn the_newest_and_those_up_to_a_time_and_of_a_session_can_be_asked_for() {
    let daemon = Daemon::start();
    let (first, second) = (daemon.open("exec cat"), daemon.open("exec cat"));
    daemon.lock(first, "x");
    let time = daemon.audit("lock")[0]["time"].as_str().expect("a time").to_owned();
    daemon.lock(second, "y");
    daemon.usher(&["unlock", "--all"]).exits(0);
    let shown = |arguments: &[&str]| {
        let records = daemon.json(&[&["audit"], arguments].concat()).exits(0).array();
        records.iter().map(|record| record["action"].as_str().expect("an action").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(shown(&["-n", "2"]), ["lock", "unlock"]);
    assert_eq!(shown(&["-n", "1", "--action", "open"]), ["open"]);
    assert_eq!(shown(&["-n", "100"]).len(), 5);
    assert_eq!(shown(&["--until", &time]), ["open", "open", "lock"]);
    assert_eq!(shown(&["--session", &first.to_string()]), ["open", "lock", "unlock"]);
    let native = daemon.session(second)["native_id"].as_str().expect("an ID").to_owned();
    assert_eq!(shown(&["--session", &native, "-n", "2"]), ["lock", "unlock"]);
    assert_eq!(shown(&["--session", "4711"]), [""; 0]);
    assert_eq!(shown(&["--since", "yesterday"]).len(), 5);
    assert_eq!(shown(&["--until", "yesterday"]), [""; 0]);
    daemon.usher(&["audit", "-n", "0"]).exits(2);
    daemon.usher(&["audit", "--since", "25:00"]).exits(2);
}

#[test]
fn from_names_the_session_and_the_program_not_a_number_that_means_nothing_later() {
    let daemon = Daemon::start();
    let name = "e\u{1b}[31mvil";
    std::os::unix::fs::symlink(USHER, daemon.path(name)).expect("a link");
    std::fs::write(daemon.path("leads"), format!("#!/bin/sh\n{USHER} lock 1 --message x\ntrue\n")).expect("a script");
    let id = daemon.open(&format!("sh ./leads; './{name}' disconnect 1; echo done > done; exec cat"));
    daemon.wait_content("done", "done\n");
    let records = daemon.audit("lock");
    assert_eq!(records[0]["from"], format!("session {id}, sh > usher"));
    let hostile = daemon.audit("disconnect")[0]["from"].clone();
    let hostile = hostile.as_str().expect("text");
    assert_eq!(hostile, format!("session {id}, sh > e\\u{{1b}}[31mvil"), "control characters are escaped");
    let outside = daemon.audit("open")[0]["from"].as_str().expect("text").to_owned();
    assert!(outside.ends_with(" > usher") && !outside.contains("process"), "{outside}");
}

#[test]
fn records_are_followed_over_a_restart_of_the_daemon() {
    let mut daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let mut command = daemon.usher_command(&["audit", "--follow", "--output", "jsonl"]);
    let mut following = command.stdout(std::process::Stdio::piped()).spawn().expect("it runs");
    let lines = std::io::BufRead::lines(std::io::BufReader::new(following.stdout.take().expect("a pipe")));
    let (say, said) = std::sync::mpsc::channel();
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(say.send(line))));
    let next = || {
        let line = said.recv_timeout(crate::harness::PATIENCE).expect("a record");
        serde_json::from_str::<serde_json::Value>(&line).expect("JSON")
    };
    has(&next(), &json!({"action": "open"}));
    daemon.lock(id, "x");
    has(&next(), &json!({"action": "lock", "message": "x"}));
    daemon.crash_and_restart();
    daemon.unlock(id);
    let unlocked = next();
    has(&unlocked, &json!({"action": "unlock", "targets": [id]}));
    assert_eq!(unlocked["outcomes"][0]["result"], "done", "with what became of it: {unlocked}");
    following.kill().expect("it can be killed");
    following.wait().expect("it ends");
    daemon.usher(&["audit", "--follow", "--output", "json"]).exits(2);
}
