//! `--server`: the same verbs on other hosts, side by side.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::harness::{Fleet, Ran, wait_for};

/// `HOST RESULT` of each outcome, in the order of the hosts.
#[track_caller]
fn results(ran: Ran, code: i32) -> Vec<String> {
    let text = |o: &Value| match o["error"]["id"].as_str() {
        Some(id) => format!("{} {id}", o["host"].as_str().expect("a host")),
        None => format!("{} {}", o["host"].as_str().expect("a host"), o["result"].as_str().expect("a result")),
    };
    let mut all: Vec<_> = ran.exits(code).array().iter().map(text).collect();
    all.sort();
    all
}

#[test]
fn every_verb_goes_to_every_host_and_its_outcomes_name_the_host_as_the_caller_did() {
    let fleet = Fleet::start(2);
    fleet.open(1);
    let json = |words: &[&str]| fleet.usher(&[&["--server", "lab1,lab2", "--output", "json"], words].concat());
    assert_eq!(results(json(&["lock", "1", "--message", "hi"]), 0), ["lab1 done", "lab2 done"]);
    assert!(fleet.hosts.iter().all(|host| host.lock_message(1).as_deref() == Some("hi")));
    let listed = json(&["list"]).exits(0).array();
    assert_eq!(listed.len(), 2);
    assert!(["lab1", "lab2"].iter().all(|name| listed.iter().any(|s| s["host"] == *name)), "{listed:?}");
    assert_eq!(results(json(&["unlock", "--all"]), 0), ["lab1 done", "lab2 done"]);

    let rules = json(&["block", "--all", "--message", "exam"]).exits(0).array();
    assert_eq!(rules.len(), 2);
    assert!(rules.iter().all(|r| r["rule"]["name"] == "all" && r["outcomes"][0]["host"] == r["host"]), "{rules:?}");
    let blocks = json(&["blocks"]).exits(0).array();
    assert!(blocks.iter().all(|rule| rule["name"] == "all" && rule["host"].is_string()) && blocks.len() == 2);
    json(&["unblock", "--all"]).exits(0);
    assert!(fleet.hosts.iter().all(|host| host.lock_message(1).is_none()));

    assert_eq!(results(json(&["disconnect", "1", "--dry-run"]), 0), ["lab1 unchanged", "lab2 unchanged"]);
    assert_eq!(results(json(&["close", "1"]), 0), ["lab1 done", "lab2 done"]);
    let records = json(&["audit", "--action", "close"]).exits(0).array();
    assert!(records.len() == 2 && records.iter().all(|r| r["host"].is_string()), "{records:?}");
    let opened = fleet.usher(&["open", "--server", "lab2", "--", "cat"]).exits(0).stdout;
    assert_eq!(fleet.hosts[1].ids(), [opened.trim().parse::<u64>().unwrap()]);
}

#[test]
fn a_table_of_several_hosts_has_one_head_and_straight_columns() {
    let fleet = Fleet::start(2);
    fleet.open(1);
    let table = fleet.usher(&["list", "--server", "lab1,lab2"]).exits(0).stdout;
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 3, "{table}");
    assert!(lines[0].split_whitespace().take(3).eq(["HOST", "ID", "USER"]), "{table}");
    let kind = lines[0].find("KIND").unwrap();
    assert!(lines[1..].iter().all(|line| line.starts_with("lab") && line[kind..].starts_with("text")), "{table}");
}

#[test]
fn what_a_host_does_wrong_is_its_own_outcome_and_the_others_are_done() {
    let fleet = Fleet::start(1);
    fleet.hosts[0].open("exec cat");
    let servers = "lab1,hangs,mute,gone,bare,old,flood,breaks";
    let lock = ["lock", "1", "--message", "x", "--server", servers, "--timeout", "5s", "--output", "json"];
    let ran = fleet.usher(&lock);
    let stderr = ran.said().stderr;
    assert_eq!(
        results(ran, 1),
        [
            "bare HostUnreachable",
            "breaks OutcomeUnknown",
            "flood HostUnreachable",
            "gone HostUnreachable",
            "hangs HostUnreachable",
            "lab1 done",
            "mute OutcomeUnknown",
            "old HostUnreachable",
        ]
    );
    assert!(stderr.contains("1 of 8 hosts answered"), "{stderr}");
    assert!(stderr.contains("the request was sent and not answered"), "{stderr}");
    let said = |host: &str| fleet.usher(&["list", "--server", host, "--timeout", "1s"]).exits(3).stderr;
    assert!(said("gone").contains("ssh did not reach gone: ssh: connect to host gone port 22: No route to host"));
    assert!(said("bare").contains("bare has no usher") && said("bare").contains("install the usher package"));
    assert!(said("old").contains("speaks version 0 of the API"));
    assert!(said("hangs").contains("hangs did not answer within 1 seconds"));
}

