//! Which rows of a frame stood elsewhere in the one before.

use std::hash::{DefaultHasher, Hash, Hasher};

use alacritty_terminal::term::cell::Cell;
use alacritty_terminal::vte::ansi::Color;

use super::super::frame::Frame;
use super::is_blank;

/// Rows that moved together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scroll {
    pub(super) top: u16,
    pub(super) bottom: u16,
    pub(super) up: bool,
    /// By how many rows.
    pub(super) by: u16,
}

/// Bytes that moving a part of the screen takes beside its line breaks: the region is set and set back, and the
/// cursor lost.
const PART: usize = 18;
/// Bytes of going to a row and coming back.
const VISIT: usize = 10;
/// Fewer bytes than this are not worth moving rows for.
const WORTH: usize = 16;

/// The move of rows that saves most, if one saves enough.
pub(super) fn find(from: &Frame, to: &Frame) -> Option<Scroll> {
    let rows = to.size.rows;
    let differs = |row: &u16| !from.has_same_row(*row, to);
    let (top, bottom) = ((0..rows).find(differs)?, (0..rows).rev().find(differs)?);
    if top == bottom {
        return None;
    }
    let sums = (Sums::of(from), Sums::of(to));
    let parts = [(0, rows - 1), (top, bottom)];
    let moves = parts.into_iter().flat_map(|(top, bottom)| {
        let by = (1..=bottom - top).flat_map(|by| [(true, by), (false, by)]);
        by.map(move |(up, by)| Scroll { top, bottom, up, by })
    });
    let worth = |scroll: &Scroll| {
        let cost = usize::from(scroll.by) * 2 + if (scroll.top, scroll.bottom) == parts[0] { 0 } else { PART };
        saved(&sums, *scroll).checked_sub(cost + WORTH)
    };
    let best = moves.filter_map(|scroll| Some((worth(&scroll)?, scroll))).max_by_key(|(worth, _)| *worth);
    best.map(|(_, scroll)| scroll)
}

/// A sum of each row's cells, and about how many bytes the row takes to write.
struct Sums(Vec<(u64, usize)>);

impl Sums {
    fn of(frame: &Frame) -> Self {
        Sums((0..frame.size.rows).map(|row| sum(frame.row(row))).collect())
    }
}

/// Marks and links are left out: the cells that still differ are written after the move.
fn sum(cells: &[Cell]) -> (u64, usize) {
    let mut hasher = DefaultHasher::new();
    for cell in cells {
        (cell.c, cell.flags.bits(), number(cell.fg), number(cell.bg)).hash(&mut hasher);
    }
    let end = cells.iter().rposition(|cell| !is_blank(cell)).map_or(0, |last| last + 1);
    (hasher.finish(), end)
}

fn number(colour: Color) -> u32 {
    match colour {
        Color::Named(name) => name as u32,
        Color::Indexed(index) => 1 << 16 | u32::from(index),
        Color::Spec(rgb) => u32::from_be_bytes([1, rgb.r, rgb.g, rgb.b]),
    }
}

/// About how many bytes this move saves: rows that need not be written, less those that it takes away.
fn saved((from, to): &(Sums, Sums), Scroll { top, bottom, up, by }: Scroll) -> usize {
    let (mut saved, mut lost) = (0, 0);
    for row in top..=bottom {
        let source = if up { row.checked_add(by) } else { row.checked_sub(by) };
        let source = source.filter(|source| (top..=bottom).contains(source));
        let (wanted, before) = (to.0[usize::from(row)], from.0[usize::from(row)]);
        // A row that comes in is blank.
        let after = source.map(|source| from.0[usize::from(source)]);
        let stood = wanted.0 == before.0;
        let stands = after.map_or(wanted.1 == 0, |after| after.0 == wanted.0);
        match (stood, stands) {
            (false, true) => saved += wanted.1.max(before.1),
            (true, false) => lost += VISIT + wanted.1 + after.map_or(0, |after| after.1),
            (true, true) | (false, false) => {}
        }
    }
    saved.saturating_sub(lost)
}
