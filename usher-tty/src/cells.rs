//! A thumbnail's cells: the contents of a station, in colours that mean the same without a terminal.

use alacritty_terminal::term::cell::{Cell, Flags};
use alacritty_terminal::vte::ansi::{Color, CursorShape, NamedColor};
use usher_core::wire::cells::{CellCursor, CellRun, Rgb, TerminalCells};

use super::emulator::palette;
use super::frame::Frame;

/// A cell's colours and attributes.
#[derive(PartialEq, Clone, Copy)]
struct CellStyle {
    fg: Rgb,
    bg: Rgb,
    bold: bool,
    italic: bool,
    underline: bool,
    strike: bool,
}

/// Where the palette has the foreground, the background and the cursor's colour (xterm's control sequences, OSC 10 to 12).
const FOREGROUND: usize = NamedColor::Foreground as usize;
const BACKGROUND: usize = NamedColor::Background as usize;

/// A frame's cells, for a thumbnail.
pub(super) fn cells_of(frame: &Frame) -> TerminalCells {
    let (ground, foreground) = (rgb(palette(BACKGROUND)), rgb(palette(FOREGROUND)));
    let mut runs = Vec::new();
    for row in 0..frame.size.rows {
        row_runs(row, frame.row(row), ground, &mut runs);
    }
    let shape = frame.cursor_style.map_or(CursorShape::Block, |(shape, _)| shape);
    let cursor = frame.cursor.and_then(|(row, col)| Some((row, col, cursor(shape)?)));
    TerminalCells { cols: frame.size.cols, rows: frame.size.rows, ground, foreground, runs, cursor }
}

fn cursor(shape: CursorShape) -> Option<CellCursor> {
    match shape {
        CursorShape::Block | CursorShape::HollowBlock => Some(CellCursor::Block),
        CursorShape::Underline => Some(CellCursor::Underline),
        CursorShape::Beam => Some(CellCursor::Beam),
        CursorShape::Hidden => None,
    }
}

fn row_runs(row: u16, cells: &[Cell], ground: Rgb, runs: &mut Vec<CellRun>) {
    let first = runs.len();
    for (col, cell) in cells.iter().enumerate() {
        if cell.flags.contains(Flags::WIDE_CHAR_SPACER) {
            continue;
        }
        let Ok(col) = u16::try_from(col) else { return };
        let (style, text) = (style(cell), text(cell));
        let wide = cell.flags.contains(Flags::WIDE_CHAR);
        let whole = wide || text.chars().nth(1).is_some();
        let blank = text == " " && style.bg == ground && !style.underline && !style.strike;
        if blank {
            continue;
        }
        let last = runs[first..].last_mut();
        match last {
            Some(run) if !whole && !run.whole && run.col + run.cells == col && CellStyle::of(run) == style => {
                run.text.push_str(&text);
                run.cells += 1;
            }
            _ => {
                let CellStyle { fg, bg, bold, italic, underline, strike } = style;
                let cells = if wide { 2 } else { 1 };
                runs.push(CellRun { row, col, cells, text, whole, fg, bg, bold, italic, underline, strike });
            }
        }
    }
}

impl CellStyle {
    fn of(run: &CellRun) -> Self {
        let CellRun { fg, bg, bold, italic, underline, strike, .. } = *run;
        CellStyle { fg, bg, bold, italic, underline, strike }
    }
}

/// The text of a frame, without the blanks that end lines and the lines that are blank at its end: of a text that is
/// longer than so many bytes the last lines.
pub(super) fn text_of(frame: &Frame, most: usize) -> String {
    let lines: Vec<String> = (0..frame.size.rows).map(|row| row_text(frame.row(row))).collect();
    let end = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    let mut left = most;
    let fits = |line: &&String| {
        left = left.saturating_sub(line.len() + 1);
        left > 0
    };
    let fitting = lines[..end].iter().rev().take_while(fits).count();
    lines[end - fitting..end].join("\n")
}

fn row_text(cells: &[Cell]) -> String {
    let shown = cells.iter().filter(|cell| !cell.flags.contains(Flags::WIDE_CHAR_SPACER));
    let line: String = shown.map(text).collect();
    line.trim_end().to_owned()
}

/// The cell's characters; a blank for those that a terminal does not show.
fn text(cell: &Cell) -> String {
    let shown = if cell.flags.contains(Flags::HIDDEN) || cell.c.is_control() { ' ' } else { cell.c };
    let mut text = String::from(shown);
    if shown != ' ' {
        text.extend(cell.zerowidth().unwrap_or_default());
    }
    text
}

