//! A station that looks back at what scrolled off: where it looks, what it selects and searches, what it copies.

use alacritty_terminal::term::TermMode;
use alacritty_terminal::term::cell::Flags;
use alacritty_terminal::vte::ansi::{Color, NamedColor};
use usher_core::language::{Language, sentence};
use usher_core::request::Size;

use self::keys::{KeyReader, LookKey};
use self::search::{characters, find, wraps};
use super::emulator::Emulator;
use super::frame::{Frame, GridPlace};
use super::lockscreen;

mod keys;
mod search;

/// The most bytes that can be copied.
pub(super) const MAX_COPY: usize = 64 << 10;
/// The longest text that is searched for, in characters.
const MAX_SOUGHT: usize = 128;
/// Lines for a turn of the wheel.
const WHEEL: i32 = 3;

/// What a key led to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Looked {
    /// The station looks on.
    On,
    /// The station shows the session as it is now.
    Left,
    /// That, and this text is to be copied.
    Copied(String),
}

/// What the last row says beside where one is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Remark {
    NotFound,
    TooLong,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct MarkedCells {
    from: GridPlace,
    whole_lines: bool,
}

/// What one station that looks back sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LookBack {
    /// The first line that is shown.
    top: i32,
    at: GridPlace,
    selection: Option<MarkedCells>,
    /// The text that is being typed, and whether older lines are meant.
    asking: Option<(String, bool)>,
    sought: Option<(String, bool)>,
    found: Option<(GridPlace, GridPlace)>,
    remark: Option<Remark>,
    keys: KeyReader,
}

/// The rows that show lines; the last one says where one is.
fn height(size: Size) -> i32 {
    i32::from(size.rows).max(2) - 1
}

/// The first line that is shown where nothing was scrolled.
fn home(emulator: &Emulator, size: Size) -> i32 {
    let (_, last) = emulator.lines();
    (emulator.cursor().line - height(size) + 1).clamp(0, (last + 1 - height(size)).max(0))
}

impl LookBack {
    /// Looks at the screen as it is now.
    pub(super) fn begin(emulator: &Emulator, size: Size) -> Self {
        LookBack {
            top: home(emulator, size),
            at: emulator.cursor(),
            selection: None,
            asking: None,
            sought: None,
            found: None,
            remark: None,
            keys: KeyReader::default(),
        }
    }

    /// So many lines were written below: everything that is looked at moved up.
    pub(super) fn moved(&mut self, lines: usize) {
        let lines = i32::try_from(lines).unwrap_or(i32::MAX);
        let up = |place: &mut GridPlace| place.line = place.line.saturating_sub(lines);
        self.top = self.top.saturating_sub(lines);
        up(&mut self.at);
        self.selection.iter_mut().for_each(|selection| up(&mut selection.from));
        self.found.iter_mut().for_each(|(begin, end)| {
            up(begin);
            up(end);
        });
    }

    /// Scrolls by pages, back where positive.
    pub(super) fn pages(&mut self, pages: i16, emulator: &Emulator, size: Size) -> Looked {
        self.scroll(height(size).saturating_mul(-i32::from(pages)), emulator, size)
    }

    /// Goes so many lines down, or up; at the end of the way down there is nothing to look back at.
    fn scroll(&mut self, lines: i32, emulator: &Emulator, size: Size) -> Looked {
        let home = home(emulator, size);
        let top = self.top.saturating_add(lines);
        if lines > 0 && top >= home && self.selection.is_none() {
            return Looked::Left;
        }
        self.at.line = self.at.line.saturating_add(lines);
        self.top = top;
        self.keep_inside(emulator, size);
        self.at.line = self.at.line.clamp(self.top, self.top + height(size) - 1);
        Looked::On
    }

    /// Nothing is looked at that is not there, and the cursor is among the lines shown.
    fn keep_inside(&mut self, emulator: &Emulator, size: Size) {
        let (first, last) = emulator.lines();
        let inside = |place: &mut GridPlace| {
            place.line = place.line.clamp(first, last);
            place.col = place.col.min(usize::from(emulator.size().cols).saturating_sub(1));
        };
        inside(&mut self.at);
        self.selection.iter_mut().for_each(|selection| inside(&mut selection.from));
        let lowest = (last + 1 - height(size)).max(first.min(0)).max(home(emulator, size).min(last));
        self.top = self.top.clamp(first, lowest.max(first));
    }

