//! A picture of a terminal: cells, cursor and modes. The session's screen and the lock screen are
//! both pictures, and a station is brought from one to the other by what differs.

use alacritty_terminal::term::TermMode;
use alacritty_terminal::term::cell::{Cell, Flags};
use alacritty_terminal::vte::ansi::{Color, CursorShape, NamedColor};
use usher_core::request::Size;

/// What a station's terminal is to show.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Picture {
    pub(super) size: Size,
    /// Row by row, `size.rows × size.cols` of them.
    cells: Vec<Cell>,
    /// Row and column; `None` where the cursor is hidden.
    pub(super) cursor: Option<(u16, u16)>,
    /// The cursor's shape and whether it blinks; `None` for the terminal's own.
    pub(super) cursor_style: Option<(CursorShape, bool)>,
    /// What the session's program asked the terminal to send; nothing on a lock screen.
    pub(super) modes: TermMode,
    /// The window's title.
    pub(super) title: Option<String>,
    /// The rows are in visual order: the terminal must not turn right-to-left text round once more.
    pub(super) visual_order: bool,
}

impl Picture {
    /// The modes that a station's terminal takes part in.
    pub(super) const MODES: TermMode = TermMode::APP_CURSOR
        .union(TermMode::APP_KEYPAD)
        .union(TermMode::BRACKETED_PASTE)
        .union(TermMode::MOUSE_REPORT_CLICK)
        .union(TermMode::MOUSE_DRAG)
        .union(TermMode::MOUSE_MOTION)
        .union(TermMode::SGR_MOUSE)
        .union(TermMode::FOCUS_IN_OUT);

    /// An empty picture of this size.
    pub(super) fn blank(size: Size) -> Self {
        Picture {
            size,
            cells: vec![Cell::default(); usize::from(size.rows) * usize::from(size.cols)],
            cursor: None,
            cursor_style: None,
            modes: TermMode::empty(),
            title: None,
            visual_order: false,
        }
    }

    pub(super) fn row(&self, row: u16) -> &[Cell] {
        let cols = usize::from(self.size.cols);
        &self.cells[usize::from(row) * cols..][..cols]
    }

    pub(super) fn row_mut(&mut self, row: u16) -> &mut [Cell] {
        let cols = usize::from(self.size.cols);
        &mut self.cells[usize::from(row) * cols..][..cols]
    }

    /// Fills a row with blanks that look like `template`.
    pub(super) fn fill_row(&mut self, row: u16, template: &Cell) {
        self.row_mut(row).fill(template.clone());
    }

    /// Writes grapheme clusters from `col` on, each with its width in cells, as far as they fit.
    pub(super) fn write<'t>(
        &mut self,
        row: u16,
        col: u16,
        clusters: impl Iterator<Item = (&'t str, usize)>,
        template: &Cell,
    ) {
        let mut at = usize::from(col);
        let cells = self.row_mut(row);
        for (cluster, width) in clusters {
            if at + width > cells.len() {
                return;
            }
            let mut chars = cluster.chars();
            let mut cell = template.clone();
            cell.c = chars.next().unwrap_or(' ');
            chars.for_each(|c| cell.push_zerowidth(c));
            if width == 2 {
                cell.flags.insert(Flags::WIDE_CHAR);
                let mut spacer = template.clone();
                spacer.flags.insert(Flags::WIDE_CHAR_SPACER);
                cells[at + 1] = spacer;
            }
            cells[at] = cell;
            at += width;
        }
    }
}

/// A blank with these colours and attributes.
pub(super) fn style(fg: NamedColor, bg: NamedColor, flags: Flags) -> Cell {
    Cell { fg: Color::Named(fg), bg: Color::Named(bg), flags, ..Cell::default() }
}
