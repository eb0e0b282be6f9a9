//! Where the terminal writes next, and with which attributes.

use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;

use alacritty_terminal::term::cell::{Cell, Flags};
use alacritty_terminal::vte::ansi::{Color, NamedColor};
use usher_core::request::Colours;

use super::super::emulator::BLINK;
use super::super::frame::link_of;
use super::colour::{nearest, sixteen};

/// A cell's attributes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Style {
    fg: Color,
    bg: Color,
    underline: Option<Color>,
    flags: Flags,
    link: Option<u32>,
}

/// The flags that are attributes; the others say how cells hang together.
const ATTRIBUTES: Flags = Flags::INVERSE
    .union(Flags::BOLD)
    .union(Flags::ITALIC)
    .union(Flags::ALL_UNDERLINES)
    .union(Flags::DIM)
    .union(Flags::HIDDEN)
    .union(Flags::STRIKEOUT)
    .union(BLINK);

/// How a terminal writes after a reset.
pub(super) const PLAIN: Style = Style {
    fg: Color::Named(NamedColor::Foreground),
    bg: Color::Named(NamedColor::Background),
    underline: None,
    flags: Flags::empty(),
    link: None,
};

impl Style {
    pub(super) fn of(cell: &Cell) -> Style {
        let flags = cell.flags & ATTRIBUTES;
        Style { fg: cell.fg, bg: cell.bg, underline: cell.underline_color(), flags, link: link_of(cell) }
    }

    fn unlinked(self) -> Style {
        Style { link: None, ..self }
    }
}

pub(super) struct SequenceWriter {
    pub(super) out: Vec<u8>,
    colours: Colours,
    /// The row, and the column where that is sure.
    at: Option<(u16, Option<u16>)>,
    style: Option<Style>,
    /// Where the links of the frame that is drawn lead.
    pub(super) links: HashMap<u32, Arc<str>>,
}

impl SequenceWriter {
    pub(super) fn new(colours: Colours) -> Self {
        SequenceWriter { out: Vec::new(), colours, at: None, style: None, links: HashMap::new() }
    }

    /// Somebody else wrote to the terminal.
    pub(super) fn lose(&mut self) {
        (self.at, self.style) = (None, None);
        if self.has_links() {
            self.out.extend_from_slice(b"\x1b]8;;\x1b\\");
        }
    }

    /// How many colours the terminal shows.
    pub(super) fn colours(&self) -> Colours {
        self.colours
    }

    pub(super) fn show_colours(&mut self, colours: Colours) {
        self.colours = colours;
    }

    /// Whether the terminal is one of those that have links and kinds of underlines, or skip them at least.
    fn has_links(&self) -> bool {
        matches!(self.colours, Colours::Palette | Colours::True)
    }

    pub(super) fn write_char(&mut self, c: char) {
        self.out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }

    /// The cursor is here after a cell. The row is sure: stations' terminals do not wrap.
    pub(super) fn moved_to(&mut self, row: u16, col: Option<usize>) {
        self.at = Some((row, col.and_then(|col| u16::try_from(col).ok())));
    }

    /// The column of this row where the terminal writes next, if that is sure.
    pub(super) fn column_in(&self, row: u16) -> Option<usize> {
        self.at.filter(|(at, _)| *at == row).and_then(|(_, col)| col).map(usize::from)
    }

    /// Whether it writes with these attributes already.
    pub(super) fn writes(&self, style: Style) -> bool {
        self.style == Some(style)
    }

    /// Goes there by the shortest way.
    pub(super) fn go(&mut self, row: u16, col: usize) {
        let col = u16::try_from(col).unwrap_or(u16::MAX);
        if self.at != Some((row, Some(col))) {
            let way = self.way(row, col);
            self.out.extend_from_slice(&way);
            self.at = Some((row, Some(col)));
        }
    }

    fn way(&self, row: u16, col: u16) -> Vec<u8> {
        let here = self.at.filter(|(from, _)| *from == row);
        match (here, self.at) {
            (Some(_), _) if col == 0 => b"\r".to_vec(),
            (Some((_, Some(from))), _) if col < from && from - col <= 4 => vec![0x08; usize::from(from - col)],
            (Some((_, Some(from))), _) if col == from + 1 => b"\x1b[C".to_vec(),
            (Some((_, Some(from))), _) if col > from => format!("\x1b[{}C", col - from).into_bytes(),
            (Some(_), _) => format!("\x1b[{}G", u32::from(col) + 1).into_bytes(),
            (None, Some((from, _))) if col == 0 && row > from && row - from <= 4 => {
                [b"\r".to_vec(), vec![b'\n'; usize::from(row - from)]].concat()
            }
            (None, _) if (row, col) == (0, 0) => b"\x1b[H".to_vec(),
            (None, _) => format!("\x1b[{};{}H", u32::from(row) + 1, u32::from(col) + 1).into_bytes(),
        }
    }