    fn show_cursor(&mut self, size: Size) {
        self.top = self.top.clamp(self.at.line - height(size) + 1, self.at.line);
    }

    /// Does what was typed means. Keys after the one that leaves mean nothing to anybody.
    pub(super) fn typed(&mut self, typed: &[u8], emulator: &Emulator, size: Size) -> Looked {
        for key in self.keys.read(typed) {
            let looked = if self.asking.is_some() { self.ask(key, emulator) } else { self.key(key, emulator, size) };
            if looked != Looked::On {
                return looked;
            }
            if !matches!(key, LookKey::PageUp | LookKey::PageDown | LookKey::WheelUp | LookKey::WheelDown) {
                self.show_cursor(size);
            }
            self.keep_inside(emulator, size);
        }
        Looked::On
    }

    fn key(&mut self, key: LookKey, emulator: &Emulator, size: Size) -> Looked {
        self.remark = None;
        let (first, last) = emulator.lines();
        match key {
            LookKey::Up | LookKey::Char('k') => self.at.line -= 1,
            LookKey::Down | LookKey::Char('j') => self.at.line += 1,
            LookKey::Left | LookKey::Backspace | LookKey::Char('h') => self.at.col = self.at.col.saturating_sub(1),
            LookKey::Right | LookKey::Char('l') => self.at.col += 1,
            LookKey::Home | LookKey::Char('0' | '^') => self.at.col = 0,
            LookKey::End | LookKey::Char('$') => self.at.col = usize::from(emulator.size().cols),
            LookKey::Char('g') => self.at = GridPlace { line: first, col: 0 },
            LookKey::Char('G') => self.at = GridPlace { line: last, col: 0 },
            LookKey::PageUp | LookKey::Char('b') => return self.pages(1, emulator, size),
            LookKey::PageDown | LookKey::Char('f') => return self.pages(-1, emulator, size),
            LookKey::WheelUp => return self.scroll(-WHEEL, emulator, size),
            LookKey::WheelDown => return self.scroll(WHEEL, emulator, size),
            LookKey::Char(key @ ('/' | '?')) => self.asking = Some((String::new(), key == '/')),
            LookKey::Char('n') => self.seek(false, emulator),
            LookKey::Char('N') => self.seek(true, emulator),
            LookKey::Char(key @ ('v' | ' ' | 'V')) => self.select(key == 'V'),
            LookKey::Enter | LookKey::Char('y') => return self.copy(emulator),
            LookKey::Escape if self.selection.is_some() => self.selection = None,
            LookKey::Escape | LookKey::Char('q') => return Looked::Left,
            LookKey::Char(_) => {}
        }
        Looked::On
    }

    /// Begins a selection here, or ends it.
    fn select(&mut self, whole_lines: bool) {
        self.selection = match self.selection.take() {
            Some(selection) if selection.whole_lines == whole_lines => None,
            Some(selection) => Some(MarkedCells { whole_lines, ..selection }),
            None => Some(MarkedCells { from: self.at, whole_lines }),
        };
    }

    /// A key while the text to search for is typed.
    fn ask(&mut self, key: LookKey, emulator: &Emulator) -> Looked {
        let Some((text, _)) = &mut self.asking else { return Looked::On };
        match key {
            LookKey::Char(c) if text.chars().count() < MAX_SOUGHT => text.push(c),
            LookKey::Backspace if text.pop().is_none() => self.asking = None,
            LookKey::Escape => self.asking = None,
            LookKey::Enter => {
                self.sought = self.asking.take().filter(|(text, _)| !text.is_empty()).or(self.sought.take());
                self.seek(false, emulator);
            }
            _ => {}
        }
        Looked::On
    }

