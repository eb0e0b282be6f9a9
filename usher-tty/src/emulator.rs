//! The session's screen: the emulator shows its program's output as a terminal would.
//!
//! The emulator answers the program's queries itself, so a program gets the same answers whether
//! one station looks, or three, or none.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Instant;

use alacritty_terminal::event::{Event, EventListener, WindowSize};
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::cell::Flags;
use alacritty_terminal::term::{Config, Osc52, Term, TermMode};
use alacritty_terminal::vte::ansi::{CursorShape, Processor, Rgb};
use usher_core::request::Size;

use super::frame::Frame;
use super::guard::Guard;

/// Lines above the screen that are kept, so that a screen that grows shows them again.
const SCROLLBACK: usize = 1000;
/// The longest title that is kept, in characters.
const MAX_TITLE: usize = 256;

/// The emulator's events, collected while it works.
#[derive(Debug, Default)]
struct Said {
    answers: Vec<u8>,
    title: Option<Option<String>>,
    bells: bool,
}

#[derive(Clone)]
struct Listener {
    said: Rc<RefCell<Said>>,
    size: Rc<RefCell<Size>>,
}

impl EventListener for Listener {
    fn send_event(&self, event: Event) {
        let mut said = self.said.borrow_mut();
        match event {
            Event::PtyWrite(text) => said.answers.extend_from_slice(text.as_bytes()),
            Event::ColorRequest(index, answer) => {
                said.answers.extend_from_slice(answer(palette(index)).as_bytes());
            }
            Event::TextAreaSizeRequest(answer) => {
                let size = *self.size.borrow();
                let cell = WindowSize { num_lines: size.rows, num_cols: size.cols, cell_width: 8, cell_height: 16 };
                said.answers.extend_from_slice(answer(cell).as_bytes());
            }
            Event::Title(title) => {
                let title: String = title.chars().filter(|c| !c.is_control()).take(MAX_TITLE).collect();
                said.title = Some(Some(title).filter(|t| !t.is_empty()));
            }
            Event::ResetTitle => said.title = Some(None),
            Event::Bell => said.bells = true,
            // The clipboard stays the station's own; the rest concerns windows.
            Event::ClipboardStore(..)
            | Event::ClipboardLoad(..)
            | Event::MouseCursorDirty
            | Event::CursorBlinkingChange
            | Event::Wakeup
            | Event::Exit
            | Event::ChildExit(_) => {}
        }
    }
}

/// A terminal emulator behind a guard, with the answers it gives.
pub struct Emulator {
    term: Term<Listener>,
    parser: Processor,
    guard: Guard,
    listener: Listener,
    title: Option<String>,
    filtered: Vec<u8>,
}

/// The effects of a piece of output, besides the screen.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Advanced {
    /// The emulator's answers to the program's queries.
    pub(super) answers: Vec<u8>,
    /// The program rang the bell.
    pub(super) bell: bool,
}

impl Emulator {
    /// An empty screen of this size.
    pub fn new(size: Size) -> Self {
        let listener = Listener { said: Rc::default(), size: Rc::new(RefCell::new(size)) };
        Emulator {
            term: emulator(size, &listener),
            parser: Processor::new(),
            guard: Guard::new(),
            listener,
            title: None,
            filtered: Vec::new(),
        }
    }

    pub(super) fn size(&self) -> Size {
        *self.listener.size.borrow()
    }

    pub(super) fn resize(&mut self, size: Size) {
        *self.listener.size.borrow_mut() = size;
        self.term.resize(Dim(size));
    }

    pub(super) fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// Shows the program's output.
    ///
    /// A fault in the emulator costs the screen's contents, not the session: the screen begins anew.
    pub fn advance(&mut self, bytes: &[u8]) -> Advanced {
        let mut filtered = std::mem::take(&mut self.filtered);
        filtered.clear();
        self.guard.filter(bytes, &mut filtered);
        self.emulate(|parser, term| parser.advance(term, &filtered));
        filtered.shrink_to(1 << 16);
        self.filtered = filtered;
        self.said()
    }