    /// Lets only these rows scroll (DECSTBM, which also moves the cursor).
    pub(super) fn region(&mut self, top: u16, bottom: u16) {
        let _ = write!(self.out, "\x1b[{};{}r", u32::from(top) + 1, u32::from(bottom) + 1);
        self.at = None;
    }

    /// Lets the whole screen scroll again.
    pub(super) fn whole_screen(&mut self) {
        self.out.extend_from_slice(b"\x1b[r");
        self.at = None;
    }

    /// Moves the rows of the region by one: up from its last row, down from its first.
    pub(super) fn scroll(&mut self, edge: u16, up: bool) {
        // Many terminals give the new row the background they would write with.
        self.set(PLAIN);
        if self.at.is_none_or(|(row, _)| row != edge) {
            self.go(edge, 0);
        }
        self.out.extend_from_slice(if up { b"\r\n" } else { b"\x1bM" });
        self.at = Some((edge, if up { Some(0) } else { self.at.and_then(|(_, col)| col) }));
    }

    /// Writes with these attributes from here on.
    pub(super) fn set(&mut self, style: Style) {
        let before = self.style.replace(style);
        if before == Some(style) {
            return;
        }
        if before.map_or(PLAIN.link, |before| before.link) != style.link {
            self.link(style.link);
        }
        let (before, style) = (before.map(Style::unlinked), style.unlinked());
        if before == Some(style) {
            return;
        }
        if style == PLAIN {
            self.out.extend_from_slice(b"\x1b[m");
            return;
        }
        let begin = self.out.len();
        self.codes(style);
        // Each code begins with a semicolon. A plain style needs no reset before them.
        let codes = self.out.split_off(begin);
        let (reset, codes): (&[u8], _) = match before {
            Some(PLAIN) => (b"\x1b[", codes.get(1..).unwrap_or_default()),
            _ => (b"\x1b[0", &codes[..]),
        };
        self.out.extend_from_slice(reset);
        self.out.extend_from_slice(codes);
        self.out.push(b'm');
        self.underlines(style);
    }

    /// Begins a link, or ends the one that has begun.
    fn link(&mut self, link: Option<u32>) {
        if !self.has_links() {
            return;
        }
        let known = link.and_then(|number| Some((number, self.links.get(&number)?)));
        let _ = match known {
            // The name tells the terminal that pieces of text belong to one link.
            Some((number, address)) => write!(self.out, "\x1b]8;id=u{number};{address}\x1b\\"),
            None => write!(self.out, "\x1b]8;;\x1b\\"),
        };
    }

    /// The underline's kind and colour, each in a sequence of its own: a terminal that does not know one skips that one
    /// alone, and has a plain underline.
    fn underlines(&mut self, style: Style) {
        let kinds = [
            (Flags::DOUBLE_UNDERLINE, 2),
            (Flags::UNDERCURL, 3),
            (Flags::DOTTED_UNDERLINE, 4),
            (Flags::DASHED_UNDERLINE, 5),
        ];
        if !style.flags.intersects(Flags::ALL_UNDERLINES) || !self.has_links() {
            return;
        }
        if let Some((_, kind)) = kinds.into_iter().find(|(flag, _)| style.flags.contains(*flag)) {
            let _ = write!(self.out, "\x1b[4:{kind}m");
        }
        let _ = match style.underline {
            Some(Color::Spec(rgb)) if self.colours == Colours::True => {
                write!(self.out, "\x1b[58:2::{}:{}:{}m", rgb.r, rgb.g, rgb.b)
            }
            Some(Color::Spec(rgb)) => write!(self.out, "\x1b[58:5:{}m", nearest(rgb)),
            Some(Color::Indexed(index)) => write!(self.out, "\x1b[58:5:{index}m"),
            Some(Color::Named(name)) if (name as usize) < 16 => write!(self.out, "\x1b[58:5:{}m", name as usize),
            Some(Color::Named(_)) | None => Ok(()),
        };
    }

    fn codes(&mut self, style: Style) {
        let flags = style.flags;
        let attributes: [(Flags, &[u8]); 8] = [
            (Flags::BOLD, b";1"),
            (Flags::DIM, b";2"),
            (Flags::ITALIC, b";3"),
            (Flags::ALL_UNDERLINES, b";4"),
            (BLINK, b";5"),
            (Flags::INVERSE, b";7"),
            (Flags::HIDDEN, b";8"),
            (Flags::STRIKEOUT, b";9"),
        ];
        for (_, code) in attributes.iter().filter(|(flag, _)| flags.intersects(*flag)) {
            self.out.extend_from_slice(code);
        }
        if self.colours == Colours::Mono {
            // Without colours, white on blue is told from the rest by being reversed.
            if style.bg != PLAIN.bg && !flags.contains(Flags::INVERSE) {
                self.out.extend_from_slice(b";7");
            }
            return;
        }
        self.colour(style.fg, 30, 38);
        self.colour(style.bg, 40, 48);
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
            0..=7 => write!(self.out, ";{}", base + index as u16),
            8..=15 => write!(self.out, ";{}", base + 60 + index as u16 - 8),
            _ => write!(self.out, ";{extended};5;{index}"),
        };
    }
}
