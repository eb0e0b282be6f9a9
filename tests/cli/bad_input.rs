//! Whatever is on the command line or at the other end of the socket: a clear sentence, the right
//! exit code, and nothing that could write on somebody's terminal.

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::process::{Child, Stdio};

use rustix::process::Signal;

use crate::harness::{Daemon, clean_command, http, need, need_root, processes, run, wait_until};

/// The command line is refused with a sentence, and without control characters in it.
#[track_caller]
fn is_wrong(daemon: &Daemon, arguments: &[&str], sentence: &str) {
    let said = daemon.usher(arguments).exits(2);
    assert_eq!(said.stdout, "");
    assert!(said.stderr.to_lowercase().contains(sentence), "{arguments:?}: {:?}", shortened(&said.stderr));
    assert!(said.stderr.len() < 4000, "{} bytes", said.stderr.len());
    assert!(!said.stderr.chars().any(|c| c.is_control() && c != '\n'), "{:?}", shortened(&said.stderr));
}

fn shortened(text: &str) -> String {
    text.chars().take(600).collect()
}

#[test]
fn ids_that_cannot_be_ids_are_a_wrong_command_line() {
    let daemon = Daemon::start();
    for id in ["4294967296", "99999999999999999999", "1.5", "0x10", "²", "", "\x1b[2J", "all", "a/b/c", "a/3"] {
        is_wrong(&daemon, &["unlock", id], "id");
    }
    is_wrong(&daemon, &["unlock", &"9".repeat(100_000)], "id");
    is_wrong(&daemon, &["unlock", "--", "-1"], "id");
}

#[test]
fn the_largest_id_is_an_id() {
    let daemon = Daemon::start();
    let outcome = daemon.json(&["unlock", "4294967295"]).exits(1).only();
    assert_eq!(outcome["session_id"], 4_294_967_295_u32);
    assert_eq!(outcome["error"]["id"], "SessionNotFound");
}

#[test]
fn sessions_are_named_in_exactly_one_way() {
    let daemon = Daemon::start();
    for verb in ["lock", "unlock", "disconnect", "close"] {
        let message: &[&str] = if verb == "lock" { &["--message", "x"] } else { &[] };
        is_wrong(&daemon, &[&[verb], message].concat(), "--all");
        is_wrong(&daemon, &[&[verb, "1", "--all"], message].concat(), "cannot be used with");
        is_wrong(&daemon, &[&[verb, "--all", "--user", "alice"], message].concat(), "cannot be used with");
        is_wrong(&daemon, &[&[verb, "1", "--user", "alice"], message].concat(), "cannot be used with");
    }
    is_wrong(&daemon, &["block", "--message", "x"], "--all");
    is_wrong(&daemon, &["block", "--all", "--user", "alice", "--message", "x"], "cannot be used with");
    is_wrong(&daemon, &["list", "1", "--user", "alice"], "cannot be used with");
}

#[test]
fn messages_are_one_to_a_thousand_characters_without_controls() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat").to_string();
    for message in ["", "   ", "two\nlines", "\x1b[2J", "\u{9b}31m", "bell\x07", "\u{7f}"] {
        is_wrong(&daemon, &["lock", &id, "--message", message], "message");
        is_wrong(&daemon, &["block", "--all", "--message", message], "message");
    }
    is_wrong(&daemon, &["lock", &id, "--message", &"x".repeat(1001)], "1000");
    is_wrong(&daemon, &["lock", &id, "--message", &"界".repeat(40_000)], "1000");
    is_wrong(&daemon, &["lock", &id], "--message");
    daemon.lock(1, &"界".repeat(1000));
    daemon.lock(1, "'; rm -rf ~ #$(reboot)`reboot`%s%n");
}

#[test]
fn a_message_of_a_megabyte_is_refused_by_the_daemon_too() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    for size in [2_000, 900_000, 1 << 20, 3 << 20] {
        let body = format!(r#"{{"targets":{{"ids":[1]}},"message":"{}"}}"#, "x".repeat(size));
        let answer = crate::harness::http::request(&daemon.socket(), "POST", "/v1/sessions/lock", &body);
        assert!((400..500).contains(&answer.status), "{size}: {}", answer.head);
        assert!(answer.body.len() < 2000, "{} bytes", answer.body.len());
    }
    assert_eq!(daemon.session(1)["locked"], false);
}

#[test]
fn durations_are_written_in_one_way() {
    let daemon = Daemon::start();
    for duration in
        ["", "10", "m", "-5s", "1.5h", "1m1m", "5s1m", "0s", "１s", "99999999999999999999s", "10000d", "\x1b[2J"]
    {
        let argument = format!("--for={duration}");
        is_wrong(&daemon, &["lock", "1", "--message", "x", &argument], "duration");
    }
    is_wrong(&daemon, &["close", "1", "--notice", "soon"], "duration");
}

