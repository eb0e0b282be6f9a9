//! `usher open`: starts a text session and prints its ID.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::Stdio;

use serde_json::json;

use crate::harness::{Daemon, Station, has, need_root, processes, wait_until};

#[test]
fn open_prints_the_bare_number_and_nothing_else() {
    let daemon = Daemon::start();
    let said = daemon.usher(&["open", "--", "sleep", "1000"]).exits(0);
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("1\n", ""));
    assert_eq!(daemon.usher(&["open", "--", "sleep", "1000"]).exits(0).stdout, "2\n");
}

#[test]
fn a_number_is_never_given_twice_also_after_a_crash() {
    let mut daemon = Daemon::start();
    assert_eq!(daemon.open("exec cat"), 1);
    daemon.usher(&["close", "1"]).exits(0);
    assert_eq!(daemon.open("exec cat"), 2);
    daemon.usher(&["close", "2"]).exits(0);
    daemon.crash_and_restart();
    assert_eq!(daemon.open("exec cat"), 3);
}

#[test]
fn without_a_command_it_is_a_login_shell() {
    let daemon = Daemon::start();
    let id = daemon.usher(&["open"]).exits(0).stdout.trim().parse().expect("a number");
    let station = Station::attach(&daemon, id, 24, 80);
    station.type_keys(b"echo arg0=$0 shell-$((40 + 2))\r");
    let shot = station.wait_for("shell-42");
    assert!(shot.text().contains("arg0=-"), "{shot:?}");
}

#[test]
fn the_session_starts_where_the_caller_is_with_the_callers_variables() {
    let daemon = Daemon::start();
    let mut open = daemon.usher_command(&["open", "--", "sh", "-c", "pwd > where; env > environment; exec cat"]);
    let said = crate::harness::run(open.env("LESSON", "forest & rain").env("TERM", "ancient"), b"").exits(0);
    assert_eq!(said.stdout, "1\n");
    wait_until("the session runs", || daemon.content("environment").contains("USHER_SESSION"));
    assert_eq!(daemon.content("where").trim_end(), daemon.directory().to_str().expect("text"));
    let environment = daemon.content("environment");
    assert!(environment.contains("LESSON=forest & rain\n"), "{environment}");
    assert!(environment.contains("TERM=xterm-256color\n"), "{environment}");
}

#[test]
fn arguments_arrive_as_they_are_and_reach_no_shell() {
    let daemon = Daemon::start();
    let hostile = "$(touch hacked); `touch hacked`; 'x' \"y\" 眼睛";
    daemon.usher(&["open", "--", "sh", "-c", "printf %s \"$1\" > argument; exec cat", "sh", hostile]).exits(0);
    daemon.wait_content("argument", hostile);
    assert!(!daemon.path("hacked").exists());
}

#[test]
fn a_program_that_cannot_be_run_is_a_clear_error_and_leaves_nothing() {
    let daemon = Daemon::start();
    let said = daemon.usher(&["open", "--", "/no/such/program"]).exits(1);
    assert!(said.stderr.contains("/no/such/program"), "{}", said.stderr);
    assert_eq!(said.stdout, "");
    assert!(daemon.ids().is_empty());
    wait_until("no holder stays", || daemon.holder_sockets().is_empty());
    let records = daemon.audit("open");
    assert_eq!(records.len(), 1, "{records:?}");
    has(&records[0]["outcomes"][0], &json!({"result": "failed"}));
}

#[test]
fn a_directory_that_is_gone_is_a_clear_error() {
    let daemon = Daemon::start();
    let body = json!({"command": ["cat"], "directory": "/no/such/place"}).to_string();
    let answer = crate::harness::http::request(&daemon.socket(), "POST", "/v1/sessions/open", &body);
    assert!(answer.status >= 400 && answer.body.contains("/no/such/place"), "{answer:?}");
    assert!(daemon.ids().is_empty());
}

