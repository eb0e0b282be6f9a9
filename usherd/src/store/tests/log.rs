//! The audit log: what is written, found, counted and pruned.

use std::num::NonZeroU32;

use usher_core::audit::AuditRecord;
use usher_core::outcome::{Error, ErrorId};
use usher_core::request::{AuditQuery, Pin};

use super::super::bounds::bounded_text;
use super::*;
use crate::actor::{Actor, Role, WebPerson, Who};

fn refusal(action: Verb) -> Outcome {
    let why = Error::new(ErrorId::AccessDenied, "not yours");
    Outcome::new("lab1", action, OutcomeResult::Failed).because(Some(why))
}

fn begun(database: &mut Database, attempt: Attempt) -> super::super::OpenRecord {
    database.commit(&[], Some(attempt), Urgency::Freeing).expect("written").expect("a record")
}

fn found(database: &mut Database, query: &AuditQuery) -> Vec<AuditRecord> {
    database.audit_page(query, 0).expect("a page").into_iter().map(|(_, record)| record).collect()
}

fn all(database: &mut Database) -> Vec<AuditRecord> {
    found(database, &AuditQuery::default())
}

#[test]
fn a_record_is_read_as_it_was_written() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut database, _) = opened(directory.path(), "b");
    let asked = Attempt {
        targets: vec![AuditTarget::Session(3), AuditTarget::Name("user:bob".to_owned())],
        left_out: 4,
        message: Some("Eyes up 看前面".to_owned()),
        ..attempt("olga", Verb::Lock, "09:41:30.5")
    };
    let record = begun(&mut database, asked.clone());
    assert_eq!(all(&mut database)[0].outcomes, [], "nothing is known yet");
    let outcomes = vec![outcome(Verb::Lock, 3, "alice")];
    database.conclude(&record, &outcomes).expect("written");
    let expected = AuditRecord {
        time: asked.time,
        actor: asked.actor,
        from: asked.from,
        action: asked.action,
        targets: asked.targets,
        message: asked.message,
        outcomes,
        repeated: 0,
        left_out: 4,
    };
    assert_eq!(all(&mut database), [expected]);
}

#[test]
fn what_was_interrupted_says_so_for_each_target_at_the_next_start() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut database, _) = opened(directory.path(), "b");
    let targets = vec![AuditTarget::Session(3), AuditTarget::Name("all".to_owned())];
    let _ = begun(&mut database, Attempt { targets, ..attempt("olga", Verb::Unlock, "09:41:30") });
    drop(database);
    let (mut database, _) = opened(directory.path(), "b");
    let outcomes = all(&mut database).remove(0).outcomes;
    assert_eq!(outcomes.iter().map(|outcome| outcome.session_id).collect::<Vec<_>>(), [Some(3), None]);
    for outcome in outcomes {
        let id = outcome.error.as_ref().map(|error| error.id);
        assert_eq!(
            (outcome.host.as_str(), outcome.result, id),
            ("lab1", OutcomeResult::Failed, Some(ErrorId::OutcomeUnknown))
        );
    }
}

#[test]
fn records_are_found_by_all_that_can_be_asked_for() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut database, _) = opened(directory.path(), "b");
    for (actor, action, time, session, user) in [
        ("olga", Verb::Lock, "09:00:00", 3, "alice"),
        ("olga via TLS", Verb::Unlock, "09:10:00", 4, "bob"),
        ("olgaria", Verb::Close, "09:20:00", 5, "carol"),
        ("alice", Verb::Open, "09:30:00", 6, "alice"),
    ] {
        let targets = vec![AuditTarget::Session(session), AuditTarget::Name(format!("u{session}"))];
        let record = begun(&mut database, Attempt { targets, ..attempt(actor, action, time) });
        database.conclude(&record, &[outcome(action, session, user)]).expect("written");
    }
    let mut times = |query: AuditQuery| -> Vec<String> {
        found(&mut database, &query).iter().map(|record| format!("{:.0}", record.time)[14..16].to_owned()).collect()
    };
    let any = AuditQuery::default;
    assert_eq!(times(any()), ["00", "10", "20", "30"]);
    assert_eq!(times(AuditQuery { since: Some(at("09:10:00")), ..any() }), ["10", "20", "30"]);
    assert_eq!(times(AuditQuery { until: Some(at("09:10:00")), ..any() }), ["00", "10"]);
    assert_eq!(times(AuditQuery { action: Some(Verb::Close), ..any() }), ["20"]);
    assert_eq!(times(AuditQuery { user: "olga".parse().ok(), ..any() }), ["00", "10"], "wherever she calls from");
    assert_eq!(times(AuditQuery { user: "alice".parse().ok(), ..any() }), ["00", "30"], "by her, or about her");
    assert_eq!(times(AuditQuery { session: "4".parse().ok(), ..any() }), ["10"]);
    assert_eq!(times(AuditQuery { session: "u5".parse().ok(), ..any() }), ["20"]);
    assert_eq!(times(AuditQuery { last: NonZeroU32::new(2), ..any() }), ["20", "30"]);
    assert_eq!(times(AuditQuery { last: NonZeroU32::new(9), ..any() }), ["00", "10", "20", "30"]);
    let newest_of_hers = AuditQuery { last: NonZeroU32::new(1), user: "olga".parse().ok(), ..any() };
    assert_eq!(times(newest_of_hers.clone()), ["10"]);
    let first = database.audit_page(&any(), 0).expect("a page")[0].0;
    let rest = database.audit_page(&newest_of_hers, first).expect("a page");
    assert_eq!(rest.len(), 1, "how many are wanted counts at the first page alone");
}

