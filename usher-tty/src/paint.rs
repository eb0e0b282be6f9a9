//! Brings a station's terminal from one picture to another with as few bytes as is simple.
//!
//! What is written is made here, from characters and attributes: no byte of the session's own
//! output reaches a station's terminal.

use std::io::Write;

use alacritty_terminal::term::TermMode;
use alacritty_terminal::term::cell::{Cell, Flags};
use alacritty_terminal::vte::ansi::{Color, CursorShape, NamedColor, Rgb};
use unicode_width::UnicodeWidthChar;
use usher_core::request::Colours;

use super::picture::Picture;

/// The bytes that bring a terminal which shows `from` (`None`: nobody knows what) to show `to`.
pub(super) fn paint(from: Option<&Picture>, to: &Picture, colours: Colours) -> Vec<u8> {
    let mut painter = Painter { out: Vec::new(), colours, at: None, style: None };
    let from = from.filter(|from| from.size == to.size);
    let old_modes = from.map(|from| from.modes);
    let cells_differ = painter.bidi(from, to) | painter.rows(from, to);
    painter.modes(old_modes, to.modes);
    if from.is_none_or(|from| from.title != to.title) {
        let title: String = to.title.iter().flat_map(|t| t.chars()).filter(|c| !c.is_control()).take(256).collect();
        let _ = write!(painter.out, "\x1b]2;{title}\x1b\\");
    }
    painter.cursor(from, to, cells_differ);
    painter.out
}

struct Painter {
    out: Vec<u8>,
    colours: Colours,
    /// Where the terminal's cursor is, as far as we know.
    at: Option<(u16, u16)>,
    /// The attributes that the terminal writes with, as far as we know.
    style: Option<Style>,
}

/// What of a cell is attributes.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Style {
    fg: Color,
    bg: Color,
    underline: Option<Color>,
    flags: Flags,
}

/// The flags that are attributes; the others say how cells hang together.
const ATTRIBUTES: Flags = Flags::INVERSE
    .union(Flags::BOLD)
    .union(Flags::ITALIC)
    .union(Flags::ALL_UNDERLINES)
    .union(Flags::DIM)
    .union(Flags::HIDDEN)
    .union(Flags::STRIKEOUT);

const PLAIN: Style = Style {
    fg: Color::Named(NamedColor::Foreground),
    bg: Color::Named(NamedColor::Background),
    underline: None,
    flags: Flags::empty(),
};

impl Style {
    fn of(cell: &Cell) -> Style {
        Style { fg: cell.fg, bg: cell.bg, underline: cell.underline_color(), flags: cell.flags & ATTRIBUTES }
    }
}

impl Painter {
    /// Terminals that reorder right-to-left text themselves are told not to, while the rows are in
    /// visual order already (ECMA-48 BDSM: mode 8, explicit when reset).
    fn bidi(&mut self, from: Option<&Picture>, to: &Picture) -> bool {
        if from.map(|from| from.visual_order) != Some(to.visual_order) {
            self.out.extend_from_slice(if to.visual_order { b"\x1b[8l" } else { b"\x1b[8h" });
        }
        false
    }

    /// Writes the cells that differ; true if there are any.
    fn rows(&mut self, from: Option<&Picture>, to: &Picture) -> bool {
        let mut any = false;
        for row in 0..to.size.rows {
            let (old, new) = (from.map(|from| from.row(row)), to.row(row));
            if old == Some(new) {
                continue;
            }
            if !any {
                // The cursor must not be seen running about.
                self.out.extend_from_slice(b"\x1b[?25l");
                any = true;
            }
            self.row(row, old, new);
        }
        any
    }

    fn row(&mut self, row: u16, old: Option<&[Cell]>, new: &[Cell]) {
        // The blank tail of a row is erased in one stroke.
        let text_end = new.iter().rposition(|cell| !is_blank(cell)).map_or(0, |last| last + 1);
        for (col, cell) in new.iter().enumerate().take(text_end) {
            let unchanged = old.is_some_and(|old| old[col] == *cell);
            if unchanged || cell.flags.contains(Flags::WIDE_CHAR_SPACER) {
                continue;
            }
            self.cell(row, col, cell, new.len());
        }
        let tail_differs = old.is_none_or(|old| old[text_end..] != new[text_end..]);
        if text_end < new.len() && tail_differs {
            self.go(row, text_end);
            self.set(PLAIN);
            self.out.extend_from_slice(b"\x1b[K");
        }
    }