#[test]
fn kill_minus_nine_of_a_holder_ends_that_session_alone() {
    let daemon = Daemon::start();
    let left = "setsid sleep 1000 & setsid -f sh -c \"trap : HUP; sleep 1000; :\"; sleep 1000 & exec sleep 1000";
    let (doomed, other) = (daemon.open(left), daemon.open("exec cat > typed"));
    let holder = daemon.holder(doomed);
    wait_until("its programs run, also those that left its terminal", || processes::descendants(holder).len() == 5);
    let programs = processes::descendants(holder);
    processes::signal(holder, rustix::process::Signal::KILL);
    daemon.wait_gone(doomed);
    for pid in programs {
        wait_until("its processes are gone", || !processes::alive(pid));
    }
    let station = Station::attach(&daemon, other, 24, 80);
    station.type_keys(b"alive\r");
    daemon.wait_content("typed", "alive\n");
    let records = daemon.audit("end");
    assert_eq!(records.len(), 1, "the end is on record: {records:?}");
    assert_eq!(records[0]["targets"], json!([doomed]));
}

#[test]
fn a_holder_that_died_while_the_daemon_was_down_is_reaped_at_the_start() {
    let mut daemon = Daemon::start();
    let (doomed, other) = (daemon.open("sleep 1000 & exec sleep 1000"), daemon.open("exec cat"));
    let holder = daemon.holder(doomed);
    wait_until("its programs run", || processes::descendants(holder).len() == 2);
    let programs = processes::descendants(holder);
    daemon.kill9();
    processes::signal(holder, rustix::process::Signal::KILL);
    daemon.start_again();
    assert_eq!(daemon.ids(), [u64::from(other)]);
    for pid in programs {
        wait_until("its processes are gone", || !processes::alive(pid));
    }
}

#[test]
fn sessions_survive_a_crash_and_a_clean_stop_of_the_daemon() {
    let mut daemon = Daemon::start();
    let id = daemon.usher(&["open", "--name", "essay", "--", "sh", "-c", "exec cat > typed"]).exits(0).stdout;
    let id = id.trim().parse().expect("a number");
    let station = Station::attach(&daemon, id, 24, 80);
    daemon.wait_session(id, "connected", |s| s["state"] == "connected");
    let mut before = daemon.session(id);
    daemon.crash_and_restart();
    assert!(daemon.stop().success());
    station.type_keys(b"without a daemon\r");
    daemon.wait_content("typed", "without a daemon\n");
    daemon.start_again();
    let mut after = daemon.session(id);
    (before["idle_seconds"], after["idle_seconds"]) = (json!(0), json!(0));
    assert_eq!(after, before);
}

#[test]
fn a_program_that_ends_at_once_was_still_opened() {
    let daemon = Daemon::start();
    for number in 1..=10 {
        let said = daemon.usher(&["open", "--", "true"]).exits(0);
        assert_eq!(said.stdout, format!("{number}\n"));
    }
    wait_until("all are over", || daemon.ids().is_empty());
}

#[test]
fn a_session_that_root_opens_with_somebodys_daemon_is_that_somebodys() {
    if !need_root() {
        return;
    }
    let daemon = Daemon::not_started();
    let nobody = 65534;
    std::os::unix::fs::chown(daemon.directory(), Some(nobody), Some(nobody)).expect("the directory is ours");
    let Ok(mut usherd) = daemon.usherd_command().uid(nobody).gid(nobody).stdout(Stdio::piped()).spawn() else {
        crate::harness::skip(&format!("{nobody} cannot execute what was built"));
        return;
    };
    let mut ready = String::new();
    let stdout = usherd.stdout.take().expect("a pipe");
    BufReader::new(stdout).read_line(&mut ready).expect("a line");
    let body = json!({"command": ["/bin/sh", "-c", "echo $USER > user; exec cat"]}).to_string();
    let body = body.replacen('{', &format!("{{\"directory\":{:?},", daemon.directory()), 1);
    let answer = crate::harness::http::request(&daemon.socket(), "POST", "/v1/sessions/open", &body);
    has(&answer.json(), &json!({"uid": nobody, "user": "nobody"}));
    daemon.wait_content("user", "nobody\n");
    let body = json!({"targets": "all"}).to_string();
    crate::harness::http::request(&daemon.socket(), "POST", "/v1/sessions/close", &body);
    processes::signal(usherd.id(), rustix::process::Signal::TERM);
    assert!(usherd.wait().is_ok_and(|status| status.success()));
}
