//! When a station is drawn for: after what could change its picture, and not after a key alone.

use usher_core::wire::holder::Notice;

use super::*;

/// A station's frame arrives, and nothing else is done.
fn hears(held: &mut Held) {
    (0..held.holder.stations.len()).for_each(|index| held.holder.receive_from_station(index));
}

fn is_due(held: &Held) -> bool {
    held.holder.dirty || held.holder.wants_drawing()
}

/// Two stations that show the session; the first one has a line of its own.
fn alice_with_a_line_and_bob() -> (Held, Sitter, Sitter) {
    let mut held = Held::new();
    let (mut alice, mut bob) = (held.attach(), held.attach());
    alice.confirms(&mut held);
    bob.confirms(&mut held);
    alice.send(&[(Tag::Hint, b"keys")]);
    held.turn();
    assert!(alice.confirms(&mut held).contains("this station"));
    (held, alice, bob)
}

#[test]
fn a_key_alone_draws_nothing_and_its_echo_once() {
    let mut held = Held::new();
    let mut alice = held.attach();
    alice.confirms(&mut held);
    alice.types(b"x");
    hears(&mut held);
    assert!(!is_due(&held), "the program has not answered");
    assert_eq!(held.typed(), b"x");
    held.holder.show(b"x");
    held.turn();
    let (drawn, end) = alice.drawn();
    assert!(drawn.contains('x'), "{drawn}");
    alice.send(&[(Tag::Shown, &end.expect("a frame").0)]);
    hears(&mut held);
    assert!(!is_due(&held), "all of it is shown");
}

#[test]
fn a_draw_that_was_put_off_is_made_when_the_station_has_shown_the_one_before() {
    let mut held = Held::new();
    let mut alice = held.attach();
    for text in ["one", " two", " three"] {
        held.holder.show(text.as_bytes());
        held.turn();
    }
    let (drawn, end) = alice.drawn();
    assert!(!drawn.contains("one"), "the empty screen is on its way: {drawn}");
    assert_ne!(held.holder.next_deadline(), Some(Duration::ZERO), "the holder waits for it");
    alice.send(&[(Tag::Shown, &end.expect("a frame").0)]);
    held.turn();
    assert!(alice.confirms(&mut held).contains("one two three"));
}

#[test]
fn an_echo_needs_no_answer_of_its_own_and_a_station_that_gives_none_gets_one_more() {
    let mut held = Held::new();
    let mut alice = held.attach();
    alice.confirms(&mut held);
    let mut ends = Vec::new();
    for text in ["one", " two", " three"] {
        held.holder.show(text.as_bytes());
        held.turn();
        let (drawn, end) = alice.drawn();
        ends.extend(end.map(|end| (drawn.trim_start() == text.trim_start(), end.1)));
    }
    assert_eq!(ends, [(true, LATER), (true, 0)]);
    held.cover(1, "stop");
    assert_eq!(held.covered(1), None, "what the station may not show yet is no lock");
    assert!(alice.drawn().1.is_none(), "and it gets no more either");
}

#[test]
fn the_last_answer_stands_for_those_before_it() {
    let mut held = Held::new();
    let mut alice = held.attach();
    alice.confirms(&mut held);
    for _ in 0..3 {
        held.holder.show(b"x");
        held.turn();
        let (_, end) = alice.drawn();
        let (number, flags) = end.expect("a frame");
        assert_eq!(flags, LATER);
        alice.send(&[(Tag::Shown, &number), (Tag::Input, b"x")]);
        held.turn();
    }
    assert_eq!(held.typed(), b"xxx");
}

#[test]
fn one_slow_station_keeps_its_frame_while_others_are_drawn_for() {
    let mut held = Held::new();
    let (mut alice, mut bob) = (held.attach(), held.attach());
    bob.confirms(&mut held);
    held.holder.show(b"news");
    held.turn();
    assert!(bob.confirms(&mut held).contains("news"));
    assert!(alice.confirms(&mut held).contains("news"), "nothing was lost for her meanwhile");
}

