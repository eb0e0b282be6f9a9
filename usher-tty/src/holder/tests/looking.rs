//! Looking back: which keys are whose, what is copied and where to, what a lock ends.

use super::*;

/// A session of twenty lines, and a station that has seen them.
fn twenty_lines() -> (Held, Sitter) {
    let mut held = Held::new();
    let mut alice = held.attach();
    (0..20).for_each(|line| held.holder.show(format!("line {line}\r\n").as_bytes()));
    alice.confirms(&mut held);
    (held, alice)
}

/// The whole picture of a station, its first row and its last.
fn rows(held: &Held) -> (String, String) {
    let station = &held.holder.stations[0];
    let look = station.look.as_ref().expect("it looks back");
    let frame = look.frame(&held.holder.emulator, station.size, false, Language::English);
    let row = |row| frame.row(row).iter().map(|cell| cell.c).collect::<String>().trim().to_owned();
    (row(0), row(SIZE.rows - 1))
}

fn look(held: &mut Held, alice: &mut Sitter, keys: &[u8]) {
    alice.send(&[(Tag::LookBack, keys)]);
    held.turn();
}

#[test]
fn a_station_scrolls_as_far_as_there_is_something_and_the_key_that_leaves_is_not_typed() {
    let (mut held, mut alice) = twenty_lines();
    let scroll = |held: &mut Held, alice: &mut Sitter, pages: i16| {
        alice.send(&[(Tag::Scroll, &pages.to_le_bytes())]);
        held.turn();
    };
    scroll(&mut held, &mut alice, -1);
    assert!(held.holder.stations[0].look.is_none(), "there is nothing further on");
    scroll(&mut held, &mut alice, 1);
    assert_eq!(rows(&held).0, "line 11");
    scroll(&mut held, &mut alice, i16::MAX);
    assert_eq!(rows(&held).0, "line 0");
    scroll(&mut held, &mut alice, -1);
    assert_eq!(rows(&held).0, "line 5");
    alice.types(b"q");
    held.turn();
    assert!(held.holder.stations[0].look.is_none());
    assert_eq!(held.typed(), b"");
    alice.types(b"q");
    held.turn();
    assert_eq!(held.typed(), b"q");
    scroll(&mut held, &mut alice, 1);
    scroll(&mut held, &mut alice, -1);
    assert!(held.holder.stations[0].look.is_none(), "at the end of the way nothing is looked back at");
}

#[test]
fn what_is_looked_at_stays_while_the_program_writes_on() {
    let (mut held, mut alice) = twenty_lines();
    alice.send(&[(Tag::Scroll, &1i16.to_le_bytes())]);
    held.turn();
    let before = rows(&held).0;
    (0..30).for_each(|line| held.holder.show(format!("more {line}\r\n").as_bytes()));
    assert_eq!(rows(&held).0, before);
}

#[test]
fn text_is_found_back_and_forward_in_either_case() {
    let (mut held, mut alice) = twenty_lines();
    look(&mut held, &mut alice, b"/");
    alice.types("LINE".as_bytes());
    alice.types(b"\r");
    held.turn();
    assert!(rows(&held).1.contains("not found"), "capitals mean capitals: {:?}", rows(&held));
    alice.types(b"/line 3\r");
    held.turn();
    assert_eq!(rows(&held).0, "line 3");
    alice.types(b"/line 1\rn");
    held.turn();
    assert!(rows(&held).1.contains("not found"), "line 1 is the first, and nothing is before it");
    alice.types(b"N");
    held.turn();
    alice.types(b"v$y");
    held.turn();
    assert_eq!(held.holder.copied.as_deref(), Some("line 10"));
    assert_eq!(held.typed(), b"");
}

#[test]
fn a_selection_is_copied_and_typed_as_a_paste_and_the_clipboard_is_set_where_that_is_allowed() {
    let (mut held, mut alice) = twenty_lines();
    held.holder.show(b"\x1b[?2004h");
    look(&mut held, &mut alice, b"");
    alice.types(b"kkV");
    alice.types(b"k\r");
    held.turn();
    let shown = alice.confirms(&mut held);
    assert!(shown.contains("copied") && !shown.contains("]52;"), "{shown:?}");
    assert_eq!(held.holder.copied.as_deref(), Some("line 17\nline 18"));
    look(&mut held, &mut alice, b"]");
    assert_eq!(held.typed(), b"\x1b[200~line 17\rline 18\x1b[201~");
    alice.tells(&StationTerminal { clipboard: true, ..StationTerminal::default() });
    look(&mut held, &mut alice, b"");
    alice.types(b"kV\r");
    held.turn();
    let shown = alice.confirms(&mut held);
    assert!(shown.contains("\x1b]52;c;bGluZSAxOQ==\x1b\\"), "{shown:?}");
}