    fn cell(&mut self, row: u16, col: usize, cell: &Cell, cols: usize) {
        self.go(row, col);
        self.set(Style::of(cell));
        let c = if cell.c.is_control() || cell.c.width().is_none_or(|w| w == 0) { ' ' } else { cell.c };
        let mut buffer = [0; 4];
        self.out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
        for &mark in cell.zerowidth().unwrap_or_default().iter().filter(|c| !c.is_control()) {
            self.out.extend_from_slice(mark.encode_utf8(&mut buffer).as_bytes());
        }
        let wide = cell.flags.contains(Flags::WIDE_CHAR);
        let next = col + if wide { 2 } else { 1 };
        // Terminals disagree on the width of what is not plain, and on where the cursor is after the last column.
        let sure = c.is_ascii() && cell.zerowidth().is_none() && next < cols;
        self.at = sure.then(|| (row, u16::try_from(next).unwrap_or(u16::MAX)));
    }

    fn go(&mut self, row: u16, col: usize) {
        let to = (row, u16::try_from(col).unwrap_or(u16::MAX));
        if self.at != Some(to) {
            let _ = write!(self.out, "\x1b[{};{}H", u32::from(to.0) + 1, u32::from(to.1) + 1);
            self.at = Some(to);
        }
    }

    fn set(&mut self, style: Style) {
        if self.style == Some(style) {
            return;
        }
        self.style = Some(style);
        self.out.extend_from_slice(b"\x1b[0");
        let flags = style.flags;
        let attributes: [(Flags, &[u8]); 11] = [
            (Flags::BOLD, b";1"),
            (Flags::DIM, b";2"),
            (Flags::ITALIC, b";3"),
            (Flags::UNDERLINE, b";4"),
            (Flags::DOUBLE_UNDERLINE, b";21"),
            (Flags::UNDERCURL, b";4:3"),
            (Flags::DOTTED_UNDERLINE, b";4:4"),
            (Flags::DASHED_UNDERLINE, b";4:5"),
            (Flags::INVERSE, b";7"),
            (Flags::HIDDEN, b";8"),
            (Flags::STRIKEOUT, b";9"),
        ];
        for (_, code) in attributes.iter().filter(|(flag, _)| flags.contains(*flag)) {
            self.out.extend_from_slice(code);
        }
        if self.colours == Colours::Mono {
            // Without colours, white on blue is told from the rest by being reversed.
            if style.bg != PLAIN.bg && !flags.contains(Flags::INVERSE) {
                self.out.extend_from_slice(b";7");
            }
        } else {
            self.colour(style.fg, 30, 38);
            self.colour(style.bg, 40, 48);
            if let Some(colour) = style.underline.filter(|_| self.colours == Colours::True) {
                self.colour(colour, u16::MAX, 58);
            }
        }
        self.out.push(b'm');
    }

    /// Writes a colour: `base` is the code of the first of eight, `extended` the one that takes a palette index or RGB.
    fn colour(&mut self, colour: Color, base: u16, extended: u16) {
        let index = match colour {
            Color::Named(name) => match name as usize {
                index @ 0..=15 => index,
                // The terminal's own foreground and background; dim ones are the dim attribute.
                _ => return,
            },
            Color::Indexed(index) => usize::from(index),
            Color::Spec(rgb) if self.colours == Colours::True => {
                let _ = write!(self.out, ";{extended};2;{};{};{}", rgb.r, rgb.g, rgb.b);
                return;
            }
            Color::Spec(rgb) => usize::from(nearest(rgb)),
        };
        let index = if self.colours == Colours::Sixteen && index > 15 { sixteen(index) } else { index };
        let _ = match index {
            0..=7 if base != u16::MAX => write!(self.out, ";{}", base + index as u16),
            8..=15 if base != u16::MAX => write!(self.out, ";{}", base + 60 + index as u16 - 8),
            _ => write!(self.out, ";{extended};5;{index}"),
        };
    }