fn style(cell: &Cell) -> CellStyle {
    let flags = cell.flags;
    let bold = flags.contains(Flags::BOLD);
    let mut fg = colour(cell.fg, bold);
    let mut bg = colour(cell.bg, false);
    if flags.contains(Flags::INVERSE) {
        (fg, bg) = (bg, fg);
    }
    if flags.contains(Flags::DIM) {
        // Two thirds of the way from the ground, as xterm shows it.
        fg = std::array::from_fn(|i| u8::try_from((u16::from(fg[i]) * 2 + u16::from(bg[i])) / 3).unwrap_or(fg[i]));
    }
    CellStyle {
        fg,
        bg,
        bold,
        italic: flags.contains(Flags::ITALIC),
        underline: flags.intersects(Flags::ALL_UNDERLINES),
        strike: flags.contains(Flags::STRIKEOUT),
    }
}

/// A colour's light. As on most terminals, bold makes the first eight colours bright.
fn colour(colour: Color, bold: bool) -> Rgb {
    match colour {
        Color::Spec(light) => rgb(light),
        Color::Indexed(index) => rgb(palette(usize::from(if bold && index < 8 { index + 8 } else { index }))),
        Color::Named(NamedColor::BrightForeground) => rgb(palette(FOREGROUND)),
        Color::Named(name) if (name as usize) < 8 && bold => rgb(palette(name as usize + 8)),
        Color::Named(name) => rgb(palette(name as usize)),
    }
}

fn rgb(light: alacritty_terminal::vte::ansi::Rgb) -> Rgb {
    [light.r, light.g, light.b]
}

#[cfg(test)]
mod tests {
    use super::super::emulator::Emulator;
    use super::*;
    use usher_core::request::Size;

    fn of_output(output: &str) -> TerminalCells {
        let size = Size { rows: 2, cols: 12 };
        let mut emulator = Emulator::new(size);
        emulator.advance(output.as_bytes());
        cells_of(&emulator.frame(size))
    }

    #[test]
    fn cells_that_look_alike_are_one_run_and_blanks_are_none() {
        let cells = of_output("ab\x1b[1;31mcd\x1b[0m   \x1b[44m \x1b[0m");
        let said: Vec<_> = cells.runs.iter().map(|run| (run.col, run.cells, run.text.as_str(), run.bold)).collect();
        assert_eq!(said, [(0, 2, "ab", false), (2, 2, "cd", true), (7, 1, " ", false)]);
        assert_eq!((cells.runs[1].fg, cells.runs[2].bg), ([0xff, 0, 0], [0, 0, 0xee]));
        assert_eq!(cells.cursor, Some((0, 8, CellCursor::Block)));
    }

    #[test]
    fn wide_characters_and_marks_are_runs_of_their_own() {
        let cells = of_output("x眼e\u{301}y");
        let said: Vec<_> = cells.runs.iter().map(|run| (run.col, run.cells, run.text.as_str(), run.whole)).collect();
        assert_eq!(said, [(0, 1, "x", false), (1, 2, "眼", true), (3, 1, "e\u{301}", true), (4, 1, "y", false)]);
    }

    #[test]
    fn text_has_no_blanks_at_its_ends_and_keeps_its_last_lines() {
        let size = Size { rows: 4, cols: 12 };
        let mut emulator = Emulator::new(size);
        emulator.advance("眼 a\u{301}  \r\n\r\n\x1b[31m\x1b[8msecret\x1b[0mshown".as_bytes());
        let frame = emulator.frame(size);
        assert_eq!(text_of(&frame, 1000), "眼 a\u{301}\n\n      shown");
        assert_eq!(text_of(&frame, 20), "\n      shown");
        assert_eq!(text_of(&frame, 5), "");
        assert_eq!(text_of(&Frame::blank(size), 1000), "");
    }

    #[test]
    fn inverse_and_hidden_are_as_a_terminal_shows_them() {
        let cells = of_output("\x1b[7mi\x1b[0m\x1b[8mhidden\x1b[0m\x1b[?25l");
        assert_eq!(cells.runs.len(), 1, "{:?}", cells.runs);
        assert_eq!((cells.runs[0].fg, cells.runs[0].bg), (rgb(palette(BACKGROUND)), rgb(palette(FOREGROUND))));
        assert_eq!(cells.cursor, None);
    }

    #[test]
    fn what_a_holder_writes_can_be_read() {
        let cells = of_output("\x1b[38;5;196m眼\x1b[0m a");
        let json = serde_json::to_vec(&cells).unwrap();
        assert_eq!(serde_json::from_slice::<TerminalCells>(&json).unwrap(), cells);
    }
}
