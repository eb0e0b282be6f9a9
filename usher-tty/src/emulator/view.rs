//! The session's screen as stations see it.

use std::collections::HashMap;

use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::term::TermMode;
use alacritty_terminal::term::cell::{Cell, Flags};
use alacritty_terminal::vte::ansi::CursorShape;
use usher_core::request::Size;

use super::super::frame::{Frame, Origin, link_of};
use super::Emulator;

impl Emulator {
    /// The lines from `top` on and the columns from `left` on, without cursor and modes.
    pub(in super::super) fn view(&self, size: Size, top: i32, left: usize) -> Frame {
        self.view_after(None, size, top, left)
    }

    /// The same, with the rows of an earlier frame where they are the same.
    fn view_after(&self, before: Option<&Frame>, size: Size, top: i32, left: usize) -> Frame {
        let before = before.filter(|before| before.size == size && left == 0);
        // Rows with links are looked at anew, because addresses are forgotten.
        let made = before.filter(|before| before.links.is_empty()).and_then(|before| before.origin);
        let made = made.filter(|origin| origin.top == top);
        let stood = |line: i32| made.is_some_and(|origin| !self.changes.since(origin.count, line));
        let mut frame = Frame::blank(size);
        frame.title = self.title.clone();
        let (first, last) = self.lines();
        let mut written = Vec::new();
        for row in 0..size.rows {
            let line = top.saturating_add(i32::from(row));
            if !(first..=last).contains(&line) {
                continue;
            }
            let from = self.row(line).get(left..).unwrap_or_default();
            if let Some(before) = before.filter(|before| stood(line) || stands(before.row(row), from)) {
                frame.share_row(row, before);
                continue;
            }
            written.push(row);
            let cells = frame.row_mut(row);
            let shown = from.len().min(cells.len());
            for (cell, seen) in cells.iter_mut().zip(from) {
                *cell = seen.clone();
                cell.flags.remove(UNSEEN);
            }
            halve_cut_characters(&mut cells[..shown]);
        }
        self.give_addresses(&mut frame, &written);
        frame.origin = (left == 0).then_some(Origin { top, count: self.changes.now() });
        frame
    }

    /// Links that are kept get their addresses; the others are plain text. Rows that are shared have none.
    fn give_addresses(&self, frame: &mut Frame, written: &[u16]) {
        let mut addresses = HashMap::new();
        for &row in written {
            if frame.row(row).iter().all(|cell| cell.extra.is_none()) {
                continue;
            }
            for cell in frame.row_mut(row).iter_mut().filter(|cell| cell.extra.is_some()) {
                let Some(number) = link_of(cell) else { continue };
                let address = addresses.entry(number).or_insert_with(|| self.beside.links.address(number));
                if address.is_none() {
                    cell.set_hyperlink(None);
                }
            }
        }
        frame.links = addresses.into_iter().filter_map(|(number, address)| Some((number, address?))).collect();
    }

    /// The screen as a station of this size shows it: all of it, or the part around the cursor.
    pub(in super::super) fn frame(&self, size: Size) -> Frame {
        self.frame_after(None, size)
    }

    /// The same, with the rows of an earlier frame where they are the same.
    pub(in super::super) fn frame_after(&self, before: Option<&Frame>, size: Size) -> Frame {
        let grid = self.term.grid();
        let (rows, cols) = (grid.screen_lines(), grid.columns());
        let cursor = grid.cursor.point;
        let first_row = first_shown(usize::try_from(cursor.line.0).unwrap_or(0), usize::from(size.rows), rows);
        let first_col = first_shown(cursor.column.0, usize::from(size.cols), cols);
        let mut frame = self.view_after(before, size, i32::try_from(first_row).unwrap_or(0), first_col);
        let mode = *self.term.mode();
        let place = |at: usize, first: usize| at.checked_sub(first).and_then(|at| u16::try_from(at).ok());
        if mode.contains(TermMode::SHOW_CURSOR) {
            let row = place(usize::try_from(cursor.line.0).unwrap_or(0), first_row);
            frame.cursor = row.zip(place(cursor.column.0, first_col));
        }
        let style = self.term.cursor_style();
        let default = style.shape == CursorShape::Block && !style.blinking;
        frame.cursor_style = (!default).then_some((style.shape, style.blinking));
        frame.modes = mode & Frame::MODES;
        frame
    }
}

/// What the emulator knows of a cell that nobody sees.
const UNSEEN: Flags = Flags::WRAPLINE.union(Flags::LEADING_WIDE_CHAR_SPACER);

/// Whether a row of the session's is on a station's screen already. Rows with marks or links are not known to.
fn stands(shown: &[Cell], row: &[Cell]) -> bool {
    let same = |(shown, cell): (&Cell, &Cell)| {
        shown.c == cell.c
            && shown.flags == cell.flags.difference(UNSEEN)
            && (shown.fg, shown.bg) == (cell.fg, cell.bg)
            && shown.extra.is_none()
            && cell.extra.is_none()
    };
    shown.len() == row.len() && shown.iter().zip(row).all(same)
}

/// The first row or column that is shown of `all`, so that `cursor` is among the `room` shown.
fn first_shown(cursor: usize, room: usize, all: usize) -> usize {
    if all <= room { 0 } else { (cursor + 1).saturating_sub(room).min(all - room) }
}

/// A wide character that the edge cut in two, or that the program wrote or erased into, is shown as a blank: no
/// terminal shows half of one.
fn halve_cut_characters(cells: &mut [Cell]) {
    for col in 0..cells.len() {
        let before = col > 0 && cells[col - 1].flags.contains(Flags::WIDE_CHAR);
        let after = cells.get(col + 1).is_some_and(|cell| cell.flags.contains(Flags::WIDE_CHAR_SPACER));
        let cell = &mut cells[col];
        if cell.flags.contains(Flags::WIDE_CHAR) && !after {
            cell.flags.remove(Flags::WIDE_CHAR);
            cell.c = ' ';
            cell.extra = None;
        }
        if cell.flags.contains(Flags::WIDE_CHAR_SPACER) && !before {
            cell.flags.remove(Flags::WIDE_CHAR_SPACER);
        }
    }
}
