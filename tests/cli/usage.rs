//! A wrong command line: one style of error, and a hint that helps.

use crate::harness::Daemon;

/// What is said of a command line, in the one style: the ID, a sentence, and a hint behind it.
#[track_caller]
fn said(daemon: &Daemon, arguments: &[&str]) -> (String, String, String) {
    let ran = daemon.usher(arguments).exits(2);
    let lines: Vec<&str> = ran.stderr.lines().collect();
    let [error, hint] = lines.as_slice() else { panic!("{arguments:?}: {}", ran.stderr) };
    let error = error.strip_prefix("usher: ").and_then(|error| error.split_once(": "));
    let (id, message) = error.unwrap_or_else(|| panic!("{arguments:?}: {}", ran.stderr));
    let hint = hint.strip_prefix("  hint: ").unwrap_or_else(|| panic!("{arguments:?}: {}", ran.stderr));
    (id.to_owned(), message.to_owned(), hint.to_owned())
}

/// Each command line with the sentence and the hint that it gets.
const WRONG: [(&[&str], &str, &str); 22] = [
    (&["lokc", "1"], "`usher` has no verb `lokc`", "did you mean `lock`?"),
    (&["kill", "1"], "`usher` has no verb `kill`", "did you mean `close`?"),
    (&["lock-wmsesion"], "`usher` has no verb `lock-wmsesion`", "did you mean `Lock-WmsSession`?"),
    (&["explode"], "`usher` has no verb `explode`", "`usher help` lists the verbs"),
    (&["--socket", "lock", "lokc"], "`usher` has no verb `lokc`", "did you mean `lock`?"),
    (&["--verbose"], "`usher` needs a verb", "`usher help` lists the verbs"),
    (&["servers", "grup"], "`usher servers` has no verb `grup`", "did you mean `group`?"),
    (&["lock", "1", "--mesage", "x"], "`usher lock` has no option --mesage", "did you mean `--message`?"),
    (&["ls", "--all"], "`usher list` has no option --all", "`usher help list` shows what it takes"),
    (
        &["servers", "group", "--all", "a"],
        "`usher servers group` has no option --all",
        "`usher help servers group` shows what it takes",
    ),
    (
        &["rename", "1", "a", "b"],
        "`usher rename` takes no further argument: `b`",
        "`usher help rename` shows what it takes",
    ),
    (
        &["lock"],
        "`usher lock` needs --message <TEXT>, <ID|--all|--user <NAME>>",
        "write `usher lock --message <TEXT> <ID|--all|--user <NAME>>`; `usher help lock` explains it",
    ),
    (&["close", "1", "--all"], "ID cannot be used with --all", "`usher help close` shows what it takes"),
    (
        &["block", "--all", "-m", "x", "-m", "y"],
        "--message <TEXT> can be given only once",
        "`usher help block` shows what it takes",
    ),
    (&["list", "--user"], "--user <NAME> needs a value", "`usher help list` shows what it takes"),
    (&["unblock", "--all=3"], "--all takes no value, and `3` was given", "`usher help unblock` shows what it takes"),
    (
        &["ls", "-o", "jsn"],
        "--output <FORMAT> cannot be `jsn`: it is one of table, list, json, jsonl",
        "did you mean `json`?",
    ),
    (
        &["ls", "--state", "conected"],
        "--state <STATE> cannot be `conected`: it is one of connected, remote, disconnected, closing",
        "did you mean `connected`?",
    ),
    (
        &["thumbnail", "1", "-o", "x.png", "--size", "huge"],
        "--size <SIZE> cannot be `huge`: it is one of small, medium, large, fullscreen",
        "`usher help thumbnail` shows what it takes",
    ),
    (
        &["audit", "-n", "x"],
        "--lines <N>: `x` is no whole number in the range",
        "`usher help audit` shows what it takes",
    ),
    (
        &["--at-once", "0", "list"],
        "--at-once <N>: write a number from 1 to 1024",
        "`usher help list` shows what it takes",
    ),
    (
        &["lock", "1", "-m", "x", "--for", "10"],
        "--for <DURATION>: `10` is not a duration: write it as `90s`, `10m` or `1h30m` (units d, h, m, s, each once, \
         largest first)",
        "`usher help lock` shows what it takes",
    ),
];

#[test]
fn a_wrong_command_line_is_told_as_every_other_error() {
    let daemon = Daemon::not_started();
    for (arguments, message, hint) in WRONG {
        let expected = ("InvalidRequest".to_owned(), message.to_owned(), hint.to_owned());
        assert_eq!(said(&daemon, arguments), expected, "{arguments:?}");
    }
}

#[test]
fn what_stands_before_a_cmdlet_is_told_so_too() {
    let daemon = Daemon::not_started();
    for option in [["--output", "xml"], ["-o", "xml"], ["--lang", "tlh"]] {
        let ran = daemon.usher(&[&option[..], &["Get-WmsSession"]].concat()).exits(2);
        assert!(ran.stderr.starts_with("usher: InvalidRequest: ") && ran.stderr.lines().count() == 1, "{}", ran.stderr);
    }
}

#[test]
fn a_message_that_is_too_long_is_not_repeated() {
    let daemon = Daemon::not_started();
    for message in ["secret ".repeat(1000), "secret\n".to_owned()] {
        let (id, sentence, _) = said(&daemon, &["lock", "1", "--message", &message]);
        assert_eq!(id, "InvalidMessage");
        assert!(!sentence.contains("secret") && sentence.contains("the message"), "{sentence}");
    }
}

#[test]
fn short_names_are_the_long_ones() {
    let daemon = Daemon::start();
    let id = daemon.open("exec cat").to_string();
    daemon.usher(&["lock", &id, "-m", "Look at the board"]).exits(0);
    let listed = daemon.usher(&["ls", "-o", "json"]).exits(0).stdout;
    assert!(listed.contains("Look at the board"), "{listed}");
    assert_eq!(daemon.usher(&["-o", "json", "list"]).exits(0).stdout, listed);
    let user = daemon.session(1)["user"].as_str().expect("a user").to_owned();
    assert!(daemon.usher(&["ls", "-o", "json", "-u", &user]).exits(0).stdout.contains("Look at the board"));
    assert!(daemon.usher(&["list", "-v"]).exits(0).stderr.contains("GET /v1/sessions"));
    assert!(daemon.usher(&["-o", "json", "Get-WmsSession"]).exits(0).stdout.starts_with('['));
}

#[test]
fn what_is_wrong_is_told_in_chinese_too() {
    let daemon = Daemon::not_started();
    let ran = daemon.usher(&["--lang", "zh-CN", "lokc"]).exits(2);
    for part in ["usher: InvalidRequest: ", "没有动词 `lokc`", "提示：您要用的是不是 `lock`？"] {
        assert!(ran.stderr.contains(part), "{}", ran.stderr);
    }
    let ran = daemon.usher(&["--lang", "zh-CN", "lock"]).exits(2);
    assert!(ran.stderr.contains("缺少 --message <TEXT>、<ID|"), "{}", ran.stderr);
    let ran = daemon.usher(&["--lang", "zh-CN", "list", "--output", "xml"]).exits(2);
    assert!(ran.stderr.contains("table、list、json、jsonl"), "{}", ran.stderr);
}
