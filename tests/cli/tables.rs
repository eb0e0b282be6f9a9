//! Tables: within a person's terminal, whole for the program at the other end of a pipe.

use unicode_width::UnicodeWidthStr;

use crate::harness::{Daemon, Shot, Station, USHER, wait_until};

/// A title that fits into no terminal of these tests.
fn long_title() -> String {
    format!("begins 眼睛 {} ends", "x".repeat(150))
}

/// A command line of a shell's, in a terminal of this width, until its mark is on the screen.
fn on_a_terminal(daemon: &Daemon, line: &str, cols: u16) -> (Shot, String) {
    let line = format!("{line}; echo 'that was' all");
    let station = Station::run_program(daemon, "sh", &["-c".to_owned(), line], 40, cols);
    let shot = station.wait_for("that was all");
    (shot, String::from_utf8_lossy(&station.raw().0).into_owned())
}

fn usher(daemon: &Daemon) -> String {
    format!("{USHER} --socket {}", daemon.socket().display())
}

#[test]
fn a_table_fits_the_terminal_and_is_whole_in_a_pipe() {
    let daemon = Daemon::start();
    let title = long_title();
    daemon.usher(&["open", "--name", &title, "--", "sleep", "1000"]).exits(0);
    for cols in [60, 80, 132] {
        let (shot, raw) = on_a_terminal(&daemon, &format!("{} list", usher(&daemon)), cols);
        let rows: Vec<String> =
            shot.text().lines().filter(|line| line.contains("disconnected")).map(str::to_owned).collect();
        assert_eq!(rows.len(), 1, "one line for the session: {raw:?}");
        assert!(rows[0].trim_end().ends_with('…') && rows[0].trim_end().width() <= usize::from(cols), "{rows:?}");
        assert!(!shot.text().contains("ends"), "{}", shot.text());
    }
    let piped = daemon.usher(&["list"]).exits(0).stdout;
    assert!(piped.lines().any(|line| line.ends_with(&title)), "{piped}");
}

#[test]
fn a_narrow_terminal_shows_what_matters_most() {
    let daemon = Daemon::start();
    daemon.usher(&["open", "--name", "essay", "--", "sleep", "1000"]).exits(0);
    let (shot, _) = on_a_terminal(&daemon, &format!("{} list", usher(&daemon)), 42);
    let row = shot.text().lines().find(|line| line.starts_with('1')).expect("a row").to_owned();
    assert!(row.contains("disconnected") && row.contains("essay"), "{}", shot.text());
    assert!(!shot.text().contains("CLIENT"), "{}", shot.text());
}

#[test]
fn colours_come_on_a_terminal_and_never_against_the_readers_wish() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    daemon.lock(1, "x");
    let list = format!("{} list", usher(&daemon));
    let locked = "\u{1b}[33mby ";
    assert!(on_a_terminal(&daemon, &list, 100).1.contains(locked));
    for without in ["NO_COLOR=1", "TERM=dumb"] {
        let raw = on_a_terminal(&daemon, &format!("{without} {list}"), 100).1;
        assert!(raw.contains("by ") && !raw.contains('\u{1b}'), "{without}: {raw:?}");
    }
    assert!(
        on_a_terminal(&daemon, &format!("NO_COLOR= {list}"), 100).1.contains(locked),
        "an empty NO_COLOR says nothing"
    );
    assert!(!daemon.usher(&["list"]).exits(0).stdout.contains('\u{1b}'));
}

#[test]
fn many_rows_end_with_a_sum_on_a_terminal_alone() {
    let daemon = Daemon::start();
    for _ in 0..12 {
        daemon.open("exec cat");
    }
    daemon.usher(&["lock", "1", "2", "3", "--message", "x"]).exits(0);
    let list = format!("{} list", usher(&daemon));
    on_a_terminal(&daemon, &list, 100).0.text().find("12 sessions, 3 locked").expect("a sum");
    let verb = format!("{} lock 1 2 3 4 5 6 7 8 9 10 11 4711 --message y", usher(&daemon));
    on_a_terminal(&daemon, &verb, 100).0.text().find("11 done, 1 failed").expect("a sum of outcomes");
    let chinese = format!("{list} --lang zh-CN");
    on_a_terminal(&daemon, &chinese, 100).0.text().find("共 12 个会话，11 个已锁定").expect("a sum in Chinese");
    let few = on_a_terminal(&daemon, &format!("{list} 1 2"), 100).0;
    assert!(!few.text().contains("sessions"), "{}", few.text());
    assert_eq!(daemon.usher(&["list"]).exits(0).stdout.lines().count(), 13, "a head and a line for each session");
}

#[test]
fn an_empty_table_says_so_to_people_and_nothing_to_programs() {
    let daemon = Daemon::start();
    let sentences = [
        ("list", "No sessions.\n", "没有会话。\n"),
        ("blocks", "No standing rules.\n", "没有常设规则。\n"),
        ("audit", "No records.\n", "没有审计记录。\n"),
        ("identities", "No identities.\n", "没有远程身份。\n"),
    ];
    for (verb, english, chinese) in sentences {
        let said = daemon.usher(&[verb]).exits(0);
        assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", english), "{verb}");
        assert_eq!(daemon.usher(&[verb, "--lang", "zh-CN"]).exits(0).stderr, chinese);
        for format in ["json", "jsonl"] {
            assert_eq!(daemon.usher(&[verb, "--output", format]).exits(0).stderr, "", "{verb} {format}");
        }
    }
    let servers = daemon.usher(&["servers"]).exits(0);
    assert!(servers.stdout.is_empty() && servers.stderr.starts_with("No hosts"), "{}", servers.stderr);
    let unknown = daemon.usher(&["list", "4711"]).exits(1);
    assert!(!unknown.stderr.contains("No sessions"), "what was asked for is said to be missing: {}", unknown.stderr);
}

#[test]
fn the_callers_own_session_is_marked() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    let id = daemon.open(&format!("{USHER} list --output json > own; {USHER} list > piped; {USHER} list; exec cat"));
    let station = Station::attach(&daemon, id, 24, 100);
    let shot = station.wait_for("you call from");
    assert!(shot.text().lines().any(|line| line.starts_with("2* ")), "{}", shot.text());
    assert!(shot.text().lines().any(|line| line.starts_with("1 ")), "{}", shot.text());
    wait_until("the files are written", || daemon.content("piped").lines().count() == 3);
    assert!(!daemon.content("piped").contains('*'), "a script finds the ID as it is");
    let own: serde_json::Value = serde_json::from_str(&daemon.content("own")).expect("JSON");
    assert_eq!((own[0].get("own"), own[1].get("own")), (None, Some(&serde_json::Value::Bool(true))), "{own}");
}

#[test]
fn the_end_of_a_lock_and_of_a_rule_is_told_with_its_time() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    daemon.usher(&["block", "--all", "--message", "x", "--for", "72h"]).exits(0);
    let until = daemon.json(&["blocks"]).exits(0).only()["until"].as_str().expect("an end").to_owned();
    let until: jiff::Timestamp = until.parse().expect("a time");
    let shown = until.to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y-%m-%d %H:%M").to_string();
    for verb in ["blocks", "list"] {
        let said = daemon.usher_command(&[verb]).env("TZ", "UTC").output().expect("it runs");
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        assert!(said.contains(&shown), "{verb}: {said}");
    }
}
