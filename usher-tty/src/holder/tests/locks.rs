//! Locks: keys, epochs, answers, and ends.

use super::*;

#[test]
fn keys_count_only_after_the_unlock_was_seen() {
    let mut held = Held::new();
    let mut alice = held.attach();
    alice.confirms(&mut held);
    alice.types(b"before ");
    held.turn();
    held.cover(1, "stop");
    assert!(alice.confirms(&mut held).contains("stop"));
    alice.types(b"under the lock ");
    held.turn();
    held.uncover(2);
    alice.types(b"not seen yet ");
    held.turn();
    let (_, end) = alice.drawn();
    let (number, flags) = end.expect("the unlocked screen");
    assert_eq!(flags, FLUSH, "the station forgets what was typed, too");
    assert_eq!(held.covered(2), None, "not seen, not answered");
    alice.send(&[(Tag::Input, b"still not "), (Tag::Shown, &number), (Tag::Input, b"after")]);
    held.turn();
    assert_eq!(held.typed(), b"before after");
    assert_eq!(held.covered(2), Some((vec![], false)));
}

#[test]
fn keys_that_waited_while_the_lock_stood_are_dropped_at_the_unlock() {
    let mut held = Held::new();
    let mut alice = held.attach();
    alice.confirms(&mut held);
    held.cover(1, "stop");
    alice.confirms(&mut held);
    // The holder does not look before the unlock arrives.
    alice.types(b"late");
    held.uncover(2);
    alice.confirms(&mut held);
    assert_eq!(held.typed(), b"");
}

#[test]
fn another_confirmation_than_that_of_the_frame_under_way_counts_for_nothing() {
    let mut held = Held::new();
    held.cover(1, "stop");
    let mut alice = held.attach();
    held.uncover(2);
    for number in [0, 2, 3, u64::MAX] {
        alice.send(&[(Tag::Shown, &number.to_le_bytes()), (Tag::Input, b"late")]);
    }
    held.turn();
    assert_eq!(held.typed(), b"");
}

#[test]
fn a_lock_is_answered_when_every_station_shows_it() {
    let mut held = Held::new();
    held.cover(1, "nobody looks");
    assert_eq!(held.covered(1), Some((vec![], false)), "with no station at once");
    held.uncover(2);
    let (mut alice, mut bob) = (held.attach(), held.attach());
    alice.confirms(&mut held);
    bob.confirms(&mut held);
    held.said();
    held.cover(3, "stop");
    alice.confirms(&mut held);
    assert_eq!(held.covered(3), None);
    assert!(bob.confirms(&mut held).contains("stop"));
    assert_eq!(held.covered(3), Some((vec![], false)));
}

#[test]
fn a_station_that_never_confirms_a_lock_is_dropped_and_named() {
    let mut held = Held::new();
    let (mut alice, _bob) = (held.attach(), held.attach());
    alice.confirms(&mut held);
    held.cover(1, "stop");
    alice.confirms(&mut held);
    held.turn_after(CONFIRM / 2);
    assert_eq!(held.covered(1), None);
    held.turn_after(CONFIRM);
    assert_eq!(held.covered(1), Some((vec![2], false)));
    assert_eq!(held.holder.stations.len(), 1);
}

#[test]
fn the_report_of_a_change_comes_before_its_answer() {
    let mut held = Held::new();
    held.cover(1, "stop");
    let said = held.said();
    let reported = said.iter().position(|said| matches!(said, FromHolder::Status(status) if !status.covers.is_empty()));
    let answered = said.iter().position(|said| matches!(said, FromHolder::Covered { .. }));
    assert!(reported.is_some() && reported < answered, "{said:?}");
}

