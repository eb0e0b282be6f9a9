//! Who needs a user to stand still, counted.

use super::*;

fn cover(by_uid: u32, freeze: bool) -> Cover {
    let since = "2026-03-02T09:41:00Z";
    let cover = serde_json::json!({
        "message": "Please listen", "by": "somebody", "by_uid": by_uid, "since": since, "until": null,
        "source": "session", "freeze": freeze,
    });
    serde_json::from_value(cover).unwrap()
}

#[test]
fn who_locks_themselves_stops_no_other_session_of_theirs() {
    assert_eq!(reach(&[cover(0, false)], false, 1001), None);
    assert_eq!(reach(&[], true, 1001), None);
    assert_eq!(reach(&[cover(0, false)], true, 1001), Some(Reach::User));
    assert_eq!(reach(&[cover(1001, true)], false, 1001), Some(Reach::Session));
    assert_eq!(reach(&[cover(1001, true), cover(0, false)], false, 1001), Some(Reach::Session));
    assert_eq!(reach(&[cover(1001, true), cover(0, true)], false, 1001), Some(Reach::User));
}

#[test]
fn what_two_sessions_need_stopped_goes_on_only_when_neither_does() {
    let mut needs = Needs::default();
    needs.set(3, Some(Reach::User));
    assert_eq!(needs.now(), Now::Stay, "not before it is covered");
    needs.ready(3);
    needs.set(5, Some(Reach::User));
    needs.ready(5);
    assert_eq!(needs.now(), Now::Stop(None));
    needs.set(3, None);
    assert_eq!(needs.now(), Now::Stop(None));
    needs.set(5, None);
    assert_eq!(needs.now(), Now::GoOn);
}

#[test]
fn another_message_lets_nothing_go_on_meanwhile() {
    let mut needs = Needs::default();
    needs.set(3, Some(Reach::Session));
    needs.ready(3);
    needs.set(3, Some(Reach::Session));
    assert_eq!(needs.now(), Now::Stop(Some(BTreeSet::from([3]))));
    needs.set(5, Some(Reach::User));
    assert_eq!(needs.now(), Now::Stop(Some(BTreeSet::from([3]))), "the other one is not covered yet");
    needs.ready(5);
    assert_eq!(needs.now(), Now::Stop(None));
}

#[test]
fn a_sentence_names_a_few_processes_and_counts_the_others() {
    let left: Vec<String> = (1..=6).map(|pid| format!("process {pid} (x)")).collect();
    assert!(listed(&left).ends_with("process 4 (x) and 2 more"));
    assert_eq!(listed(&left[..1]), "process 1 (x)");
}
