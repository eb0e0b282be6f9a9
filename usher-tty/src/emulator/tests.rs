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
    let frame = emulator.frame(Size { rows: 2, cols: 8 }, 0);
    assert_eq!(row(&frame, 1), "enty ch");
    assert_eq!(frame.cursor, Some((1, 7)));
    let larger = emulator.frame(Size { rows: 6, cols: 30 }, 0);
    assert_eq!((row(&larger, 0), row(&larger, 5)), ("one".into(), String::new()));
}

#[test]
fn a_wide_character_that_the_edge_cuts_is_a_blank() {
    let emulator = of_output("眼睛看前面");
    let frame = emulator.frame(Size { rows: 4, cols: 5 }, 0);
    assert!(frame.row(0).last().is_some_and(|cell| !cell.flags.contains(Flags::WIDE_CHAR)));
    assert!(frame.row(0).first().is_some_and(|cell| !cell.flags.contains(Flags::WIDE_CHAR_SPACER)));
}

#[test]
fn what_scrolled_off_is_shown_without_a_cursor_and_no_further_than_it_goes() {
    let mut emulator = Emulator::new(SIZE);
    (0..10).for_each(|line| drop(emulator.advance(format!("line {line}\r\n").as_bytes())));
    assert_eq!(emulator.scrollback(), 7);
    let back = emulator.frame(SIZE, 2);
    assert_eq!((row(&back, 0), back.cursor), ("line 5".into(), None));
    assert_eq!(row(&emulator.frame(SIZE, 9999), 0), "line 0");
}

#[test]
fn a_screen_that_grows_shows_again_what_scrolled_off() {
    let mut emulator = Emulator::new(SIZE);
    (0..10).for_each(|line| drop(emulator.advance(format!("line {line}\r\n").as_bytes())));
    let size = Size { rows: 8, cols: 20 };
    emulator.resize(size);
    assert_eq!(emulator.size(), size);
    assert_eq!(row(&emulator.frame(size, 0), 0), "line 3");
}

#[test]
fn an_update_that_the_program_never_ends_is_shown_after_its_deadline() {
    let mut emulator = of_output("\x1b[?2026hhalf");
    assert_eq!(row(&emulator.frame(SIZE, 0), 0), "");
    assert!(emulator.deadline().is_some());
    emulator.end_update();
    assert_eq!((row(&emulator.frame(SIZE, 0), 0).as_str(), emulator.deadline()), ("half", None));
}

#[test]
fn modes_and_the_cursors_style_are_those_that_the_program_asked_for() {
    let frame = of_output("\x1b[?1h\x1b[?2004h\x1b[?1000h\x1b[?1006h\x1b[5 q\x1b[?25l").frame(SIZE, 0);
    let asked = TermMode::APP_CURSOR | TermMode::BRACKETED_PASTE | TermMode::MOUSE_REPORT_CLICK | TermMode::SGR_MOUSE;
    assert_eq!(frame.modes, asked);
    assert_eq!((frame.cursor, frame.cursor_style), (None, Some((CursorShape::Beam, true))));
    assert_eq!(of_output("").frame(SIZE, 0).cursor_style, None, "the terminal's own");
}

#[test]
fn text_has_a_line_for_each_row_and_no_padding() {
    assert_eq!(of_output("眼e\u{301}  \r\nb").text(), "眼e\u{301}\nb\n\n\n");
}
