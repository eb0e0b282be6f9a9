use alacritty_terminal::vte::ansi::CursorShape;
use proptest::prelude::*;

use super::super::frame::{Frame, link_of};
use super::*;

const SIZE: Size = Size { rows: 4, cols: 20 };

fn of_output(output: &str) -> Emulator {
    let mut emulator = Emulator::new(SIZE);
    emulator.advance(output.as_bytes());
    emulator
}

fn row(frame: &Frame, row: u16) -> String {
    let shown = frame.row(row).iter().filter(|cell| !cell.flags.contains(Flags::WIDE_CHAR_SPACER));
    shown.map(|cell| cell.c).collect::<String>().trim_end().to_owned()
}

#[test]
fn queries_are_answered_and_the_clipboard_is_not() {
    let mut emulator = of_output("ab");
    let mut answer = |query: &str| String::from_utf8(emulator.advance(query.as_bytes()).answers).unwrap();
    assert_eq!(answer("\x1b[6n"), "\x1b[1;3R");
    assert!(answer("\x1b[c").starts_with("\x1b[?"));
    assert!(answer("\x1b]11;?\x1b\\").contains("0000/0000/0000"), "the ground is black");
    assert!(answer("\x1b[18t").contains("8;4;20"));
    assert_eq!(answer("\x1b]52;c;?\x07"), "");
    assert_eq!(answer("plain"), "");
}

#[test]
fn a_title_has_no_control_characters_and_an_end() {
    assert_eq!(of_output("\x1b]2;work\x07").title(), Some("work"));
    assert_eq!(
        of_output("\x1b]2;\u{9b}31m\u{202e}x\x07").title().map(|t| t.chars().any(char::is_control)),
        Some(false)
    );
    let long = of_output(&format!("\x1b]2;{}\x07", "x".repeat(900)));
    assert_eq!(long.title().map(|title| title.chars().count()), Some(MAX_TITLE));
    assert_eq!(of_output("\x1b]2;work\x07\x1b]2;\x07").title(), None);
}

#[test]
fn the_bell_is_reported_once() {
    let mut emulator = Emulator::new(SIZE);
    assert!(emulator.advance(b"\x07").bell);
    assert!(!emulator.advance(b"x").bell);
    assert!(!emulator.advance(b"\x1b]2;t\x07").bell, "the end of a title is no bell");
}

#[test]
fn a_smaller_station_shows_the_part_around_the_cursor() {
    let emulator = of_output("one\r\ntwo\r\nthree\r\na line of twenty ch");
    let frame = emulator.frame(Size { rows: 2, cols: 8 });
    assert_eq!(row(&frame, 1), "enty ch");
    assert_eq!(frame.cursor, Some((1, 7)));
    let larger = emulator.frame(Size { rows: 6, cols: 30 });
    assert_eq!((row(&larger, 0), row(&larger, 5)), ("one".into(), String::new()));
}

#[test]
fn a_wide_character_that_the_edge_cuts_is_a_blank() {
    let emulator = of_output("眼睛看前面");
    let frame = emulator.frame(Size { rows: 4, cols: 5 });
    assert!(frame.row(0).last().is_some_and(|cell| !cell.flags.contains(Flags::WIDE_CHAR)));
    assert!(frame.row(0).first().is_some_and(|cell| !cell.flags.contains(Flags::WIDE_CHAR_SPACER)));
}

#[test]
fn what_scrolled_off_is_kept_as_far_as_the_setting_says_and_a_larger_screen_shows_it() {
    let mut emulator = Emulator::new(SIZE);
    (0..10).for_each(|line| drop(emulator.advance(format!("line {line}\r\n").as_bytes())));
    assert_eq!((emulator.scrollback(), emulator.lines()), (7, (-7, 3)));
    let back = emulator.view(SIZE, -2, 0);
    assert_eq!((row(&back, 0), back.cursor), ("line 5".into(), None));
    let size = Size { rows: 8, cols: 20 };
    emulator.resize(size);
    assert_eq!(emulator.size(), size);
    assert_eq!(row(&emulator.frame(size), 0), "line 3");
    let mut few = Emulator::with_scrollback(SIZE, 2);
    (0..10).for_each(|line| drop(few.advance(format!("line {line}\r\n").as_bytes())));
    assert_eq!(few.scrollback(), 2);
}

