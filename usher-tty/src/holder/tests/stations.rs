//! Stations: leaving, sizes, scrolling, thumbnails.

use super::*;

#[test]
fn stations_that_are_disconnected_hear_by_whom_and_are_waited_for() {
    let mut held = Held::new();
    let (mut alice, mut bob) = (held.attach(), held.attach());
    alice.confirms(&mut held);
    bob.confirms(&mut held);
    held.order(&ToHolder::Disconnect { seq: 1, by: "olga".into() });
    assert!(alice.drawn().0.contains("olga"));
    alice.types(b"too late");
    held.turn();
    assert_eq!(held.typed(), b"", "who was told to leave types no more");
    let answered = |held: &mut Held| held.said().iter().any(|said| matches!(said, FromHolder::Disconnected { seq: 1 }));
    drop(alice);
    held.turn();
    assert!(!answered(&mut held), "bob is still there");
    assert!(held.holder.status().stations.is_empty(), "who leaves is listed no more");
    held.turn_after(LEAVE);
    assert!(answered(&mut held), "who does not leave is dropped");
    drop(bob);
}

#[test]
fn the_station_typed_at_last_sets_the_size_and_a_lock_keeps_it() {
    let mut held = Held::new();
    let (mut alice, mut bob) = (held.attach(), held.attach());
    alice.confirms(&mut held);
    bob.confirms(&mut held);
    let wide = [10, 0, 100, 0];
    bob.send(&[(Tag::Resize, &wide)]);
    held.turn();
    assert_eq!(held.holder.emulator.size(), SIZE, "alice sat down first");
    bob.types(b"x");
    held.turn();
    assert_eq!(held.holder.emulator.size(), Size { rows: 10, cols: 100 });
    held.cover(1, "stop");
    alice.confirms(&mut held);
    bob.confirms(&mut held);
    bob.send(&[(Tag::Resize, &[12, 0, 90, 0])]);
    held.turn();
    assert_eq!(held.holder.emulator.size(), Size { rows: 10, cols: 100 });
    alice.confirms(&mut held);
    bob.confirms(&mut held);
    held.uncover(2);
    assert_eq!(held.holder.emulator.size(), Size { rows: 12, cols: 90 });
}

#[test]
fn a_stations_own_line_stands_until_its_next_key_and_never_on_a_lock() {
    let mut held = Held::new();
    let (mut alice, mut bob) = (held.attach(), held.attach());
    alice.confirms(&mut held);
    bob.confirms(&mut held);
    alice.send(&[(Tag::Hint, b"\x1b[31mthe keys")]);
    held.turn();
    let shown = alice.confirms(&mut held);
    assert!(shown.contains("[31mthe keys") && !shown.contains("\x1b[31m"), "no control sequence of its own: {shown:?}");
    assert_eq!(bob.confirms(&mut held), "", "the others see nothing of it");
    held.cover(1, "stop");
    alice.confirms(&mut held);
    bob.confirms(&mut held);
    alice.send(&[(Tag::Hint, b"the keys"), (Tag::Redraw, &[])]);
    held.turn();
    assert!(!alice.confirms(&mut held).contains("keys"));
    held.uncover(2);
    alice.confirms(&mut held);
    alice.types(b"x");
    held.turn();
    alice.confirms(&mut held);
    assert_eq!(held.holder.stations[0].hint, None);
}

#[test]
fn a_lock_covers_a_station_that_looks_back() {
    let mut held = Held::new();
    let mut alice = held.attach();
    (0..20).for_each(|line| held.holder.show(format!("private {line}\r\n").as_bytes()));
    alice.confirms(&mut held);
    alice.send(&[(Tag::Scroll, &2i16.to_le_bytes())]);
    held.turn();
    alice.confirms(&mut held);
    held.cover(1, "stop");
    let shown = alice.confirms(&mut held);
    assert!(shown.contains("stop") && !shown.contains("private"), "{shown}");
    alice.send(&[(Tag::Scroll, &1i16.to_le_bytes()), (Tag::Redraw, &[])]);
    held.turn();
    let shown = alice.confirms(&mut held);
    assert!(shown.contains("stop") && !shown.contains("private"), "{shown}");
    held.uncover(2);
    let shown = alice.confirms(&mut held);
    assert!(!shown.contains("lines back"), "what was asked for under the lock is not done after it: {shown}");
    assert!(held.holder.stations[0].look.is_none());
}