    /// When a synchronized update that the program does not end is to be shown anyway.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.parser.sync_timeout().sync_timeout()
    }

    /// Shows a synchronized update whose deadline passed.
    pub(super) fn end_update(&mut self) -> Advanced {
        self.emulate(|parser, term| parser.stop_sync(term));
        self.said()
    }

    fn emulate(&mut self, work: impl FnOnce(&mut Processor, &mut Term<Listener>)) {
        let (parser, term) = (&mut self.parser, &mut self.term);
        if catch_unwind(AssertUnwindSafe(|| work(parser, term))).is_err() {
            self.term = emulator(self.size(), &self.listener);
            self.parser = Processor::new();
            self.guard = Guard::new();
        }
    }

    fn said(&mut self) -> Advanced {
        let said = std::mem::take(&mut *self.listener.said.borrow_mut());
        if let Some(title) = said.title {
            self.title = title;
        }
        Advanced { answers: said.answers, bell: said.bells }
    }

    /// The screen as plain text, a line for each row.
    pub fn text(&self) -> String {
        let frame = self.frame(self.size(), 0);
        let row = |row| {
            let shown = frame.row(row).iter().filter(|cell| !cell.flags.contains(Flags::WIDE_CHAR_SPACER));
            let text: String = shown
                .flat_map(|cell| std::iter::once(cell.c).chain(cell.zerowidth().unwrap_or_default().iter().copied()))
                .collect();
            text.trim_end().to_owned() + "\n"
        };
        (0..frame.size.rows).map(row).collect()
    }

    /// How many lines are kept above the screen.
    pub(super) fn scrollback(&self) -> usize {
        self.term.grid().history_size()
    }

    /// The screen as a station of this size shows it: all of it, or the part around the cursor; or the lines so
    /// far back.
    pub(super) fn frame(&self, size: Size, back: usize) -> Frame {
        let grid = self.term.grid();
        let (rows, cols) = (grid.screen_lines(), grid.columns());
        let cursor = grid.cursor.point;
        let first_row = first_shown(usize::try_from(cursor.line.0).unwrap_or(0), usize::from(size.rows), rows);
        let first_col = first_shown(cursor.column.0, usize::from(size.cols), cols);
        let mut frame = Frame::blank(size);
        for row in 0..usize::from(size.rows).min(rows - first_row) {
            let shown = usize::from(size.cols).min(cols - first_col);
            let above = i32::try_from(back.min(self.scrollback())).unwrap_or(0);
            let line = &grid[Line(i32::try_from(first_row + row).unwrap_or(0) - above)];
            let cells = frame.row_mut(u16::try_from(row).unwrap_or(u16::MAX));
            for (col, cell) in cells.iter_mut().enumerate().take(shown) {
                *cell = line[Column(first_col + col)].clone();
                cell.flags.remove(Flags::WRAPLINE | Flags::LEADING_WIDE_CHAR_SPACER);
            }
            halve_cut_characters(&mut cells[..shown]);
        }
        let mode = *self.term.mode();
        let place = |at: usize, first: usize| at.checked_sub(first).and_then(|at| u16::try_from(at).ok());
        if mode.contains(TermMode::SHOW_CURSOR) && back == 0 {
            let row = place(usize::try_from(cursor.line.0).unwrap_or(0), first_row);
            frame.cursor = row.zip(place(cursor.column.0, first_col));
        }
        let style = self.term.cursor_style();
        let default = style.shape == CursorShape::Block && !style.blinking;
        frame.cursor_style = (!default).then_some((style.shape, style.blinking));
        frame.modes = mode & Frame::MODES;
        frame.title = self.title.clone();
        frame
    }
}

/// The first row or column that is shown of `all`, so that `cursor` is among the `room` shown.
fn first_shown(cursor: usize, room: usize, all: usize) -> usize {
    if all <= room { 0 } else { (cursor + 1).saturating_sub(room).min(all - room) }
}

/// A wide character that the edge cut in two, or that the program wrote or erased into, is shown as a blank: no
/// terminal shows half of one.
fn halve_cut_characters(cells: &mut [alacritty_terminal::term::cell::Cell]) {
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

fn emulator(size: Size, listener: &Listener) -> Term<Listener> {
    let config =
        Config { scrolling_history: SCROLLBACK, kitty_keyboard: false, osc52: Osc52::Disabled, ..Config::default() };
    Term::new(config, &Dim(size), listener.clone())
}

struct Dim(Size);

impl Dimensions for Dim {
    fn total_lines(&self) -> usize {
        self.screen_lines()
    }

    fn screen_lines(&self) -> usize {
        usize::from(self.0.rows)
    }

    fn columns(&self) -> usize {
        usize::from(self.0.cols)
    }
}

/// The colours that a program is told when it asks, and that thumbnails have: xterm's, with grey on black.
pub(super) fn palette(index: usize) -> Rgb {
    const SIXTEEN: [u32; 16] = [
        0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000, 0x00ff00,
        0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
    ];
    let level = |step: usize| if step == 0 { 0 } else { 55 + 40 * u32::try_from(step).unwrap_or(0) };
    let value = match index {
        0..=15 => SIXTEEN[index],
        16..=231 => {
            let cube = index - 16;
            level(cube / 36) << 16 | level(cube / 6 % 6) << 8 | level(cube % 6)
        }
        232..=255 => (8 + 10 * u32::try_from(index - 232).unwrap_or(0)) * 0x01_01_01,
        // The background; every other special colour is like the foreground.
        257 => 0x000000,
        _ => 0xe5e5e5,
    };
    let [_, r, g, b] = value.to_be_bytes();
    Rgb { r, g, b }
}

#[cfg(test)]
mod tests;
