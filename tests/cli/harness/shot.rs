//! What a terminal shows at one moment, cell for cell.

use std::fmt;

/// A screen.
#[derive(Clone, PartialEq)]
pub struct Shot {
    cells: Vec<Vec<Cell>>,
    /// Row and column; none where it is hidden.
    pub cursor: Option<(u16, u16)>,
    pub alternate: bool,
    pub bracketed_paste: bool,
    pub application_cursor: bool,
    pub mouse: vt100::MouseProtocolMode,
    pub mouse_encoding: vt100::MouseProtocolEncoding,
}

/// One cell, as a person sees it: of a blank, neither the ink nor the weight can be seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// A character with what is combined with it; empty for the right half of a wide one.
    pub text: String,
    pub ink: vt100::Color,
    pub paper: vt100::Color,
    pub wide: bool,
    pub bold: bool,
    pub dim: bool,
    pub italic: bool,
    pub underlined: bool,
    pub inverse: bool,
}

impl From<&vt100::Cell> for Cell {
    fn from(cell: &vt100::Cell) -> Self {
        let text = match cell.contents() {
            "" if !cell.is_wide_continuation() => " ",
            text => text,
        };
        let seen = text != " " || cell.inverse() || cell.underline();
        Cell {
            text: text.to_owned(),
            ink: if seen { cell.fgcolor() } else { vt100::Color::Default },
            paper: cell.bgcolor(),
            wide: cell.is_wide(),
            bold: seen && cell.bold(),
            dim: seen && cell.dim(),
            italic: seen && cell.italic(),
            underlined: cell.underline(),
            inverse: cell.inverse(),
        }
    }
}

impl Shot {
    /// The screen of an emulator.
    pub fn of(screen: &vt100::Screen) -> Self {
        let (rows, cols) = screen.size();
        let row = |row| (0..cols.get()).filter_map(|col| screen.cell(row, col).map(Cell::from)).collect();
        Shot {
            cells: (0..rows.get()).map(row).collect(),
            cursor: (!screen.hide_cursor()).then(|| screen.cursor_position()),
            alternate: screen.alternate_screen(),
            bracketed_paste: screen.bracketed_paste(),
            application_cursor: screen.application_cursor(),
            mouse: screen.mouse_protocol_mode(),
            mouse_encoding: screen.mouse_protocol_encoding(),
        }
    }

    /// The text, row by row, without the blanks at the ends.
    pub fn text(&self) -> String {
        let row = |row: &Vec<Cell>| row.iter().map(|cell| cell.text.as_str()).collect::<String>().trim_end().to_owned();
        self.cells.iter().map(row).collect::<Vec<_>>().join("\n")
    }

    /// Rows and columns.
    pub fn size(&self) -> (u16, u16) {
        let length = |count: usize| u16::try_from(count).expect("a terminal's size");
        (length(self.cells.len()), length(self.cells.first().map_or(0, Vec::len)))
    }

    /// The cell in the last column of the last row.
    pub fn corner(&self) -> &Cell {
        self.cells.last().and_then(|row| row.last()).expect("a cell")
    }

    /// The cell at which this text begins.
    #[track_caller]
    pub fn cell_of(&self, text: &str) -> &Cell {
        let line = |row: &[Cell]| row.iter().map(|cell| cell.text.as_str()).collect::<String>();
        let found = self.cells.iter().find_map(|row| Some((row, line(row).find(text)?)));
        let (row, place) = found.unwrap_or_else(|| panic!("no {text:?} in {self:?}"));
        let begins = row.iter().scan(0, |before, cell| {
            let at = *before;
            *before += cell.text.len();
            Some((at, cell))
        });
        let mut here = begins.filter(|(at, cell)| *at == place && !cell.text.is_empty());
        here.next().map(|(_, cell)| cell).expect("the text begins with a cell")
    }
}

impl fmt::Debug for Shot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shot { cursor, alternate, bracketed_paste, mouse, application_cursor, mouse_encoding, .. } = self;
        writeln!(f, "cursor {cursor:?}, alternate {alternate}, paste {bracketed_paste}, keys {application_cursor}")?;
        writeln!(f, "mouse {mouse:?} {mouse_encoding:?}")?;
        for (row, line) in self.text().lines().enumerate() {
            writeln!(f, "{row:3} |{line}")?;
        }
        Ok(())
    }
}

/// Where two screens differ, for a person to read.
pub fn differences(expected: &Shot, found: &Shot) -> String {
    let places = expected.cells.iter().zip(&found.cells).enumerate().flat_map(|(r, (left, right))| {
        let pairs = left.iter().zip(right).enumerate().filter(|(_, (left, right))| left != right);
        pairs.map(move |(c, (left, right))| format!("row {r}, column {c}: {left:?}\n    but found {right:?}"))
    });
    let places: Vec<_> = places.take(5).collect();
    format!("expected:\n{expected:?}\nfound:\n{found:?}\n{}", places.join("\n"))
}
