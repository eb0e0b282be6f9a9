//! `usher close`: sessions end, are seen gone, and the caller's own is never among them.

use serde_json::{Value, json};

use crate::harness::{Daemon, Station, USHER, has, processes, wait_for, wait_until};

/// The outcomes that a program inside a session wrote to a file.
fn outcomes_in(daemon: &Daemon, file: &str) -> Vec<Value> {
    wait_for(&format!("{file} is complete"), || serde_json::from_str(&daemon.content(file)).ok())
}

#[test]
fn a_closed_session_is_gone_with_all_its_processes() {
    let daemon = Daemon::start();
    let id = daemon.open("sleep 1000 & sleep 1000");
    let holder = daemon.holder(id);
    wait_until("its programs run", || processes::descendants(holder).len() == 3);
    let programs = processes::descendants(holder);
    let mut station = Station::attach(&daemon, id, 24, 80);
    let outcome = daemon.json(&["close", &id.to_string()]).exits(0).only();
    has(&outcome, &json!({"session_id": id, "action": "close", "result": "done", "observed": true, "error": null}));
    assert!(programs.iter().all(|pid| !processes::alive(*pid)), "none is left when the outcome is there");
    assert!(daemon.ids().is_empty());
    assert_eq!(station.wait_gone().code(), Some(129), "hung up");
    station.wait_for("closed by");
}

#[test]
fn a_program_that_ignores_the_hangup_is_killed_and_that_is_said() {
    let daemon = Daemon::start_with("close_grace_seconds = 1\n");
    let id = daemon.open("trap '' HUP; echo deaf; while :; do sleep 1; done");
    Station::attach(&daemon, id, 24, 80).wait_for("deaf");
    let outcome = daemon.json(&["close", &id.to_string()]).exits(0).only();
    has(&outcome, &json!({"result": "done", "observed": true}));
    assert!(outcome["notes"].to_string().contains("killed"), "{outcome}");
}

#[test]
fn a_process_that_left_the_terminal_is_closed_too() {
    let daemon = Daemon::start_with("close_grace_seconds = 1\n");
    let id = daemon.open("setsid sh -c 'trap \"\" HUP; echo $$ > pid; while :; do sleep 1; done' & exec cat");
    let pid = wait_for("the process runs", || daemon.content("pid").trim().parse::<u32>().ok());
    daemon.json(&["close", &id.to_string()]).exits(0);
    assert!(!processes::alive(pid));
}

#[test]
fn a_program_that_ends_by_itself_ends_its_session() {
    let daemon = Daemon::start();
    let id = daemon.open("read line; exit 7");
    let mut station = Station::attach(&daemon, id, 24, 80);
    station.type_keys(b"\r");
    assert_eq!(station.wait_gone().code(), Some(7));
    station.wait_for("exit code 7");
    daemon.wait_gone(id);
}

#[test]
fn an_unknown_id_fails_and_the_others_are_closed() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let outcomes = daemon.json(&["close", "4711", &id.to_string()]).exits(1).array();
    assert_eq!(outcomes[0]["error"]["id"], "SessionNotFound");
    has(&outcomes[1], &json!({"result": "done", "observed": true}));
    assert!(daemon.ids().is_empty());
}

#[test]
fn close_all_from_inside_a_session_leaves_that_one_out_and_says_so() {
    let daemon = Daemon::start();
    let others = [daemon.open("exec cat"), daemon.open("exec cat")];
    let script = format!("{USHER} --output json close --all > out; echo $? > code; exec cat");
    let own = daemon.open(&script);
    daemon.wait_content("code", "0\n");
    let outcomes = outcomes_in(&daemon, "out");
    assert_eq!(outcomes.len(), 3);
    for (outcome, id) in outcomes.iter().zip(others) {
        has(outcome, &json!({"session_id": id, "result": "done", "observed": true}));
    }
    has(&outcomes[2], &json!({"session_id": own, "result": "skipped"}));
    assert_eq!(outcomes[2]["error"]["id"], "OwnSession");
    assert_eq!(daemon.ids(), [u64::from(own)]);
}

#[test]
fn naming_the_own_session_fails_for_every_verb_that_would_hurt() {
    let daemon = Daemon::start();
    let verbs = "for verb in close disconnect 'lock --message x'; do";
    let script = format!("{verbs} {USHER} --output json $verb 1 > out.${{verb%% *}}; echo $? >> codes; done; exec cat");
    let own = daemon.open(&script);
    daemon.wait_content("codes", "1\n1\n1\n");
    for verb in ["close", "disconnect", "lock"] {
        let outcomes = outcomes_in(&daemon, &format!("out.{verb}"));
        has(&outcomes[0], &json!({"session_id": own, "result": "failed", "observed": false}));
        assert_eq!(outcomes[0]["error"]["id"], "OwnSession", "{verb}");
    }
    has(&daemon.session(own), &json!({"locked": false}));
}