#[test]
fn an_unlock_waits_until_the_lock_before_it_was_seen() {
    let mut held = Held::new();
    let mut alice = held.attach();
    alice.confirms(&mut held);
    held.cover(1, "stop");
    held.uncover(2);
    assert!(held.holder.locked(), "the lock that was asked for is shown first");
    assert!(alice.confirms(&mut held).contains("stop"));
    assert!(!held.holder.locked());
    let answers: Vec<u64> = held
        .said()
        .iter()
        .filter_map(|said| if let FromHolder::Covered { seq, .. } = said { Some(*seq) } else { None })
        .collect();
    assert_eq!(answers, [1, 2]);
}

#[test]
fn an_unlock_that_a_lock_overtakes_is_superseded() {
    let mut held = Held::new();
    let mut alice = held.attach();
    alice.confirms(&mut held);
    held.cover(1, "stop");
    alice.confirms(&mut held);
    held.uncover(2);
    held.cover(3, "stop again");
    let mut shown = String::new();
    while held.holder.awaits_cover() {
        shown += &alice.confirms(&mut held);
    }
    assert!(shown.contains("again"));
    let answers: Vec<(u64, bool)> = held
        .said()
        .into_iter()
        .filter_map(
            |said| if let FromHolder::Covered { seq, superseded, .. } = said { Some((seq, superseded)) } else { None },
        )
        .filter(|(seq, _)| *seq > 1)
        .collect();
    assert_eq!(answers, [(2, true), (3, false)]);
}

#[test]
fn each_change_of_what_covers_is_an_epoch_and_the_same_again_is_none() {
    let mut held = Held::new();
    let first = held.holder.epoch;
    let same = cover("stop");
    held.order(&ToHolder::Cover { seq: 1, covers: vec![same.clone()] });
    held.order(&ToHolder::Cover { seq: 2, covers: vec![same.clone()] });
    assert_eq!(held.holder.epoch, first + 1);
    held.order(&ToHolder::Cover { seq: 3, covers: vec![same, cover("behind it")] });
    assert_eq!(held.holder.epoch, first + 1, "what is shown did not change");
    held.cover(4, "another");
    assert_eq!((held.holder.epoch, held.holder.unlocked_in), (first + 2, first));
    held.uncover(5);
    assert_eq!((held.holder.epoch, held.holder.unlocked_in), (first + 3, first + 3));
}

#[test]
fn a_lock_ends_when_its_time_is_over() {
    let mut held = Held::new();
    let hour = SignedDuration::from_hours(1);
    let short = cover_until("for an hour", Some(clock::now() + hour));
    let long = cover_until("for two", Some(clock::now() + hour * 2));
    held.order(&ToHolder::Cover { seq: 1, covers: vec![short, long] });
    assert!(held.holder.next_deadline().is_some_and(|due| due <= Duration::from_secs(3601)));
    held.turn_after(Duration::from_secs(3602));
    assert_eq!(held.holder.cover().map(|cover| cover.terms.message.as_str()), Some("for two"));
    held.turn_after(Duration::from_secs(7202));
    assert!(!held.holder.locked());
}

#[test]
fn a_release_unlocks_without_waiting_and_is_remembered_until_the_next_cover() {
    let mut held = Held::new();
    let mut alice = held.attach();
    alice.confirms(&mut held);
    held.cover(1, "stop");
    held.order(&ToHolder::Release { seq: 2, by: "olga".into() });
    assert!(!held.holder.locked());
    assert_eq!(held.holder.status().released.map(|(by, _)| by).as_deref(), Some("olga"));
    alice.confirms(&mut held);
    held.cover(3, "stop");
    assert_eq!(held.holder.status().released, None);
}

#[test]
fn a_paste_that_a_lock_cuts_is_ended_for_the_program() {
    let mut held = Held::new();
    let mut alice = held.attach();
    alice.confirms(&mut held);
    alice.types(b"\x1b[200~half");
    held.turn();
    assert_eq!(held.typed(), b"\x1b[200~half");
    held.cover(1, "stop");
    assert_eq!(held.typed(), b"\x1b[201~");
}
