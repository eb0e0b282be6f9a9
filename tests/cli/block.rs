//! `usher block`, `unblock` and `blocks`: standing rules for present and future sessions.

use serde_json::{Value, json};

use crate::harness::{Daemon, Station, USHER, has};

fn block_all(daemon: &Daemon) -> Value {
    daemon.json(&["block", "--all", "--message", "Lesson is over"]).exits(0).json()
}

fn still_blocked(daemon: &Daemon, id: u32) {
    let outcome = daemon.json(&["unlock", &id.to_string()]).exits(1).only();
    has(&outcome, &json!({"result": "failed", "session_id": id}));
    assert_eq!(outcome["error"]["id"], "StillBlocked");
    let rule = &daemon.json(&["blocks"]).exits(0).array()[0];
    let said = outcome["error"]["message"].as_str().expect("a sentence");
    let (by, since) = (rule["by"].as_str().expect("who"), rule["since"].as_str().expect("since when"));
    assert!(said.contains("all") && said.contains(by) && said.contains(since), "{said}");
    assert_eq!(daemon.session(id)["locked"], true);
}

#[test]
fn a_block_locks_present_sessions_and_answers_with_the_rule_and_outcomes() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let station = Station::attach(&daemon, id, 24, 80);
    let answer = block_all(&daemon);
    assert!(station.shot().text().contains("Lesson is over"), "{:?}", station.shot());
    has(&answer["rule"], &json!({"name": "all", "message": "Lesson is over", "until": null, "exempt": []}));
    has(&answer["outcomes"][0], &json!({"session_id": id, "action": "block", "result": "done", "observed": true}));
    let session = daemon.session(id);
    has(&session["lock"], &json!({"message": "Lesson is over", "source": "all"}));
}

#[test]
fn a_new_session_is_locked_before_its_first_prompt_can_be_typed_at() {
    let mut daemon = Daemon::start();
    block_all(&daemon);
    let said = daemon.usher(&["--output", "json", "open", "--", "sh", "-c", "echo prompt; exec cat > typed"]).exits(0);
    assert_eq!(said.only()["locked"], true, "already when `open` answers");
    let id = 1;
    let station = Station::attach(&daemon, id, 24, 80);
    station.wait_for("Lesson is over");
    station.type_keys(b"secret\r");
    still_blocked(&daemon, id);

    daemon.crash_and_restart();
    has(&daemon.session(id), &json!({"locked": true}));
    still_blocked(&daemon, id);
    assert!(!station.raw().has(b"prompt"));

    let outcome = daemon.json(&["unlock", "--exempt", &id.to_string()]).exits(0).only();
    has(&outcome, &json!({"result": "done", "observed": true}));
    station.wait_for("prompt");
    station.type_keys(b"free\r");
    daemon.wait_content("typed", "free\n");

    daemon.crash_and_restart();
    has(&daemon.session(id), &json!({"locked": false}));
    assert_eq!(daemon.json(&["blocks"]).exits(0).only()["exempt"], json!([id]));
    let next = daemon.open("exec cat");
    has(&daemon.session(next), &json!({"locked": true}));
}

#[test]
fn unblock_frees_whom_the_rule_covered() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat > typed");
    let station = Station::attach(&daemon, id, 24, 80);
    block_all(&daemon);
    let answer = daemon.json(&["unblock", "--all"]).exits(0).json();
    has(&answer["rule"], &json!({"name": "all"}));
    has(&answer["outcomes"][0], &json!({"session_id": id, "action": "unblock", "result": "done", "observed": true}));
    assert!(daemon.json(&["blocks"]).exits(0).array().is_empty());
    station.type_keys(b"free\r");
    daemon.wait_content("typed", "free\n");
    has(&daemon.session(daemon.open("exec cat")), &json!({"locked": false}));
}