#[test]
fn the_own_session_is_known_also_after_a_double_fork_with_an_empty_environment() {
    let daemon = Daemon::start();
    let other = daemon.open("exec cat");
    let socket = daemon.socket();
    let command = format!("env -i {USHER} --socket {} --output json close", socket.display());
    // Away from the terminal, the process group and the parent: only descent from the holder is left, which is the parent
    // of whatever lost its own, as it is that of the session's first process.
    let orphaned = "parent() { cut -d ' ' -f 4 /proc/$1/stat; }
        while [ \"$(parent $$)\" != \"$(parent $FIRST)\" ]; do sleep 0.02; done";
    let daemonized = format!("{orphaned}\n{command} 2 > named; {command} --all > all; echo done > code");
    std::fs::write(daemon.path("daemonized.sh"), daemonized).expect("a script");
    let twice = "setsid sh -c '(setsid sh daemonized.sh < /dev/null > /dev/null 2>&1 &)'";
    let own = daemon.open(&format!("FIRST=$$ {twice}; exec cat"));
    assert_eq!(own, 2);
    daemon.wait_content("code", "done\n");
    let named = outcomes_in(&daemon, "named");
    assert_eq!(named[0]["error"]["id"], "OwnSession");
    let all = outcomes_in(&daemon, "all");
    has(&all[0], &json!({"session_id": other, "result": "done"}));
    has(&all[1], &json!({"session_id": own, "result": "skipped"}));
    assert_eq!(daemon.ids(), [u64::from(own)]);
}

#[test]
fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let outcomes = daemon.json(&["close", "--dry-run", &id.to_string(), "4711"]).exits(1).array();
    has(&outcomes[0], &json!({"session_id": id, "result": "planned", "observed": false, "error": null}));
    assert_eq!(outcomes[1]["error"]["id"], "SessionNotFound");
    daemon.json(&["close", "--dry-run", "--all", "--notice", "1s"]).exits(0);
    has(&daemon.session(id), &json!({"state": "disconnected"}));
    assert!(daemon.audit("close").is_empty());
}

#[test]
fn confirm_without_a_terminal_refuses_and_does_nothing() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let said = daemon.usher(&["close", "--all", "--confirm"]).exits(2);
    assert!(said.stderr.contains("nothing was done"), "{}", said.stderr);
    assert_eq!(daemon.ids(), [u64::from(id)]);
}

/// Opens three sessions, answers the questions of `close --all --confirm`, and gives what is left.
fn left_after(answers: &[&str]) -> Vec<u64> {
    let daemon = Daemon::start();
    for _ in 0..3 {
        daemon.open("exec cat");
    }
    let mut operator = Station::run(&daemon, &["close", "--all", "--confirm"], 24, 120);
    for (asked, answer) in (1..).zip(answers) {
        operator.wait_for(&format!("close session {asked} of"));
        operator.type_keys(answer.as_bytes());
        operator.type_keys(b"\r");
    }
    assert!(operator.wait_gone().success(), "{:?}", operator.shot());
    daemon.ids()
}

#[test]
fn confirm_asks_for_each_session() {
    assert_eq!(left_after(&["yes", "no", "y"]), [2]);
}

#[test]
fn confirm_takes_all_for_this_one_and_those_after_it() {
    assert_eq!(left_after(&["no", "all"]), [1]);
}

#[test]
fn confirm_takes_none_for_this_one_and_those_after_it() {
    assert_eq!(left_after(&["yes", "none"]), [2, 3]);
}

#[test]
fn confirm_takes_the_end_of_input_for_none() {
    assert_eq!(left_after(&["yes", "\x04"]), [2, 3]);
}

#[test]
fn a_connection_whose_maker_has_died_still_calls_from_the_makers_session() {
    if crate::harness::need("python3").is_none() {
        return;
    }
    let daemon = Daemon::start();
    let script = "import os,socket,time
s=socket.socket(socket.AF_UNIX); s.connect(os.environ['USHER_SOCKET'])
s.sendall(b'GET /healthz HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'); s.recv(4096)
maker=os.getpid()
if os.fork(): os._exit(0)
while os.getppid()==maker: time.sleep(0.01)
b=b'{\"targets\":{\"ids\":[1]}}'
s.sendall(b'POST /v1/sessions/close HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n' % len(b) + b)
open('answer','wb').write(b''.join(iter(lambda: s.recv(4096), b'')))
";
    std::fs::write(daemon.path("script.py"), script).expect("a script");
    daemon.open("python3 script.py; exec cat");
    crate::harness::wait_until("it was answered", || daemon.content("answer").contains("]"));
    assert!(daemon.content("answer").contains("OwnSession"), "{}", daemon.content("answer"));
    assert_eq!(daemon.ids(), [1]);
}
