//! What the loop makes of news, with backends that do as they are told.

use usher_core::request::{RuleName, WatchQuery};
use usher_core::session::{ProgramEnd, Terms};
use usher_core::wire::holder::Farewell;

use super::*;
use crate::backend::Ended;
use crate::backend::fake::FakeCall;
use crate::host::lab::{Lab, login};
use crate::logind::{Login, LoginChange};
use crate::session::RuleRecord;

fn terms() -> Terms {
    let message = "Eyes up".parse().unwrap();
    Terms { message, by: "root".to_owned(), by_uid: 0, since: clock::now(), until: None, freeze: false }
}

fn rule(name: RuleName) -> Change {
    Change::RuleSet(RuleRecord { name, terms: terms(), except: Vec::new() })
}

async fn told(lab: &Lab, news: Noticed) {
    notice(&lab.host, &Closing::default(), news).await;
}

fn seen_bare(id: u32) -> Noticed {
    Noticed::Changed { id, seen: Seen::default(), released: None }
}

#[tokio::test]
async fn a_session_that_is_seen_bare_although_it_is_locked_is_covered_again() {
    let lab = Lab::new();
    lab.session(1).await;
    told(&lab, seen_bare(1)).await;
    assert_eq!(lab.fake.new_calls(), [], "nothing is to cover it");
    lab.commit(Change::LockSet(1, terms())).await;
    told(&lab, seen_bare(1)).await;
    let desired = lab.host.registry().covers(1, clock::now());
    assert_eq!(lab.fake.new_calls(), [FakeCall::Cover(1, desired.clone())]);
    let shown = Seen { covers: desired, ..Seen::default() };
    told(&lab, Noticed::Changed { id: 1, seen: shown, released: None }).await;
    assert_eq!(lab.fake.new_calls(), [], "it shows what it should");
}

#[tokio::test]
async fn the_end_of_a_timed_lock_is_told_when_it_is_seen() {
    let lab = Lab::new();
    lab.session(1).await;
    let mut watching = lab.host.watch(&WatchQuery::default());
    let mut told_kinds = || {
        let next = std::iter::from_fn(|| watching.next.try_recv().ok());
        next.map(|numbered| numbered.event.event).collect::<Vec<_>>()
    };
    let ended = Terms { until: Some(clock::now()), ..terms() };
    let cover = Cover { terms: ended, source: CoverSource::Session };
    let seen = |covers, title: &str| Noticed::Changed {
        id: 1,
        seen: Seen { covers, title: Some(title.to_owned()), ..Seen::default() },
        released: None,
    };
    told(&lab, seen(vec![cover.clone()], "a")).await;
    assert_eq!(told_kinds(), [EventKind::Locked, EventKind::Retitled]);
    told(&lab, seen(vec![cover], "b")).await;
    assert_eq!(told_kinds(), [EventKind::Retitled], "its time is over, and it is seen still");
    told(&lab, seen(Vec::new(), "b")).await;
    assert_eq!(told_kinds(), [EventKind::Unlocked]);
    let again = lab.host.watch(&WatchQuery { since: Some(Timestamp::MIN), ..WatchQuery::default() });
    assert!(again.missed && again.backlog.len() == 4, "{again:?}");
}

#[tokio::test]
async fn a_release_is_taken_once_and_what_is_set_after_it_stands() {
    let lab = Lab::new();
    lab.session(1).await;
    lab.commit(Change::LockSet(1, terms())).await;
    lab.commit(rule(RuleName::All)).await;
    let released = || Noticed::Changed {
        id: 1,
        seen: Seen::default(),
        released: Some(("root".to_owned(), "2999-01-01T00:00:00Z".parse().unwrap())),
    };
    told(&lab, released()).await;
    assert_eq!(lab.host.registry().covers(1, clock::now()), [], "unlocked, and out of the rule");
    lab.commit(Change::LockSet(1, terms())).await;
    told(&lab, released()).await;
    assert_eq!(lab.host.registry().covers(1, clock::now()).len(), 1, "the same word again frees nothing");
}

#[tokio::test]
async fn a_session_that_is_gone_is_off_the_books() {
    let lab = Lab::new();
    lab.session(1).await;
    let farewell = Farewell { end: ProgramEnd::Code(3), screen: Some("last words".to_owned()) };
    told(&lab, Noticed::Gone { id: 1, how: Ended::ByItself("exit 3".to_owned(), Some(farewell)) }).await;
    assert!(lab.host.registry().get(1).is_none());
    // How it ended is remembered for a while, and on record for longer.
    let registry = lab.host.registry().clone();
    let ended = registry.ended.of_id(1).expect("it is remembered");
    assert_eq!((ended.end.program(), ended.screen.as_deref()), (ProgramEnd::Code(3), Some("last words")));
    let records = lab.audit().await;
    assert_eq!((records.len(), records[0].action, records[0].outcomes[0].end), (1, Verb::End, Some(ended.end)));
}

#[tokio::test]
async fn every_session_is_covered_as_desired_before_anybody_is_served() {
    let mut lab = Lab::new();
    for id in [1, 2] {
        lab.session(id).await;
    }
    lab.commit(Change::LockSet(2, terms())).await;
    catch_up(&lab.host, &mut lab.news).await;
    let covers = lab.host.registry().covers(2, clock::now());
    let expected = [
        FakeCall::Cover(1, Vec::new()),
        FakeCall::Cover(2, covers),
        FakeCall::Reconciled,
        FakeCall::Withdraw(1),
        FakeCall::Withdraw(2),
    ];
    assert_eq!(lab.fake.new_calls(), expected);
}

#[tokio::test]
async fn a_login_under_a_rule_is_covered_and_one_that_is_not_listed_any_more_is_gone() {
    let lab = Lab::new();
    lab.commit(rule(RuleName::User("alice".parse().unwrap()))).await;
    let all = |logins| Noticed::Logins(LoginChange::All(logins));
    told(&lab, all(vec![login("5", "alice"), login("c7", "bob")])).await;
    let covered: Vec<u32> = lab.fake.new_calls().iter().filter_map(cover_of).collect();
    // Once more when the user's groups are known.
    assert!(!covered.is_empty() && covered.iter().all(|id| *id == 5), "{covered:?}");
    assert_eq!(lab.host.registry().sessions().map(|s| s.id).collect::<Vec<_>>(), [5, 101]);
    told(&lab, all(vec![login("c7", "bob")])).await;
    assert_eq!(lab.host.registry().sessions().map(|s| s.id).collect::<Vec<_>>(), [101]);
    assert!(lab.fake.new_calls().contains(&FakeCall::Forget(5)));
}

#[tokio::test]
async fn a_number_that_was_given_to_another_login_is_another_session() {
    let lab = Lab::new();
    told(&lab, Noticed::Logins(LoginChange::One(Box::new(login("5", "alice"))))).await;
    lab.commit(Change::LockSet(5, terms())).await;
    let stranger = Login { leader: 2, leader_start: 9, ..login("5", "bob") };
    told(&lab, Noticed::Logins(LoginChange::One(Box::new(stranger)))).await;
    let registry = lab.host.registry();
    let now = registry.get(5).expect("the new one");
    assert_eq!((now.user.as_str(), now.own_lock.is_none()), ("bob", true), "alice's lock is not bob's");
}

fn cover_of(call: &FakeCall) -> Option<u32> {
    match call {
        FakeCall::Cover(id, covers) if !covers.is_empty() => Some(*id),
        _ => None,
    }
}