#[test]
fn outcomes_come_as_the_hosts_answer_and_none_waits_for_another() {
    let fleet = Fleet::start(2);
    fleet.open(1);
    let words = ["lock", "1", "--message", "x", "--server", "hangs,lab1,lab2", "--output", "jsonl"];
    let mut command = fleet.command(&words).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(command.stdout.take().unwrap()).lines();
    for _ in 0..2 {
        let outcome: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        assert_eq!(outcome["result"], "done", "{outcome}");
    }
    assert!(command.try_wait().unwrap().is_none(), "the last one is still waited for");
    command.kill().unwrap();
    command.wait().unwrap();
}

#[test]
fn no_name_becomes_an_option_of_a_program() {
    let fleet = Fleet::start(0);
    for bad in ["-oProxyCommand=touch x", "-lab1", "olga@-oX", "lab1,,lab2", "a b", "ssh://-x", "$(id)", ""] {
        let said = fleet.usher(&["list", &format!("--server={bad}")]).exits(2).stderr;
        assert!(said.contains("--server"), "{said}");
        let record = fleet.usher(&["Get-WmsSession", "-All", &format!("-Server:{bad}x,{bad}")]).exits(1).stderr;
        assert!(record.contains("FullyQualifiedErrorId : InvalidRequest,Get-WmsSession"), "{bad:?}: {record}");
    }
    assert_eq!(fleet.calls(), "", "nothing was run");
    fleet.usher(&["list", "--server", "lab1", "--socket", "/tmp/s"]).exits(2);
}

#[test]
fn ssh_is_told_to_keep_its_connection_and_to_take_nothing_along() {
    let fleet = Fleet::start(1);
    fleet.usher(&["list", "--server", "lab1"]).exits(0);
    let one = fleet.calls();
    assert!(one.trim_end().ends_with("-- lab1 usher dial-stdio"), "{one}");
    for option in ["ClearAllForwardings=yes", "ForwardAgent=no", "ControlMaster=auto", "RemoteCommand=none"] {
        assert!(one.contains(option), "{option}: {one}");
    }
    assert!(!one.contains("BatchMode"), "one host may ask for a password");
    fleet.usher(&["list", "--server", "lab1,gone:2222"]).exits(1);
    let last = fleet.calls().lines().find(|call| call.contains("gone")).unwrap().to_owned();
    assert!(last.contains("BatchMode=yes") && last.contains("-- ssh://gone:2222 usher"), "{last}");
}

#[test]
fn a_name_of_this_host_is_the_local_socket() {
    let fleet = Fleet::start(1);
    let mut command = fleet.command(&["list", "--server", "localhost", "--output", "json"]);
    command.env("USHER_SOCKET", fleet.hosts[0].socket());
    crate::harness::run(&mut command, b"").exits(0);
    assert_eq!(fleet.calls(), "");
}

#[test]
fn watching_merges_what_happens_and_waits_for_a_host_that_ends() {
    let mut fleet = Fleet::start(2);
    let mut command = fleet.command(&["watch", "--server", "lab1,lab2"]);
    let mut watch = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (send, events) = std::sync::mpsc::channel::<Value>();
    let out = BufReader::new(watch.stdout.take().unwrap());
    std::thread::spawn(move || {
        for line in out.lines().map_while(Result::ok) {
            let _ = send.send(serde_json::from_str(&line).unwrap());
        }
    });
    // When a host is watched nobody says: something happens there until it is seen.
    let seen = |host: &crate::harness::Daemon, name: &str| {
        wait_for(&format!("an event of {name}"), || {
            host.open("exec cat");
            events.recv_timeout(Duration::from_millis(300)).ok().filter(|event| event["host"] == name)
        })
    };
    assert_eq!(seen(&fleet.hosts[0], "lab1")["session"]["host"], "lab1");
    seen(&fleet.hosts[1], "lab2");
    fleet.hosts[0].stop();
    seen(&fleet.hosts[1], "lab2");
    assert!(watch.try_wait().unwrap().is_none());
    // It is waited for: the first that is heard of it again is that something may be missing.
    fleet.hosts[0].start_again();
    let lagged = wait_for("the host's word", || {
        fleet.hosts[1].open("exec cat");
        events.recv_timeout(Duration::from_millis(300)).ok().filter(|event| event["host"] == "lab1")
    });
    assert_eq!(lagged["event"], "lagged");
    seen(&fleet.hosts[0], "lab1");
    watch.kill().unwrap();
    watch.wait().unwrap();
}

