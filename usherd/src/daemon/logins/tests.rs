//! What the books make of logind's news, with a backend that does as it is told.

use usher_core::clock;
use usher_core::session::Terms;

use super::*;
use crate::backend::fake::FakeCall;
use crate::host::lab::{self, Lab};

fn login(native_id: &str) -> Login {
    lab::login(native_id, "alice")
}

fn lock() -> Terms {
    let message = "Eyes up".parse().unwrap();
    Terms { message, by: "root".to_owned(), by_uid: 0, since: clock::now(), until: None, freeze: false }
}

async fn told(lab: &Lab, change: LoginChange) {
    take(&lab.host, &Closing::default(), change).await;
}

async fn one(lab: &Lab, login: Login) {
    told(lab, LoginChange::One(Box::new(login))).await;
}

fn booked_ids(lab: &Lab) -> Vec<u32> {
    lab.host.registry().sessions().map(|session| session.id).collect()
}

#[tokio::test]
async fn before_anybody_is_served_logins_are_on_the_books_and_displays_armed() {
    let mut lab = Lab::new();
    // What comes before the whole list is taken in, and waited for is the list.
    lab.fake.tell(Noticed::Logins(LoginChange::One(Box::new(login("4")))));
    lab.fake.tell(Noticed::Logins(LoginChange::All(vec![login("4"), login("5")])));
    lab.fake.tell(Noticed::Logins(LoginChange::Removed("5".to_owned())));
    begin(&lab.host, &mut lab.news).await;
    assert_eq!(booked_ids(&lab), [4, 5], "what comes after the list is the loop's to take in");
    let calls = lab.fake.new_calls();
    let of_displays = |call: &&FakeCall| matches!(call, FakeCall::RetireStrangers | FakeCall::Armed);
    let order: Vec<&FakeCall> = calls.iter().filter(of_displays).collect();
    assert_eq!(order, [&FakeCall::RetireStrangers, &FakeCall::Armed], "{calls:?}");
    let known = calls.iter().rposition(|call| matches!(call, FakeCall::Know(_)));
    assert!(known < calls.iter().position(|call| *call == FakeCall::RetireStrangers), "{calls:?}");
}

#[tokio::test]
async fn numbers_of_logind_are_kept_and_other_names_get_numbers_beyond() {
    let lab = Lab::new();
    for native_id in ["7", "c2", "1000001", "4294967295", "8"] {
        one(&lab, login(native_id)).await;
    }
    let registry = lab.host.registry();
    let booked: Vec<(u32, &str)> = registry.sessions().map(|s| (s.id, s.key.native_id.as_str())).collect();
    // The laboratory has given numbers up to 100.
    assert_eq!(booked, [(7, "7"), (8, "8"), (101, "c2"), (102, "1000001"), (103, "4294967295")]);
}

#[tokio::test]
async fn a_session_whose_leader_has_ended_is_the_same_session() {
    let lab = Lab::new();
    one(&lab, Login { leader: 17, leader_start: 4, ..login("5") }).await;
    lab.commit(Change::LockSet(5, lock())).await;
    lab.fake.new_calls();
    one(&lab, Login { leader: 0, leader_start: 0, idle_since: Some(clock::now()), ..login("5") }).await;
    assert_eq!(lab.fake.new_calls(), [FakeCall::Know(5)]);
    let known = lab.fake.login(5).expect("it is known");
    assert_eq!((known.leader, known.leader_start), (17, 4), "by the leader that it had");
    assert!(known.idle_since.is_some(), "and by what is new");
    assert!(lab.host.registry().get(5).is_some_and(|session| session.own_lock.is_some()));
    told(&lab, LoginChange::All(vec![Login { leader: 0, leader_start: 0, ..login("5") }])).await;
    assert_eq!(booked_ids(&lab), [5]);
}

#[tokio::test]
async fn a_login_that_is_gone_is_off_the_books_and_one_that_nobody_knew_is_nothing() {
    let lab = Lab::new();
    one(&lab, login("5")).await;
    lab.fake.new_calls();
    told(&lab, LoginChange::Removed("6".to_owned())).await;
    assert_eq!((booked_ids(&lab), lab.fake.new_calls()), (vec![5], vec![]));
    told(&lab, LoginChange::Removed("5".to_owned())).await;
    assert_eq!((booked_ids(&lab), lab.fake.new_calls()), (vec![], vec![FakeCall::Forget(5)]));
}

#[tokio::test]
async fn whoever_closes_a_session_sees_its_end_for_themselves() {
    let lab = Lab::new();
    one(&lab, login("5")).await;
    let closing = Closing::new(BTreeSet::from([5]));
    take(&lab.host, &closing, LoginChange::Removed("5".to_owned())).await;
    assert_eq!(booked_ids(&lab), [5], "it is the close that takes it off");
    assert!(lab.fake.new_calls().contains(&FakeCall::Forget(5)));
}

#[tokio::test]
async fn a_list_without_a_text_session_ends_none() {
    let lab = Lab::new();
    lab.session(9).await;
    one(&lab, login("5")).await;
    told(&lab, LoginChange::All(Vec::new())).await;
    assert_eq!(booked_ids(&lab), [9]);
}

#[tokio::test]
async fn a_login_is_on_the_books_also_where_nothing_can_be_written() {
    let lab = Lab::new();
    lab.commit(Change::RuleSet(crate::session::RuleRecord {
        name: usher_core::request::RuleName::All,
        terms: lock(),
        except: Vec::new(),
    }))
    .await;
    lab.host.store.stop().await;
    one(&lab, login("5")).await;
    assert_eq!(booked_ids(&lab), [5]);
    let covers = lab.host.registry().covers(5, clock::now());
    assert!(lab.fake.new_calls().contains(&FakeCall::Cover(5, covers)), "and the rule covers it");
}