#[test]
fn lines_that_scroll_off_are_counted_while_somebody_looks_back() {
    let mut emulator = Emulator::with_scrollback(SIZE, 6);
    assert_eq!(emulator.advance(b"1\r\n2\r\n3\r\n4\r\n5").scrolled, 0);
    emulator.watch(true);
    assert_eq!(emulator.advance(b"\r\n6").scrolled, 1);
    assert_eq!(emulator.advance(b"\r\n7\r\n8").scrolled, 2);
    assert_eq!(emulator.advance(b"\r\n9\r\n10\r\n11\r\n12").scrolled, 4, "more than are kept");
    assert_eq!(emulator.advance(b"no line").scrolled, 0);
    let mut fresh = Emulator::new(SIZE);
    fresh.watch(true);
    assert_eq!(fresh.advance(b"\r\n\r\n\r\n\r\n\r\n").scrolled, 2, "the first that scroll off too");
}

#[test]
fn programs_are_told_the_colours_of_the_stations_terminal_or_their_own() {
    let mut emulator = Emulator::new(SIZE);
    let ground = Some([0xff, 0xfe, 0xfd]);
    emulator.stands_for(&StationTerminal { background: ground, ..StationTerminal::default() });
    let mut answer = |query: &str| String::from_utf8(emulator.advance(query.as_bytes()).answers).unwrap();
    assert_eq!(answer("\x1b]11;?\x07"), "\x1b]11;rgb:ffff/fefe/fdfd\x1b\\");
    assert!(answer("\x1b]10;?\x1b\\").contains("e5e5/e5e5/e5e5"), "it did not say its own");
    answer("\x1b]11;#102030\x07");
    assert!(answer("\x1b]11;?\x07").contains("1010/2020/3030"));
    answer("\x1b]111\x07");
    assert!(answer("\x1b]11;?\x07").contains("ffff/fefe/fdfd"));
}

#[test]
fn emoji_are_as_wide_as_the_stations_terminal_makes_them() {
    let columns = |joins_emoji, joins_tones, text: &str| {
        let mut emulator = Emulator::new(Size { rows: 2, cols: 40 });
        emulator.stands_for(&StationTerminal { joins_emoji, joins_tones, ..StationTerminal::default() });
        emulator.advance(text.as_bytes());
        emulator.cursor().col
    };
    let (teacher, thumb) = ("👩\u{200d}🏫", "👍🏽");
    assert_eq!((columns(false, false, teacher), columns(true, false, teacher)), (4, 2));
    assert_eq!((columns(false, false, thumb), columns(false, true, thumb)), (4, 2));
    assert_eq!(columns(true, true, "🤷\u{200d}♂\u{fe0f}x"), 3);
    assert_eq!(columns(true, true, "x\u{200d}眼"), 3, "letters are not joined");
    assert_eq!(columns(true, true, &"👩\u{200d}".repeat(60)) % 2, 0, "a chain has an end");
}

#[test]
fn links_keep_their_address_and_plain_text_has_none() {
    let frame =
        of_output("\x1b]8;;https://a.example/x\x1b\\link\x1b]8;;\x1b\\ no \x1b]8;;javascript:x\x1b\\bad").frame(SIZE);
    let numbers: Vec<_> = frame.row(0).iter().map(link_of).collect();
    let number = numbers[0].expect("a link");
    assert!(numbers[..4].iter().all(|n| *n == Some(number)) && numbers[4..].iter().all(Option::is_none));
    assert_eq!(frame.links[&number].as_ref(), "https://a.example/x");
}

#[test]
fn the_clipboard_is_set_only_where_somebody_allows_it() {
    let mut emulator = Emulator::new(SIZE);
    assert_eq!(emulator.advance(b"\x1b]52;c;aGk=\x07").clipboard, None);
    emulator.stands_for(&StationTerminal { clipboard: true, ..StationTerminal::default() });
    assert_eq!(emulator.advance(b"\x1b]52;c;aGk=\x07").clipboard.as_deref(), Some("hi"));
    assert_eq!(emulator.advance(b"\x1b]52;c;?\x07"), Advanced::default(), "and never read");
}

#[test]
fn an_update_that_the_program_never_ends_is_shown_after_its_deadline() {
    let mut emulator = of_output("\x1b[?2026hhalf");
    assert_eq!(row(&emulator.frame(SIZE), 0), "");
    assert!(emulator.deadline().is_some());
    emulator.end_update();
    assert_eq!((row(&emulator.frame(SIZE), 0).as_str(), emulator.deadline()), ("half", None));
}

