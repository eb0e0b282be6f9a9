//! What is committed is there at the next start, and what was taken back is not.

use usher_core::request::{IdentityName, IdentityRole, Pin};
use usher_core::session::Kind;

use super::super::Store;
use super::*;
use crate::identities::{IdentityChange, IdentityRecord, InvitationRecord};
use crate::session::{CloseOrder, RuleRecord, SessionRecord};

fn session(id: u32, native_id: &str) -> SessionRecord {
    SessionRecord {
        id,
        key: key(native_id, 100 + id),
        user: "alice".to_owned(),
        uid: 1000,
        since: at("09:00:00.5"),
        name: None,
        program: "vim".to_owned(),
        kind: Kind::Text,
        groups: Default::default(),
    }
}

fn order(message: Option<&str>) -> CloseOrder {
    let message = message.map(|text| text.parse().expect("a message"));
    CloseOrder { at: at("09:50:00"), by: "olga".to_owned(), message }
}

fn rule(name: &str, except: Vec<SessionKey>) -> RuleRecord {
    let terms = Terms { until: None, freeze: false, ..terms("Exam 考试") };
    RuleRecord { name: name.parse().expect("a rule"), terms, except }
}

#[test]
fn sessions_with_their_locks_and_orders_to_close_are_there_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut database, loaded) = opened(directory.path(), "b");
    assert_eq!((loaded.sessions.len(), loaded.last_session_id), (0, 0));
    let desktop = SessionRecord { kind: Kind::X11, name: Some("work".to_owned()), ..session(5, "c5") };
    commit(&mut database, &[Change::SessionOpened(session(3, "u3")), Change::SessionOpened(desktop.clone())]);
    commit(&mut database, &[Change::Renamed(3, "notes".parse().expect("a name"))]);
    let forever = Terms { until: None, freeze: false, ..terms("Later") };
    commit(&mut database, &[Change::LockSet(3, terms("Eyes up")), Change::LockSet(5, forever.clone())]);
    commit(&mut database, &[Change::LockSet(3, terms("Eyes up 看前面"))]);
    commit(&mut database, &[Change::CloseOrdered(3, order(Some("Save"))), Change::CloseOrdered(5, order(None))]);
    drop(database);

    let (mut database, loaded) = opened(directory.path(), "b");
    let named = SessionRecord { name: Some("notes".to_owned()), ..session(3, "u3") };
    assert_eq!(loaded.sessions, [named, desktop.clone()]);
    assert_eq!(loaded.locks, [(3, terms("Eyes up 看前面")), (5, forever)]);
    assert_eq!(loaded.closings, [(3, order(Some("Save"))), (5, order(None))]);
    commit(&mut database, &[Change::LockRemoved(5), Change::CloseCancelled(5), Change::SessionEnded(3)]);
    drop(database);

    let (_, loaded) = opened(directory.path(), "b");
    assert_eq!((loaded.sessions, loaded.locks.len(), loaded.closings.len()), (vec![desktop], 0, 0));
    assert_eq!(loaded.last_session_id, 5, "no number is given twice");
}

#[test]
fn rules_are_there_again_with_whom_they_leave_out() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut database, _) = opened(directory.path(), "b");
    let (alice, bob) = (session(3, "u3"), session(5, "u5"));
    let all = rule("all", vec![alice.key.clone()]);
    commit(&mut database, &[Change::SessionOpened(alice.clone()), Change::SessionOpened(bob.clone())]);
    commit(&mut database, &[Change::RuleSet(all.clone()), Change::RuleSet(rule("user:bob", Vec::new()))]);
    let exempted = Change::Exempted(all.name.clone(), bob.key.clone());
    commit(&mut database, std::slice::from_ref(&exempted));
    commit(&mut database, &[exempted]);
    // Set once more: whom it leaves out is said anew, who was taken out of it stays so.
    let again = rule("all", vec![bob.key.clone()]);
    commit(&mut database, &[Change::RuleSet(again.clone())]);
    drop(database);

    let (mut database, loaded) = opened(directory.path(), "b");
    let mut rules = loaded.rules;
    rules.sort_by_key(|rule| rule.name.to_string());
    assert_eq!(rules, [again.clone(), rule("user:bob", Vec::new())]);
    assert_eq!(loaded.exemptions, [(all.name.clone(), bob.key.clone())]);
    commit(&mut database, &[Change::SessionEnded(5)]);
    drop(database);

    let (mut database, loaded) = opened(directory.path(), "b");
    let of_all = loaded.rules.iter().find(|rule| rule.name == all.name).expect("the rule");
    assert!(of_all.except.is_empty(), "a session's end is the end of its exception");
    commit(&mut database, &[Change::RuleRemoved(all.name.clone())]);
    drop(database);
    let (_, loaded) = opened(directory.path(), "b");
    assert_eq!((loaded.rules, loaded.exemptions.len()), (vec![rule("user:bob", Vec::new())], 0));
}

#[test]
fn after_another_boot_rules_are_there_and_sessions_are_not() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut database, _) = opened(directory.path(), "b");
    commit(
        &mut database,
        &[Change::SessionOpened(session(3, "u3")), Change::RuleSet(rule("all", vec![key("u3", 103)]))],
    );
    commit(&mut database, &[Change::LockSet(3, terms("Listen")), Change::CloseOrdered(3, order(None))]);
    drop(database);
    let (_, loaded) = opened(directory.path(), "another");
    assert_eq!((loaded.sessions.len(), loaded.locks.len(), loaded.closings.len()), (0, 0, 0));
    assert_eq!((loaded.rules, loaded.last_session_id), (vec![rule("all", Vec::new())], 3));
}

