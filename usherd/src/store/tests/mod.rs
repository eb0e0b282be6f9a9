//! The store against real databases on the disk.

use jiff::Timestamp;
use usher_core::audit::AuditTarget;
use usher_core::outcome::{Outcome, OutcomeResult};
use usher_core::request::Verb;
use usher_core::session::{SessionKey, Terms};

use super::database::Database;
use super::limits::AuditLimits;
use super::load::Loaded;
use super::{Attempt, Share, Urgency};
use crate::session::Change;

mod handle;
mod kept;
mod log;
mod space;

fn at(text: &str) -> Timestamp {
    format!("2026-03-02T{text}Z").parse().expect("a time")
}

fn key(native_id: &str, leader_pid: u32) -> SessionKey {
    SessionKey {
        boot_id: "b".to_owned(),
        native_id: native_id.to_owned(),
        leader_pid,
        leader_start: 1 << 40 | u64::from(leader_pid),
    }
}

fn terms(message: &str) -> Terms {
    Terms {
        message: message.parse().expect("a message"),
        by: "olga".to_owned(),
        by_uid: 7,
        since: at("09:41:30.123456"),
        until: Some(at("10:00:00")),
        freeze: true,
    }
}

fn opened(directory: &std::path::Path, boot: &str) -> (Database, Loaded) {
    Database::open(directory, AuditLimits::default(), boot, "lab1").expect("a database")
}

fn commit(database: &mut Database, changes: &[Change]) {
    assert!(database.commit(changes, None, Urgency::Binding).expect("written").is_none());
}

fn attempt(actor: &str, action: Verb, time: &str) -> Attempt {
    Attempt {
        time: at(time),
        actor: actor.to_owned(),
        share: Share { privileged: true, owner: actor.to_owned() },
        from: "process 1".to_owned(),
        action,
        targets: vec![AuditTarget::Session(3)],
        left_out: 0,
        message: None,
    }
}

fn outcome(action: Verb, session: u32, user: &str) -> Outcome {
    Outcome::new("lab1", action, OutcomeResult::Done).of(Some(session), Some(user.to_owned()))
}