    /// Goes to the next place of what was sought, or the other way round.
    fn seek(&mut self, back: bool, emulator: &Emulator) {
        let Some((text, older)) = &self.sought else { return };
        self.found = find(emulator, text, self.at, *older != back);
        match self.found {
            Some((begin, _)) => self.at = begin,
            None => self.remark = Some(Remark::NotFound),
        }
    }

    /// The first and the last cell that are selected.
    fn selected(&self, emulator: &Emulator) -> Option<(GridPlace, GridPlace)> {
        let MarkedCells { from, whole_lines } = self.selection.as_ref()?;
        let (mut begin, mut end) = (self.at.min(*from), self.at.max(*from));
        if *whole_lines {
            begin.col = 0;
            end.col = usize::from(emulator.size().cols).saturating_sub(1);
        }
        Some((begin, end))
    }

    fn copy(&mut self, emulator: &Emulator) -> Looked {
        let Some((begin, end)) = self.selected(emulator) else { return Looked::Left };
        let mut text = String::new();
        for line in begin.line..=end.line {
            let row = emulator.row(line);
            let from = if line == begin.line { begin.col } else { 0 };
            let to = if line == end.line { (end.col + 1).min(row.len()) } else { row.len() };
            let cells: String = row[from.min(to)..to].iter().flat_map(characters).collect();
            let goes_on = wraps(emulator, line) && line < end.line;
            text += if goes_on { &cells } else { cells.trim_end() };
            text += if goes_on || line == end.line { "" } else { "\n" };
            if text.len() > MAX_COPY {
                self.remark = Some(Remark::TooLong);
                return Looked::On;
            }
        }
        Looked::Copied(text)
    }

    /// What the station shows.
    pub(super) fn frame(&self, emulator: &Emulator, size: Size, mouse: bool, language: Language) -> Frame {
        let mut seen = self.clone();
        seen.keep_inside(emulator, size);
        let left = seen.at.col.saturating_sub(usize::from(size.cols).saturating_sub(1));
        let mut frame = emulator.view(size, seen.top, left);
        let selected = seen.selected(emulator);
        for row in 0..size.rows {
            let line = seen.top + i32::from(row);
            for (col, cell) in frame.row_mut(row).iter_mut().enumerate() {
                let place = GridPlace { line, col: col + left };
                let within =
                    |range: Option<(GridPlace, GridPlace)>| range.is_some_and(|(a, b)| (a..=b).contains(&place));
                if within(self.found) {
                    (cell.fg, cell.bg) = (Color::Named(NamedColor::Black), Color::Named(NamedColor::Yellow));
                }
                if within(selected) {
                    cell.flags.toggle(Flags::INVERSE);
                }
            }
        }
        let row = u16::try_from(seen.at.line - seen.top).ok().filter(|row| *row < size.rows);
        frame.cursor = row.zip(u16::try_from(seen.at.col - left).ok());
        frame.modes = TermMode::BRACKETED_PASTE;
        if mouse {
            frame.modes |= TermMode::MOUSE_REPORT_CLICK | TermMode::SGR_MOUSE;
        }
        lockscreen::mark_row(&mut frame, &seen.status(emulator, size, language));
        frame
    }

    /// The last row.
    fn status(&self, emulator: &Emulator, size: Size, language: Language) -> String {
        let lines = (home(emulator, size) - self.top).max(0).to_string();
        let lines = [("lines", lines.as_str())];
        if let Some((text, older)) = &self.asking {
            return format!("{}{text}", if *older { '/' } else { '?' });
        }
        match (&self.remark, &self.selection) {
            (Some(Remark::NotFound), _) => {
                let text = self.sought.as_ref().map_or("", |(text, _)| text);
                sentence(language, "look-not-found", &[("text", text)])
            }
            (Some(Remark::TooLong), _) => sentence(language, "look-too-long", &[]),
            (None, Some(_)) => sentence(language, "look-selecting", &lines),
            (None, None) => sentence(language, "scrolled-back", &lines),
        }
    }
}

/// Whether this is a turn of the wheel upwards, of a mouse report without its introducer.
pub(super) fn wheel_up(report: &[u8]) -> bool {
    keys::wheel(report) == Some(LookKey::WheelUp)
}

#[cfg(test)]
mod tests;
