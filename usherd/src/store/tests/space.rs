//! The space that is kept back, and what the database tells of itself.

use std::cell::Cell;
use std::path::Path;

use rusqlite::ErrorCode;
use usher_core::status::HostTrouble;

use super::super::fault::Fault;
use super::super::look::trouble_of;
use super::super::reserve::Reserve;
use super::super::schema;
use super::*;

#[test]
fn the_space_is_real_and_given_up_once() {
    let directory = tempfile::tempdir().expect("a directory");
    let reserve = Reserve::in_directory(directory.path());
    assert_eq!(reserve.directory(), directory.path());
    assert!(!reserve.is_held() && !reserve.release_space());
    assert!(reserve.take_space() && reserve.is_held() && reserve.take_space());
    let size = directory.path().join("reserve").metadata().expect("a file").len();
    assert_eq!(size, 1 << 20);
    assert!(reserve.release_space() && !reserve.is_held() && !reserve.release_space());
    // A part of it is none of it.
    std::fs::write(directory.path().join("reserve"), "little").expect("written");
    assert!(!reserve.is_held() && reserve.take_space() && reserve.is_held());
    assert!(!reserve.is_on_read_only_disk());
    assert!(!Reserve::in_directory(&directory.path().join("nowhere")).take_space());
}

#[test]
fn the_database_tells_its_size_its_version_and_its_trouble() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut database, _) = opened(directory.path(), "b");
    let look = database.look();
    let files = ["usher.db", "usher.db-wal", "usher.db-shm"];
    let bytes: u64 = files.iter().map(|name| directory.path().join(name).metadata().map_or(0, |meta| meta.len())).sum();
    assert_eq!((look.status.bytes, look.status.schema, look.trouble), (bytes, schema::VERSION, None));
    assert!(bytes > 10_000);
    database.reserve.release_space();
    assert_eq!(database.look().trouble, Some(HostTrouble::StoreFull));
    database.tidy().expect("tidy");
    assert_eq!(database.look().trouble, None, "it is taken back");
    database.last_trouble = Some(HostTrouble::StoreFailing);
    assert_eq!(database.look().trouble, Some(HostTrouble::StoreFailing));
    commit(&mut database, &[Change::RuleRemoved("all".parse().expect("a rule"))]);
    assert_eq!(database.look().trouble, None, "a write that succeeds takes it back");
    std::fs::remove_file(directory.path().join("usher.db")).expect("removed");
    assert_eq!(database.look().trouble, Some(HostTrouble::StoreReadOnly), "it cannot be written");
}

/// Where the space was kept back is something else, so that it can be neither taken nor given up.
fn without_reserve(directory: &Path) {
    let _ = std::fs::remove_file(directory.join("reserve"));
    std::fs::create_dir(directory.join("reserve")).expect("a directory");
}

/// Writes where SQLite says this as often as `times`; how it ended, and how often it was tried.
fn met(database: &mut Database, urgency: Urgency, code: ErrorCode, times: u32) -> (Result<(), Fault>, u32) {
    let number = match code {
        ErrorCode::DiskFull => rusqlite::ffi::SQLITE_FULL,
        _ => rusqlite::ffi::SQLITE_IOERR,
    };
    let tried = Cell::new(0);
    let ended = database.try_write(urgency, |_| {
        tried.set(tried.get() + 1);
        let fault = || rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(number), None);
        if tried.get() > times { Ok(()) } else { Err(fault()) }
    });
    (ended, tried.get())
}

#[test]
fn what_frees_somebody_is_written_into_the_space_kept_back() {
    for code in [ErrorCode::DiskFull, ErrorCode::SystemIoFailure] {
        let directory = tempfile::tempdir().expect("a directory");
        let (mut database, _) = opened(directory.path(), "b");
        let (ended, tried) = met(&mut database, Urgency::Freeing, code, 1);
        assert!(ended.is_ok() && tried == 2, "{ended:?}");
        assert!(!database.reserve.is_held(), "the space was given up");
    }
}

#[test]
fn what_binds_somebody_leaves_the_space_to_those_who_free() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut database, _) = opened(directory.path(), "b");
    let (ended, tried) = met(&mut database, Urgency::Binding, ErrorCode::DiskFull, 1);
    assert!(matches!(ended, Err(Fault::Full(_))) && tried == 1, "{ended:?}");
    assert!(database.reserve.is_held());
    without_reserve(directory.path());
    let (ended, tried) = met(&mut database, Urgency::Binding, ErrorCode::DiskFull, 0);
    assert!(matches!(ended, Err(Fault::Full(_))) && tried == 0, "{ended:?}");
    let (ended, tried) = met(&mut database, Urgency::Freeing, ErrorCode::DiskFull, 0);
    assert!(ended.is_ok() && tried == 1, "{ended:?}");
}

#[test]
fn where_also_what_frees_somebody_cannot_be_written_the_disk_fails() {
    for code in [ErrorCode::DiskFull, ErrorCode::SystemIoFailure] {
        let directory = tempfile::tempdir().expect("a directory");
        let (mut database, _) = opened(directory.path(), "b");
        let (ended, tried) = met(&mut database, Urgency::Freeing, code, 2);
        assert!(matches!(ended, Err(Fault::Failing(_))) && tried == 2, "{ended:?}");
        without_reserve(directory.path());
        let (ended, tried) = met(&mut database, Urgency::Freeing, code, 2);
        assert!(matches!(ended, Err(Fault::Failing(_))) && tried == 1, "{ended:?}");
    }
}

#[test]
fn the_database_stays_small_beside_others() {
    let directory = tempfile::tempdir().expect("a directory");
    let (database, _) = opened(directory.path(), "b");
    let setting =
        |name: &str| database.connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).expect("a setting");
    // Bytes of the log that stay after a long one; a negative cache is in KiB.
    assert_eq!((setting("journal_size_limit"), setting("cache_size")), (1 << 20, -1024));
}

#[test]
fn each_fault_is_told_as_what_it_is() {
    let why = || "why".to_owned();
    for (fault, trouble, says) in [
        (Fault::Full(why()), HostTrouble::StoreFull, "unlock and close still work"),
        (Fault::ReadOnly(why()), HostTrouble::StoreReadOnly, "make it writable"),
        (Fault::Failing(why()), HostTrouble::StoreFailing, "usherd --release-all"),
        (Fault::Corrupt(why()), HostTrouble::StoreFailing, "sets the file aside"),
        (Fault::Newer(9), HostTrouble::StoreFailing, "upgrade usherd"),
    ] {
        assert_eq!(trouble_of(&fault), trouble);
        let error = usher_core::outcome::Error::from(fault);
        assert!(error.hint.as_deref().is_some_and(|hint| hint.contains(says)), "{error:?}");
    }
    assert_eq!(trouble_of(&Fault::Other(why())), HostTrouble::StoreFailing);
    let unrecorded = Fault::Full(why()).unrecorded();
    assert!(unrecorded.message.ends_with(": why") && unrecorded.hint.is_some(), "{unrecorded:?}");
}