#[test]
fn the_wheel_scrolls_where_the_program_has_no_use_for_it() {
    let (mut held, mut alice) = twenty_lines();
    alice.types(b"\x1b[<64;1;1M");
    held.turn();
    assert_eq!(held.typed(), b"\x1b[<64;1;1M", "a station that did not say so has no wheel");
    alice.tells(&StationTerminal { mouse: true, ..StationTerminal::default() });
    held.turn();
    assert!(alice.confirms(&mut held).contains("\x1b[?1000h"));
    for part in [&b"a\x1b[<64;"[..], b"1;1Mb\x1b[<0;1;1M"] {
        alice.types(part);
        held.turn();
    }
    assert_eq!(rows(&held).0, "line 13");
    assert_eq!(held.typed(), b"ab");
    alice.types(b"\x1b[<65;1;1M");
    held.turn();
    assert!(held.holder.stations[0].look.is_none());
    held.holder.show(b"\x1b[?1000h");
    alice.types(b"\x1b[<64;1;1M");
    held.turn();
    assert_eq!(held.typed(), b"\x1b[<64;1;1M", "it is the program's");
}

#[test]
fn a_lock_ends_it_and_nothing_of_it_is_done_under_a_lock_or_after_one() {
    let (mut held, mut alice) = twenty_lines();
    alice.tells(&StationTerminal { clipboard: true, ..StationTerminal::default() });
    look(&mut held, &mut alice, b"");
    alice.types(b"kV\r");
    held.turn();
    alice.confirms(&mut held);
    look(&mut held, &mut alice, b"");
    alice.confirms(&mut held);
    held.cover(1, "stop");
    assert!(held.holder.stations[0].look.is_none());
    held.holder.show(b"\x1b]52;c;aGk=\x07");
    alice.types(b"kV\r");
    look(&mut held, &mut alice, b"k");
    look(&mut held, &mut alice, b"]");
    let shown = alice.confirms(&mut held);
    assert!(!shown.contains("]52;") && !shown.contains("line"), "{shown:?}");
    held.uncover(2);
    look(&mut held, &mut alice, b"]");
    let shown = alice.confirms(&mut held);
    assert!(!shown.contains("]52;"), "{shown:?}");
    assert_eq!(held.typed(), b"", "what was asked for before the unlock was seen is not typed");
}

#[test]
fn a_program_sets_the_clipboard_of_the_station_typed_at_last_alone() {
    let mut held = Held::new();
    let (mut alice, mut bob) = (held.attach(), held.attach());
    for sitter in [&mut alice, &mut bob] {
        sitter.tells(&StationTerminal { clipboard: true, ..StationTerminal::default() });
        held.turn();
        sitter.confirms(&mut held);
    }
    bob.types(b"x");
    held.turn();
    held.holder.show("\x1b]52;c;YRtbMzFtYg==\x07".as_bytes());
    held.turn();
    assert!(!alice.confirms(&mut held).contains("]52;"));
    let shown = bob.confirms(&mut held);
    assert!(shown.contains("\x1b]52;c;YVszMW1i\x1b\\"), "without control characters: {shown:?}");
}

#[test]
fn a_stations_own_line_says_which_of_several_sets_the_size() {
    let mut held = Held::new();
    let mut alice = held.attach();
    alice.confirms(&mut held);
    alice.send(&[(Tag::Hint, b"keys")]);
    held.turn();
    assert!(!alice.confirms(&mut held).contains("size"));
    let mut bob = held.attach();
    bob.confirms(&mut held);
    for (sitter, said) in [(&mut alice, "this station sets the size, 40×6"), (&mut bob, "station 1 sets the size")] {
        sitter.send(&[(Tag::Hint, b"keys"), (Tag::Redraw, &[])]);
        held.turn();
        let shown = sitter.confirms(&mut held);
        assert!(shown.contains(said.split(' ').next().unwrap_or_default()) && shown.contains("sets"), "{shown:?}");
    }
}

#[test]
fn what_a_station_says_of_its_terminal_may_be_anything() {
    let mut held = Held::new();
    let mut alice = held.attach();
    let long = format!(r#"{{"prefix":"{}"}}"#, "x".repeat(10_000));
    for said in [
        "",
        "{",
        "[]",
        "{\"new\":1}",
        r#"{"background":[1,2,300]}"#,
        &long,
        r#"{"prefix":"\u001b[31mxxxxxxxxxxxxxxxxxx"}"#,
    ] {
        alice.send(&[(Tag::Terminal, said.as_bytes())]);
        held.turn();
    }
    assert_eq!(held.holder.stations[0].terminal.prefix.as_deref(), Some("[31mxxxxxxxxxxxx"));
    alice.types(b"alive");
    held.turn();
    assert_eq!(held.typed(), b"alive");
}
