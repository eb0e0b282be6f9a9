//! What is due by time alone, and when.

use super::*;

const REPORT: Duration = Duration::from_millis(500);
const TICK: Duration = Duration::from_millis(250);

/// The titles that were reported since the last time.
fn titles(held: &mut Held) -> Vec<Option<String>> {
    let said = held.said().into_iter();
    said.filter_map(|said| if let FromHolder::Status(status) = said { Some(status.title) } else { None }).collect()
}

#[test]
fn nothing_is_due_where_nothing_happens() {
    let mut held = Held::new();
    held.turn();
    assert_eq!(held.holder.next_deadline(), None);
    held.cover(1, "stop");
    assert_eq!(held.holder.next_deadline(), None, "nobody sees how a lock's time passes");
}

#[test]
fn titles_are_told_now_and_then_and_locks_at_once() {
    let mut held = Held::new();
    let begun = Instant::now();
    let title_at = |held: &mut Held, title: &str, passed: Duration| {
        held.holder.show(format!("\x1b]2;{title}\x07").as_bytes());
        held.holder.settle_at(clock::now(), begun + passed);
        titles(held)
    };
    let told = |title: &str| vec![Some(title.to_owned())];
    assert_eq!(title_at(&mut held, "one", Duration::ZERO), told("one"), "the first one");
    assert_eq!(title_at(&mut held, "two", REPORT / 4), []);
    assert_eq!(title_at(&mut held, "three", REPORT / 2), []);
    assert!(held.holder.next_deadline().is_some_and(|due| due <= REPORT), "it is told by itself");
    assert_eq!(title_at(&mut held, "four", REPORT), told("four"));
    held.holder.set_covers(vec![cover("stop")]);
    assert_eq!(title_at(&mut held, "five", REPORT + REPORT / 4), told("five"), "a lock takes along what is known");
}

#[test]
fn an_update_that_the_program_does_not_end_is_shown_in_the_end() {
    let mut held = Held::new();
    let mut sitter = held.attach();
    sitter.confirms(&mut held);
    held.holder.show(b"\x1b[?2026hhalf of it");
    let due = held.holder.emulator.deadline().expect("it is shown by itself");
    held.holder.settle_at(clock::now(), due - Duration::from_millis(1));
    assert!(!sitter.drawn().0.contains("half of it"), "it is not whole yet");
    held.holder.settle_at(clock::now(), due);
    assert!(sitter.drawn().0.contains("half of it"));
}

#[test]
fn a_countdown_goes_on_where_somebody_sees_it() {
    let mut held = Held::new();
    let until = clock::now() + SignedDuration::from_hours(1);
    held.order(&ToHolder::Cover { seq: 1, covers: vec![cover_until("stop", Some(until))] });
    let due = held.holder.next_deadline().expect("the lock ends");
    assert!(due > TICK, "nobody looks: {due:?}");
    let mut sitter = held.attach();
    sitter.confirms(&mut held);
    let due = held.holder.next_deadline().expect("the countdown goes on");
    assert!(due <= TICK, "{due:?}");
    held.turn_after(Duration::from_secs(10));
    let (drawn, end) = sitter.drawn();
    assert!(!drawn.is_empty() && end.is_some(), "ten seconds less are left");
}

#[test]
fn when_a_station_leaves_the_others_set_the_size() {
    let mut held = Held::new();
    let mut stays = held.attach();
    let mut leaves = held.attach();
    let small = Size { rows: 4, cols: 20 };
    leaves.send(&[(Tag::Resize, &[4, 0, 20, 0])]);
    held.turn();
    for sitter in [&mut stays, &mut leaves] {
        sitter.confirms(&mut held);
    }
    leaves.types(b"x");
    held.turn();
    assert_eq!(held.holder.emulator.size(), small);
    drop(leaves);
    held.turn();
    held.turn();
    assert_eq!((held.holder.stations.len(), held.holder.emulator.size()), (1, SIZE));
}

#[test]
fn orders_that_waited_for_a_lock_are_carried_out_when_it_was_seen() {
    let mut held = Held::new();
    let mut sitter = held.attach();
    sitter.confirms(&mut held);
    held.cover(1, "stop");
    held.uncover(2);
    held.cover(3, "again");
    assert!(held.holder.cover().is_some_and(|cover| cover.terms.message.as_str() == "stop"), "it is not seen yet");
    sitter.confirms(&mut held);
    assert!(held.holder.cover().is_some_and(|cover| cover.terms.message.as_str() == "again"));
    assert!(held.holder.postponed.is_empty() && held.holder.awaited.is_empty());
}