#[test]
fn modes_and_the_cursors_style_are_those_that_the_program_asked_for() {
    let frame = of_output("\x1b[?1h\x1b[?2004h\x1b[?1000h\x1b[?1006h\x1b[5 q\x1b[?25l").frame(SIZE);
    let asked = TermMode::APP_CURSOR | TermMode::BRACKETED_PASTE | TermMode::MOUSE_REPORT_CLICK | TermMode::SGR_MOUSE;
    assert_eq!(frame.modes, asked);
    assert_eq!((frame.cursor, frame.cursor_style), (None, Some((CursorShape::Beam, true))));
    assert_eq!(of_output("").frame(SIZE).cursor_style, None, "the terminal's own");
}

#[test]
fn text_has_a_line_for_each_row_and_no_padding() {
    assert_eq!(of_output("眼e\u{301}  \r\nb").text(), "眼e\u{301}\nb\n\n\n");
}

/// What programs do to a screen, so that rows change in every way that there is.
const STEPS: [&str; 14] = [
    "one\r\ntwo\r\nthree",
    "x",
    "\x1b[1;31mred\x1b[m",
    "\x1b[2;1H\u{4e2d}\u{6587}",
    "\x1b[2;2Hx",
    "\x1b[3;19H\u{4e2d}",
    "\x1b[1;1He\u{301}",
    "\x1b[1;1Hplain",
    "\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\",
    "\r\n\n\n\nscrolled",
    "\x1b[?1049h\x1b[Halternate",
    "\x1b[?1049l\x1b[?25l\x1b[4 q\x1b]2;title\x07",
    "a line that is longer than a row of it",
    "\x1b[2J",
];

#[test]
fn a_frame_that_takes_rows_of_an_earlier_one_is_the_one_drawn_anew() {
    for size in [SIZE, Size { rows: 2, cols: 8 }, Size { rows: 4, cols: 19 }, Size { rows: 6, cols: 30 }] {
        let mut emulator = Emulator::new(SIZE);
        let mut marked = emulator.frame(size);
        let mut plain = marked.clone();
        for step in STEPS {
            emulator.advance(step.as_bytes());
            let anew = emulator.frame(size);
            // A station's own line may stand over what the program wrote.
            for before in [&plain, &marked, &emulator.frame(Size { rows: 3, cols: 20 })] {
                assert_eq!(emulator.frame_after(Some(before), size), anew, "{step:?}");
            }
            (plain, marked) = (anew.clone(), anew);
            marked.fill_row(0, &Cell { c: '#', ..Cell::default() });
        }
    }
}

#[test]
fn a_row_that_stayed_is_taken_from_the_frame_before_and_stays_as_it_was_there() {
    let mut emulator = of_output("one\r\ntwo");
    let before = emulator.frame(SIZE);
    emulator.advance(b"x");
    let mut after = emulator.frame_after(Some(&before), SIZE);
    assert!(std::ptr::eq(before.row(0), after.row(0)) && !std::ptr::eq(before.row(1), after.row(1)));
    after.fill_row(0, &Cell::default());
    assert_eq!(row(&before, 0), "one", "another frame's row is another one once it is written to");
}

/// A piece of a program's output: text, one of its steps, or a sequence that may mean anything.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(&STEPS[..]).prop_map(str::to_owned),
        "[ -~\u{4e2d}\u{1f44d}e\u{301}\r\n\t\u{8}]{0,24}",
        "\u{1b}\\[[?>]?[0-9]{0,2}(;[0-9]{1,2})?[@-~]",
        "\u{1b}[#()]?[0-9A-Za-z=>]",
    ]
}

proptest! {
    #[test]
    fn rows_of_an_earlier_frame_stand_for_whatever_a_program_writes(
        pieces in prop::collection::vec((piece(), any::<bool>()), 1..40),
        rows in 2..7_u16,
        cols in 8..30_u16,
    ) {
        let size = Size { rows, cols };
        let mut emulator = Emulator::new(SIZE);
        let mut before = emulator.frame(size);
        for (piece, watched) in pieces {
            emulator.watch(watched);
            emulator.advance(piece.as_bytes());
            if piece.is_empty() {
                emulator.resize(size);
            }
            let anew = emulator.frame(size);
            before = emulator.frame_after(Some(&before), size);
            prop_assert_eq!(&before, &anew);
        }
    }
}
