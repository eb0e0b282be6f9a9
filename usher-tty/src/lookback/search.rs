//! Looking for text in the screen and the lines above it.

use alacritty_terminal::term::cell::{Cell, Flags};

use super::super::emulator::Emulator;
use super::super::frame::GridPlace;

/// The most rows of one line that the edge wrapped.
const MAX_WRAPPED: i32 = 100;

/// Where the text stands: the nearest before `from`, or after it. Letters match in either case where the text has no
/// capital.
pub(super) fn find(emulator: &Emulator, text: &str, from: GridPlace, older: bool) -> Option<(GridPlace, GridPlace)> {
    let exact = text.chars().any(char::is_uppercase);
    let wanted: String = text.chars().map(|c| folded(c, exact)).collect();
    if wanted.is_empty() {
        return None;
    }
    let (first, last) = emulator.lines();
    let mut line = from.line.clamp(first, last);
    loop {
        let (top, bottom) = logical(emulator, line);
        let found = find_in(emulator, (top, bottom), &wanted, exact, from, older);
        line = if older { top - 1 } else { bottom + 1 };
        if found.is_some() || !(first..=last).contains(&line) {
            return found;
        }
    }
}

fn folded(c: char, exact: bool) -> char {
    if exact { c } else { c.to_lowercase().next().unwrap_or(c) }
}

/// The rows of the line that this row belongs to.
fn logical(emulator: &Emulator, line: i32) -> (i32, i32) {
    let (first, last) = emulator.lines();
    let (mut top, mut bottom) = (line, line);
    while top > first && line - top < MAX_WRAPPED && wraps(emulator, top - 1) {
        top -= 1;
    }
    while bottom < last && bottom - line < MAX_WRAPPED && wraps(emulator, bottom) {
        bottom += 1;
    }
    (top, bottom)
}

/// Whether the edge wrapped this row: the next one goes on with its line.
pub(super) fn wraps(emulator: &Emulator, line: i32) -> bool {
    emulator.row(line).last().is_some_and(|cell| cell.flags.contains(Flags::WRAPLINE))
}

/// A cell's characters; none for the second half of a wide one.
pub(super) fn characters(cell: &Cell) -> impl Iterator<Item = char> + '_ {
    let shown = !cell.flags.intersects(Flags::WIDE_CHAR_SPACER | Flags::LEADING_WIDE_CHAR_SPACER);
    let marks = cell.zerowidth().unwrap_or_default().iter().copied();
    shown.then(|| std::iter::once(cell.c).chain(marks)).into_iter().flatten()
}

fn find_in(
    emulator: &Emulator,
    (top, bottom): (i32, i32),
    wanted: &str,
    exact: bool,
    from: GridPlace,
    older: bool,
) -> Option<(GridPlace, GridPlace)> {
    let (mut text, mut places) = (String::new(), Vec::new());
    for line in top..=bottom {
        for (col, cell) in emulator.row(line).iter().enumerate() {
            for c in characters(cell) {
                let c = folded(c, exact);
                text.push(c);
                places.extend(std::iter::repeat_n(GridPlace { line, col }, c.len_utf8()));
            }
        }
    }
    let matches = text
        .match_indices(wanted)
        .filter_map(|(at, found)| Some((*places.get(at)?, *places.get(at + found.len() - 1)?)));
    let mut right = matches.filter(|(begin, _)| if older { *begin < from } else { *begin > from });
    if older { right.last() } else { right.next() }
}
