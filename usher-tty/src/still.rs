//! A still of a terminal: what a station would show, in colours that need no terminal to be known. A holder writes
//! it, and the program that draws pictures reads it.

use alacritty_terminal::term::cell::{Cell, Flags};
use alacritty_terminal::vte::ansi::{Color, CursorShape, NamedColor};
use usher_core::wire::still::{Cursor, Rgb, Run, Still};

use super::picture::Picture;
use super::screen::palette;

/// How a cell looks, without what stands in it.
#[derive(PartialEq, Clone, Copy)]
struct Look {
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

/// The still of a picture.
pub(super) fn still(picture: &Picture) -> Still {
    let (ground, foreground) = (rgb(palette(BACKGROUND)), rgb(palette(FOREGROUND)));
    let mut runs = Vec::new();
    for row in 0..picture.size.rows {
        row_runs(row, picture.row(row), ground, &mut runs);
    }
    let shape = picture.cursor_style.map_or(CursorShape::Block, |(shape, _)| shape);
    let cursor = picture.cursor.and_then(|(row, col)| Some((row, col, cursor(shape)?)));
    Still { cols: picture.size.cols, rows: picture.size.rows, ground, foreground, runs, cursor }
}

fn cursor(shape: CursorShape) -> Option<Cursor> {
    match shape {
        CursorShape::Block | CursorShape::HollowBlock => Some(Cursor::Block),
        CursorShape::Underline => Some(Cursor::Underline),
        CursorShape::Beam => Some(Cursor::Beam),
        CursorShape::Hidden => None,
    }
}

fn row_runs(row: u16, cells: &[Cell], ground: Rgb, runs: &mut Vec<Run>) {
    let first = runs.len();
    for (col, cell) in cells.iter().enumerate() {
        if cell.flags.contains(Flags::WIDE_CHAR_SPACER) {
            continue;
        }
        let Ok(col) = u16::try_from(col) else { return };
        let (look, text) = (look(cell), text(cell));
        let wide = cell.flags.contains(Flags::WIDE_CHAR);
        let whole = wide || text.chars().nth(1).is_some();
        let blank = text == " " && look.bg == ground && !look.underline && !look.strike;
        if blank {
            continue;
        }
        let last = runs[first..].last_mut();
        match last {
            Some(run) if !whole && !run.whole && run.col + run.cells == col && Look::of(run) == look => {
                run.text.push_str(&text);
                run.cells += 1;
            }
            _ => {
                let Look { fg, bg, bold, italic, underline, strike } = look;
                let cells = if wide { 2 } else { 1 };
                runs.push(Run { row, col, cells, text, whole, fg, bg, bold, italic, underline, strike });
            }
        }
    }
}

impl Look {
    fn of(run: &Run) -> Self {
        let Run { fg, bg, bold, italic, underline, strike, .. } = *run;
        Look { fg, bg, bold, italic, underline, strike }
    }
}

/// The cell's characters; what a terminal does not show is a blank.
fn text(cell: &Cell) -> String {
    let shown = if cell.flags.contains(Flags::HIDDEN) || cell.c.is_control() { ' ' } else { cell.c };
    let mut text = String::from(shown);
    if shown != ' ' {
        text.extend(cell.zerowidth().unwrap_or_default());
    }
    text
}

fn look(cell: &Cell) -> Look {
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
    Look {
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
    use super::super::screen::Screen;
    use super::*;
    use usher_core::request::Size;

    fn of_output(output: &str) -> Still {
        let size = Size { rows: 2, cols: 12 };
        let mut screen = Screen::new(size);
        screen.advance(output.as_bytes());
        still(&screen.picture(size, 0))
    }

    #[test]
    fn cells_that_look_alike_are_one_run_and_blanks_are_none() {
        let still = of_output("ab\x1b[1;31mcd\x1b[0m   \x1b[44m \x1b[0m");
        let said: Vec<_> = still.runs.iter().map(|run| (run.col, run.cells, run.text.as_str(), run.bold)).collect();
        assert_eq!(said, [(0, 2, "ab", false), (2, 2, "cd", true), (7, 1, " ", false)]);
        assert_eq!((still.runs[1].fg, still.runs[2].bg), ([0xff, 0, 0], [0, 0, 0xee]));
        assert_eq!(still.cursor, Some((0, 8, Cursor::Block)));
    }

    #[test]
    fn wide_characters_and_marks_are_runs_of_their_own() {
        let still = of_output("x眼e\u{301}y");
        let said: Vec<_> = still.runs.iter().map(|run| (run.col, run.cells, run.text.as_str(), run.whole)).collect();
        assert_eq!(said, [(0, 1, "x", false), (1, 2, "眼", true), (3, 1, "e\u{301}", true), (4, 1, "y", false)]);
    }

    #[test]
    fn inverse_and_hidden_are_as_a_terminal_shows_them() {
        let still = of_output("\x1b[7mi\x1b[0m\x1b[8mhidden\x1b[0m\x1b[?25l");
        assert_eq!(still.runs.len(), 1, "{:?}", still.runs);
        assert_eq!((still.runs[0].fg, still.runs[0].bg), (rgb(palette(BACKGROUND)), rgb(palette(FOREGROUND))));
        assert_eq!(still.cursor, None);
    }

    #[test]
    fn what_a_holder_writes_can_be_read() {
        let still = of_output("\x1b[38;5;196m眼\x1b[0m a");
        let json = serde_json::to_vec(&still).unwrap();
        assert_eq!(serde_json::from_slice::<Still>(&json).unwrap(), still);
    }
}