#[test]
fn unknown_verbs_options_and_formats_are_a_wrong_command_line() {
    let daemon = Daemon::start();
    is_wrong(&daemon, &["explode"], "no verb");
    is_wrong(&daemon, &["list", "--explode"], "no option");
    is_wrong(&daemon, &["--output", "xml", "list"], "one of table, list, json, jsonl");
    is_wrong(&daemon, &["audit", "--since", "tomorrow"], "duration back from now");
    is_wrong(&daemon, &["audit", "--action", "explode"], "one of lock, unlock");
    is_wrong(&daemon, &["list", "\x1b]0;title\x07"], "");
    is_wrong(&daemon, &["\x1b[2Jverb"], "");
}

#[test]
fn user_names_without_end_or_with_controls_are_refused() {
    let daemon = Daemon::start();
    for name in ["", "\x1b[2J", "a\nb"] {
        is_wrong(&daemon, &["lock", "--user", name, "--message", "x"], "name");
    }
    is_wrong(&daemon, &["lock", "--user", &"x".repeat(100_000), "--message", "x"], "name");
    let outcome = daemon.json(&["unlock", "--user", "'; DROP TABLE session; --"]).exits(1).only();
    assert_eq!(outcome["error"]["id"], "UserNotFound");
}

#[test]
fn without_a_daemon_every_verb_says_so_and_exits_with_three() {
    let mut daemon = Daemon::start();
    daemon.open("exec sleep 1000");
    daemon.kill9();
    for verb in [&["list"][..], &["unlock", "1"], &["close", "--all"], &["blocks"], &["open"], &["watch"], &["audit"]] {
        let said = daemon.usher(verb).exits(3);
        assert!(said.stderr.contains("has ended") && said.stderr.contains("hint:"), "{}", said.stderr);
    }
    std::fs::remove_file(daemon.socket()).expect("a stale socket");
    let said = daemon.usher(&["list"]).exits(3);
    assert!(said.stderr.contains("there is no usherd at"), "{}", said.stderr);
    daemon.start_again();
    assert_eq!(daemon.ids(), [1]);
}

/// Something that answers every connection with these bytes, at the place where a daemon should be.
fn impostor(daemon: &Daemon, answer: &'static [u8]) {
    let listener = UnixListener::bind(daemon.socket()).expect("a socket");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer);
            let _ = stream.write_all(answer);
        }
    });
}

#[test]
fn a_daemon_of_another_version_is_told_apart() {
    let daemon = Daemon::not_started();
    impostor(&daemon, b"HTTP/1.1 200 OK\r\nusher-api: 999\r\nContent-Length: 2\r\n\r\n[]");
    let said = daemon.usher(&["list"]).exits(3);
    assert!(said.stderr.contains("version 999"), "{}", said.stderr);
    assert_eq!(said.stdout, "");
}

#[test]
fn what_is_no_daemon_is_told_apart() {
    let http = Daemon::not_started();
    impostor(&http, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]");
    let said = http.usher(&["list"]).exits(3);
    assert!(said.stderr.contains("is not usherd"), "{}", said.stderr);
    for answer in
        [&b"SSH-2.0-OpenSSH_9.9\r\n"[..], b"", b"\x00\xff\x1b[2J", b"HTTP/1.1 200 OK\r\nusher-api: 1\r\n\r\n\x1b[2J"]
    {
        let daemon = Daemon::not_started();
        impostor(&daemon, answer);
        // It took the request: what became of that nobody knows.
        let said = daemon.usher(&["close", "--all"]).exits(1);
        assert!(said.stderr.contains("OutcomeUnknown") && !said.stderr.contains('\x1b'), "{:?}", said.stderr);
    }
}

#[test]
fn a_file_that_is_no_socket_is_told_apart() {
    let mut daemon = Daemon::not_started();
    std::fs::write(daemon.socket(), "precious").expect("a file");
    daemon.usher(&["list"]).exits(3);
    daemon.try_start().expect_err("it must not take the place of a file");
    assert_eq!(daemon.content("s"), "precious");
    assert!(daemon.log().contains("no socket"), "{}", daemon.log());
}

#[test]
fn a_caller_of_another_version_is_refused() {
    let daemon = Daemon::start();
    let request = b"GET /v1/sessions HTTP/1.1\r\nHost: usherd\r\nusher-api: 999\r\nConnection: close\r\n\r\n";
    let answer = crate::harness::http::exchange(&daemon.socket(), request).expect("an answer");
    assert_eq!(answer.status, 400);
    assert!(answer.head.contains("usher-api: 1"), "{}", answer.head);
}

/// Runs a program as nobody, beside the test; ended with the test.
struct Stranger(Child);

