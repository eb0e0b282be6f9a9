//! A terminal's contents, in colours that mean the same without a terminal. A holder writes them, and the program that
//! draws thumbnails reads them.

use serde::{Deserialize, Serialize};

/// A colour: red, green, blue.
pub type Rgb = [u8; 3];

/// A terminal's contents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TerminalCells {
    /// Cells in a line.
    pub cols: u16,
    /// Lines.
    pub rows: u16,
    /// The colour where there is no run.
    pub ground: Rgb,
    /// The colour of text that has none of its own.
    pub foreground: Rgb,
    /// The cells that are not blank.
    pub runs: Vec<CellRun>,
    /// Row and column of the cursor, and how it looks, where it is shown.
    pub cursor: Option<(u16, u16, CellCursor)>,
}

/// How a cursor looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CellCursor {
    /// The whole cell.
    Block,
    /// A line below the cell.
    Underline,
    /// A line before the cell.
    Beam,
}

/// Cells of one row that look alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellRun {
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
