//! The space that is kept back, and what the database tells of itself.

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