#[test]
fn a_removed_rule_stays_removed_after_a_crash() {
    let mut daemon = Daemon::start();
    let id = daemon.open("exec cat");
    block_all(&daemon);
    daemon.usher(&["unblock", "--all"]).exits(0);
    daemon.crash_and_restart();
    has(&daemon.session(id), &json!({"locked": false}));
    assert!(daemon.json(&["blocks"]).exits(0).array().is_empty());
}

#[test]
fn removing_a_rule_that_is_not_there_changes_nothing() {
    let daemon = Daemon::start();
    let answer = daemon.json(&["unblock", "--user", "nobody-here"]).exits(0).json();
    assert_eq!(answer, json!({"rule": null, "outcomes": []}));
}

#[test]
fn the_own_lock_is_shown_first_and_the_rule_is_what_stays() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let station = Station::attach(&daemon, id, 24, 80);
    block_all(&daemon);
    daemon.lock(id, "You in particular");
    station.wait_for("You in particular");
    has(&daemon.session(id)["lock"], &json!({"source": "session"}));
    still_blocked(&daemon, id);
    station.wait_for("Lesson is over");
    daemon.lock(id, "You in particular");
    let answer = daemon.json(&["unblock", "--all"]).exits(0).json();
    assert!(answer["outcomes"][0]["notes"].to_string().contains("still locked"), "{answer}");
    has(&daemon.session(id)["lock"], &json!({"source": "session", "message": "You in particular"}));
}

#[test]
fn rules_for_a_user_or_a_group_cover_their_sessions_and_no_others() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let user = daemon.session(id)["user"].as_str().expect("a name").to_owned();
    let group =
        String::from_utf8(std::process::Command::new("id").arg("-gn").output().expect("id").stdout).expect("text");
    for (flag, name) in [("--user", user.as_str()), ("--group", group.trim())] {
        daemon.usher(&["block", flag, "daemon", "--message", "x"]).exits(0);
        has(&daemon.session(id), &json!({"locked": false}));
        daemon.usher(&["block", flag, name, "--message", "x"]).exits(0);
        let source = format!("{}:{name}", &flag[2..]);
        has(&daemon.session(id)["lock"], &json!({"source": source}));
        daemon.usher(&["unblock", flag, name]).exits(0);
        has(&daemon.session(id), &json!({"locked": false}));
    }
    assert_eq!(daemon.json(&["blocks"]).exits(0).array().len(), 2);
}

#[test]
fn the_session_from_which_a_rule_was_set_is_left_out() {
    let daemon = Daemon::start();
    let other = daemon.open("exec cat");
    let script = format!("{USHER} --output json block --all --message x > out; echo $? > code; exec cat");
    let own = daemon.open(&script);
    daemon.wait_content("code", "0\n");
    let answer: Value = serde_json::from_str(&daemon.content("out")).expect("JSON");
    has(&answer["outcomes"][1], &json!({"session_id": own, "result": "skipped"}));
    has(&daemon.session(other), &json!({"locked": true}));
    has(&daemon.session(own), &json!({"locked": false}));
}

#[test]
fn blocks_says_who_set_a_rule_since_when_and_until_when() {
    let daemon = Daemon::start();
    daemon.usher(&["block", "--all", "--message", "x", "--for", "1h"]).exits(0);
    let said = daemon.json(&["blocks"]).exits(0);
    let keys =
        ["name", "message", "by", "since", "until"].map(|key| said.stdout.find(&format!("\"{key}\":")).expect(key));
    assert!(keys.is_sorted(), "{}", said.stdout);
    let rule = said.only();
    let time = |key: &str| rule[key].as_str().expect("a time").parse::<jiff::Timestamp>().expect("RFC 3339");
    assert_eq!(time("until").duration_since(time("since")).as_secs(), 3600);
    let table = daemon.usher(&["blocks"]).exits(0).stdout;
    assert!(table.contains("RULE") && table.contains("all"), "{table}");
}

