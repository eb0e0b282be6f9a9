//! The session's screen: the emulator shows its program's output as a terminal would.
//!
//! The emulator answers the program's queries itself, so a program gets the same answers whether
//! one station looks, or three, or none.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Instant;

use alacritty_terminal::event::{Event, EventListener, WindowSize};
use alacritty_terminal::grid::{Dimensions, Scroll};
use alacritty_terminal::index::Line;
use alacritty_terminal::term::cell::{Cell, Flags};
use alacritty_terminal::term::{Config, Osc52, Term, TermMode};
use alacritty_terminal::vte::ansi::{Processor, Rgb};
use usher_core::request::Size;
use usher_core::wire::StationTerminal;

use self::changes::Changes;
pub(super) use self::handler::is_tone;
use self::handler::{Beside, Front};
use super::frame::GridPlace;
use super::guard::Guard;

mod changes;
mod handler;
mod links;
mod view;

/// Lines above the screen that are kept where no setting says otherwise.
pub(super) const SCROLLBACK: usize = 1000;
/// The most that are kept whatever a setting says.
const MAX_SCROLLBACK: usize = 20_000;
/// Blinking text: alacritty's emulator knows none, and leaves this bit of a cell's flags as it is.
pub(super) const BLINK: Flags = Flags::from_bits_retain(1 << 15);
/// The longest title that is kept, in characters.
const MAX_TITLE: usize = 256;

/// The emulator's events, collected while it works.
#[derive(Debug, Default)]
struct Said {
    answers: Vec<u8>,
    title: Option<Option<String>>,
    bells: bool,
    clipboard: Option<String>,
}

#[derive(Clone)]
struct Listener {
    said: Rc<RefCell<Said>>,
    size: Rc<RefCell<Size>>,
}

impl Listener {
    /// Answers a query.
    fn answer(&self, answer: &str) {
        self.said.borrow_mut().answers.extend_from_slice(answer.as_bytes());
    }
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
            Event::ClipboardStore(_, text) => said.clipboard = Some(text),
            // What the clipboard has stays the station's own; the rest concerns windows.
            Event::ClipboardLoad(..)
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
    beside: Beside,
    changes: Changes,
    scrollback: usize,
    /// Somebody looks back: lines that scroll off are counted.
    watched: bool,
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
    /// The program sets the clipboard to this.
    pub(super) clipboard: Option<String>,
    /// So many lines scrolled off, if somebody looks back.
    pub(super) scrolled: usize,
}

impl Emulator {
    /// An empty screen of this size.
    pub fn new(size: Size) -> Self {
        Self::with_scrollback(size, SCROLLBACK)
    }

    /// The same, with so many lines kept above it.
    pub(super) fn with_scrollback(size: Size, scrollback: usize) -> Self {
        let scrollback = scrollback.min(MAX_SCROLLBACK);
        let listener = Listener { said: Rc::default(), size: Rc::new(RefCell::new(size)) };
        Emulator {
            term: emulator(size, &listener, scrollback),
            parser: Processor::new(),
            guard: Guard::new(),
            listener,
            beside: Beside::default(),
            changes: Changes::default(),
            scrollback,
            watched: false,
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
        self.changes.note(&mut self.term);
    }

    /// The terminal of the station that sets the size: programs that ask are told of its colours, and emoji are as wide
    /// as it makes them.
    pub(super) fn stands_for(&mut self, terminal: &StationTerminal) {
        self.guard.passes_clipboard(terminal.clipboard);
        self.beside.terminal = terminal.clone();
    }

    /// Whether somebody looks back, so that lines that scroll off are counted.
    pub(super) fn watch(&mut self, watched: bool) {
        self.watched = watched;
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
        let scrolled = self.noted(|parser, front| parser.advance(front, &filtered));
        filtered.shrink_to(1 << 16);
        self.filtered = filtered;
        Advanced { scrolled, ..self.said() }
    }

    /// When a synchronized update that the program does not end is to be shown anyway.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.parser.sync_timeout().sync_timeout()
    }

