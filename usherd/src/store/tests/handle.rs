//! The daemon's end of the store: each job reaches the thread that owns the database, and its answer comes back.

use usher_core::outcome::ErrorId;
use usher_core::request::AuditQuery;

use super::super::Store;
use super::*;

fn attempt(action: Verb) -> Attempt {
    super::attempt("olga", action, "09:41:30")
}

fn done(action: Verb) -> Vec<Outcome> {
    vec![outcome(action, 3, "alice")]
}

#[tokio::test]
async fn what_is_sent_is_written_and_what_was_written_is_answered() {
    let directory = tempfile::tempdir().expect("a directory");
    let (store, _) = Store::open(directory.path(), "b", AuditLimits::default(), "lab1").expect("a store");
    let begun = store.commit(Vec::new(), Some(attempt(Verb::Lock)), Urgency::Binding).await.expect("written");
    store.conclude(begun.expect("a record"), done(Verb::Lock)).await.expect("written");
    store.record(attempt(Verb::Close), done(Verb::Close)).await.expect("written");
    store.tidy().await.expect("tidied");
    let page = store.audit_page(&AuditQuery::default(), 0).await.expect("a page");
    let said: Vec<_> = page.iter().map(|(_, record)| (record.action, record.outcomes.clone())).collect();
    assert_eq!(said, [(Verb::Lock, done(Verb::Lock)), (Verb::Close, done(Verb::Close))]);
    assert!(store.look().await.is_ok());
}

#[tokio::test]
async fn a_store_that_was_stopped_has_written_all_before_and_takes_no_more() {
    let directory = tempfile::tempdir().expect("a directory");
    let (store, _) = Store::open(directory.path(), "b", AuditLimits::default(), "lab1").expect("a store");
    let writes = store.record(attempt(Verb::Close), done(Verb::Close));
    let (written, ()) = tokio::join!(writes, store.stop());
    written.expect("written");
    let refused = store.record(attempt(Verb::Close), done(Verb::Close)).await.expect_err("it has stopped");
    assert_eq!(refused.id, ErrorId::BackendFailed);
    // Nothing holds the database any more.
    let (mut database, _) = opened(directory.path(), "b");
    assert_eq!(database.audit_page(&AuditQuery::default(), 0).expect("a page").len(), 1);
}