#[test]
fn a_new_size_and_a_clear_terminal_are_drawn_for_also_where_the_program_is_silent() {
    let mut held = Held::new();
    held.holder.show(b"here");
    let mut alice = held.attach();
    alice.send(&[(Tag::Resize, &[4, 0, 20, 0])]);
    held.turn();
    assert!(alice.confirms(&mut held).matches("here").count() >= 2, "the frame under way, and one of the new size");
    alice.send(&[(Tag::Redraw, &[])]);
    held.turn();
    assert!(alice.confirms(&mut held).contains("here"));
}

#[test]
fn who_comes_while_the_program_is_silent_sees_all_and_the_others_nothing_new() {
    let mut held = Held::new();
    let mut alice = held.attach();
    held.holder.show(b"here");
    held.turn();
    alice.confirms(&mut held);
    let mut bob = held.attach();
    assert!(bob.confirms(&mut held).contains("here"));
    assert_eq!(alice.confirms(&mut held), "");
}

#[test]
fn a_key_that_ends_a_line_of_the_stations_own_is_drawn_for() {
    let (mut held, mut alice, _bob) = alice_with_a_line_and_bob();
    held.holder.show(b"\x1b[6;1Hunder");
    held.turn();
    assert!(!alice.confirms(&mut held).contains("under"), "the line stands over it");
    alice.types(b"x");
    held.turn();
    assert!(alice.confirms(&mut held).contains("under"));
}

#[test]
fn a_line_that_says_who_sets_the_size_follows_who_types_and_who_leaves() {
    let (mut held, mut alice, mut bob) = alice_with_a_line_and_bob();
    bob.types(b"x");
    held.turn();
    assert!(!alice.confirms(&mut held).is_empty(), "bob sets the size now");
    bob.types(b"y");
    hears(&mut held);
    assert!(!is_due(&held), "as before");
    drop(bob);
    held.turn();
    assert!(!alice.confirms(&mut held).is_empty(), "nobody else is there");
}

#[test]
fn what_was_copied_is_typed_and_the_looking_back_is_over_also_without_an_answer() {
    let mut held = Held::new();
    let mut alice = held.attach();
    (0..20).for_each(|line| held.holder.show(format!("line {line}\r\n").as_bytes()));
    held.turn();
    alice.confirms(&mut held);
    alice.send(&[(Tag::Scroll, &1i16.to_le_bytes())]);
    held.turn();
    assert!(!alice.confirms(&mut held).is_empty());
    alice.send(&[(Tag::LookBack, b"]")]);
    held.turn();
    assert!(alice.confirms(&mut held).contains("line 19"));
}

#[test]
fn a_lock_that_comes_while_a_frame_is_under_way_is_drawn_after_it() {
    let mut held = Held::new();
    let mut alice = held.attach();
    held.cover(1, "stop");
    assert_eq!(held.covered(1), None, "the screen of before is on its way");
    assert!(alice.confirms(&mut held).contains("stop"));
    assert_eq!(held.covered(1), Some((Vec::new(), false)));
    alice.types(b"x");
    held.turn();
    assert_eq!((held.typed(), is_due(&held)), (Vec::new(), false));
}

#[test]
fn a_countdown_is_due_a_tick_after_the_last_one_and_not_at_once() {
    let mut held = Held::new();
    let mut alice = held.attach();
    let notice = Notice { at: clock::now() + SignedDuration::from_hours(1), by: "olga".into(), message: None };
    held.order(&ToHolder::Announce(notice));
    alice.confirms(&mut held);
    let mut due = held.holder.tick_due().expect("it goes on");
    for _ in 0..4 {
        // The holder's poll ends when the tick is due.
        held.holder.settle_at(clock::now(), due);
        let next = held.holder.tick_due().expect("it goes on");
        assert_eq!(next.checked_duration_since(due), Some(Duration::from_millis(250)), "the holder waits");
        due = next;
    }
    held.order(&ToHolder::Withdraw);
    assert_eq!(held.holder.tick_due(), None);
}
