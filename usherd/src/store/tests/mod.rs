//! The store against real databases on the disk.

use jiff::Timestamp;
use usher_core::session::{SessionKey, Terms};

use super::Urgency;
use super::database::Database;
use super::limits::AuditLimits;
use super::load::Loaded;
use crate::session::Change;

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
