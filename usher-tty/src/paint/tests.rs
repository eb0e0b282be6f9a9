use alacritty_terminal::vte::ansi::Color;
use proptest::prelude::*;
use usher_core::request::Size;

use super::super::emulator::Emulator;
use super::super::frame::link_of;
use super::*;

const SIZE: Size = Size { rows: 8, cols: 40 };

/// A session's emulator, the painter, and a second emulator in the place of the station's terminal.
struct Station {
    session: Emulator,
    painter: Painter,
    terminal: Emulator,
    size: Size,
}

impl Station {
    fn new(size: Size) -> Self {
        let terminal = Emulator::new(size);
        let mut station =
            Station { session: Emulator::new(size), painter: Painter::new(Colours::True), terminal, size };
        station.terminal.advance(b"\x1b[?7l");
        station
    }

    /// Lets the session's program write, and gives the bytes that the station's terminal gets.
    fn show(&mut self, output: &[u8]) -> Vec<u8> {
        self.session.advance(output);
        let frame = self.session.frame(self.size);
        let bytes = self.painter.paint(frame.clone());
        self.terminal.advance(&bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert_same(&self.terminal.frame(self.size), &frame, &text);
        bytes
    }
}

/// How a row's cells look: a link by where it leads, because each emulator numbers links of its own, and an underline's
/// colour only where there is a line.
fn looks(frame: &Frame, row: u16) -> Vec<(Cell, Option<String>)> {
    let look = |cell: &Cell| {
        let address = link_of(cell).and_then(|number| frame.links.get(&number)).map(|address| address.to_string());
        let mut cell = cell.clone();
        let marks: Vec<char> = cell.zerowidth().unwrap_or_default().to_vec();
        let colour = cell.underline_color().filter(|_| cell.flags.intersects(Flags::ALL_UNDERLINES));
        cell.extra = None;
        marks.into_iter().for_each(|mark| cell.push_zerowidth(mark));
        cell.set_underline_color(colour.map(|colour| match colour {
            Color::Named(name) => Color::Indexed(name as u8),
            other => other,
        }));
        (cell, address)
    };
    frame.row(row).iter().map(look).collect()
}

/// The same cells and cursor; a hidden cursor may be anywhere.
fn assert_same(shown: &Frame, wanted: &Frame, bytes: &str) {
    for row in 0..wanted.size.rows {
        let (shown, wanted) = (looks(shown, row), looks(wanted, row));
        assert_eq!(shown, wanted, "row {row} after {bytes:?}");
    }
    assert_eq!(shown.cursor, wanted.cursor, "after {bytes:?}");
    assert_eq!((&shown.title, shown.modes), (&wanted.title, wanted.modes), "after {bytes:?}");
}

#[test]
fn a_key_that_is_echoed_costs_a_byte() {
    let mut station = Station::new(SIZE);
    station.show(b"$ ");
    assert_eq!(station.show(b"l"), b"l");
    assert_eq!(station.show(b"s"), b"s");
    assert_eq!(station.show(b"\x08 \x08"), b"\x08\x1b[K\x08".get(..4).unwrap(), "backspace");
}

#[test]
fn a_line_that_scrolls_costs_its_text_and_a_line_break() {
    let mut station = Station::new(SIZE);
    for line in 0..20 {
        station.show(format!("the line before, number {line}\r\n").as_bytes());
    }
    assert_eq!(station.show(b"one more line\r\n"), b"one more line\r\n");
    assert_eq!(station.show(b"two\r\nthree\r\n"), b"two\r\nthree\r\n");
}

#[test]
fn what_scrolls_above_a_status_line_moves_in_a_region() {
    let mut station = Station::new(SIZE);
    station.show(b"\x1b[8;1H-- status --\x1b[1;7r\x1b[7;1H");
    for line in 0..20 {
        station.show(format!("\r\na rather long line of a pager, number {line}").as_bytes());
    }
    let bytes = station.show(b"\r\nshort");
    assert!(bytes.starts_with(b"\x1b[1;7r") && bytes.len() < 60, "{}", String::from_utf8_lossy(&bytes));
    let bytes = station.show(b"\x1b[1;1H\x1bMback");
    assert!(bytes.windows(2).any(|w| w == b"\x1bM") && bytes.len() < 60, "{}", String::from_utf8_lossy(&bytes));
}

#[test]
fn half_of_a_wide_character_that_was_erased_into_is_a_blank() {
    let mut station = Station::new(SIZE);
    station.show("\x1b[3;8Ha aaa  aa aa aa aaaa  aa   眼睛e\u{301}".as_bytes());
    station.show(b"\x1b[42m\x1b[3;36H\x1b[K");
    station.show("\x1b[m\x1b[1;1H眼睛\x1b[1;2H\x1b[1X\x1b[1;3Hx".as_bytes());
}

#[test]
fn rows_of_other_colours_are_not_moved() {
    let mut station = Station::new(SIZE);
    station.show(b"some text of the session's\r\n\r\nand more of it");
    let before = station.session.frame(SIZE);
    let blue: String = (1..=8).map(|row| format!("\x1b[{row};1H\x1b[44m\x1b[K")).collect();
    station.show((blue + "\x1b[4;4Hlocked").as_bytes());
    assert_eq!(scroll::find(&before, &station.session.frame(SIZE)), None);
}

#[test]
fn the_cursor_is_hidden_only_for_a_frame_of_many_bytes() {
    let mut station = Station::new(Size { rows: 24, cols: 80 });
    station.show(b"$ ");
    let hides = |bytes: &[u8]| bytes.windows(6).any(|window| window == b"\x1b[?25l");
    assert!(!hides(&station.show(b"key")));
    assert!(!hides(&station.show(b"\r\n\r\n\r\nup there\x1b[Hdown here")));
    let all: String = (0..24).map(|row| format!("\x1b[{};1H{}", row + 1, "x".repeat(80))).collect();
    let bytes = station.show(all.as_bytes());
    assert!(bytes.starts_with(b"\x1b[?25l"));
    assert!(bytes.ends_with(b"\x1b[?25h"));
}

#[test]
fn a_terminal_that_lost_its_picture_gets_it_whole() {
    let mut station = Station::new(SIZE);
    station.show("\x1b[31mred\x1b[0m and plain 眼睛".as_bytes());
    station.painter.forget();
    station.terminal = Emulator::new(SIZE);
    // Somebody else left it in the middle of things.
    station.terminal.advance(b"\x1b[?7l\x1b[3;5r\x1b[1;32mnoise\r\n\r\nnoise\x1b[?25l");
    station.show(b"");
}

#[test]
fn links_underlines_and_blinking_arrive_and_cost_nothing_elsewhere() {
    let mut station = Station::new(SIZE);
    let bytes = station.show(b"\x1b]8;;https://a.example\x1b\\link\x1b]8;;\x1b\\ plain");
    let text = String::from_utf8_lossy(&bytes).into_owned();
    assert!(text.contains("\x1b]8;id=u1;https://a.example\x1b\\\x1b[mlink\x1b]8;;\x1b\\ plain"), "{text:?}");
    let bytes =
        station.show(b"\r\n\x1b[4:3;58:2::250:0:0mwavy\x1b[m \x1b[5mblinks\x1b[25m \x1b[21mtwo\x1b[m\x1b[4:5;58:5:9mx");
    let text = String::from_utf8_lossy(&bytes).into_owned();
    for part in ["\x1b[4:3m", "\x1b[58:2::250:0:0m", ";5mblinks", "\x1b[4:5m\x1b[58:5:9m"] {
        assert!(text.contains(part), "{part:?} {text:?}");
    }
    let mut emulator = Emulator::new(SIZE);
    emulator.advance(b"\x1b]8;;https://a.example\x1b\\\x1b[4:3;58:5:9mx");
    let console = Painter::new(Colours::Sixteen).paint(emulator.frame(SIZE));
    let console = String::from_utf8_lossy(&console);
    assert!(!console.contains("]8;") && !console.contains(':'), "{console:?}");
}

#[test]
fn joined_emoji_are_written_as_the_terminal_keeps_them_within_two_cells() {
    let painted = |session: bool, terminal: bool| {
        let terminal = StationTerminal { joins_emoji: terminal, joins_tones: terminal, ..StationTerminal::default() };
        let mut emulator = Emulator::new(SIZE);
        emulator.stands_for(&StationTerminal {
            joins_emoji: session,
            joins_tones: session,
            ..StationTerminal::default()
        });
        emulator.advance("👩\u{200d}🏫👍🏽❤\u{fe0f}x".as_bytes());
        let mut painter = Painter::new(Colours::True);
        painter.learn(&terminal);
        String::from_utf8(painter.paint(emulator.frame(SIZE))).unwrap()
    };
    assert!(painted(true, true).contains("👩\u{200d}🏫\x1b[3G👍🏽\x1b[5G❤\x1b[6Gx"));
    assert!(painted(true, false).contains("👩\x1b[3G👍\x1b[5G❤"));
    for terminal in [true, false] {
        assert!(painted(false, terminal).contains("👩\x1b[3G🏫\x1b[5G👍\x1b[7G🏽\x1b[9G❤\x1b[10Gx"));
    }
}

#[test]
fn a_terminal_that_says_that_it_shows_every_colour_gets_them() {
    let mut emulator = Emulator::new(SIZE);
    emulator.advance(b"\x1b[38;2;250;0;0mx");
    let mut painter = Painter::new(Colours::Palette);
    assert!(String::from_utf8(painter.paint(emulator.frame(SIZE))).unwrap().contains("38;5;196"));
    painter.learn(&StationTerminal { true_colour: true, ..StationTerminal::default() });
    assert!(String::from_utf8(painter.paint(emulator.frame(SIZE))).unwrap().contains("38;2;250;0;0"));
}

#[test]
fn words_in_fewer_colours_are_still_told_apart() {
    let of = |colours| {
        let mut emulator = Emulator::new(SIZE);
        emulator.advance(b"\x1b[38;2;250;0;0mx\x1b[44my");
        String::from_utf8(Painter::new(colours).paint(emulator.frame(SIZE))).unwrap()
    };
    assert!(of(Colours::True).contains("38;2;250;0;0"));
    assert!(of(Colours::Palette).contains("38;5;196"));
    assert!(of(Colours::Sixteen).contains("[0;91m"));
    assert!(of(Colours::Mono).contains("[0;7m") || of(Colours::Mono).contains("[7m"));
}

/// Pieces of what programs write: text, lines, movements, erasures, scrolling, regions, wide and combining characters.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-d ]{1,60}",
        4 => "[a-d]{0,30}\r\n",
        1 => Just("\n\n\n".to_owned()),
        2 => (1u16..10, 1u16..45).prop_map(|(row, col)| format!("\x1b[{row};{col}H")),
        2 => (1u16..8, 1u16..9).prop_map(|(top, bottom)| format!("\x1b[{top};{bottom}r")),
        1 => (1u16..4).prop_map(|count| format!("\x1b[{count}S")),
        1 => (1u16..4).prop_map(|count| format!("\x1b[{count}T")),
        1 => (1u16..4).prop_map(|count| format!("\x1b[{count}L")),
        1 => (1u16..4).prop_map(|count| format!("\x1b[{count}M")),
        1 => Just("\x1bM\x1bM".to_owned()),
        1 => Just("\x1b[2J".to_owned()),
        1 => Just("\x1b[K".to_owned()),
        1 => Just("\x08 \x08".to_owned()),
        2 => (0u8..50).prop_map(|code| format!("\x1b[{code}m")),
        1 => Just("眼睛e\u{301}".to_owned()),
        1 => Just("\x1b]8;;https://a.example\x1b\\".to_owned()),
        1 => Just("\x1b]8;;\x1b\\".to_owned()),
        1 => (0u8..6, 0u8..9).prop_map(|(kind, colour)| format!("\x1b[4:{kind};58:5:{colour}m")),
        1 => Just("\x1b[?25l".to_owned()),
        1 => Just("\x1b[?25h".to_owned()),
        1 => Just("\x1b[?1049h".to_owned()),
        1 => Just("\x1b[?1049l".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever a program writes, and wherever that is cut into frames, the terminal shows what the session shows.
    #[test]
    fn the_terminal_shows_what_the_session_shows(pieces in proptest::collection::vec(piece(), 1..40)) {
        let mut station = Station::new(SIZE);
        for piece in &pieces {
            station.show(piece.as_bytes());
        }
    }
}
