//! The whole way of a request, with backends that do as they are told.

use usher_core::outcome::{Error, ErrorId, Outcome, OutcomeResult};
use usher_core::request::{Action, CloseRequest, LockRequest, SessionRef, Targets, ThumbnailQuery, UnlockRequest};
use usher_core::sys::peer::Peer;
use usher_core::sys::process::Process;

use super::flow::{Caller, Origin, handle};
use super::*;
use crate::backend::Covered;
use crate::backend::fake::{FakeCall, Play};
use crate::host::lab::Lab;

/// The host's owner, who sits in no session.
fn owner(host: &Host) -> Caller {
    let pid = std::process::id();
    let start = Process::of(pid).unwrap().map(|process| process.start);
    let peer = Peer { uid: host.daemon.uid, pid, start };
    Caller { peer, origin: Origin::of(host, peer), declared: None, vouched: None, web: None }
}

fn ids(ids: &[u32]) -> Targets {
    Targets::Ids(ids.iter().map(|id| SessionRef::Id(*id)).collect())
}

fn lock(targets: Targets) -> Action {
    Action::Lock(LockRequest { targets, message: "Eyes up".parse().unwrap(), duration: None, freeze: false })
}

async fn outcomes(lab: &Lab, action: Action) -> Vec<Outcome> {
    match handle(&lab.host, &owner(&lab.host), action).await {
        Ok(Answer::Outcomes(outcomes)) => outcomes,
        Ok(_) => panic!("these are no outcomes"),
        Err(error) => panic!("{error}"),
    }
}

fn results(outcomes: &[Outcome]) -> Vec<(Option<u32>, OutcomeResult, bool)> {
    outcomes.iter().map(|outcome| (outcome.session_id, outcome.result, outcome.observed)).collect()
}

#[tokio::test]
async fn a_lock_whose_effect_fails_is_told_and_stays_desired() {
    let lab = Lab::new();
    for id in [1, 2] {
        lab.session(id).await;
    }
    lab.fake.next(2, Play::Fails(Error::new(ErrorId::Timeout, "the display does not answer")));
    let told = outcomes(&lab, lock(ids(&[1, 2]))).await;
    assert_eq!(results(&told), [(Some(1), OutcomeResult::Done, true), (Some(2), OutcomeResult::Failed, false)]);
    assert_eq!(told[1].error.as_ref().map(|error| error.id), Some(ErrorId::Timeout));
    // Reconciling goes on from what was written.
    assert!(lab.host.registry().get(2).is_some_and(|session| session.own_lock.is_some()));
    let records = lab.audit().await;
    assert_eq!(records.len(), 1, "{records:?}");
    assert_eq!(results(&records[0].outcomes), results(&told));
}

#[tokio::test]
async fn a_lock_that_was_taken_back_before_it_was_seen_is_done_and_not_observed() {
    let lab = Lab::new();
    lab.session(1).await;
    lab.fake.next(1, Play::Seen(Covered { unseen: true, notes: vec!["another order followed".to_owned()] }));
    let told = outcomes(&lab, lock(ids(&[1]))).await;
    assert_eq!(results(&told), [(Some(1), OutcomeResult::Done, false)]);
    assert_eq!(told[0].notes, ["another order followed"]);
}

#[tokio::test]
async fn what_is_refused_reaches_no_backend_and_changes_nothing() {
    let lab = Lab::new();
    lab.session(1).await;
    let told = outcomes(&lab, lock(ids(&[9]))).await;
    assert_eq!(told[0].error.as_ref().map(|error| error.id), Some(ErrorId::SessionNotFound));
    let planned = CloseRequest { targets: ids(&[1]), notice: None, message: None, dry_run: true };
    let told = outcomes(&lab, Action::Close(planned)).await;
    assert_eq!(results(&told), [(Some(1), OutcomeResult::Planned, false)]);
    assert_eq!(lab.fake.calls(), []);
    assert!(lab.host.registry().get(1).is_some_and(|session| session.own_lock.is_none() && session.closing.is_none()));
}

#[tokio::test]
async fn the_desire_is_written_before_the_backend_hears_of_it() {
    let lab = Lab::new();
    lab.session(1).await;
    outcomes(&lab, lock(ids(&[1]))).await;
    let calls = lab.fake.new_calls();
    let covers = lab.host.registry().covers(1, usher_core::clock::now());
    assert!(calls.contains(&FakeCall::Cover(1, covers.clone())) && covers.len() == 1, "{calls:?}");
    // Whatever a lock stops, the session that asks for it goes on; for an unlock nobody is named.
    assert!(calls.contains(&FakeCall::Spare(Vec::new())));
    outcomes(&lab, Action::Unlock(UnlockRequest { targets: ids(&[1]), exempt: false })).await;
    assert_eq!(lab.fake.new_calls(), [FakeCall::Cover(1, Vec::new())]);
}

#[tokio::test]
async fn a_request_whose_caller_hangs_up_is_carried_out_and_recorded() {
    let lab = Lab::new();
    lab.session(1).await;
    let caller = owner(&lab.host);
    let mut asked = Box::pin(handle(&lab.host, &caller, lock(Targets::All)));
    // Polled once, so that it is under way; then nobody waits for it any more.
    let once = futures_util::future::poll_immediate(&mut asked).await;
    assert!(once.is_none());
    drop(asked);
    let recorded = async {
        loop {
            if lab.audit().await.iter().any(|record| !record.outcomes.is_empty()) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), recorded).await.expect("it is in the audit log");
    assert!(lab.host.registry().get(1).is_some_and(|session| session.own_lock.is_some()));
}

#[tokio::test]
async fn whoever_reads_within_a_moment_shares_a_look_at_stations_and_who_acts_looks_anew() {
    let lab = Lab::new();
    for _ in 0..20 {
        lab.host.look_at_stations(std::time::Duration::from_secs(600)).await;
    }
    assert_eq!(lab.fake.looks(), 1);
    for more in 1..=3 {
        lab.host.look_at_stations(std::time::Duration::ZERO).await;
        assert_eq!(lab.fake.looks(), 1 + more);
    }
}

#[tokio::test]
async fn a_look_is_told_to_its_user_where_the_host_says_so_and_until_it_is_over() {
    for tells in [false, true] {
        let settings = crate::host::settings::Settings { tell_looks: tells, ..Default::default() };
        let lab = Lab::with(settings);
        lab.session(1).await;
        let query = ThumbnailQuery { live: true, ..ThumbnailQuery::default() };
        for _ in 0..2 {
            let look = Action::Thumbnail(SessionRef::Id(1), query.clone());
            assert!(handle(&lab.host, &owner(&lab.host), look).await.is_ok());
        }
        record_ended_looks(&lab.host, true).await;
        let calls = lab.fake.calls().into_iter();
        let told: Vec<_> = calls.filter(|call| matches!(call, FakeCall::Looked(..))).collect();
        let by = lab.audit().await[0].actor.clone();
        let expected = [FakeCall::Looked(1, Some(by)), FakeCall::Looked(1, None)];
        assert_eq!(told, if tells { &expected[..] } else { &[] });
    }
}
