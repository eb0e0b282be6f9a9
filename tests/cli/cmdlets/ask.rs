//! `-Confirm` on real terminals: the question to the letter, and all six answers.

use super::{cmdlet, open, terminal};
use crate::harness::{Daemon, Station, processes, wait_until};

const CHOICES: &str = "[Y] Yes  [A] Yes to All  [N] No  [L] No to All  [S] Suspend  [?] Help (default is \"Y\"):";

/// A daemon with three sessions and a person who closes all of them with `-Confirm`.
fn asked() -> (Daemon, Station) {
    let daemon = Daemon::start();
    open(&daemon, 3);
    let person = terminal(&daemon, "exec Close-WmsSession -All -Confirm");
    (daemon, person)
}

/// Answers each question about the next session, and gives what is left.
fn left_after(answers: &[&str]) -> Vec<u64> {
    let (daemon, mut person) = asked();
    for (number, answer) in (1..).zip(answers) {
        person.wait(&format!("question {number}"), |shot| shot.text().matches("(default is").count() == number);
        person.type_keys(answer.as_bytes());
        person.type_keys(b"\r");
    }
    assert!(person.wait_gone().success(), "{:?}", person.shot());
    daemon.ids()
}

#[test]
fn the_question_is_the_known_one_to_the_letter() {
    let (daemon, person) = asked();
    let text = person.wait_for(CHOICES).text();
    let lines: Vec<&str> = text.lines().map(str::trim_end).skip_while(|line| line.is_empty()).take(4).collect();
    let host = daemon.session(1)["host"].as_str().unwrap().to_owned();
    let user = daemon.session(1)["user"].as_str().unwrap().to_owned();
    let target = format!("Performing the operation \"Close-WmsSession\" on target \"session 1 ({user}) on {host}\".");
    assert_eq!(lines, ["Confirm", "Are you sure you want to perform this action?", &target, CHOICES]);
    assert_eq!(daemon.ids(), [1, 2, 3]);
}

#[test]
fn yes_and_no_are_for_one_session() {
    assert_eq!(left_after(&["y", "n", "YES"]), [2]);
}

#[test]
fn an_empty_line_is_yes() {
    assert_eq!(left_after(&["", "N", "no"]), [2, 3]);
}

#[test]
fn yes_to_all_is_for_this_one_and_those_after_it() {
    assert_eq!(left_after(&["n", "a"]), [1]);
}

#[test]
fn no_to_all_is_for_this_one_and_those_after_it() {
    assert_eq!(left_after(&["y", "L"]), [2, 3]);
}

#[test]
fn the_end_of_input_is_no_to_all() {
    assert_eq!(left_after(&["y", "\x04"]), [2, 3]);
}

#[test]
fn an_answer_that_is_none_is_asked_again() {
    assert_eq!(left_after(&["perhaps", "n", "l"]), [1, 2, 3]);
}

#[test]
fn the_question_mark_explains_each_letter_and_asks_again() {
    let (daemon, mut person) = asked();
    person.wait_for(CHOICES);
    person.type_keys(b"?\r");
    let shot = person.wait("the second question", |shot| shot.text().matches(CHOICES).count() == 2);
    for letter in ["Y - ", "A - ", "N - ", "L - ", "S - "] {
        assert!(shot.text().lines().any(|line| line.starts_with(letter)), "{letter}\n{}", shot.text());
    }
    person.type_keys(b"l\r");
    assert!(person.wait_gone().success());
    assert_eq!(daemon.ids(), [1, 2, 3]);
}

#[test]
fn suspend_stops_the_job_until_the_shell_brings_it_back() {
    if crate::harness::need("bash").is_none() {
        return;
    }
    let daemon = Daemon::start();
    let id = daemon.open("exec cat");
    let person = terminal(&daemon, "exec bash --norc --noprofile -i");
    person.type_keys(b"PS1='ready> '\rClose-WmsSession 1 -Confirm\r");
    person.wait_for("(default is");
    person.type_keys(b"s\r");
    person.wait_for("Stopped");
    wait_until("the cmdlet stands still", || {
        processes::descendants(person.pid()).iter().any(|pid| processes::stopped(*pid))
    });
    assert_eq!(daemon.ids(), [u64::from(id)]);
    person.type_keys(b"fg\r");
    person.wait("the question is there again", |shot| shot.text().matches("(default is").count() == 2);
    person.type_keys(b"y\r");
    daemon.wait_gone(id);
}

#[test]
fn a_pipe_of_objects_leaves_the_terminal_for_the_answers() {
    let daemon = Daemon::start();
    open(&daemon, 2);
    let mut person = terminal(&daemon, "Get-WmsSession -All | Close-WmsSession -Confirm");
    person.wait_for("session 1 ");
    person.type_keys(b"n\r");
    person.wait_for("session 2 ");
    person.type_keys(b"y\r");
    assert!(person.wait_gone().success());
    assert_eq!(daemon.ids(), [1]);
}

#[test]
fn without_a_terminal_nothing_is_done() {
    let daemon = Daemon::start();
    daemon.open("exec cat");
    let said = cmdlet(&daemon, "Close-WmsSession -All -Confirm").exits(2);
    assert!(said.stderr.contains("nothing was done"), "{}", said.stderr);
    assert_eq!(daemon.ids(), [1]);
    cmdlet(&daemon, "Close-WmsSession -All -Confirm:$false").exits(0);
    assert!(daemon.ids().is_empty());
}