#[test]
fn no_more_stations_are_seated_than_there_are_places() {
    let mut held = Held::new();
    let seated: Vec<Sitter> = (0..MAX_STATIONS).map(|_| held.attach()).collect();
    let mut crowded = held.attach();
    assert!(crowded.drawn().0.contains("Leave"));
    assert_eq!(held.holder.stations.len(), seated.len());
}

#[test]
fn a_program_rings_at_an_unlocked_station_alone() {
    let mut held = Held::new();
    let mut alice = held.attach();
    alice.confirms(&mut held);
    held.holder.show(b"\x07");
    held.turn();
    assert!(alice.confirms(&mut held).contains('\x07'));
    held.cover(1, "stop");
    alice.confirms(&mut held);
    held.holder.show(b"\x07");
    held.turn();
    assert!(!alice.confirms(&mut held).contains('\x07'));
}

#[test]
fn a_thumbnail_shows_the_lock_and_goes_into_files_alone() {
    let mut held = Held::new();
    held.holder.show(b"private");
    held.cover(1, "stop");
    let mut file = tempfile::tempfile().unwrap();
    held.order_with(&ToHolder::Still { seq: 2, watch: false }, &file);
    file.rewind().unwrap();
    let cells: TerminalCells = serde_json::from_reader(&file).unwrap();
    let text: String = cells.runs.iter().map(|run| run.text.as_str()).collect();
    assert!(text.contains("stop") && !text.contains("private"), "{text}");
    let (_reader, writer) = io::pipe().unwrap();
    held.order_with(&ToHolder::Still { seq: 3, watch: false }, writer);
    held.order(&ToHolder::Still { seq: 4, watch: true });
    let errors: Vec<(u64, bool)> = held
        .said()
        .into_iter()
        .filter_map(
            |said| if let FromHolder::Written { seq, error } = said { Some((seq, error.is_some())) } else { None },
        )
        .collect();
    assert_eq!(errors, [(2, false), (3, true), (4, true)]);
}

#[test]
fn a_screen_that_was_written_is_told_of_once_when_it_changes() {
    let mut held = Held::new();
    let changes = |held: &mut Held| held.said().iter().filter(|said| matches!(said, FromHolder::ScreenChanged)).count();
    let file = tempfile::tempfile().unwrap();
    held.turn();
    held.order_with(&ToHolder::Still { seq: 1, watch: false }, &file);
    held.holder.show(b"a");
    held.turn();
    assert_eq!(changes(&mut held), 0, "nobody asked");
    held.order_with(&ToHolder::Still { seq: 2, watch: true }, &file);
    held.turn();
    assert_eq!(changes(&mut held), 0, "nothing changed");
    held.holder.show(b"b");
    held.turn();
    held.holder.show(b"c");
    held.turn();
    assert_eq!(changes(&mut held), 1);
    held.order_with(&ToHolder::Still { seq: 3, watch: true }, &file);
    held.cover(4, "stop");
    held.turn();
    assert_eq!(changes(&mut held), 1, "a lock is another screen");
}

#[test]
fn whoever_looks_is_told_to_the_user_until_it_is_over() {
    let mut held = Held::new();
    let shows = |held: &Held| held.holder.screen_text().contains("olga is looking at this screen");
    held.order(&ToHolder::Looked { by: Some("olga".to_owned()) });
    assert!(shows(&held));
    let at = clock::now() + SignedDuration::from_secs(90);
    held.order(&ToHolder::Announce(Notice { at, by: "root".to_owned(), message: None }));
    assert!(!shows(&held), "the end of the session is the greater news");
    held.order(&ToHolder::Withdraw);
    assert!(shows(&held));
    held.order(&ToHolder::Looked { by: None });
    assert!(!shows(&held));
    held.order(&ToHolder::Looked { by: Some("olga".to_owned()) });
    held.holder.daemons.clear();
    held.holder.settle();
    assert!(!shows(&held), "nobody is left who would say that it is over");
}

#[test]
fn a_program_that_asks_without_end_and_reads_nothing_gets_no_endless_answers() {
    let mut held = Held::new();
    (0..200_000).for_each(|_| held.holder.show(b"\x1b[c"));
    let answer = b"\x1b[?6c".len();
    assert!(held.holder.pty.has_pending());
    assert!(!held.holder.pty.has_room_for_answers() && held.holder.pty.has_room(), "keys still find room");
    assert!(held.typed().len() < 200_000 * answer);
}