    /// Shows a synchronized update whose deadline passed.
    pub(super) fn end_update(&mut self) -> Advanced {
        let scrolled = self.noted(|parser, front| parser.stop_sync(front));
        Advanced { scrolled, ..self.said() }
    }

    /// Takes note of the lines that this changes, and counts those that scroll off.
    fn noted(&mut self, work: impl FnOnce(&mut Processor, &mut Front<'_>)) -> usize {
        let scrolled = self.counted(|emulator| emulator.emulate(work));
        // A grid that was left while somebody looked back comes back as it was.
        self.term.grid_mut().scroll_display(Scroll::Bottom);
        self.changes.note(&mut self.term);
        scrolled
    }

    /// Counts the lines that scroll off while this is done. The grid moves its own view with the lines where that is not
    /// at the end: by one line is enough to see how far.
    fn counted(&mut self, work: impl FnOnce(&mut Self)) -> usize {
        if !self.watched {
            work(self);
            return 0;
        }
        let before = self.scrollback();
        let grid = self.term.grid_mut();
        grid.scroll_display(Scroll::Bottom);
        grid.scroll_display(Scroll::Delta(1));
        work(self);
        let moved = self.term.grid().display_offset().saturating_sub(1);
        if before == 0 { self.scrollback() } else { moved }
    }

    fn emulate(&mut self, work: impl FnOnce(&mut Processor, &mut Front<'_>)) {
        let mut front = Front { term: &mut self.term, beside: &mut self.beside, listener: &self.listener };
        let parser = &mut self.parser;
        if catch_unwind(AssertUnwindSafe(|| work(parser, &mut front))).is_err() {
            self.term = emulator(self.size(), &self.listener, self.scrollback);
            self.parser = Processor::new();
            self.guard = Guard::new();
        }
    }

    fn said(&mut self) -> Advanced {
        let said = std::mem::take(&mut *self.listener.said.borrow_mut());
        if let Some(title) = said.title {
            self.title = title;
        }
        Advanced { answers: said.answers, bell: said.bells, clipboard: said.clipboard, scrolled: 0 }
    }

    /// The screen as plain text, a line for each row.
    pub fn text(&self) -> String {
        let frame = self.frame(self.size());
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

    /// The first and the last line that there is; lines above the screen are negative.
    pub(super) fn lines(&self) -> (i32, i32) {
        let last = i32::try_from(self.term.grid().screen_lines()).unwrap_or(1) - 1;
        (-i32::try_from(self.scrollback()).unwrap_or(0), last)
    }

    /// A line's cells.
    pub(super) fn row(&self, line: i32) -> &[Cell] {
        let (first, last) = self.lines();
        &self.term.grid()[Line(line.clamp(first, last))][..]
    }

    /// Where the program writes.
    pub(super) fn cursor(&self) -> GridPlace {
        let cursor = self.term.grid().cursor.point;
        GridPlace { line: cursor.line.0, col: cursor.column.0 }
    }

    /// Whether the station's wheel may scroll back: the program does not take the mouse, and there is something to scroll.
    pub(super) fn leaves_wheel(&self) -> bool {
        !self.term.mode().intersects(TermMode::MOUSE_MODE | TermMode::ALT_SCREEN)
    }

    /// Whether the program marks pasted text.
    pub(super) fn marks_pastes(&self) -> bool {
        self.term.mode().contains(TermMode::BRACKETED_PASTE)
    }
}

fn emulator(size: Size, listener: &Listener, scrollback: usize) -> Term<Listener> {
    // The guard passes nothing on to the clipboard unless a station's person allows it.
    let osc52 = Osc52::OnlyCopy;
    let config = Config { scrolling_history: scrollback, kitty_keyboard: false, osc52, ..Config::default() };
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
