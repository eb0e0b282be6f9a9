//! A still of a terminal: what a station would show, in colours that need no terminal to be known. A holder writes
//! it, and the program that draws pictures reads it.

use serde::{Deserialize, Serialize};

/// A colour: red, green, blue.
pub type Rgb = [u8; 3];

/// What a terminal shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Still {
    /// Cells in a line.
    pub cols: u16,
    /// Lines.
    pub rows: u16,
    /// The colour of what no run covers.
    pub ground: Rgb,
    /// The colour of text that has none of its own.
    pub foreground: Rgb,
    /// What is not blank.
    pub runs: Vec<Run>,
    /// Row and column of the cursor, and how it looks, where it is shown.
    pub cursor: Option<(u16, u16, Cursor)>,
}

/// How a cursor looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cursor {
    /// The whole cell.
    Block,
    /// A line below the cell.
    Underline,
    /// A line before the cell.
    Beam,
}

/// Cells of one row that look alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The row.
    pub row: u16,
    /// The first cell's column.
    pub col: u16,
    /// How many cells it takes.
    pub cells: u16,
    /// A character for each cell; where `whole`, one cluster of characters for all of them.
    pub text: String,
    /// The text is one cluster, as wide as the run: a wide character, or one with marks on it.
    pub whole: bool,
    /// The text's colour.
    pub fg: Rgb,
    /// The ground's colour.
    pub bg: Rgb,
    /// Bold.
    pub bold: bool,
    /// Italic.
    pub italic: bool,
    /// Underlined.
    pub underline: bool,
    /// Struck out.
    pub strike: bool,
}
