//! Brings a station's terminal from one frame to the next with few bytes.
//!
//! All bytes are made here, from characters and attributes: no byte of the session's own output reaches a
//! station's terminal.

use std::io::Write;

use alacritty_terminal::term::TermMode;
use alacritty_terminal::term::cell::{Cell, Flags};
use alacritty_terminal::vte::ansi::CursorShape;
use unicode_width::UnicodeWidthChar;
use usher_core::request::Colours;
use usher_core::wire::StationTerminal;

use self::writer::{PLAIN, SequenceWriter, Style};
use super::emulator::is_tone;
use super::frame::Frame;

mod colour;
mod scroll;
mod writer;

/// A frame of more bytes than this is drawn with the cursor hidden, because it could be seen running about.
const MANY: usize = 1024;

/// Joins the characters before and after it.
const JOINER: char = '\u{200d}';
/// Makes the character before it an emoji.
const EMOJI_STYLE: char = '\u{fe0f}';

/// A movement to the right takes about as many bytes.
const BRIDGE: usize = 3;

/// A station's terminal, as far as we know it.
pub(super) struct Painter {
    writer: SequenceWriter,
    /// Its contents; `None` if nobody knows them.
    shown: Option<Frame>,
    cursor_visible: Option<bool>,
    /// The terminal makes one character of joined emoji, and of an emoji and a tone.
    joins: (bool, bool),
}

impl Painter {
    pub(super) fn new(colours: Colours) -> Self {
        Painter { writer: SequenceWriter::new(colours), shown: None, cursor_visible: None, joins: (false, false) }
    }

    /// The terminal has said what it is.
    pub(super) fn learn(&mut self, terminal: &StationTerminal) {
        let joins = (terminal.joins_emoji, terminal.joins_tones);
        let more = terminal.true_colour && self.writer.colours() == Colours::Palette;
        if more {
            self.writer.show_colours(Colours::True);
        }
        if std::mem::replace(&mut self.joins, joins) != joins || more {
            self.forget();
        }
    }

    /// The terminal shows this now.
    pub(super) fn assume(&mut self, shown: Frame) {
        self.shown = Some(shown);
    }

    /// What the terminal shows, as far as that is known.
    pub(super) fn shown(&self) -> Option<&Frame> {
        self.shown.as_ref()
    }

    /// The terminal was cleared, or somebody else wrote to it: the next frame is drawn whole.
    pub(super) fn forget(&mut self) {
        self.shown = None;
    }

    /// The bytes after which the terminal shows `to`.
    pub(super) fn paint(&mut self, to: Frame) -> Vec<u8> {
        let shown = self.shown.take().filter(|shown| shown.size == to.size);
        let mut out = Vec::new();
        self.writer.links.clone_from(&to.links);
        if shown.is_none() {
            self.writer.lose();
            self.cursor_visible = None;
            // Another program may have set a region.
            self.writer.out.extend_from_slice(b"\x1b[r");
        }
        self.order(shown.as_ref(), &to);
        self.rows(shown.as_ref(), &to);
        if self.writer.out.len() > MANY && self.cursor_visible != Some(false) {
            self.cursor_visible = Some(false);
            out.extend_from_slice(b"\x1b[?25l");
        }
        self.modes(shown.as_ref().map(|shown| shown.modes), to.modes);
        self.title(shown.as_ref(), &to);
        self.cursor(shown.as_ref(), &to);
        self.shown = Some(to);
        out.append(&mut self.writer.out);
        out
    }

    /// Terminals that reorder right-to-left text themselves are told not to, while the rows are in
    /// visual order already (ECMA-48 BDSM: mode 8, explicit when reset).
    fn order(&mut self, from: Option<&Frame>, to: &Frame) {
        if from.map(|from| from.visual_order) != Some(to.visual_order) {
            self.writer.out.extend_from_slice(if to.visual_order { b"\x1b[8l" } else { b"\x1b[8h" });
        }
    }

    /// Scrolls the rows that only moved, and writes the cells that differ then.
    fn rows(&mut self, from: Option<&Frame>, to: &Frame) {
        let scroll = from.and_then(|from| scroll::find(from, to));
        let moved = scroll.and_then(|scroll| Some(self.scroll(from?.clone(), to, scroll)));
        let from = moved.as_ref().or(from);
        for row in (0..to.size.rows).filter(|row| from.is_none_or(|from| !from.has_same_row(*row, to))) {
            self.row(row, from.map(|from| from.row(row)), to.row(row));
        }
    }

    /// Moves rows, and gives the contents after that. A row that comes up from the bottom is written before it moves,
    /// as a program's lines are: then each costs a line break and nothing else.
    fn scroll(
        &mut self,
        mut shown: Frame,
        to: &Frame,
        scroll::Scroll { top, bottom, up, by }: scroll::Scroll,
    ) -> Frame {
        let part = (top, bottom) != (0, to.size.rows - 1);
        if part {
            self.writer.region(top, bottom);
        }
        for step in 0..by {
            if up {
                let row = bottom - by + step;
                self.row(bottom, Some(shown.row(bottom)), to.row(row));
                shown.row_mut(bottom).clone_from_slice(to.row(row));
            }
            self.writer.scroll(if up { bottom } else { top }, up);
            shown.shift(top, bottom, up);
        }
        if part {
            self.writer.whole_screen();
        }
        shown
    }