    /// Switches the modes that differ.
    fn modes(&mut self, from: Option<TermMode>, to: TermMode) {
        let switches: [(TermMode, &str, &str); 8] = [
            (TermMode::APP_CURSOR, "\x1b[?1h", "\x1b[?1l"),
            (TermMode::APP_KEYPAD, "\x1b=", "\x1b>"),
            (TermMode::BRACKETED_PASTE, "\x1b[?2004h", "\x1b[?2004l"),
            (TermMode::MOUSE_REPORT_CLICK, "\x1b[?1000h", "\x1b[?1000l"),
            (TermMode::MOUSE_DRAG, "\x1b[?1002h", "\x1b[?1002l"),
            (TermMode::MOUSE_MOTION, "\x1b[?1003h", "\x1b[?1003l"),
            (TermMode::SGR_MOUSE, "\x1b[?1006h", "\x1b[?1006l"),
            (TermMode::FOCUS_IN_OUT, "\x1b[?1004h", "\x1b[?1004l"),
        ];
        // Modes that end go first: ending one kind of mouse report ends every kind on some terminals.
        for (mode, _, off) in switches {
            if from.is_none_or(|from| from.contains(mode)) && !to.contains(mode) {
                self.out.extend_from_slice(off.as_bytes());
            }
        }
        for (mode, on, _) in switches {
            let mouse_lost = TermMode::MOUSE_MODE.contains(mode) && from.is_some_and(|from| from != to);
            if to.contains(mode) && (from.is_none_or(|from| !from.contains(mode)) || mouse_lost) {
                self.out.extend_from_slice(on.as_bytes());
            }
        }
    }

    fn cursor(&mut self, from: Option<&Picture>, to: &Picture, moved: bool) {
        if from.is_none_or(|from| from.cursor_style != to.cursor_style) {
            let code = match to.cursor_style {
                None => 0,
                Some((shape, blinks)) => {
                    let steady = match shape {
                        CursorShape::Underline => 4,
                        CursorShape::Beam => 6,
                        CursorShape::Block | CursorShape::HollowBlock | CursorShape::Hidden => 2,
                    };
                    if blinks { steady - 1 } else { steady }
                }
            };
            let _ = write!(self.out, "\x1b[{code} q");
        }
        if !moved && from.is_some_and(|from| from.cursor == to.cursor) {
            return;
        }
        match to.cursor {
            Some((row, col)) => {
                self.at = None;
                self.go(row, usize::from(col));
                self.out.extend_from_slice(b"\x1b[?25h");
            }
            None => self.out.extend_from_slice(b"\x1b[?25l"),
        }
    }
}

fn is_blank(cell: &Cell) -> bool {
    cell.c == ' '
        && cell.zerowidth().is_none()
        && Style::of(cell) == PLAIN
        && !cell.flags.contains(Flags::WIDE_CHAR_SPACER)
}

/// The colour of the xterm palette's cube or grey ramp that is nearest.
fn nearest(rgb: Rgb) -> u8 {
    const LEVELS: [i32; 6] = [0, 95, 135, 175, 215, 255];
    let level = |value: u8| {
        let value = i32::from(value);
        (0..6).min_by_key(|&i| (LEVELS[i] - value).abs()).unwrap_or(0)
    };
    let distance = |r: i32, g: i32, b: i32| {
        let square = |a: i32, b: u8| (a - i32::from(b)).pow(2);
        square(r, rgb.r) + square(g, rgb.g) + square(b, rgb.b)
    };
    let (r, g, b) = (level(rgb.r), level(rgb.g), level(rgb.b));
    let mean = (i32::from(rgb.r) + i32::from(rgb.g) + i32::from(rgb.b)) / 3;
    let step = ((mean - 8) / 10).clamp(0, 23);
    let grey = 8 + 10 * step;
    let index = if distance(grey, grey, grey) < distance(LEVELS[r], LEVELS[g], LEVELS[b]) {
        232 + step as usize
    } else {
        16 + 36 * r + 6 * g + b
    };
    u8::try_from(index).unwrap_or(15)
}

/// The one of sixteen colours that is nearest to one of the palette.
fn sixteen(index: usize) -> usize {
    let (r, g, b) = if index >= 232 {
        let grey = 8 + 10 * (index - 232);
        (grey, grey, grey)
    } else {
        let (cube, level) = (index - 16, |step: usize| if step == 0 { 0 } else { 55 + 40 * step });
        (level(cube / 36), level(cube / 6 % 6), level(cube % 6))
    };
    let bright = r.max(g).max(b);
    let bit = |value: usize, bit: usize| if value * 2 > bright && value > 63 { bit } else { 0 };
    let hue = bit(r, 1) | bit(g, 2) | bit(b, 4);
    match hue {
        0 if bright > 40 => 8,
        hue if bright > 200 => hue + 8,
        hue => hue,
    }
}