impl Drop for Stranger {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const AS_NOBODY: [&str; 4] = ["--reuid", "65534", "--regid", "65534"];

#[test]
fn a_socket_of_somebody_elses_is_not_spoken_to() {
    if !need_root() || need("setpriv").is_none() || need("python3").is_none() {
        return;
    }
    let daemon = Daemon::not_started();
    std::fs::set_permissions(daemon.directory(), std::os::unix::fs::PermissionsExt::from_mode(0o777)).expect("a mode");
    // Root's socket is trusted by everybody; here nobody listens and a third uid asks.
    let listen = format!(
        "import socket,time; s=socket.socket(socket.AF_UNIX); s.bind('{}'); s.listen(); \
        __import__('os').chmod('{0}', 0o666); c,_=s.accept(); print(c.recv(100), flush=True); time.sleep(60)",
        daemon.socket().display()
    );
    let mut nobody = clean_command("setpriv", daemon.directory());
    let nobody = nobody.args(AS_NOBODY).args(["--clear-groups", "/usr/bin/env", "python3", "-c", &listen]);
    let spawned = nobody.env("PATH", "/usr/bin:/bin").stdout(Stdio::piped()).spawn().expect("setpriv runs");
    let _nobody = Stranger(spawned);
    wait_until("it listens", || {
        std::fs::metadata(daemon.socket()).is_ok_and(|m| m.permissions().mode() & 0o777 == 0o666)
    });
    let mut third = clean_command("setpriv", daemon.directory());
    third.args(["--reuid", "65533", "--regid", "65533", "--clear-groups"]).arg(crate::harness::USHER);
    let ran = run(third.arg("--socket").arg(daemon.socket()).arg("list"), b"");
    if ran.code() == Some(127) || ran.code() == Some(126) {
        crate::harness::skip("another user cannot execute the program from here");
        return;
    }
    let said = ran.exits(3);
    assert!(said.stderr.contains("runs as uid 65534"), "{}", said.stderr);
}

#[test]
fn another_user_is_not_served_whatever_the_sockets_mode() {
    if !need_root() || need("setpriv").is_none() {
        return;
    }
    let daemon = Daemon::start();
    daemon.open("exec cat");
    for path in [daemon.directory().to_owned(), daemon.socket()] {
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o777)).expect("a mode");
    }
    let mut nobody = clean_command("setpriv", daemon.directory());
    nobody.args(AS_NOBODY).arg("--clear-groups").arg(crate::harness::USHER);
    let ran = run(nobody.arg("--socket").arg(daemon.socket()).args(["close", "--all"]), b"");
    assert_ne!(ran.code(), Some(0), "{}", ran.said().stdout);
    assert_eq!(daemon.ids(), [1]);
}

use std::os::unix::fs::PermissionsExt as _;

#[test]
fn a_request_that_names_more_targets_than_anybody_has_is_refused_and_a_large_one_keeps_nobody_waiting() {
    let daemon = Daemon::start();
    let unlock = |count: u32| {
        let ids: Vec<u32> = (1_000_000..1_000_000 + count).collect();
        let body = serde_json::json!({"targets": {"ids": ids}}).to_string();
        http::request(&daemon.socket(), "POST", "/v1/sessions/unlock", &body)
    };
    let answer = unlock(10_001);
    assert_eq!((answer.status, &answer.json()["error"]["id"]), (400, &"InvalidRequest".into()));
    assert_eq!(unlock(10_000).json().as_array().map(Vec::len), Some(10_000));
    assert_eq!(daemon.audit("unlock").len(), 1);
}

#[test]
fn a_failure_stays_one_when_nobody_reads_it() {
    let daemon = Daemon::start();
    for verb in
        [&["lock", "4711", "--message", "x"][..], &["unlock", "4711"], &["disconnect", "4711"], &["close", "4711"]]
    {
        for format in ["table", "list", "json", "jsonl"] {
            let (reader, writer) = std::io::pipe().expect("a pipe");
            drop(reader);
            let mut command = daemon.usher_command(&[&["--output", format], verb].concat());
            let ended = command.stdout(writer).stderr(Stdio::null()).status().expect("it runs");
            assert_eq!(ended.code(), Some(1), "{verb:?} as {format}");
        }
    }
}

#[test]
fn a_daemon_that_hangs_is_not_waited_for_without_end() {
    let daemon = Daemon::start();
    let pid = daemon.pid();
    processes::signal(pid, Signal::STOP);
    wait_until("the daemon stands still", || processes::stopped(pid));
    for verb in [&["list"][..], &["watch"], &["audit"], &["lock", "1", "--message", "x"]] {
        let ran = run(daemon.usher_command(verb).env("USHER_TIMEOUT_SECONDS", "1"), b"");
        let code = ran.code();
        let said = ran.said();
        assert_eq!(code, Some(1), "{verb:?}: {}", said.stderr);
        assert!(said.stderr.contains("OutcomeUnknown"), "{}", said.stderr);
    }
    processes::signal(pid, Signal::CONT);
}