#[test]
fn a_host_that_lies_reaches_neither_the_terminal_nor_the_others() {
    let fleet = Fleet::start(1);
    fleet.open(1);
    for form in ["json", "jsonl", "list", "table"] {
        let words = ["lock", "1", "--message", "x", "--server", "liar,lab1", "--output", form];
        let said = fleet.usher(&words).exits(1);
        let obeyed = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!(said.stdout.clone() + &said.stderr).contains(obeyed), "{form}: {said:?}", said = said.stdout);
        if form == "json" {
            let messages: Vec<_> = said.array().iter().map(|o| o["error"]["message"].to_string()).collect();
            assert!(messages.iter().any(|m| m.contains("b\u{202e} c")), "programs read it as it was: {messages:?}");
        }
    }
    let mut watch = fleet.command(&["watch", "--server", "liar,lab1"]);
    let mut watch = watch.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut complaints = BufReader::new(watch.stderr.take().unwrap()).lines();
    let first = complaints.next().unwrap().unwrap();
    assert!(first.contains("liar sent something that is not an event"), "{first}");
    assert!(watch.try_wait().unwrap().is_none(), "the other host is watched");
    watch.kill().unwrap();
    watch.wait().unwrap();
}

#[test]
fn attaching_and_opening_are_for_one_host() {
    let fleet = Fleet::start(2);
    fleet.usher(&["open", "--server", "lab1,lab2"]).exits(2);
    // On a terminal: without one attaching is refused for another reason.
    let (home, usher) = (fleet.path("").display().to_string(), crate::harness::USHER);
    let line = format!("HOME={home} USHER_SSH={home}/ssh {usher} attach 1 --server lab1; echo ended with $?; exec cat");
    let desk = crate::harness::Station::run_program(&fleet.hosts[0], "/bin/sh", &["-c".to_owned(), line], 24, 120);
    desk.wait_for("ssh -t lab1 usher attach 1");
    desk.wait_for("ended with 2");
    assert_eq!(fleet.calls(), "", "nothing was run for it");
}

#[test]
fn objects_of_several_hosts_go_back_to_them_and_a_host_that_hangs_holds_up_none() {
    let fleet = Fleet::start(2);
    fleet.open(3);
    let objects = fleet.usher(&["--output", "jsonl", "Get-WmsSession", "-All", "-Server", "lab1"]).exits(0).stdout
        + "{\"SessionId\":7,\"ComputerName\":\"hangs\"}\n{\"SessionId\":8,\"ComputerName\":\"hangs\"}\n"
        + &fleet.usher(&["list", "--server", "lab2", "--output", "jsonl"]).exits(0).stdout;
    let ran = fleet.piped(&["--timeout", "5s", "Lock-WmsSession", "-Message", "hi"], &objects);
    let stderr = ran.exits(1).stderr;
    assert!(stderr.contains("ConnectionError: (hangs:String)") && stderr.contains("hangs did not answer"), "{stderr}");
    assert!(stderr.contains("ConnectionError: (8:UInt32)") && stderr.contains("nothing was sent to hangs"), "{stderr}");
    for host in &fleet.hosts {
        assert!((1..=3).all(|id| host.lock_message(id).as_deref() == Some("hi")));
    }
    // One connection each, however many objects there are.
    let calls = fleet.calls();
    let locks = calls.lines().filter(|call| call.contains("-- lab1 ")).count();
    assert_eq!(locks, 2, "one for Get, one for Lock: {calls}");

    let all = ["Close-WmsSession", "-All", "-Server", "lab1", "-WhatIf"];
    let said = fleet.usher(&all).exits(0).stdout;
    assert!(said.lines().count() == 3 && said.contains("on lab1"), "{said}");
    // One after the other: the host that gave no answer is not asked again.
    let in_turn = ["Unlock-WmsSession", "1,2,3", "-Server", "gone", "-WarningAction", "Stop"];
    let said = fleet.usher(&in_turn).exits(3).stderr;
    assert!(said.contains("(gone:String)") && said.contains("(2:UInt32)") && said.contains("(3:UInt32)"), "{said}");
    assert_eq!(fleet.calls().lines().filter(|call| call.contains("-- gone ")).count(), 1);
    let nobody = fleet.usher(&["Get-WmsSession", "-All", "-ComputerName", "gone"]).exits(3).stderr;
    assert!(nobody.contains("ConnectionError: (gone:String)"), "{nobody}");
}
