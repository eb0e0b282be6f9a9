//! A warden gives back what it was ordered to and nothing else, and ends where nobody needs it.

use super::*;
use crate::record::SeatRecord;

/// A warden that nobody has ordered anything, on whose record another one has written.
fn unordered(directory: &Path) -> SeatWarden {
    let record = directory.join("seat0.taken");
    SeatRecord::default().write(&record).unwrap();
    let duty = SeatDuty {
        seat: "seat0".to_owned(),
        host: "lab1".to_owned(),
        language: "en".to_owned(),
        record: record.to_string_lossy().into_owned(),
    };
    let mut warden = SeatWarden::new(duty, UnixListener::bind(directory.join("seat0")).unwrap());
    warden.looked = long_ago();
    warden
}

/// It is time to look at the seat again.
fn long_ago() -> Instant {
    Instant::now().checked_sub(2 * LOOK).unwrap()
}

#[test]
fn a_warden_gives_back_only_what_it_was_ordered_to() {
    let directory = tempfile::tempdir().unwrap();
    let mut warden = unordered(directory.path());
    let record = directory.path().join("seat0.taken");
    warden.look();
    assert!(record.exists(), "it is another one's");
    warden.order(0, 1, Vec::new());
    assert!(!record.exists() && !warden.gives_back);
}

#[test]
fn what_could_not_be_given_back_is_given_back_later() {
    let directory = tempfile::tempdir().unwrap();
    let mut warden = unordered(directory.path());
    let record = directory.path().join("seat0.taken");
    std::fs::remove_file(&record).unwrap();
    std::fs::create_dir(&record).unwrap();
    warden.order(0, 1, Vec::new());
    assert!(warden.gives_back && warden.trouble.is_some() && warden.is_needed());
    std::fs::remove_dir(&record).unwrap();
    warden.looked = long_ago();
    warden.look();
    assert!(!warden.gives_back && warden.trouble.is_none() && !warden.is_needed());
}

#[test]
fn a_warden_without_daemon_and_order_is_not_needed() {
    let directory = tempfile::tempdir().unwrap();
    let mut warden = unordered(directory.path());
    assert!(!warden.is_needed());
    warden.released = Some(("uid 0".to_owned(), clock::now()));
    assert!(warden.is_needed(), "the next daemon is to hear of it");
    warden.released = None;
    let (ours, _theirs) = UnixStream::pair().unwrap();
    warden.welcome(Conn::without_descriptors(ours).unwrap());
    assert!(warden.is_needed(), "an order may come");
    warden.retires = true;
    assert!(!warden.is_needed());
}
