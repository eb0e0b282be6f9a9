//! A frame: a terminal's contents at one time, as cells, cursor and modes. The session's screen and the lock screen are
//! both drawn as frames, and a station gets the difference between two of them.

use std::collections::HashMap;
use std::sync::Arc;

use alacritty_terminal::term::TermMode;
use alacritty_terminal::term::cell::{Cell, Flags};
use alacritty_terminal::vte::ansi::{Color, CursorShape, NamedColor};
use usher_core::request::Size;

/// A cell of the session's: its line, negative above the screen, and its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct GridPlace {
    pub(super) line: i32,
    pub(super) col: usize,
}

/// The rows of a frame as the emulator made them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Origin {
    /// The line of the first row.
    pub(super) top: i32,
    /// How often the screen had changed.
    pub(super) count: u64,
}

/// The contents that a station's terminal is to have.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Frame {
    pub(super) size: Size,
    /// `size.rows` of `size.cols` cells each; frames share those that are the same.
    rows: Vec<Arc<[Cell]>>,
    /// Where the rows are those of the session's screen, and nothing else.
    pub(super) origin: Option<Origin>,
    /// Row and column; `None` where the cursor is hidden.
    pub(super) cursor: Option<(u16, u16)>,
    /// The cursor's shape and whether it blinks; `None` for the terminal's own.
    pub(super) cursor_style: Option<(CursorShape, bool)>,
    /// The session's program asked the terminal to send these; none on a lock screen.
    pub(super) modes: TermMode,
    /// The window's title.
    pub(super) title: Option<String>,
    /// The rows are in visual order: the terminal must not turn right-to-left text round once more.
    pub(super) visual_order: bool,
    /// Where the links lead that cells name by number.
    pub(super) links: HashMap<u32, Arc<str>>,
}

impl Frame {
    /// The modes that a station's terminal takes part in.
    pub(super) const MODES: TermMode = TermMode::APP_CURSOR
        .union(TermMode::APP_KEYPAD)
        .union(TermMode::BRACKETED_PASTE)
        .union(TermMode::MOUSE_REPORT_CLICK)
        .union(TermMode::MOUSE_DRAG)
        .union(TermMode::MOUSE_MOTION)
        .union(TermMode::SGR_MOUSE)
        .union(TermMode::FOCUS_IN_OUT);

    /// An empty frame of this size. Its rows are one until they differ: a frame is made for every key that is echoed.
    pub(super) fn blank(size: Size) -> Self {
        let row: Arc<[Cell]> = vec![Cell::default(); usize::from(size.cols)].into();
        Frame {
            size,
            rows: vec![row; usize::from(size.rows)],
            origin: None,
            cursor: None,
            cursor_style: None,
            modes: TermMode::empty(),
            title: None,
            visual_order: false,
            links: HashMap::new(),
        }
    }

    pub(super) fn row(&self, row: u16) -> &[Cell] {
        &self.rows[usize::from(row)]
    }

    /// A row to write: whatever it is to be, the frame is no longer as the emulator made it.
    pub(super) fn row_mut(&mut self, row: u16) -> &mut [Cell] {
        self.origin = None;
        Arc::make_mut(&mut self.rows[usize::from(row)])
    }

    /// Takes a row from another frame of the same size.
    pub(super) fn share_row(&mut self, row: u16, other: &Frame) {
        self.origin = None;
        self.rows[usize::from(row)] = Arc::clone(&other.rows[usize::from(row)]);
    }

    /// Whether a row of another frame of the same size has the same cells.
    pub(super) fn has_same_row(&self, row: u16, other: &Frame) -> bool {
        let (ours, theirs) = (&self.rows[usize::from(row)], &other.rows[usize::from(row)]);
        Arc::ptr_eq(ours, theirs) || ours == theirs
    }

    /// Moves these rows by one, as a terminal scrolls them; the row that comes in is blank.
    pub(super) fn shift(&mut self, top: u16, bottom: u16, up: bool) {
        let moved = &mut self.rows[usize::from(top)..=usize::from(bottom)];
        if up {
            moved.rotate_left(1)
        } else {
            moved.rotate_right(1)
        }
        self.row_mut(if up { bottom } else { top }).fill(Cell::default());
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

/// The number of the link that a cell belongs to.
pub(super) fn link_of(cell: &Cell) -> Option<u32> {
    cell.extra.as_ref()?;
    cell.hyperlink()?.id().parse().ok()
}

/// A blank with these colours and attributes.
pub(super) fn style(fg: NamedColor, bg: NamedColor, flags: Flags) -> Cell {
    Cell { fg: Color::Named(fg), bg: Color::Named(bg), flags, ..Cell::default() }
}