#[test]
fn a_rule_with_an_end_expires_by_itself_also_across_a_crash() {
    let mut daemon = Daemon::start();
    let id = daemon.open("exec cat");
    daemon.usher(&["block", "--all", "--message", "x", "--for", "4s"]).exits(0);
    has(&daemon.session(id), &json!({"locked": true}));
    daemon.crash_and_restart();
    has(&daemon.session(id), &json!({"locked": true}));
    daemon.wait_session(id, "free", |s| s["locked"] == false);
    crate::harness::wait_until("the rule is gone", || daemon.json(&["blocks"]).exits(0).array().is_empty());
    let records = daemon.audit("expire");
    assert_eq!(records.len(), 1);
    assert_eq!(records[0]["targets"], json!(["all"]));
}

#[test]
fn an_exemption_outlasts_another_setting_of_the_rule_and_a_restart_and_ends_with_the_rule() {
    let mut daemon = Daemon::start();
    let (id, other) = (daemon.open("exec cat"), daemon.open("exec cat"));
    let set = |daemon: &Daemon, message: &str| daemon.usher(&["block", "--all", "--message", message]).exits(0);
    let free = |daemon: &Daemon| {
        has(&daemon.session(id), &json!({"locked": false}));
        has(&daemon.session(other), &json!({"locked": true}));
        assert_eq!(daemon.json(&["blocks"]).exits(0).only()["exempt"], json!([id]));
    };
    set(&daemon, "first");
    daemon.usher(&["unlock", "--exempt", &id.to_string()]).exits(0);
    free(&daemon);
    set(&daemon, "second");
    free(&daemon);
    daemon.crash_and_restart();
    free(&daemon);
    assert_eq!(daemon.lock_message(other).as_deref(), Some("second"));

    daemon.usher(&["unblock", "--all"]).exits(0);
    set(&daemon, "third");
    has(&daemon.session(id), &json!({"locked": true}));
    daemon.crash_and_restart();
    has(&daemon.session(id), &json!({"locked": true}));
    assert_eq!(daemon.json(&["blocks"]).exits(0).only()["exempt"], json!([]));
}

/// Opens a session with the number of one that has ended, as after a reboot, when numbers are given anew.
fn open_again(daemon: &mut Daemon, id: u32) {
    daemon.usher(&["close", &id.to_string()]).exits(0);
    daemon.kill9();
    let database = rusqlite::Connection::open(daemon.path("state/usher.db")).expect("the database");
    database.execute("UPDATE counter SET last_session_id = ?1", [id - 1]).expect("a counter");
    drop(database);
    daemon.start_again();
    assert_eq!(daemon.open("exec cat"), id, "the number is given again");
}

#[test]
fn a_stranger_with_the_number_of_the_setters_session_is_not_left_out() {
    let mut daemon = Daemon::start();
    let script = format!("{USHER} --output json block --all --message x > out; echo $? > code; exec cat");
    let own = daemon.open(&script);
    daemon.wait_content("code", "0\n");
    has(&daemon.session(own), &json!({"locked": false}));
    assert_eq!(daemon.json(&["blocks"]).exits(0).only()["except"], json!([own]));
    daemon.crash_and_restart();
    has(&daemon.session(own), &json!({"locked": false}));
    assert_eq!(daemon.json(&["blocks"]).exits(0).only()["except"], json!([own]), "it outlives the daemon");
    open_again(&mut daemon, own);
    has(&daemon.session(own), &json!({"locked": true}));
    assert_eq!(daemon.json(&["blocks"]).exits(0).only()["except"], json!([]), "and ends with its session");
}

#[test]
fn a_stranger_with_the_number_of_an_exempted_session_is_not_exempt() {
    let mut daemon = Daemon::start();
    let id = daemon.open("exec cat");
    block_all(&daemon);
    daemon.usher(&["unlock", "--exempt", &id.to_string()]).exits(0);
    open_again(&mut daemon, id);
    has(&daemon.session(id), &json!({"locked": true}));
    assert_eq!(daemon.json(&["blocks"]).exits(0).only()["exempt"], json!([]));
}