    fn row(&mut self, row: u16, old: Option<&[Cell]>, new: &[Cell]) {
        // The blank tail of a row is erased in one stroke.
        let text_end = new.iter().rposition(|cell| !is_blank(cell)).map_or(0, |last| last + 1);
        for (col, cell) in new.iter().enumerate().take(text_end) {
            let unchanged = old.is_some_and(|old| old[col] == *cell);
            if unchanged || cell.flags.contains(Flags::WIDE_CHAR_SPACER) {
                continue;
            }
            self.bridge(row, col, new);
            self.cell(row, col, cell, new.len());
        }
        let tail_differs = old.is_none_or(|old| old[text_end..] != new[text_end..]);
        if text_end < new.len() && tail_differs {
            self.writer.go(row, text_end);
            self.writer.set(PLAIN);
            self.writer.out.extend_from_slice(b"\x1b[K");
        }
    }

    /// Writes a few cells that stand already once more, where that is shorter than a movement across them.
    fn bridge(&mut self, row: u16, col: usize, new: &[Cell]) {
        let Some(from) = self.writer.column_in(row).filter(|from| (1..=BRIDGE).contains(&col.saturating_sub(*from)))
        else {
            return;
        };
        let between = &new[from..col];
        if between.iter().all(|cell| is_simple(cell) && self.writer.writes(Style::of(cell))) {
            between.iter().for_each(|cell| self.writer.write_char(cell.c));
            self.writer.moved_to(row, Some(col));
        }
    }

    fn cell(&mut self, row: u16, col: usize, cell: &Cell, cols: usize) {
        self.writer.go(row, col);
        self.writer.set(Style::of(cell));
        let c = if cell.c.is_control() || cell.c.width().is_none_or(|w| w == 0) { ' ' } else { cell.c };
        self.writer.write_char(c);
        self.marks(cell);
        // Terminals disagree on the width of other characters, and on where the cursor is after the last column.
        let sure = c.is_ascii() && !has_marks(cell) && col + 1 < cols;
        self.writer.moved_to(row, sure.then_some(col + 1));
    }

    /// Writes what belongs to a cell's character, as far as the terminal keeps it within the cell.
    fn marks(&mut self, cell: &Cell) {
        let marks = cell.zerowidth().unwrap_or_default();
        let wide = cell.flags.contains(Flags::WIDE_CHAR);
        for (at, &mark) in marks.iter().enumerate() {
            match mark {
                JOINER if !self.joins.0 || at + 1 == marks.len() => return,
                _ if is_tone(mark) && !self.joins.1 => {}
                // It would make some terminals draw a narrow character in two cells.
                EMOJI_STYLE if !wide => {}
                _ if mark.is_control() => {}
                _ => self.writer.write_char(mark),
            }
        }
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
                self.writer.out.extend_from_slice(off.as_bytes());
            }
        }
        for (mode, on, _) in switches {
            let mouse_lost = TermMode::MOUSE_MODE.contains(mode) && from.is_some_and(|from| from != to);
            if to.contains(mode) && (from.is_none_or(|from| !from.contains(mode)) || mouse_lost) {
                self.writer.out.extend_from_slice(on.as_bytes());
            }
        }
    }

    fn title(&mut self, from: Option<&Frame>, to: &Frame) {
        if from.is_none_or(|from| from.title != to.title) {
            let title: String = to.title.iter().flat_map(|t| t.chars()).filter(|c| !c.is_control()).take(256).collect();
            let _ = write!(self.writer.out, "\x1b]2;{title}\x1b\\");
        }
    }

    fn cursor(&mut self, from: Option<&Frame>, to: &Frame) {
        if from.is_none_or(|from| from.cursor_style != to.cursor_style) {
            let _ = write!(self.writer.out, "\x1b[{} q", style_code(to.cursor_style));
        }
        if let Some((row, col)) = to.cursor {
            self.writer.go(row, usize::from(col));
        }
        let visible = to.cursor.is_some();
        if self.cursor_visible != Some(visible) {
            self.cursor_visible = Some(visible);
            self.writer.out.extend_from_slice(if visible { b"\x1b[?25h" } else { b"\x1b[?25l" });
        }
    }
}

/// The number of a cursor's style (xterm's DECSCUSR).
fn style_code(style: Option<(CursorShape, bool)>) -> u8 {
    let Some((shape, blinks)) = style else { return 0 };
    let steady = match shape {
        CursorShape::Underline => 4,
        CursorShape::Beam => 6,
        CursorShape::Block | CursorShape::HollowBlock | CursorShape::Hidden => 2,
    };
    if blinks { steady - 1 } else { steady }
}

/// One byte, one cell.
fn is_simple(cell: &Cell) -> bool {
    (cell.c == ' ' || cell.c.is_ascii_graphic()) && !has_marks(cell) && !cell.flags.contains(Flags::WIDE_CHAR_SPACER)
}

fn has_marks(cell: &Cell) -> bool {
    cell.zerowidth().is_some_and(|marks| !marks.is_empty())
}

fn is_blank(cell: &Cell) -> bool {
    cell.c == ' ' && !has_marks(cell) && Style::of(cell) == PLAIN && !cell.flags.contains(Flags::WIDE_CHAR_SPACER)
}

#[cfg(test)]
mod tests;