fn pin(text: &str) -> Pin {
    Pin::of(text.as_bytes())
}

fn name(text: &str) -> IdentityName {
    text.parse().expect("a name")
}

fn invitation(secret: &str, to: Option<&str>) -> InvitationRecord {
    InvitationRecord {
        secret: pin(secret),
        name: to.map(name),
        role: IdentityRole::Administrator,
        created: at("09:00:00"),
        created_by: "root".to_owned(),
        expires: at("10:00:00"),
        used: None,
    }
}

fn identity(of: &str, key: &str) -> IdentityRecord {
    IdentityRecord {
        name: name(of),
        role: IdentityRole::Operator,
        key: pin(key),
        next_key: None,
        created: at("09:30:00"),
        created_by: "root".to_owned(),
        revoked: None,
    }
}

#[test]
fn identities_and_invitations_are_there_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut database, _) = opened(directory.path(), "b");
    let long_ago =
        InvitationRecord { expires: "2026-02-01T00:00:00Z".parse().expect("a time"), ..invitation("old", None) };
    let invite = |one: InvitationRecord| Change::Identity(IdentityChange::Invited(one));
    commit(
        &mut database,
        &[invite(long_ago), invite(invitation("one", Some("olga@laptop"))), invite(invitation("two", None))],
    );
    let joined = |of: &str, key: &str, secret: &str| {
        let (identity, secret, from) = (identity(of, key), pin(secret), "10.0.0.7".to_owned());
        Change::Identity(IdentityChange::Joined { identity, secret, from })
    };
    commit(&mut database, &[joined("olga@laptop", "a", "one"), joined("bob@phone", "x", "none")]);
    let rekey = |used: &str, next: &str| {
        Change::Identity(IdentityChange::Rekeyed { name: name("olga@laptop"), used: pin(used), next: pin(next) })
    };
    commit(&mut database, &[rekey("a", "b"), rekey("b", "c"), rekey("a", "nobody's")]);
    commit(&mut database, &[invite(invitation("three", Some("bob@phone")))]);
    let (at, by) = (at("09:40:00"), "root".to_owned());
    commit(&mut database, &[Change::Identity(IdentityChange::Revoked { name: name("bob@phone"), at, by: by.clone() })]);
    drop(database);

    let (_, loaded) = opened(directory.path(), "another");
    let mut identities = loaded.identities;
    identities.sort_by_key(|identity| identity.name.to_string());
    let olga = IdentityRecord { key: pin("b"), next_key: Some(pin("c")), ..identity("olga@laptop", "a") };
    let bob = IdentityRecord { revoked: Some((at, by)), ..identity("bob@phone", "x") };
    assert_eq!(identities, [bob, olga.clone()]);
    let mut invitations = loaded.invitations;
    invitations.sort_by_key(|one| one.name.is_none());
    let used = Some((olga.created, olga.name, "10.0.0.7".to_owned()));
    let first = InvitationRecord { used, ..invitation("one", Some("olga@laptop")) };
    assert_eq!(invitations, [first, invitation("two", None)]);
}

#[test]
fn a_corrupt_database_is_set_aside_whole_and_another_begun() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut database, _) = opened(directory.path(), "b");
    commit(&mut database, &[Change::SessionOpened(session(3, "u3"))]);
    drop(database);
    std::fs::write(
        directory.path().join("usher.db"),
        "no database, as anybody can see, and longer than its heading".repeat(90),
    )
    .expect("written");
    let (mut database, loaded) = opened(directory.path(), "b");
    assert_eq!(loaded.sessions.len(), 0);
    commit(&mut database, &[Change::SessionOpened(session(4, "u4"))]);
    drop(database);
    let names = std::fs::read_dir(directory.path()).expect("a directory");
    let names: Vec<_> = names.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect();
    assert_eq!(names.iter().filter(|name| name.starts_with("usher.db.corrupt-")).count(), 1, "{names:?}");
    assert_eq!(opened(directory.path(), "b").1.sessions, [session(4, "u4")]);

    // Whole pages with values that this program never writes are corrupt as well.
    let connection = rusqlite::Connection::open(directory.path().join("usher.db")).expect("a database");
    connection.execute("UPDATE session SET since = 'some time'", []).expect("written");
    drop(connection);
    assert_eq!(opened(directory.path(), "b").1.sessions, []);
    assert!(Database::open(&directory.path().join("nowhere"), AuditLimits::default(), "b", "lab1").is_err());
}

#[tokio::test]
async fn jobs_are_done_in_order_until_the_store_is_stopped() {
    let directory = tempfile::tempdir().expect("a directory");
    let (store, _) = Store::open(directory.path(), "b", AuditLimits::default(), "lab1").expect("a store");
    let opened = vec![Change::SessionOpened(session(3, "u3"))];
    assert_eq!(store.commit(opened, None, Urgency::Binding).await.expect("written"), None);
    let look = store.look().await.expect("a look");
    assert_eq!((look.status.directory, look.trouble), (directory.path().display().to_string(), None));
    store.tidy().await.expect("tidy");
    store.stop().await;
    let why = store.tidy().await.expect_err("it has stopped");
    assert_eq!(why.message, "the store has stopped");
    assert_eq!(super::opened(directory.path(), "b").1.sessions, [session(3, "u3")]);
}