#[test]
fn pages_follow_each_other_without_a_gap() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut database, _) = opened(directory.path(), "b");
    for _ in 0..1203 {
        database.record(attempt("root", Verb::Lock, "09:00:00"), &[outcome(Verb::Lock, 3, "alice")]).expect("written");
    }
    let (mut after, mut sizes) = (0, Vec::new());
    loop {
        let page = database.audit_page(&AuditQuery::default(), after).expect("a page");
        let Some((last, _)) = page.last() else { break };
        assert!(page.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0) && page[0].0 == after + 1);
        (after, sizes) = (*last, [sizes, vec![page.len()]].concat());
    }
    assert_eq!(sizes, [500, 500, 203]);
}

#[test]
fn what_is_over_already_is_bounded_and_counted() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut database, _) = opened(directory.path(), "b");
    let asked = |time: &str| Attempt {
        targets: (0..40).map(AuditTarget::Session).collect(),
        left_out: 2,
        share: Share { privileged: false, owner: "uid 1000".to_owned() },
        ..attempt("alice", Verb::Lock, time)
    };
    for _ in 0..5 {
        database.record(asked("09:00:10"), &vec![refusal(Verb::Lock); 40]).expect("written");
    }
    database.record(asked("09:01:10"), &vec![refusal(Verb::Lock); 40]).expect("written");
    let records = all(&mut database);
    let told: Vec<_> =
        records.iter().map(|one| (one.repeated, one.targets.len(), one.left_out, one.outcomes.len())).collect();
    assert_eq!(told, [(4, 16, 26, 16), (0, 16, 26, 16)]);
    // Where one of them was done, all targets are named.
    let mixed = [vec![outcome(Verb::Lock, 3, "alice")], vec![refusal(Verb::Lock); 39]].concat();
    database.record(asked("09:02:10"), &mixed).expect("written");
    let record = all(&mut database).remove(2);
    assert_eq!((record.targets.len(), record.left_out, record.outcomes.len()), (40, 2, 17));
}

#[test]
fn long_texts_are_recorded_by_their_beginnings() {
    let long = "界".repeat(600);
    let bounded = |text: &str| bounded_text(text).chars().count();
    assert_eq!((bounded(&long), bounded(&"界".repeat(500)), bounded("")), (501, 500, 0));
    let directory = tempfile::tempdir().expect("a directory");
    let (mut database, _) = opened(directory.path(), "b");
    let noted = Outcome { notes: vec![long.clone()], ..outcome(Verb::Lock, 3, "alice") };
    let why = Error::new(ErrorId::BackendFailed, long.clone()).hint(long.clone());
    let failed = Outcome::new("lab1", Verb::Lock, OutcomeResult::Failed).because(Some(why));
    database.record(attempt("root", Verb::Lock, "09:00:00"), &[noted, failed]).expect("written");
    let record = all(&mut database).remove(0);
    let why = record.outcomes[1].error.as_ref().expect("an error");
    let lengths =
        [&record.outcomes[0].notes[0], &why.message, why.hint.as_ref().expect("a hint")].map(|t| t.chars().count());
    assert_eq!(lengths, [501; 3]);
}

#[test]
fn old_records_go_and_a_log_that_is_too_large_is_cut_without_waiting() {
    let directory = tempfile::tempdir().expect("a directory");
    let limits = AuditLimits { days: 30, bytes: 20_000 };
    let (mut database, _) = Database::open(directory.path(), limits, "b", "lab1").expect("a database");
    let of_age = |days: i64| Attempt {
        time: Timestamp::now() - jiff::SignedDuration::from_hours(24 * days),
        ..attempt("root", Verb::Lock, "09:00:00")
    };
    let done = [outcome(Verb::Lock, 3, "alice")];
    for days in [31, 29, 0] {
        database.record(of_age(days), &done).expect("written");
    }
    assert_eq!(all(&mut database).len(), 3);
    database.tidy().expect("tidy");
    assert_eq!(all(&mut database).len(), 2, "one is too old");
    // After so many records the limits are applied at once.
    for _ in 0..998 {
        database.record(of_age(0), &done).expect("written");
    }
    let count = |database: &Database| -> u32 {
        database.connection.query_row("SELECT count(*) FROM audit", [], |row| row.get(0)).expect("a number")
    };
    assert_eq!(count(&database), 1000);
    for _ in 0..2 {
        let _ = begun(&mut database, of_age(0));
    }
    assert!((20..200).contains(&count(&database)), "{} records in 20,000 bytes", count(&database));
}

#[test]
fn the_log_has_a_part_for_each_that_no_name_moves() {
    let actor = |who: Who, role: Role| Actor {
        who,
        name: "somebody".to_owned(),
        role,
        from: String::new(),
        own_sessions: Vec::new(),
    };
    let secret = || Pin::of(b"secret");
    let identity = |name: &str| Who::Identity { name: name.parse().expect("a name"), key: secret() };
    let at_the_page = |person: WebPerson| Who::Web { person, secret: secret() };
    for (who, role, privileged, owner) in [
        (Who::User(1000), Role::User, false, "uid 1000"),
        (Who::User(7), Role::Operator, true, "uid 7"),
        (Who::User(0), Role::Administrator, true, "uid 0"),
        (identity("olga@laptop"), Role::Operator, true, "identity olga@laptop"),
        (at_the_page(WebPerson::User(1000)), Role::User, false, "uid 1000"),
        (Who::Gateway, Role::User, false, "usher-gateway"),
    ] {
        assert_eq!(Share::of(&actor(who, role)), Share { privileged, owner: owner.to_owned() });
    }
    assert_eq!(Share::of_host(), Share { privileged: true, owner: "usherd".to_owned() });
    assert_eq!(Share::of_sessions(9), Share { privileged: false, owner: "sessions of uid 9".to_owned() });
}
